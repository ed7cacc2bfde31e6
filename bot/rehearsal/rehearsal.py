"""A conversation with a book, without any process: pure, instant, and exactly what the inbox does.

Each thing that happens is folded as a batch of its own, so `collapse` collects nothing here; what
the database would keep is kept in memory. Events of our own that are due, such as the timeout of a
form, happen as time passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.events import (
    Author,
    Button,
    CallReceived,
    Event,
    InternalEvent,
    Kind,
    MessageEcho,
    MessageType,
)
from bot.gateways.capabilities import Capabilities
from bot.inbox.changes import Changes, Place, Talk
from bot.rehearsal.accounts import made_up_gateways
from bot.rehearsal.asking import Outside, asked_by
from bot.rehearsal.happening import Moment
from bot.rehearsal.heard import Bubble, Heard, together
from bot.rehearsal.memory import Memory
from bot.rehearsal.usual import usual_silence, usual_time
from bot.rules import Book

PACE = timedelta(seconds=10)
# An answer from outside may make rules ask again; this is no way to go on for ever.
MOST_ASKED = 10
MOST_DUE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody who writes."""

    name: str = field(default="Siti", repr=False)
    phone: str = field(default="6281200000017", repr=False)


SITI = Contact()


class Rehearsal:
    """One contact after another, at one gateway after another, talking to a book.

    `at` is when it begins; a usual hour if not given. Every turn takes `pace`. `first`: nobody has
    written before. `answers` stand in for what is asked outside, by address or name of a task;
    with `runs_tasks` tasks really run. `book`, `gateway`, `device` and `contact` may be changed
    between two turns.
    """

    def __init__(
        self,
        book: Book,
        *,
        gateway: str = "wagate",
        device: str = "toko-1",
        at: datetime | None = None,
        first: bool = False,
        tags: frozenset[str] = frozenset(),
        contact: Contact = SITI,
        pace: timedelta = PACE,
        answers: Mapping[str, object] | None = None,
        runs_tasks: bool = False,
    ) -> None:
        self.book, self.gateway, self.device, self.contact = book, gateway, device, contact
        self.now = at or usual_time(book)
        self._first, self._tags, self._pace = first, tags, pace
        self._outside = Outside(answers=answers or {}, runs_tasks=runs_tasks)
        self._gateways = made_up_gateways()
        self._memory = Memory(self._gateways)
        self._count = 0

    @property
    def talk(self) -> Talk:
        """Return the conversation as the inbox keeps it; changes of it count from now on."""
        return self._find(self._place(self._address()))

    @property
    def abilities(self) -> Capabilities:
        """Return what the gateway can do from this device."""
        return self._gateways[self.gateway].abilities(self.device)

    @property
    def words_from_phone_are_told(self) -> bool:
        """Return whether the gateway tells what the owner writes from the phone."""
        return self.abilities.echoes

    def meet(self, contact: Contact) -> None:
        """Let somebody write from now on who never has before."""
        self.contact, self._first, self._tags = contact, True, frozenset()

    def say(self, text: str, *, after: timedelta | None = None) -> Heard:
        """Let the contact type something."""
        meanwhile = self._pass(after)
        return self._happens(self._moment().message(text), meanwhile)

    def press(self, button: str, *, title: str = "", after: timedelta | None = None) -> Heard:
        """Let the contact press the button or the row with an id."""
        meanwhile = self._pass(after)
        pressed = Button(id=button, title=title)
        moment = self._moment()
        return self._happens(
            moment.message(title, kind=MessageType.BUTTON, button=pressed), meanwhile
        )

    def send(self, kind: str, caption: str = "", *, after: timedelta | None = None) -> Heard:
        """Let the contact send something that is no text; `kind` is a type of message."""
        meanwhile = self._pass(after)
        return self._happens(self._moment().message(caption, kind=MessageType(kind)), meanwhile)

    def owner(self, text: str, *, after: timedelta | None = None) -> Heard:
        """Let the owner write to the contact from the phone."""
        meanwhile = self._pass(after)
        author = Author.OWNER if self.words_from_phone_are_told else Author.UNKNOWN
        return self._happens(self._moment().echo(text, author=author), meanwhile)

    def call(self, *, after: timedelta | None = None) -> Heard:
        """Let the contact call."""
        return self.happen(Kind.CALL_RECEIVED, after=after)

    def happen(
        self,
        name: str,
        told: Mapping[str, object] | None = None,
        *,
        after: timedelta | None = None,
    ) -> Heard:
        """Let something else happen, told with such words as `reason`. Raises NoSuchEvent."""
        meanwhile = self._pass(after)
        if name == Kind.HANDOVER_ENDED:
            # It is only believed where there was one.
            self.talk.handover_until = self.now
        return self._happens(self._moment().event(name, told or {}), meanwhile)

    def wait(self, duration: timedelta) -> Heard:
        """Let time pass, with everything that is due meanwhile."""
        heard = self._until(self.now + duration)
        return together(heard or self._nothing(), [self._nothing()])

    def _pass(self, after: timedelta | None) -> Heard | None:
        return self._until(self.now + (self._pace if after is None else after))

    def _until(self, end: datetime) -> Heard | None:
        """Let what is due happen; None if nothing was."""
        heard = []
        # What happens may raise something that is due at once, but not for ever.
        for _ in range(MOST_DUE):
            raised = self._memory.due.take(end)
            if raised is None:
                break
            self.now = max(self.now, raised.at)
            self._find(raised.place)
            event = self._own(raised.kind, raised.place, raised.details)
            heard.append(self._fold(event, raised.place))
        self.now = end
        return together(heard[0], heard[1:]) if heard else None

    def _happens(self, event: Event, meanwhile: Heard | None) -> Heard:
        place = None if event.address is None else self._place(event.address)
        if place is not None:
            self._find(place)
        heard = self._fold(event, place)
        at_once = self._until(self.now)
        if at_once is not None:
            heard = together(heard, [at_once])
        return replace(heard, meanwhile=meanwhile, notes=(*heard.notes, *self._notes(event)))

    def _fold(self, event: Event, place: Place | None, *, depth: int = 0) -> Heard:
        changes = self._memory.fold(event, place, self.book, now=self.now)
        heard = self._heard(changes)
        for effect in changes.effects:
            asked = asked_by(effect)
            if asked is None:
                continue
            told = self._outside.answer(asked, self.book.extensions)
            if told is None or depth >= MOST_ASKED:
                heard = together(heard, [replace(self._nothing(), asked=(asked,))])
                continue
            details = {name: effect.details[name] for name in ("place", "rule")} | dict(told)
            done = self._own(Kind.EFFECT_DONE, place, details)
            answered = self._fold(done, place, depth=depth + 1)
            error = told.get("error")
            if isinstance(error, str):
                answered = replace(answered, error=error)
            heard = together(heard, [answered])
        return heard

    def _own(self, kind: Kind, place: Place | None, details: Mapping[str, object]) -> InternalEvent:
        """Return an event of our own, which happens now."""
        gateway, device, address = place or (self.gateway, self.device, None)
        return InternalEvent(
            gateway=gateway,
            device=device,
            key=f"{kind}:{self._next()}",
            address=address,
            occurred_at=self.now,
            raw=b"",
            name=kind,
            details=details,
        )

    def _heard(self, changes: Changes) -> Heard:
        stopped = [item.explanation.get("guard") for item in changes.incoming]
        stopped += [answer.explanation.guard for _, answer in changes.turns]
        return replace(
            self._nothing(),
            bubbles=tuple(
                Bubble(content=item.content, rules=item.rules, to=self._find(item.place).name or "")
                for item in changes.outgoing
            ),
            turns=tuple(changes.turns),
            guard=next((guard for guard in stopped if isinstance(guard, str)), None),
            error=next((error for _, error in changes.failed), None),
        )

    def _nothing(self) -> Heard:
        """Return how things are."""
        talk = self.talk
        running = talk.state.flow
        return Heard(
            version=self.book.version,
            flow=f"{running.flow}.{running.step}" if running else None,
            handed_over=talk.handover_until is not None and talk.handover_until > self.now,
            opted_out=talk.opted_out_at is not None,
            tags=talk.state.tags,
        )

    def _notes(self, event: Event) -> tuple[str, ...]:
        if isinstance(event, MessageEcho) and not self.words_from_phone_are_told:
            return (f"{self.gateway} does not tell what you write from the phone",)
        if isinstance(event, CallReceived) and not self.abilities.calls:
            return (f"{self.gateway} does not tell of calls",)
        return ()

    def _moment(self) -> Moment:
        return Moment(
            gateway=self.gateway,
            device=self.device,
            address=self._address(),
            phone=self._phone(),
            name=self.contact.name,
            at=self.now,
            number=self._next(),
        )

    def _find(self, place: Place) -> Talk:
        """Return the conversation at a place, which begins if there was none."""
        is_ours = place[2] == self._address()
        return self._memory.talk(place) or self._memory.begin(
            place,
            name=self.contact.name if is_ours else None,
            phone=self._phone() if is_ours else None,
            tags=self._tags if is_ours else frozenset(),
            last_inbound_at=None if self._first else self.now - usual_silence(self.book),
        )

    def _place(self, address: str) -> Place:
        return self.gateway, self.device, address

    def _phone(self) -> str | None:
        # Some gateways tell no numbers.
        return self.contact.phone if self._gateways[self.gateway].reaches_numbers else None

    def _address(self) -> str:
        return self._gateways[self.gateway].address(self.contact.phone)

    def _next(self) -> int:
        self._count += 1
        return self._count
