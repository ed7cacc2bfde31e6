"""What stops a message before any rule is looked at. None of it can be configured away.

In this order: `echo` (something sent from our own number), `chat` (not one of `settings.chats`),
`type` (reactions, system messages, edits, revocations), `opted-out`, `needs human` (the gateway
says that a person is wanted or has taken over), `switched off` (an admin has switched the bot off),
`stale` (older than `max_age`), `loop` (too many
automatic replies in a short time), `takeover` (a person wrote from the device not long ago),
`handover` (a rule left the chat to a person).
"""

from datetime import datetime, timedelta

from bot.events import (
    NEVER_ANSWERED_TYPES,
    CallReceived,
    Chat,
    Event,
    Kind,
    Message,
    MessageEcho,
    MessageReceived,
)
from bot.rules.schema import Settings
from bot.rules.state import State

ECHO = "echo"
CHAT = "chat"
TYPE = "type"
OPTED_OUT = "opted-out"
NEEDS_HUMAN = "needs human"
SWITCHED_OFF = "switched off"
STALE = "stale"
LOOP = "loop"
TAKEOVER = "takeover"
HANDOVER = "handover"
# Not a guard of ours: the inbox has put the message together with a later one.
COLLAPSED = "collapsed"

# Two bots behind slow gateways answer each other a few times a minute, below any quick limit. No
# person gets so many automatic answers in an hour.
SLOW_LOOP_REPLIES = 60
SLOW_LOOP_WITHIN = timedelta(hours=1)

# Our own events with which a conversation goes on.
_CONTINUED = frozenset({Kind.FLOW_TIMEOUT, Kind.EFFECT_DONE, Kind.HANDOVER_ENDED})

# Statuses, broadcasts and newsletters are in no list: nobody writes there to be answered.
CHATS = {
    "private": frozenset({Chat.PRIVATE}),
    "group": frozenset({Chat.GROUP}),
    "all": frozenset({Chat.PRIVATE, Chat.GROUP}),
}


def never_answered(event: Event, settings: Settings) -> str | None:
    """Return the guard that stops an event for what it is."""
    if isinstance(event, MessageEcho):
        return ECHO
    if isinstance(event, Message):
        if event.chat not in CHATS[settings.chats]:
            return CHAT
        if event.type in NEVER_ANSWERED_TYPES:
            return TYPE
    return None


def not_now(
    event: Event,
    settings: Settings,
    state: State,
    *,
    off_until: datetime | None,
    received_at: datetime,
    now: datetime,
) -> str | None:
    """Return the guard that stops an event for when it comes, and in which state of things."""
    if isinstance(event, MessageReceived) and event.needs_human:
        return NEEDS_HUMAN
    if off_until is not None and now < off_until and _is_of_contact(event):
        return SWITCHED_OFF
    # Received minus occurred, so that an outage of ours makes nothing stale.
    if event.occurred_at is not None and received_at - event.occurred_at > settings.max_age:
        return STALE
    is_filling_in = state.flow is not None
    if (
        isinstance(event, Message | CallReceived)
        and not is_filling_in
        and paused(settings, state, now=now)
    ):
        return LOOP
    return None


def left_to_person(
    event: Event,
    settings: Settings,
    *,
    human_at: datetime | None,
    handover_until: datetime | None,
    now: datetime,
) -> str | None:
    """Return the guard that leaves an event to a person who answers this contact."""
    if not _is_of_contact(event):
        return None
    takeover = settings.takeover.for_
    if takeover and human_at is not None and now < human_at + takeover:
        return TAKEOVER
    if handover_until is not None and now < handover_until:
        return HANDOVER
    return None


def _is_of_contact(event: Event) -> bool:
    """Return whether the answer to an event goes to a contact."""
    return isinstance(event, Message | CallReceived) or event.kind in _CONTINUED


def paused(settings: Settings, state: State, *, now: datetime) -> bool:
    """Return whether the loop guard is silent for this contact, or has to become so."""
    if state.paused_until is not None and state.paused_until > now:
        return True
    recent = _replies(state, settings.loop_guard.within, now=now)
    slowly = _replies(state, SLOW_LOOP_WITHIN, now=now)
    return recent >= settings.loop_guard.replies or slowly >= SLOW_LOOP_REPLIES


def _replies(state: State, within: timedelta, *, now: datetime) -> int:
    return sum(1 for time in state.replies if now - within < time <= now)


def remembered(settings: Settings) -> timedelta:
    """Return for how long the guard needs the times of replies."""
    return max(settings.loop_guard.within, SLOW_LOOP_WITHIN)
