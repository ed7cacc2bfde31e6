"""Bring back what waits for a time that the clock has already shown: it was set back since.

Rows keep the time at which it was said when they are due. One that lies ahead comes from before;
then what is to happen "later" would happen only when the clock gets there again.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Update, and_, or_, select, update

from bot.events import Kind
from bot.inbox.raising import AHEAD_KINDS
from bot.outbox.sweep import AHEAD
from models import (
    Breaker,
    Device,
    Effect,
    Event,
    Message,
    MessageStatus,
    reading,
    status_is,
    writing,
)


def heal(engine: Engine, *, now: datetime) -> int:
    """Make due what a clock that was set back would put off; return how many rows."""
    ahead = now + AHEAD
    is_open = (Event.processed_at.is_(None), Event.error.is_(None))
    # These are put off for seconds only, whenever they came.
    is_put_off_ahead = and_(
        Event.kind.in_((Kind.MESSAGE_STATUS, Kind.MESSAGE_ECHO)), Event.due_at > ahead
    )
    # What is raised for a time to come says when that was.
    is_raised_ahead = Event.kind.in_(AHEAD_KINDS)
    is_from_ahead = or_(
        and_(~is_raised_ahead, Event.received_at > ahead),
        and_(is_raised_ahead, Event.occurred_at > ahead),
    )
    is_queued = status_is(Message, MessageStatus.QUEUED)
    is_to_do = Effect.done_at.is_(None)
    found = (
        (
            (*is_open, Event.due_at > now, or_(is_from_ahead, is_put_off_ahead)),
            update(Event).values(due_at=now),
        ),
        (
            (is_queued, Message.due_at > now, Message.put_at > ahead),
            update(Message).values(due_at=now),
        ),
        (
            (is_to_do, Effect.due_at > now, Effect.put_at > ahead),
            update(Effect).values(due_at=now),
        ),
        ((is_to_do, Effect.claimed_at > ahead), update(Effect).values(claimed_at=None)),
        (
            (Device.paused_until > now, Device.rested_at > ahead),
            update(Device).values(paused_until=now),
        ),
        (
            (Breaker.paused_until > now, Breaker.rested_at > ahead),
            update(Breaker).values(paused_until=now),
        ),
    )
    return sum(_change(engine, conditions, statement) for conditions, statement in found)


def _change(engine: Engine, conditions: tuple[ColumnElement[bool], ...], statement: Update) -> int:
    with reading(engine) as session:
        if session.scalar(select(1).where(*conditions).limit(1)) is None:
            return 0
    with writing(engine) as session:
        return session.connection().execute(statement.where(*conditions)).rowcount
