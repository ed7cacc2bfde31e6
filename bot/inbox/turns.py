"""What the rules are told of an event and of the conversation that it belongs to. Pure."""

from datetime import datetime

from bot.content import Content
from bot.events import CallReceived, Message
from bot.inbox.changes import Pending, Talk
from bot.rules import ConversationView, State, Turn


def turn_of(pending: Pending, talk: Talk | None, state: State, *, now: datetime) -> Turn:
    """Return the turn that an event is; `talk` None where it belongs to no conversation."""
    event = pending.event
    # Other events have names, too, but not those of contacts.
    name = event.name if isinstance(event, Message) else None
    phone = event.phone if isinstance(event, Message | CallReceived) else None
    view = ConversationView(
        name=name or (talk.name if talk else None),
        phone=phone or (talk.phone if talk else None),
        first=talk is None or talk.last_inbound_at is None,
        last_inbound_at=talk.last_inbound_at if talk else None,
        opted_out=bool(talk and talk.opted_out_at),
        human_at=talk.human_at if talk else None,
        handover_until=talk.handover_until if talk else None,
        off_until=talk.off_until if talk else None,
        state=state,
    )
    return Turn(event=event, now=now, received_at=pending.received_at, conversation=view)


def open_menu(talk: Talk) -> Content | None:
    """Return what a number presses: nothing while a question without choices is open."""
    running = talk.state.flow
    return talk.menu if running is None or running.has_menu else None
