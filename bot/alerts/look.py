"""Look for everything that is worth an alert: the state of the database, and nothing else.

What a look finds depends on no earlier look, so none can be missed, and a restart changes nothing.
Messages that tell of alerts never count: an alert must not be the cause of another.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.alerts.devices import Watched, interesting, judge
from bot.alerts.finding import Finding
from bot.alerts.kinds import AlertKind
from models import Breaker, Device, Event, Message, MessageStatus, status_is

# A dead message is news for so long; with none in that time the alert closes.
DEAD = timedelta(hours=24)
# A breaker that closes at its first probe was a hiccup.
HICCUP = timedelta(minutes=1)
# More need not be told apart.
FAILED_AT_MOST = 10_000
REASONS = 5
REASON_LIMIT = 60


def look(session: Session, watched: Watched, *, now: datetime) -> list[Finding]:
    """Return all that is worth an alert now."""
    rows = session.scalars(select(Device).where(interesting(watched, now=now))).all()
    return [
        *look_at_messages(session, now=now),
        *(finding for row in rows for finding in judge(row, watched, now=now)),
        *_breakers(session, now=now),
        *look_at_events(session),
    ]


def look_at_messages(session: Session, *, now: datetime) -> Iterator[Finding]:
    """Yield the messages that died, or wait for somebody, counted by device."""
    yield from _dead(session, now=now)
    yield from _held(session)


def look_at_events(session: Session) -> Iterator[Finding]:
    """Yield the events that wait for a person, counted by device."""
    # Grouped here: a database that groups may walk through all events in the order of the groups.
    rows = session.execute(
        select(Event.gateway, Event.device)
        .where(Event.processed_at.is_(None), Event.error.is_not(None))
        .order_by(Event.id)
        .limit(FAILED_AT_MOST)
    )
    for (gateway, device), count in Counter((row.gateway, row.device) for row in rows).items():
        yield Finding(kind=AlertKind.EVENT_FAILED, gateway=gateway, device=device, count=count)


def _dead(session: Session, *, now: datetime) -> Iterator[Finding]:
    rows = session.execute(
        select(Message.gateway, Message.device, Message.error, func.count())
        .where(
            status_is(Message, MessageStatus.DEAD),
            Message.failed_at > now - DEAD,
            Message.alert_id.is_(None),
        )
        .group_by(Message.gateway, Message.device, Message.error)
    )
    reasons: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for gateway, device, error, count in rows:
        reasons[gateway, device][_class(error)] += count
    return _counted(AlertKind.MESSAGE_DEAD, reasons)


def _held(session: Session) -> Iterator[Finding]:
    rows = session.execute(
        select(Message.gateway, Message.device, Message.held, func.count())
        .where(Message.held.is_not(None), Message.alert_id.is_(None))
        .group_by(Message.gateway, Message.device, Message.held)
    )
    reasons: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for gateway, device, held, count in rows:
        reasons[gateway, device][str(held)] += count
    return _counted(AlertKind.MESSAGE_HELD, reasons)


def _counted(
    kind: AlertKind, reasons: defaultdict[tuple[str, str], Counter[str]]
) -> Iterator[Finding]:
    for (gateway, device), counter in reasons.items():
        most = dict(counter.most_common(REASONS))
        yield Finding(
            kind=kind,
            gateway=gateway,
            device=device,
            count=counter.total(),
            details={"reasons": most},
        )


def _class(error: str | None) -> str:
    """Return the first word of a reason, which is the class of the error."""
    return (error or "").partition(":")[0][:REASON_LIMIT] or "unknown"


def _breakers(session: Session, *, now: datetime) -> Iterator[Finding]:
    rows = session.scalars(
        select(Breaker)
        .where(Breaker.paused_until.is_not(None))
        .order_by(Breaker.gateway, Breaker.host)
    )
    hosts: defaultdict[str, list[Breaker]] = defaultdict(list)
    for row in rows:
        since = row.rested_at or now
        if row.pauses > 1 or since <= now - HICCUP:
            hosts[row.gateway].append(row)
    for gateway, found in hosts.items():
        yield Finding(
            kind=AlertKind.BREAKER_OPEN,
            gateway=gateway,
            count=len(found),
            # What stands before the host may be a password.
            details={"hosts": [row.host.rpartition("@")[2] for row in found]},
        )
