"""Contacts who change their number or their id keep their conversation, and their opt-out."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.effects import ASKING_KINDS, TASK_KINDS
from bot.events import Kind
from bot.inbox.arrivals import ADDRESS_LIMIT, folded
from bot.inbox.changes import Changes, Place, Talk
from bot.inbox.raising import AHEAD_KINDS
from bot.lanes import lane_of
from models import Conversation, Effect, Event

# Of ours, and with the conversation wherever it goes.
_TAKEN_ALONG = AHEAD_KINDS | {Kind.EFFECT_DONE, Kind.BOT_SWITCHED}


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
    """Let what is to come, such as the end of a form, come where the conversation is now."""
    gateway, device, before = place
    moved = {"address": address, "lane": lane_of(gateway, device, address)}
    # Before the events: what is performed meanwhile has either moved, or its event is there.
    session.execute(
        update(Effect)
        .where(
            Effect.lane == lane_of(*place),
            Effect.done_at.is_(None),
            Effect.kind.in_(ASKING_KINDS | TASK_KINDS),
            Effect.gateway == gateway,
            Effect.device == device,
            Effect.address == before,
        )
        .values(**moved)
    )
    session.execute(
        update(Event)
        .where(
            Event.lane == lane_of(*place),
            Event.processed_at.is_(None),
            Event.error.is_(None),
            Event.kind.in_(_TAKEN_ALONG),
            Event.gateway == gateway,
            Event.device == device,
            Event.address == before,
        )
        .values(**moved)
    )
