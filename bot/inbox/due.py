"""Read the events of a lane that are due, bounded by number and by bytes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from bot.events import Kind
from bot.inbox.changes import Place
from bot.inbox.parts import payload_size, read_payload
from bot.inbox.reread import SMALL
from bot.lanes import CLOCK_SKEW
from models import Event

# A batch is in memory as a whole. It has at least one event, however large that is.
LARGEST_BATCH = 8 * 1024 * 1024
# So much of what is small is looked at besides the batch: not more than a batch has.
SAID_AT_MOST = 100

DueRow = Row[int, str, str, str, str, str | None, bytes, str | None, datetime, datetime]
COLUMNS = (
    Event.id,
    Event.gateway,
    Event.device,
    Event.key,
    Event.kind,
    Event.address,
    Event.payload,
    Event.body_id,
    Event.received_at,
    Event.due_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEvent:
    """One event with its payload."""

    id: int
    gateway: str
    device: str
    key: str
    kind: str
    address: str | None
    payload: bytes
    received_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """The events to process now, in their order, and whether more are due."""

    events: Sequence[DueEvent]
    is_left: bool


def read_due(
    session: Session,
    lane: int,
    *,
    now: datetime,
    limit: int,
    only: int | None = None,
    and_what_waits: bool = False,
) -> Due:
    """Return at most `limit` events of a lane.

    `and_what_waits`: with the messages that were put off until more is said. Whoever puts nothing
    together takes them in their turn, so that nothing overtakes them.
    """
    rows = _rows(session, lane, now=now, limit=limit, only=only, and_what_waits=and_what_waits)
    events: list[DueEvent] = []
    size = 0
    for row in rows:
        size += payload_size(session, row)
        if events and size > LARGEST_BATCH:
            break
        events.append(_with_payload(session, row))
    return Due(events, is_left=len(rows) == limit or len(events) < len(rows))


def read_said(
    session: Session, lane: int, places: Collection[Place], *, but: Collection[int]
) -> list[DueEvent]:
    """Return what was said in conversations of a lane besides `but`, due or not; nothing large."""
    rows = session.execute(
        select(*COLUMNS)
        .where(
            Event.lane == lane,
            Event.processed_at.is_(None),
            Event.error.is_(None),
            Event.kind == Kind.MESSAGE_RECEIVED,
            tuple_(Event.gateway, Event.device, Event.address).in_(places),
            Event.id.not_in(but),
            Event.body_id.is_(None),
            func.length(Event.payload) <= SMALL,
        )
        .order_by(Event.received_at, Event.id)
        .limit(SAID_AT_MOST)
    ).all()
    return [_with_payload(session, row) for row in rows]


def next_due(session: Session, lane: int, *, now: datetime) -> int | None:
    """Return the id of the first event of a lane that is due, or that waits for more."""
    rows = _rows(session, lane, now=now, limit=1, and_what_waits=True)
    return int(rows[0].id) if rows else None


def _rows(
    session: Session,
    lane: int,
    *,
    now: datetime,
    limit: int,
    only: int | None = None,
    and_what_waits: bool,
) -> Sequence[DueRow]:
    is_due = Event.due_at <= now + CLOCK_SKEW
    statement = (
        select(*COLUMNS)
        .where(
            Event.lane == lane,
            Event.processed_at.is_(None),
            Event.error.is_(None),
            or_(is_due, Event.kind == Kind.MESSAGE_RECEIVED) if and_what_waits else is_due,
            true() if only is None else Event.id == only,
        )
        .order_by(Event.received_at, Event.id)
        .limit(limit)
    )
    return session.execute(statement).all()


def _with_payload(session: Session, row: DueRow) -> DueEvent:
    return DueEvent(
        id=row.id,
        gateway=row.gateway,
        device=row.device,
        key=row.key,
        kind=row.kind,
        address=row.address,
        payload=read_payload(session, row),
        received_at=row.received_at,
        due_at=row.due_at,
    )
