"""An answer while it is being worked out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from bot.events import CallReceived, Event, InternalEvent, Message, StatusChanged
from bot.rules.answers import value_of
from bot.rules.conditions import World
from bot.rules.effects import Effect
from bot.rules.hours import Told
from bot.rules.names import values
from bot.rules.occasion import Occasion
from bot.rules.parts import Book, Rule
from bot.rules.replies import Said
from bot.rules.state import NOTHING, Answer, Running, State


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    """What the rules may know about a conversation; for an event of a device, about the device.

    `first`: no message came from this contact before. `last_inbound_at`: when the one before came.
    `human_at`: when a person last wrote to this contact. `handover_until`: how long a rule left it
    to one. `off_until`: how long an admin has switched the bot off at this device.
    """

    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    first: bool = False
    last_inbound_at: datetime | None = None
    opted_out: bool = False
    human_at: datetime | None = None
    handover_until: datetime | None = None
    off_until: datetime | None = None
    state: State = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One event and the world around it. All times are aware."""

    event: Event
    now: datetime
    received_at: datetime
    conversation: ConversationView = ConversationView()


class Draft:
    """What has been said and done so far in a turn, and what the rules will remember of it."""

    def __init__(self, book: Book, turn: Turn, state: State) -> None:
        self.book, self.turn = book, turn
        self.said: list[Said] = []
        self.effects: list[Effect] = []
        self.rules: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        self.cooldowns = dict(state.cooldowns)
        self.tags = set(state.tags)
        self.flow: Running | None = state.flow
        self.was_filling_in = state.flow is not None
        self.was_refused = False
        self.captured: Mapping[str, Answer] = {}
        self.form: Mapping[str, Answer] = state.flow.form if state.flow else {}
        # The flow that is to start when this place of the file is done.
        self.starting: str | None = None
        self.started: set[str] = set()
        # Whose words these are, as your own code is told.
        self.place = ""

    @cached_property
    def names(self) -> dict[str, object]:
        """Return what texts may use in this turn, without what a flow or a pattern has heard."""
        book, turn, view = self.book, self.turn, self.turn.conversation
        return {
            **book.variables,
            "vars": book.variables,
            "hours": {
                name: Told(schedule, turn.now, book.language)
                for name, schedule in book.hours.items()
            },
            "tables": book.rows,
            **values(
                turn.event,
                name=view.name,
                phone=view.phone,
                now=turn.now,
                zone=book.zone,
                language=book.language,
            ),
        }

    def today(self) -> date:
        """Return the day of this turn at the shop."""
        return self.turn.now.astimezone(self.book.zone).date()

    def world(self, names: Mapping[str, object] | None = None) -> World:
        """Return what conditions may ask about, with these names or those of every text."""
        return self._world if names is None or names is self.names else self._world_with(names)

    @cached_property
    def _world(self) -> World:
        return self._world_with(self.names)

    def _world_with(self, names: Mapping[str, object]) -> World:
        turn, view = self.turn, self.turn.conversation
        return World(
            gateway=turn.event.gateway,
            device=turn.event.device,
            first=view.first,
            now=turn.now,
            received_at=turn.received_at,
            last_inbound_at=view.last_inbound_at,
            tags=self.tags,
            hours=self.book.hours,
            names=names,
            extensions=self.book.extensions,
            occasion=self.occasion,
        )

    def captured_names(self, rule: Rule) -> Mapping[str, object]:
        """Return what the texts of a rule may use: what its patterns have captured, too."""
        if not rule.captures:
            return self.names
        found = {
            name: value_of(self.captured.get(name), asked, language=self.book.language)
            for name, asked in rule.captures.items()
        }
        return {**self.names, "captured": found}

    def form_names(self, flow: str, form: Mapping[str, Answer]) -> dict[str, object]:
        """Return what the texts of a flow may use, with these answers."""
        found = self.book.flows[flow]
        answers = {
            step.id: value_of(form.get(step.id), step.asked, language=self.book.language)
            for step in found.steps
        }
        return {**self.names, "form": answers}

    def occasion(self, arguments: Mapping[str, str] | None = None) -> Occasion:
        """Return what code outside of the rules is told of this turn."""
        event, view = self.turn.event, self.turn.conversation
        message = event if isinstance(event, Message) else None
        return Occasion(
            event=event.kind,
            rule=self.place,
            now=self.turn.now,
            gateway=event.gateway,
            device=event.device,
            address=event.address,
            name=view.name or "",
            phone=view.phone or "",
            text=message.text if message else "",
            type=message.type.value if message else "",
            button=message.button.id if message and message.button else "",
            message_id=(message.external_id or "") if message else "",
            first=view.first,
            tags=frozenset(self.tags),
            form=dict(self.form),
            captured=dict(self.captured),
            arguments=arguments or {},
            details=_details(event),
        )


def _details(event: Event) -> Mapping[str, object]:
    match event:
        case InternalEvent():
            return event.details
        case StatusChanged():
            return {"status": event.status.value if event.status else event.word}
        case CallReceived():
            return {"status": event.status, "video": event.video}
    return {}
