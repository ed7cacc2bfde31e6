"""Read what a batch has to know before it is folded: its conversations, devices and history."""

from collections.abc import Sequence

from sqlalchemy import and_, select, tuple_
from sqlalchemy.orm import Session

from bot.inbox.changes import DeviceKey, Pending, Place, Talk
from bot.rules import State
from models import Conversation, Device, Direction, Message

_OF_DEVICE = and_(Device.gateway == Conversation.gateway, Device.device == Conversation.device)


def load_talks(session: Session, places: Sequence[Place]) -> dict[Place, Talk]:
    """Return the conversations, which nobody else changes until the transaction ends."""
    if not places:
        return {}
    # With their devices, so that nothing more is asked.
    rows = session.execute(
        select(Conversation, Device.off_until)
        .outerjoin(Device, _OF_DEVICE)
        .where(tuple_(Conversation.gateway, Conversation.device, Conversation.address).in_(places))
        .order_by(Conversation.id)
        .with_for_update(key_share=True, of=Conversation)
    )
    return {
        (row.gateway, row.device, row.address): Talk(
            id=row.id,
            name=row.name,
            phone=row.phone,
            chat=row.chat,
            state=State.from_json(row.state),
            opted_out_at=row.opted_out_at,
            last_inbound_at=row.last_inbound_at,
            wrote_at=row.wrote_at,
            human_at=row.human_at,
            taken_until=row.taken_until,
            handover_until=row.handover_until,
            off_until=off_until,
        )
        for row, off_until in rows
    }


def load_memories(session: Session, batch: Sequence[Pending]) -> dict[DeviceKey, State]:
    """Return what the rules remember of the devices whose own events are in the batch."""
    devices = sorted(
        {(pending.event.gateway, pending.event.device) for pending in batch if not pending.place}
    )
    if not devices:
        return {}
    rows = session.scalars(select(Device).where(tuple_(Device.gateway, Device.device).in_(devices)))
    return {(row.gateway, row.device): State.from_json(row.memory) for row in rows}


def load_known(
    session: Session, batch: Sequence[Pending], talks: dict[Place, Talk]
) -> set[tuple[Place, str]]:
    """Return the external ids in the batch that the history already holds, with their places."""
    ids = {
        external_id
        for pending in batch
        if (external_id := getattr(pending.event, "external_id", None))
    }
    places = {talk.id: place for place, talk in talks.items()}
    if not ids or not places:
        return set()
    rows = session.execute(
        select(Message.conversation_id, Message.external_id).where(
            Message.conversation_id.in_(places),
            Message.direction == Direction.IN,
            Message.external_id.in_(ids),
        )
    )
    return {(places[conversation], external_id or "") for conversation, external_id in rows}
