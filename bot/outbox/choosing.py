"""Choose whom to send for, of the messages that are due. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row

from bot.gateways.base import Gateway
from bot.outbox import breakers
from bot.outbox.breakers import Open
from bot.outbox.rates import Rates
from bot.outbox.rests import Resting
from bot.outbox.statements import SEPARATOR

DeviceKey = tuple[str, str]
Candidate = Row[int, int, str, str, str, int, bool, int, int | None, int | None, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a claim respects besides the queue: rates, the breakers of gateways, tired devices.

    `tired`: senders that have no token now, see Tokens.
    """

    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    rates: Rates | None = None
    tired: Collection[tuple[str, ...]] = ()


NO_LIMITS = Limits()


def choose(
    candidates: Sequence[Candidate],
    *,
    free: int,
    per_device: int,
    busy: Mapping[DeviceKey, int],
) -> list[Candidate]:
    """Return at most `free` candidates, no more of a device than it has threads and quota for."""
    chosen: list[Candidate] = []
    sending = dict(busy)
    for row in candidates:
        if len(chosen) == free:
            break
        key = (row.gateway, row.device)
        if not row.is_off and sending.get(key, 0) < min(per_device, room(row)):
            sending[key] = sending.get(key, 0) + 1
            chosen.append(row)
    return chosen


def room(row: Candidate) -> int:
    """Return how many may be under way at a time, so that they fit into what is left of the quota.

    One always: our count may be wrong, and the gateway knows.
    """
    if row.quota_remaining is None:
        return 1_000_000
    left: int = row.quota_remaining - ((row.quota_reserve or 0) if row.automatic else 0)
    return max(1, left)


def left_out(full: Sequence[str], opened: Open, limits: Limits) -> dict[str, list[str]]:
    """Return the parameters that leave out of a claim what it shall not see."""
    away = breakers.away(opened.shut, limits.gateways)
    tired = [SEPARATOR.join(sender) for sender in limits.tired if len(sender) == 2]
    kinds = [
        SEPARATOR.join((kind, gateway, device))
        for gateway, device, *kind_of in limits.tired
        for kind in kind_of
    ]
    return {
        "full": [*full, *tired, *away.senders],
        "full_kinds": kinds,
        "away": away.gateways,
        "spared": away.spared,
    }


def suspect_of(row: Candidate, opened: Open, limits: Limits) -> tuple[Resting, ...]:
    """Return what has rested, of what a message is sent through, and has not worked since."""
    found = []
    gateway = limits.gateways.get(row.gateway)
    host = gateway.host(row.device) if gateway and opened.probing else ""
    if (row.gateway, host) in opened.probing:
        found.append(Resting(row.gateway, host=host))
    if row.pauses > 0:
        found.append(Resting(row.gateway, device=row.device))
    return tuple(found)
