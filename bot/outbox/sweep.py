"""Find what a dead process left behind, and what waits in the outbox too long."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.content import MEDIA_KINDS
from bot.outbox.outcome import MAX_FAILURES
from bot.outbox.record import announce_failures
from models import Device, Message, MessageStatus, is_unsettled, reading, status_is, writing

# Longer than a send can take in all, so what is older has lost its process.
LEASE = timedelta(seconds=20)
# A file may have to wait for memory and be fetched (10 and 30 seconds) while its message is
# claimed, and be uploaded (60 seconds) while it is being sent.
MEDIA_LEASE = timedelta(seconds=120)
WAITED = timedelta(seconds=3)
EXPIRED_AT_ONCE = 500
LOST = "the process ended while sending"


@dataclass(slots=True, kw_only=True)
class Expired:
    """The lanes to wake: of announcements, and of messages that may be sent now."""

    inbox_lanes: set[int] = field(default_factory=set)
    outbox_lanes: set[int] = field(default_factory=set)


def expire(
    engine: Engine,
    *,
    idempotent: frozenset[str],
    except_for: Collection[tuple[str, str]] = (),
    now: datetime,
) -> Expired:
    """Free what dead processes held and end what is too old. Raises SQLAlchemyError.

    A claimed message never left: back into the queue. One being sent may have left: `unknown`, or
    again with the same key where the gateway carries a repeated key out once (`idempotent`, with
    the kinds of content `except_for` which it does not).
    """
    with reading(engine) as session:
        if not _has_expired(session, now=now):
            return Expired()
    with writing(engine) as session:
        freed = session.scalars(
            update(Message)
            .where(
                is_unsettled(Message),
                status_is(Message, MessageStatus.CLAIMED),
                _is_over(Message.claimed_at, now),
            )
            .values(status=MessageStatus.QUEUED)
            .returning(Message.lane)
        ).all()
        lost = (
            is_unsettled(Message),
            status_is(Message, MessageStatus.SENDING),
            _is_over(Message.attempted_at, now),
        )
        again = session.scalars(
            update(Message)
            .where(
                *lost,
                Message.gateway.in_(idempotent),
                tuple_(Message.gateway, Message.kind).not_in(except_for),
                Message.failures < MAX_FAILURES - 1,
            )
            .values(
                status=MessageStatus.QUEUED,
                due_at=now,
                error=LOST,
                failures=Message.failures + 1,
            )
            .returning(Message.lane)
        ).all()
        session.execute(
            update(Message).where(*lost).values(status=MessageStatus.UNKNOWN, error=LOST)
        )
        return Expired(inbox_lanes=_end_old(session, now=now), outbox_lanes={*freed, *again})


def waiting_lanes(session: Session, *, now: datetime) -> list[int]:
    """Return the lanes with a message that should have been taken by now."""
    paused = (
        select(Device.id)
        .where(
            Device.gateway == Message.gateway,
            Device.device == Message.device,
            Device.paused_until > now,
        )
        .exists()
    )
    return list(
        session.scalars(
            select(Message.lane)
            .where(
                status_is(Message, MessageStatus.QUEUED), Message.due_at <= now - WAITED, ~paused
            )
            .distinct()
        )
    )


def _is_over(since: InstrumentedAttribute[datetime | None], now: datetime) -> ColumnElement[bool]:
    """Say that the lease of a message, counted from then, is over."""
    return or_(
        and_(Message.kind.not_in(MEDIA_KINDS), since <= now - LEASE),
        since <= now - MEDIA_LEASE,
    )


def _has_expired(session: Session, *, now: datetime) -> bool:
    states = (
        is_unsettled(Message)
        & status_is(Message, MessageStatus.CLAIMED)
        & _is_over(Message.claimed_at, now),
        is_unsettled(Message)
        & status_is(Message, MessageStatus.SENDING)
        & _is_over(Message.attempted_at, now),
        status_is(Message, MessageStatus.QUEUED) & (Message.expires_at <= now),
    )
    return any(
        session.scalar(select(Message.id).where(state).limit(1)) is not None for state in states
    )


def _end_old(session: Session, *, now: datetime) -> set[int]:
    old = session.scalars(
        select(Message.id)
        .where(status_is(Message, MessageStatus.QUEUED), Message.expires_at <= now)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if old:
        session.execute(
            update(Message)
            .where(Message.id.in_(old), status_is(Message, MessageStatus.QUEUED))
            .values(status=MessageStatus.DEAD, failed_at=now, error="expired: too old to be useful")
        )
    return announce_failures(session, old, now=now)
