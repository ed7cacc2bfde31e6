"""Read how things stand from the database: what waits, and what is in the way.

Each query of events and messages uses an index that holds only what is open, so its cost does not
grow with the history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, bindparam, case, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.gateways.base import Gateway
from bot.inbox.store import processed_events
from bot.lanes import LANES
from models import (
    Alert,
    Breaker,
    Device,
    Effect,
    Event,
    Message,
    MessageStatus,
    is_unsettled,
    status_is,
)
from models.base import UtcDateTime

# The columns of _MESSAGES, _DEVICES and _BREAKERS.
MessagesRow = Row[str, str, str, bool, str | None, int, datetime | None]
DeviceRow = Row[
    str,
    str,
    str | None,
    datetime | None,
    datetime | None,
    int | None,
    int | None,
    int | None,
    datetime | None,
    str | None,
]
BreakerRow = Row[str, str, datetime | None]

FAILED = timedelta(hours=24)
_NOW = bindparam("now", type_=UtcDateTime)
_IS_OPEN = (Event.processed_at.is_(None), Event.error.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand at a time. `messages` are grouped, `devices` and `breakers` are rows."""

    at: datetime
    gateways: Mapping[str, Gateway]
    events_processed: int
    events_waiting: int
    events_failed: int
    events_due_since: datetime | None
    messages: Sequence[MessagesRow]
    messages_dead: int
    messages_failed: int
    effects_waiting: int
    effects_due_since: datetime | None
    devices: Sequence[DeviceRow]
    breakers: Sequence[BreakerRow]
    alerts: Mapping[str, int]


def read_standing(session: Session, gateways: Mapping[str, Gateway], *, now: datetime) -> Standing:
    """Return how things stand. Raises SQLAlchemyError."""
    effects = session.execute(_EFFECTS, {"now": now}).one()
    return Standing(
        at=now,
        gateways=gateways,
        events_processed=processed_events(session),
        events_waiting=session.scalar(_EVENTS_WAITING, {"now": now}) or 0,
        events_failed=session.scalar(_EVENTS_FAILED) or 0,
        events_due_since=min(session.scalars(_EVENTS_DUE, {"now": now}), default=None),
        messages=session.execute(_MESSAGES, {"now": now}).all(),
        messages_dead=session.scalar(_MESSAGES_DEAD) or 0,
        messages_failed=session.scalar(_MESSAGES_FAILED, {"since": now - FAILED}) or 0,
        effects_waiting=effects.number,
        effects_due_since=effects.due_since,
        devices=session.execute(_DEVICES).all(),
        breakers=session.execute(_BREAKERS).all(),
        alerts={row.kind: row.number for row in session.execute(_ALERTS)},
    )


def _due_since(
    due_at: InstrumentedAttribute[datetime | None] | InstrumentedAttribute[datetime],
) -> ColumnElement[datetime | None]:
    """Return the earliest time at which something became due, of what is due by now."""
    return func.min(case((due_at <= _NOW, due_at)), type_=UtcDateTime)


# Not what is raised for a time to come: nobody waits for that.
_EVENTS_WAITING = select(func.count(Event.id)).where(*_IS_OPEN, Event.received_at <= _NOW)
_EVENTS_FAILED = select(func.count(Event.id)).where(
    Event.processed_at.is_(None), Event.error.is_not(None)
)
# The first due event of each lane: the others of a long queue are not looked at.
_EVENTS_DUE = union_all(
    *(
        select(
            select(Event.due_at)
            .where(Event.lane == lane, *_IS_OPEN, Event.due_at <= _NOW)
            .order_by(Event.received_at, Event.id)
            .limit(1)
            .subquery()
        )
        for lane in range(LANES)
    )
)
_MESSAGES = (
    select(
        Message.gateway,
        Message.device,
        Message.status,
        Message.automatic,
        Message.held,
        func.count().label("number"),
        _due_since(Message.due_at).label("due_since"),
    )
    .where(is_unsettled(Message))
    .group_by(Message.gateway, Message.device, Message.status, Message.automatic, Message.held)
)
_MESSAGES_DEAD = select(func.count()).where(status_is(Message, MessageStatus.DEAD))
# Nobody has to do anything about these, so only the latest are told.
_MESSAGES_FAILED = select(func.count()).where(
    status_is(Message, MessageStatus.FAILED),
    Message.failed_at > bindparam("since", type_=UtcDateTime),
)
_EFFECTS = select(func.count().label("number"), _due_since(Effect.due_at).label("due_since")).where(
    Effect.done_at.is_(None)
)
_DEVICES = select(
    Device.gateway,
    Device.device,
    Device.state,
    Device.paused_until,
    Device.stopped_until,
    Device.quota_limit,
    Device.quota_remaining,
    Device.quota_reserve,
    Device.webhook_at,
    Device.pause_reason,
)
_BREAKERS = select(Breaker.gateway, Breaker.host, Breaker.paused_until).where(
    Breaker.paused_until.is_not(None)
)
_ALERTS = (
    select(Alert.kind, func.count().label("number"))
    .where(Alert.closed_at.is_(None))
    .group_by(Alert.kind)
)
