"""Contacts who change their number or their id keep their conversation, and their opt-out."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.inbox.arrivals import ADDRESS_LIMIT, folded
from bot.inbox.changes import Changes, Talk
from bot.lanes import lane_of
from models import Conversation


def move_conversations(session: Session, changes: Changes) -> None:
    """Give conversations the addresses under which their contacts are reached from now on.

    Where they have written under the new one already, there are two conversations: then only the
    wish to be left alone goes along.
    """
    for place, address in changes.moves:
        gateway, device, _ = place
        _move(session, changes.talks[place], gateway, device, folded(address, ADDRESS_LIMIT))


def _move(session: Session, talk: Talk, gateway: str, device: str, address: str) -> None:
    there = (
        Conversation.gateway == gateway,
        Conversation.device == device,
        Conversation.address == address,
    )
    if session.scalar(select(Conversation.id).where(*there)) is None:
        try:
            with session.begin_nested():
                session.execute(
                    update(Conversation)
                    .where(Conversation.id == talk.id)
                    .values(address=address, lane=lane_of(gateway, device, address))
                )
        except IntegrityError:
            pass  # they have written there at this very moment
        else:
            return
    if talk.opted_out_at is not None:
        session.execute(
            update(Conversation)
            .where(*there, Conversation.opted_out_at.is_(None))
            .values(opted_out_at=talk.opted_out_at)
        )
