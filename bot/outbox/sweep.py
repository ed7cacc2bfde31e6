"""Find what a dead process left behind, and what waits in the outbox too long."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Row, and_, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.content import MEDIA_KINDS
from bot.outbox.announce import announce_failures
from bot.outbox.cancel import cancel_overtaken
from bot.outbox.history import PastAttempt, keep_attempts
from bot.outbox.outcome import MAX_FAILURES
from models import (
    Device,
    Held,
    Message,
    MessageStatus,
    is_unsettled,
    reading,
    status_is,
    writing,
)

# Longer than a send can take in all, so what is older has lost its process.
LEASE = timedelta(seconds=20)
# A file may have to wait for memory and be fetched (10 and 30 seconds) while its message is
# claimed, and be uploaded (60 seconds) while it is being sent.
MEDIA_LEASE = timedelta(seconds=120)
WAITED = timedelta(seconds=3)
EXPIRED_AT_ONCE = 500
# The clocks of two machines differ by less.
AHEAD = timedelta(seconds=60)
NO_EVIDENCE = "no evidence came that it was sent"
LOST = "the process ended while sending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What becomes of an `unknown` message for which no evidence has come after `wait`.

    `resends`: it is sent again, and may arrive twice. Otherwise it is held for a person.
    """

    wait: timedelta = timedelta(seconds=60)
    resends: bool = False


HELD_IN_DOUBT = Doubt()


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
    doubt: Doubt = HELD_IN_DOUBT,
    now: datetime,
) -> Expired:
    """Free what dead processes held and end what is too old. Raises SQLAlchemyError.

    A claimed message never left: back into the queue. One being sent may have left: `unknown`, or
    again with the same key where the gateway carries a repeated key out once (`idempotent`, with
    the kinds of content `except_for` which it does not). `doubt` decides on what stays `unknown`.
    """
    with reading(engine) as session:
        if not _has_expired(session, doubt, now=now):
            return Expired()
    with writing(engine) as session:
        freed = session.execute(
            update(Message)
            .where(
                is_unsettled(Message),
                status_is(Message, MessageStatus.CLAIMED),
                _is_over(Message.claimed_at, now),
            )
            .values(status=MessageStatus.QUEUED)
            .returning(Message.lane, Message.id)
        ).all()
        lost = (
            is_unsettled(Message),
            status_is(Message, MessageStatus.SENDING),
            _is_over(Message.attempted_at, now),
        )
        again = _send_again(
            session,
            *lost,
            Message.gateway.in_(idempotent),
            tuple_(Message.gateway, Message.kind).not_in(except_for),
            error=LOST,
            now=now,
        )
        in_doubt = session.execute(
            update(Message)
            .where(*lost)
            .values(status=MessageStatus.UNKNOWN, error=LOST)
            .returning(Message.lane, Message.id, Message.attempts)
        ).all()
        history = [
            *_history(again, MessageStatus.UNKNOWN),
            *_history(in_doubt, MessageStatus.UNKNOWN),
        ]
        keep_attempts(session, history, now=now)
        cancel_overtaken(session, [row.id for row in freed])
        decided = _decide(session, doubt, now=now)
        return Expired(
            inbox_lanes=_end_old(session, now=now),
            outbox_lanes={*(row.lane for row in (*freed, *again)), *decided},
        )


def waiting_lanes(session: Session, *, now: datetime) -> list[int]:
    """Return the lanes with a message that should have been taken by now."""
    paused = (
        select(Device.id)
        .where(
            Device.gateway == Message.gateway,
            Device.device == Message.device,
            or_(
                Device.paused_until > now,
                Device.stopped_until > now,
                and_(
                    Message.automatic,
                    Device.quota_remaining <= Device.quota_reserve,
                    or_(Device.quota_resets_at.is_(None), Device.quota_resets_at > now),
                ),
            ),
        )
        .exists()
    )
    return list(
        session.scalars(
            select(Message.lane)
            .where(
                status_is(Message, MessageStatus.QUEUED),
                Message.held.is_(None),
                Message.due_at <= now - WAITED,
                ~paused,
            )
            .distinct()
        )
    )


def _is_over(since: InstrumentedAttribute[datetime | None], now: datetime) -> ColumnElement[bool]:
    """Say that the lease of a message, counted from then, is over.

    A time that lies ahead is one from before the clock was set back: nobody can tell any more.
    """
    return or_(
        since > now + AHEAD,
        and_(Message.kind.not_in(MEDIA_KINDS), since <= now - LEASE),
        since <= now - MEDIA_LEASE,
    )


def _decide(session: Session, doubt: Doubt, *, now: datetime) -> Sequence[int]:
    """Hold what stays unknown, or send it again; return the lanes in which something may go."""
    undecided = (
        is_unsettled(Message),
        status_is(Message, MessageStatus.UNKNOWN),
        Message.held.is_(None),
        _has_waited(doubt, now),
    )
    again: Sequence[Row[int, int, int]] = ()
    if doubt.resends:
        again = _send_again(session, *undecided, error=NO_EVIDENCE, now=now)
        keep_attempts(session, _history(again, MessageStatus.QUEUED, NO_EVIDENCE), now=now)
    held = session.scalars(
        update(Message)
        .where(*undecided)
        .values(held=Held.UNKNOWN, held_at=now)
        .returning(Message.lane)
    ).all()
    return [*(row.lane for row in again), *held]


def _send_again(
    session: Session, *conditions: ColumnElement[bool], error: str, now: datetime
) -> Sequence[Row[int, int, int]]:
    """Queue messages again that have tries left, unless a person has answered meanwhile."""
    again = session.execute(
        update(Message)
        .where(*conditions, Message.failures < MAX_FAILURES - 1)
        .values(
            status=MessageStatus.QUEUED,
            due_at=now,
            put_at=now,
            error=error,
            failures=Message.failures + 1,
        )
        .returning(Message.lane, Message.id, Message.attempts)
    ).all()
    cancel_overtaken(session, [row.id for row in again])
    return again


def _history(
    rows: Iterable[Row[int, int, int]], outcome: MessageStatus, error: str = LOST
) -> list[PastAttempt]:
    return [
        PastAttempt(message_id=row.id, number=row.attempts, outcome=outcome, error=error)
        for row in rows
    ]


def _has_expired(session: Session, doubt: Doubt, *, now: datetime) -> bool:
    # As the index of what is under way says it: a queue may be long.
    is_under_way = status_is(
        Message, MessageStatus.CLAIMED, MessageStatus.SENDING, MessageStatus.UNKNOWN
    )
    states = (
        is_under_way
        & (Message.status == MessageStatus.CLAIMED)
        & _is_over(Message.claimed_at, now),
        is_under_way
        & (Message.status == MessageStatus.SENDING)
        & _is_over(Message.attempted_at, now),
        is_under_way
        & (Message.status == MessageStatus.UNKNOWN)
        & Message.held.is_(None)
        & _has_waited(doubt, now),
        status_is(Message, MessageStatus.QUEUED) & (Message.expires_at <= now),
    )
    return any(
        session.scalar(select(Message.id).where(state).limit(1)) is not None for state in states
    )


def _has_waited(doubt: Doubt, now: datetime) -> ColumnElement[bool]:
    """Say that no evidence has come for long enough, or that nobody can tell any more."""
    return or_(Message.attempted_at <= now - doubt.wait, Message.attempted_at > now + AHEAD)


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
            .values(
                status=MessageStatus.DEAD,
                failed_at=now,
                held=None,
                held_at=None,
                error="expired: too old to be useful",
            )
        )
    return announce_failures(session, old, now=now)
