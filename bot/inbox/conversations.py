"""Find or create the rows of conversations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from bot.inbox.changes import Place
from bot.lanes import lane_of
from models import Conversation, insert_into


def ensure_conversation(session: Session, place: Place, *, now: datetime) -> int:
    """Return the id of a conversation, created if it does not exist yet."""
    missing = missing_conversations(session, [place])
    if missing:
        create_conversations(session, missing, now=now)
    gateway, device, address = place
    return session.scalars(
        select(Conversation.id).where(
            Conversation.gateway == gateway,
            Conversation.device == device,
            Conversation.address == address,
        )
    ).one()


def missing_conversations(session: Session, places: Sequence[Place]) -> list[Place]:
    """Return the places whose conversations do not exist yet."""
    if not places:
        return []
    columns = (Conversation.gateway, Conversation.device, Conversation.address)
    rows = session.execute(select(*columns).where(tuple_(*columns).in_(places)))
    found = {tuple(row) for row in rows}
    return [place for place in places if place not in found]


def create_conversations(session: Session, missing: Sequence[Place], *, now: datetime) -> None:
    """Create conversations, unless somebody else has done so meanwhile."""
    session.execute(
        insert_into(session, Conversation).on_conflict_do_nothing(
            index_elements=["gateway", "device", "address"]
        ),
        [
            {
                "gateway": gateway,
                "device": device,
                "address": address,
                "lane": lane_of(gateway, device, address),
                "chat": "private",
                "state": {},
                "created_at": now,
            }
            for gateway, device, address in missing
        ],
    )
