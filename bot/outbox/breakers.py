"""Breakers: after some failures in a row, nothing is sent to a gateway's host for a while.

Each process counts by itself; what it finds out is written down for all, see `rests`.
"""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.gateways.base import Gateway, SentMessage
from bot.gateways.errors import OutcomeUnknown, RateLimited, Scope, TransientError
from bot.outbox.rests import Rest
from bot.outbox.statements import SEPARATOR
from models import Breaker

# In a row, within some minutes, and with different contacts: one that a gateway cannot bear says
# nothing of the others.
FAILURES = 5
CONTACTS = 3
WITHIN_SECONDS = 300.0
FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=5)

_OPEN = select(Breaker.gateway, Breaker.host, Breaker.paused_until).where(
    Breaker.paused_until.is_not(None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The breakers that are open: hosts to leave alone, and those that want a probe."""

    shut: frozenset[tuple[str, str]] = frozenset()
    probing: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """What may not be sent: all of a gateway but some devices, or single devices of it."""

    gateways: list[str] = field(default_factory=list)
    spared: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)


class Breakers:
    """Counts failures in a row for each host. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: dict[tuple[str, str], list[tuple[float, int]]] = {}

    def note(
        self,
        gateway: str,
        host: str,
        conversation_id: int,
        result: SentMessage | Exception,
        *,
        at: float,
    ) -> Rest | None:
        """Count the result of a request; return the rest of the host if it is time for one.

        `at`: by a clock in seconds that only goes forwards.
        """
        key = (gateway, host)
        with self._lock:
            if not is_trouble(result):
                self._failed.pop(key, None)
                return None
            known = self._failed.get(key, ())
            failed = [one for one in known if one[0] > at - WITHIN_SECONDS]
            failed.append((at, conversation_id))
            self._failed[key] = failed
            if len(failed) < FAILURES or len({contact for _, contact in failed}) < CONTACTS:
                return None
            self._failed.pop(key)
            return rest_after(result)


def is_trouble(result: SentMessage | Exception) -> bool:
    """Return whether a result says that the gateway itself is not well."""
    if isinstance(result, RateLimited):
        return False
    if isinstance(result, TransientError):
        return result.scope in (Scope.MESSAGE, Scope.GATEWAY)
    return isinstance(result, OutcomeUnknown)


def rest_after(result: SentMessage | Exception) -> Rest:
    """Return the rest of a host that gave such a result."""
    reason = getattr(result, "reason", "")
    return Rest(reason=f"{type(result).__name__}: {reason}", first=FIRST, longest=LONGEST)


def read_open(session: Session, *, now: datetime) -> Open:
    """Return the breakers that are open."""
    rows = session.execute(_OPEN).all()
    return Open(
        shut=frozenset((row.gateway, row.host) for row in rows if row.paused_until > now),
        probing=frozenset((row.gateway, row.host) for row in rows if row.paused_until <= now),
    )


def away(shut: Collection[tuple[str, str]], gateways: Mapping[str, Gateway]) -> Away:
    """Return whose messages a claim leaves out while these hosts are left alone."""
    found = Away()
    for name in sorted({gateway for gateway, _ in shut}):
        if name not in gateways:
            continue
        for account in gateways[name].accounts:
            host = urlsplit(str(getattr(account, "api_url", ""))).netloc
            sender = SEPARATOR.join((name, account.device))
            if not account.device:
                found.gateways.extend([name] if (name, host) in shut else [])
            elif (name, host) in shut:
                found.senders.append(sender)
            else:
                found.spared.append(sender)
    return found
