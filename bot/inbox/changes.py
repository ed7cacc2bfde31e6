"""What a batch of events changes: the words that reading, folding and storing share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.content import Content
from bot.effects import NewEffect
from bot.events import DeviceChanged, Event, Kind, Message, MessageEcho, StatusChanged
from bot.outbox import Verdict
from bot.rules import Answer, State, Turn

Place = tuple[str, str, str]
DeviceKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One due row of the inbox and what it says; `place` is its conversation, if it has one.

    `was_put_off`: this is not the first look at it. `is_hushed`: a status that no rule hears of.
    `is_large`: it is not found by whoever looks for what was said in a conversation.
    `is_collapsed`: it is answered with a later message, whose `said_before` it is part of.
    """

    id: int
    event: Event
    place: Place | None
    received_at: datetime
    was_put_off: bool = False
    is_hushed: bool = False
    is_large: bool = False
    is_collapsed: bool = False
    said_before: "tuple[Pending, ...]" = field(default=(), repr=False)


@dataclass(slots=True, kw_only=True)
class Talk:
    """A conversation as the batch finds it, and then as the batch leaves it."""

    id: int
    name: str | None
    phone: str | None
    chat: str
    state: State
    opted_out_at: datetime | None
    last_inbound_at: datetime | None
    wrote_at: datetime | None = None
    human_at: datetime | None = None
    taken_until: datetime | None = None
    handover_until: datetime | None = None
    # Until when the bot is switched off at the whole device.
    off_until: datetime | None = None
    # What was said last, while it offers choices; and, by event, whose words the echoes are.
    menu: Content | None = None
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    has_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message for the history, with the reason why it was or was not answered.

    `text` is what was typed, where the message was understood as the press of a button.
    """

    pending: Pending
    message: Message
    text: str
    explanation: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message for the outbox."""

    pending: Pending
    position: int
    place: Place
    content: Content
    rules: tuple[str, ...]
    version: str
    automatic: bool
    useful_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A message to an admin, in a conversation of its own. `device` is where it is sent from."""

    pending: Pending
    position: int
    device: str
    recipient: str
    text: str
    rule: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An event of our own in a conversation, at a time; it is told with `details`."""

    pending: Pending
    place: Place
    kind: Kind
    at: datetime
    details: Mapping[str, object] = field(default_factory=dict)
    # Whoever has it is meant, under whatever address; `place` if nobody has.
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """Something that a rule keeps; `place` is the conversation, if the event has one."""

    pending: Pending
    position: int
    place: Place | None
    kind: str
    fields: Mapping[str, object] = field(repr=False)
    rule: str


@dataclass(slots=True, kw_only=True)
class Changes:
    """Everything that a batch of events changes."""

    talks: dict[Place, Talk]
    # What the rules remember of each device, for events that belong to no conversation.
    memories: dict[DeviceKey, State]
    incoming: list[Incoming] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    echoes: list[tuple[Pending, MessageEcho]] = field(default_factory=list)
    statuses: list[tuple[Pending, StatusChanged]] = field(default_factory=list)
    # The statuses for which rules were played: they must not come again.
    heard: set[int] = field(default_factory=set)
    devices: dict[DeviceKey, DeviceChanged] = field(default_factory=dict)
    # Until when an admin has switched the bot off at a device, None for on.
    switched: dict[DeviceKey, datetime | None] = field(default_factory=dict)
    effects: list[NewEffect] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)
    records: list[NewRecord] = field(default_factory=list)
    # Where a contact wrote or called; and where a person has answered, with the time before which
    # nothing automatic should have been said.
    wrote: list[Place] = field(default_factory=list)
    taken_over: list[tuple[Place, datetime]] = field(default_factory=list)
    # Contacts who are reached under another address from now on.
    moves: list[tuple[Place, str]] = field(default_factory=list)
    # What the rules were asked, and what they answered; for whoever wants to show it.
    turns: list[tuple[Turn, Answer]] = field(default_factory=list)
    processed: list[int] = field(default_factory=list)
    # What was not looked at yet, and when it is.
    waits: dict[int, datetime] = field(default_factory=dict)
    failed: list[tuple[int, str]] = field(default_factory=list)

    def messages(self) -> tuple[list[Any], ...]:
        """Return the lists that grow with an event, so that they can be cut back if it fails."""
        return (
            self.incoming,
            self.outgoing,
            self.notifications,
            self.echoes,
            self.statuses,
            self.effects,
            self.raised,
            self.records,
            self.wrote,
            self.taken_over,
            self.moves,
            self.turns,
        )
