"""Contacts who change their number or their id keep their conversation, and their opt-out."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.inbox.arrivals import ADDRESS_LIMIT, folded
from bot.inbox.changes import Changes, Place, Talk
from bot.inbox.raising import AHEAD_KINDS
from bot.lanes import lane_of
from models import Conversation, Event


def move_conversations(session: Session, changes: Changes) -> None:
    """Give conversations the addresses under which their contacts are reached from now on.

    Where they have written under the new one already, there are two conversations: then only the
    wish to be left alone goes along.
    """
    for place, address in changes.moves:
        _move(session, changes.talks[place], place, folded(address, ADDRESS_LIMIT))


def _move(session: Session, talk: Talk, place: Place, address: str) -> None:
    gateway, device, _ = place
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
            _move_events(session, place, address)
            return
    if talk.opted_out_at is not None:
        session.execute(
            update(Conversation)
            .where(*there, Conversation.opted_out_at.is_(None))
            .values(opted_out_at=talk.opted_out_at)
        )


def _move_events(session: Session, place: Place, address: str) -> None:
    """Let a running form end, and a handover, where the conversation is now."""
    gateway, device, before = place
    session.execute(
        update(Event)
        .where(
            Event.lane == lane_of(*place),
            Event.processed_at.is_(None),
            Event.error.is_(None),
            Event.kind.in_(AHEAD_KINDS),
            Event.gateway == gateway,
            Event.device == device,
            Event.address == before,
        )
        .values(address=address, lane=lane_of(gateway, device, address))
    )
