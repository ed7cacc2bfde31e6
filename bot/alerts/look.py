"""Look for everything that is worth an alert: the state of the database, and nothing else.

What a look finds depends on no earlier look, so none can be missed, and a restart changes nothing.
Messages that tell of alerts never count: an alert must not be the cause of another.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, func, literal, select
from sqlalchemy.orm import Session

from bot.alerts.devices import Watched, interesting, judge
from bot.alerts.finding import Finding
from bot.alerts.kinds import AlertKind
from bot.devices import hosts
from bot.gateways.responses import code_of
from models import Breaker, Device, Event, Message, MessageStatus, status_is

# A dead or failed message is news for so long; with none in that time the alert closes.
LOST = timedelta(hours=24)
# A breaker that closes at its first probe was a hiccup.
HICCUP = timedelta(minutes=1)
# More need not be told apart.
FAILED_AT_MOST = 10_000
REASONS = 5
REASON_LIMIT = 60
UNKNOWN = "unknown"

Counted = Row[str, str, str | None, int]


def look(session: Session, watched: Watched, *, now: datetime) -> list[Finding]:
    """Return all that is worth an alert now."""
    rows = session.scalars(select(Device).where(interesting(watched, now=now))).all()
    return [
        *look_at_messages(session, now=now),
        *(finding for row in rows for finding in judge(row, watched, now=now)),
        *_breakers(session, watched, now=now),
        *look_at_events(session),
    ]


def look_at_messages(session: Session, *, now: datetime) -> Iterator[Finding]:
    """Yield the messages that died, failed, or wait for somebody, counted by device."""
    dead = _lost(session, MessageStatus.DEAD, now=now)
    yield from _counted(AlertKind.MESSAGE_DEAD, dead, _class)
    failed = _lost(session, MessageStatus.FAILED, now=now)
    yield from _counted(AlertKind.MESSAGE_FAILED, failed, _code)
    yield from _counted(AlertKind.MESSAGE_HELD, _held(session), str)


def look_at_events(session: Session) -> Iterator[Finding]:
    """Yield the events that wait for a person, counted by device."""
    # Grouped here: a database that groups may walk through all events in the order of the groups.
    rows = session.execute(
        select(Event.gateway, Event.device, Event.error, literal(1))
        .where(Event.processed_at.is_(None), Event.error.is_not(None))
        .order_by(Event.id)
        .limit(FAILED_AT_MOST)
    )
    yield from _counted(AlertKind.EVENT_FAILED, rows.all(), _code)


def _lost(session: Session, status: MessageStatus, *, now: datetime) -> Sequence[Counted]:
    return session.execute(
        select(Message.gateway, Message.device, Message.error, func.count())
        .where(
            status_is(Message, status),
            # Some gateways tell the time of it, and not each of them knows what time it is.
            Message.failed_at > now - LOST,
            Message.failed_at < now + LOST,
            Message.alert_id.is_(None),
        )
        .group_by(Message.gateway, Message.device, Message.error)
    ).all()


def _held(session: Session) -> Sequence[Counted]:
    return session.execute(
        select(Message.gateway, Message.device, Message.held, func.count())
        .where(Message.held.is_not(None), Message.alert_id.is_(None))
        .group_by(Message.gateway, Message.device, Message.held)
    ).all()


def _counted(
    kind: AlertKind, rows: Sequence[Counted], word: Callable[[str | None], str]
) -> Iterator[Finding]:
    """Yield a finding for each device, with the words for its most frequent reasons."""
    reasons: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for gateway, device, reason, count in rows:
        reasons[gateway, device][word(reason)] += count
    for (gateway, device), counter in reasons.items():
        yield Finding(
            kind=kind,
            gateway=gateway,
            device=device,
            count=counter.total(),
            details={"reasons": dict(counter.most_common(REASONS))},
        )


def _class(error: str | None) -> str:
    """Return the first word of a reason, which is the class of the error."""
    return (error or "").partition(":")[0][:REASON_LIMIT] or UNKNOWN


def _code(error: str | None) -> str:
    """Return the first word of what a gateway says: its code, and no sentence of its own."""
    first = (error or "").replace(":", " ").split()[:1]
    return code_of("".join(first)) or UNKNOWN


def _breakers(session: Session, watched: Watched, *, now: datetime) -> Iterator[Finding]:
    # What nobody sends to any more is not probed, and its breaker never closes.
    known = hosts(watched.gateways)
    rows = session.scalars(
        select(Breaker)
        .where(Breaker.paused_until.is_not(None))
        .order_by(Breaker.gateway, Breaker.host)
    )
    shut: defaultdict[str, list[Breaker]] = defaultdict(list)
    for row in rows:
        if (row.gateway, row.host) in known:
            shut[row.gateway].append(row)
    for gateway, found in shut.items():
        yield Finding(
            kind=AlertKind.BREAKER_OPEN,
            gateway=gateway,
            count=len(found),
            # `rested_at` is the last rest or probe of several.
            opens=any(row.pauses > 1 or (row.rested_at or now) <= now - HICCUP for row in found),
            # What stands before the host may be a password.
            details={"hosts": [row.host.rpartition("@")[2] for row in found]},
        )
