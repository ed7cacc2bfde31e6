"""Let go what waited for a contact to write."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Conversation, Direction, Held, Message, MessageStatus, status_is


def release_held(
    session: Session, conversation_ids: Collection[int], *, now: datetime
) -> frozenset[int]:
    """Queue what was held until these contacts write; return the lanes to wake."""
    if not conversation_ids:
        return frozenset()
    lanes = session.scalars(
        update(Message)
        .where(
            Message.held == Held.WINDOW,
            Message.conversation_id.in_(conversation_ids),
            Message.direction == Direction.OUT,
            status_is(Message, MessageStatus.QUEUED),
        )
        .values(held=None, held_at=None, due_at=now, put_at=now, error=None)
        .returning(Message.lane)
        .execution_options(synchronize_session=False)
    )
    return frozenset(lanes)


def overtaken(session: Session, judged: Mapping[int, datetime | None]) -> frozenset[int]:
    """Lock conversations; return those whose contacts have written since they were judged.

    `judged` says of each when its contact was known to have written last. Under lock: the inbox has
    released before us what we had not held yet, or it does so after us.
    """
    rows = session.execute(
        select(Conversation.id, Conversation.wrote_at)
        .where(Conversation.id.in_(judged))
        .order_by(Conversation.id)
        .with_for_update()
    )
    return frozenset(row.id for row in rows if row.wrote_at != judged[row.id])
