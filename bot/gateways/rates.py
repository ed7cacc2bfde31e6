"""How many messages a gateway takes in how long, and how a person writes that down."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.gateways.errors import Scope

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
LONGEST = UNITS["day"]
_WRITTEN = re.compile(r"(\d{1,7})\s*(?:/|per)\s*(\d{1,5})?\s*(second|minute|hour|day)s?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `times` messages in any `seconds`, counted for what `scope` names.

    `kinds`: only messages with these contents count; None counts all of them.
    """

    times: int
    seconds: int
    scope: Scope = Scope.DEVICE
    kinds: frozenset[str] | None = None


def read_rates(written: str, *, scope: Scope) -> tuple[Rate, ...]:
    """Return what "20/second", "45/270 seconds" or several of them say. Raises ValueError.

    "off" is no limit at all.
    """
    if written.strip().lower() == "off":
        return ()
    return tuple(_read(part, scope=scope) for part in re.split(r"[,;]", written))


def overridden(rates: Sequence[Rate], *, device: str, recipient: str) -> tuple[Rate, ...]:
    """Return the rates with those of a device, of a recipient, replaced by what is written.

    Who knows what a device may send knows what its gateway takes.
    """
    kept = list(rates)
    for scope, written in ((Scope.DEVICE, device), (Scope.RECIPIENT, recipient)):
        if written:
            replaced = {scope, Scope.GATEWAY} if scope is Scope.DEVICE else {scope}
            kept = [rate for rate in kept if rate.scope not in replaced]
            kept += read_rates(written, scope=scope)
    return tuple(kept)


def _read(part: str, *, scope: Scope) -> Rate:
    found = _WRITTEN.fullmatch(part.strip().lower())
    times, number, unit = found.groups() if found else ("0", "1", "second")
    seconds = int(number or 1) * UNITS[unit]
    if not int(times) or not 0 < seconds <= LONGEST:
        raise ValueError('expected a rate such as "20/second", "45/270 seconds", or "off"')
    return Rate(times=int(times), seconds=seconds, scope=scope)
