"""What gateways tell later about our messages: statuses, which only go forwards."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from bot.events import Status, StatusChanged
from bot.outbox.announce import announce_failures
from models import Device, Direction, Message, MessageStatus, insert_into, is_unsettled, status_is

# How far a message has come. A failure counts only before the message is known to have arrived.
PROGRESS = {
    MessageStatus.QUEUED: 0,
    MessageStatus.CLAIMED: 0,
    MessageStatus.SENDING: 0,
    MessageStatus.UNKNOWN: 0,
    MessageStatus.SENT: 1,
    MessageStatus.FAILED: 2,
    MessageStatus.DELIVERED: 3,
    MessageStatus.READ: 4,
    MessageStatus.PLAYED: 5,
}
NEXT = {
    Status.SENT: (MessageStatus.SENT, "sent_at"),
    Status.DELIVERED: (MessageStatus.DELIVERED, "delivered_at"),
    Status.READ: (MessageStatus.READ, "read_at"),
    Status.PLAYED: (MessageStatus.PLAYED, "played_at"),
    Status.FAILED: (MessageStatus.FAILED, "failed_at"),
}
UNDER_WAY = (MessageStatus.CLAIMED, MessageStatus.SENDING, MessageStatus.UNKNOWN)
ERROR_LIMIT = 200
# What is held longer than this delays no status or echo of another message.
RECENT = timedelta(seconds=130)
# What a gateway took longer ago is told by nothing any more.
TICKET_WINDOW = timedelta(minutes=10)
ID_DIGITS = 18


def reference(message_id: int, key: str) -> str:
    """Return what a gateway shall give back to us. A number alone could be another system's."""
    return f"{message_id}:{key}"


def record_status(
    session: Session, status: StatusChanged, *, is_final: bool, now: datetime
) -> bool:
    """Move the message that a status is about forwards.

    Return False when the status may belong to a send that is still being committed, and should
    come again; `is_final` says that it has waited long enough.
    """
    if status.status is None:
        return True
    if not status.external_id and not status.reference:
        if not is_final and _may_become_clear(session, status, now=now):
            return False
        _blame(session, status, now=now)
        return True
    message = _find(session, status, now=now)
    if message is None and not is_final and _has_unsettled(session, status, now=now):
        return False
    # A second look: the send may have been committed between the first one and the question.
    message = message or _find(session, status, now=now)
    if message is None:
        return True
    new_status, column = NEXT[status.status]
    at = status.occurred_at or now
    if getattr(message, column) is None:
        setattr(message, column, at)
    is_named = status.external_id and status.external_id != message.ticket
    if is_named and message.external_id is None:
        message.external_id = status.external_id
    if PROGRESS.get(MessageStatus(message.status), -1) < PROGRESS[new_status]:
        message.status = new_status
        message.held = message.held_at = None
        message.sent_at = message.sent_at or at
        message.error = (status.error or "")[:ERROR_LIMIT] or None
        if new_status is MessageStatus.FAILED:
            session.flush()
            announce_failures(session, [message.id], now=now)
    session.flush()
    return True


def _find(session: Session, status: StatusChanged, *, now: datetime) -> Message | None:
    outgoing = (
        Message.gateway == status.gateway,
        Message.direction == Direction.OUT,
    )
    found = session.scalars(
        select(Message)
        .where(
            *outgoing,
            Message.device == status.device,
            Message.external_id == status.external_id,
        )
        .order_by(Message.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if found:
        return found
    ticketed = session.scalars(
        select(Message)
        .where(
            *outgoing,
            Message.device == status.device,
            Message.ticket == status.external_id,
            is_ticketed(now),
        )
        .limit(1)
        .with_for_update()
    ).first()
    if ticketed:
        return ticketed
    message_id, _, key = (status.reference or "").partition(":")
    if not key or not message_id.isdecimal() or len(message_id) > ID_DIGITS:
        return None
    return session.scalars(
        select(Message)
        .where(
            *outgoing,
            Message.id == int(message_id),
            Message.idempotency_key == key,
            Message.device == status.device,
            Message.external_id.is_(None),
        )
        .with_for_update()
    ).first()


def _blame(session: Session, status: StatusChanged, *, now: datetime) -> None:
    """Attach an error that names no message to the only one that can be meant, or to the device."""
    if status.status is not Status.FAILED:
        return
    error = (status.error or status.word)[:ERROR_LIMIT]
    meant = _meant(session, status, now=now)
    if len(meant) == 1:
        # Said again: meanwhile somebody may have been told that it arrived.
        failed = session.scalars(
            update(Message)
            .where(Message.id == meant[0], *_can_be_meant(now))
            .values(status=MessageStatus.FAILED, failed_at=status.occurred_at or now, error=error)
            .returning(Message.id)
        ).all()
        announce_failures(session, failed, now=now)
        return
    values = {"problem": error, "problem_at": status.occurred_at or now}
    session.execute(
        insert_into(session, Device)
        .values(gateway=status.gateway, device=status.device, **values)
        .on_conflict_do_update(index_elements=["gateway", "device"], set_=values)
    )


def _may_become_clear(session: Session, status: StatusChanged, *, now: datetime) -> bool:
    """Say whether it may soon be known better which message an error is about.

    A send may be about to be committed; of several, some may be told to have gone out.
    """
    several = len(_meant(session, status, now=now)) > 1
    return several or _has_any(session, status, *_are_under_way(now))


def _meant(session: Session, status: StatusChanged, *, now: datetime) -> Sequence[int]:
    """Return the messages that an error without a name can be about, two at most."""
    return session.scalars(
        select(Message.id)
        .where(
            Message.gateway == status.gateway,
            Message.device == status.device,
            *_can_be_meant(now),
        )
        .limit(2)
    ).all()


def _can_be_meant(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (is_ticketed(now), status_is(Message, MessageStatus.SENT, MessageStatus.UNKNOWN))


def is_ticketed(now: datetime) -> ColumnElement[bool]:
    """Say that the gateway took a message and has not told its id yet."""
    return and_(
        Message.ticket.is_not(None),
        Message.external_id.is_(None),
        Message.attempted_at > now - TICKET_WINDOW,
    )


def _has_unsettled(session: Session, status: StatusChanged, *, now: datetime) -> bool:
    return _has_any(session, status, *_are_under_way(now)) or _has_any(
        session, status, is_ticketed(now)
    )


def _has_any(session: Session, status: StatusChanged, *conditions: ColumnElement[bool]) -> bool:
    of_device = (Message.gateway == status.gateway, Message.device == status.device)
    return session.scalar(select(Message.id).where(*of_device, *conditions).limit(1)) is not None


def _are_under_way(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (is_unsettled(Message), status_is(Message, *UNDER_WAY), _is_recent(now))


def _is_recent(now: datetime) -> ColumnElement[bool]:
    return or_(Message.claimed_at > now - RECENT, Message.attempted_at > now - RECENT)
