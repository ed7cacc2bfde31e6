"""Take back automatic messages that have not left, because a person has answered instead
or an admin has switched the bot off.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import (
    Conversation,
    Device,
    Direction,
    Message,
    MessageStatus,
    is_unsettled,
    status_is,
)

TAKEN_OVER = "taken over: a person has answered"
SWITCHED_OFF = "switched off: an admin has switched the bot off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The rules whose replies were taken back, and the lanes in which a later message may go."""

    rules: tuple[str, ...] = ()
    lanes: frozenset[int] = frozenset()


def cancel_automatic(session: Session, conversation_id: int, *, before: datetime) -> Cancelled:
    """Cancel what rules said to a contact before that time and what nobody has claimed yet.

    What persons wrote stays, and so do the replies of a handover, and alerts.
    """
    rows = session.execute(
        update(Message)
        .where(
            Message.conversation_id == conversation_id,
            is_unsettled(Message),
            status_is(Message, MessageStatus.QUEUED),
            Message.direction == Direction.OUT,
            Message.automatic,
            Message.created_at < before,
        )
        .values(status=MessageStatus.CANCELLED, error=TAKEN_OVER, held=None, held_at=None)
        .returning(Message.lane, Message.explanation)
        .execution_options(synchronize_session=False)
    ).all()
    return Cancelled(
        rules=tuple(rule for row in rows for rule in _rules(row.explanation)),
        lanes=frozenset(row.lane for row in rows),
    )


def cancel_overtaken(session: Session, ids: Collection[int]) -> None:
    """Cancel those of these messages that came back into the queue after a person had answered.

    They were under way when everything else was cancelled.
    """
    if not ids:
        return
    answered = (
        select(Conversation.id)
        .where(
            Conversation.id == Message.conversation_id,
            Conversation.taken_until > Message.created_at,
        )
        .exists()
    )
    session.execute(
        update(Message)
        .where(
            Message.id.in_(ids),
            status_is(Message, MessageStatus.QUEUED),
            Message.automatic,
            answered,
        )
        .values(status=MessageStatus.CANCELLED, error=TAKEN_OVER, held=None, held_at=None)
        .execution_options(synchronize_session=False)
    )


def cancel_switched_off(session: Session, ids: Collection[int], *, now: datetime) -> None:
    """Cancel those of these messages that a device would say by itself while its bot is off."""
    is_off = (
        select(Device.id)
        .where(
            Device.gateway == Message.gateway,
            Device.device == Message.device,
            Device.off_until > now,
        )
        .exists()
    )
    session.execute(
        update(Message)
        .where(
            Message.id.in_(ids),
            status_is(Message, MessageStatus.QUEUED),
            Message.automatic,
            is_off,
        )
        .values(status=MessageStatus.CANCELLED, error=SWITCHED_OFF)
        .execution_options(synchronize_session=False)
    )


def _rules(explanation: object) -> Iterator[str]:
    found = explanation.get("rules") if isinstance(explanation, dict) else None
    yield from map(str, found if isinstance(found, list) else ())
