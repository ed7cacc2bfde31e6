"""Play a turn: an event goes in; replies, effects, a new state and an explanation come out.

Pure: no clock, no network, no database. The same turn has the same answer, and no event, whatever
is in it, makes it raise.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.content import Content
from bot.events import CallReceived, Event, Message, MessageType
from bot.rules import conditions, guards
from bot.rules.conditions import World
from bot.rules.effects import Effect, Handover, Notify, OptIn, OptOut
from bot.rules.errors import TextFailed
from bot.rules.explanation import CONDITION, COOLDOWN, FAILED, NOTHING_TO_SAY, Explanation
from bot.rules.matchers import Found
from bot.rules.names import values
from bot.rules.parts import Book, Notification, Rule
from bot.rules.replies import Reply, Said, merged, separate
from bot.rules.state import NOTHING, State


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    """What the rules may know about a conversation; for an event of a device, about the device.

    `first`: no message came from this contact before. `last_inbound_at`: when the one before came.
    `human_at`: when a person last wrote to this contact. `handover_until`: how long a rule left it
    to one.
    """

    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    first: bool = False
    last_inbound_at: datetime | None = None
    opted_out: bool = False
    human_at: datetime | None = None
    handover_until: datetime | None = None
    state: State = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One event and the world around it. All times are aware."""

    event: Event
    now: datetime
    received_at: datetime
    conversation: ConversationView = ConversationView()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of a turn."""

    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    state: State
    explanation: Explanation


def play(book: Book, turn: Turn) -> Answer:
    """Return the answer of the rules to one event."""
    return _Performance(book, turn).answer()


def world(turn: Turn) -> World:
    """Return what conditions may ask about."""
    return World(
        gateway=turn.event.gateway,
        device=turn.event.device,
        first=turn.conversation.first,
        received_at=turn.received_at,
        last_inbound_at=turn.conversation.last_inbound_at,
    )


class _Performance:
    """One turn while it is played."""

    def __init__(self, book: Book, turn: Turn) -> None:
        self._book = book
        self._turn = turn
        view = turn.conversation
        self._state = view.state.pruned(turn.now, within=guards.remembered(book.settings))
        self._world = world(turn)
        self._names = {
            **book.variables,
            "vars": book.variables,
            **values(turn.event, name=view.name, phone=view.phone, timezone=book.settings.timezone),
        }
        self._guard: str | None = None
        # Whether a rule matched the message itself, even if it said "and look on", or was silent.
        self._understood = False
        self._said: list[Said] = []
        self._effects: list[Effect] = []
        self._rules: list[str] = []
        self._skipped: list[tuple[str, str]] = []
        self._cooldowns = dict(self._state.cooldowns)
        self._paused_until = self._state.paused_until

    def answer(self) -> Answer:
        event = self._turn.event
        self._guard = guards.never_answered(event, self._book.settings)
        if self._guard is None:
            if isinstance(event, Message):
                self._play_message(event)
            else:
                self._play_event(event)
        replies = self._replies()
        is_handed_over = any(isinstance(effect, Handover) for effect in self._effects)
        return Answer(
            replies=replies,
            effects=tuple(self._effects),
            state=replace(
                self._state,
                cooldowns=self._cooldowns,
                replies=(*self._state.replies, *(self._turn.now for _ in replies)),
                paused_until=self._paused_until,
                flow=None if is_handed_over else self._state.flow,
            ),
            explanation=Explanation(
                version=self._book.version,
                guard=self._guard,
                rules=tuple(self._rules),
                skipped=tuple(self._skipped),
            ),
        )

    def _play_message(self, message: Message) -> None:
        found = self._book.index.find(message, self._book.vocabulary.normalise(message.text))
        rules = [self._book.rules[position] for position in self._book.index.candidates(found)]
        opted_out = self._turn.conversation.opted_out
        too_late = self._not_now()
        if too_late is not None:
            self._guard = guards.OPTED_OUT if opted_out else too_late
            self._opt_out_silently(rules, found)
        elif opted_out:
            if not self._play(rule for rule in rules if rule.opt_in and asked(rule, found)):
                self._guard = guards.OPTED_OUT
        elif not self._play(rule for rule in rules if asked(rule, found)) and not self._understood:
            self._fall_back(message)

    def _play_event(self, event: Event) -> None:
        rules = [rule for rule in self._book.event_rules if rule.event == event.kind]
        if not rules:
            return
        if isinstance(event, CallReceived) and self._turn.conversation.opted_out:
            self._guard = guards.OPTED_OUT
            return
        self._guard = self._not_now()
        if self._guard is None:
            self._play(rules)

    def _not_now(self) -> str | None:
        turn, settings, view = self._turn, self._book.settings, self._turn.conversation
        guard = guards.not_now(
            turn.event, settings, self._state, received_at=turn.received_at, now=turn.now
        )
        if guard == guards.LOOP and self._paused_until is None:
            self._paused_until = turn.now + settings.loop_guard.pause
        return guard or guards.left_to_person(
            turn.event,
            settings,
            human_at=view.human_at,
            handover_until=view.handover_until,
            now=turn.now,
        )

    def _opt_out_silently(self, rules: Iterable[Rule], found: Found) -> None:
        # "stop" counts even where nothing is answered: in a reply loop, or while a person answers.
        for rule in rules:
            if (
                rule.opt_out
                and asked(rule, found)
                and conditions.holds(rule.conditions, self._world)
            ):
                self._rules.append(rule.id)
                self._effects.append(OptOut(rule=rule.id))
                return

    def _play(self, rules: Iterable[Rule]) -> bool:
        """Play rules that were asked for, top to bottom; return whether one ended the turn."""
        for rule in rules:
            if not conditions.holds(rule.conditions, self._world):
                if rule.matcher is not None:
                    self._skipped.append((rule.id, CONDITION))
                continue
            if self._perform(rule):
                self._understood = self._understood or rule.matcher is not None
                if not rule.continues:
                    return True
        return False

    def _fall_back(self, message: Message) -> None:
        silent = message.type is MessageType.TEXT and not message.text.strip()
        fallback = self._book.fallback
        if fallback and message.type.value in self._book.fallback_types and not silent:
            self._perform(fallback)

    def _perform(self, rule: Rule) -> bool:
        """Say and do what a rule says; return False when its text fails, as if it did not match."""
        effects = tuple(self._effects_of(rule))
        contents, problem = self._contents_of(rule)
        if problem is not None:
            self._skipped.append((rule.id, problem))
        if effects or problem is None:
            self._rules.append(rule.id)
        self._effects.extend(effects)
        if contents:
            self._said.extend(
                Said(
                    rule=rule.id,
                    content=content,
                    automatic=rule.handover is None,
                    useful_for=rule.expires,
                )
                for content in contents
            )
            if rule.cooldown:
                self._cooldowns[rule.id] = self._turn.now + rule.cooldown
        return bool(effects) or problem is None or not problem.startswith(FAILED)

    def _contents_of(self, rule: Rule) -> tuple[tuple[Content, ...], str | None]:
        """Return what a rule says, or why it says nothing; ((), None) if that is its purpose."""
        if not rule.variants:
            return (), None
        if self._cools(rule.id):
            return (), COOLDOWN
        holding = (v for v in rule.variants if conditions.holds(v.conditions, self._world))
        variant = next(holding, None)
        try:
            contents = variant.wording.write(self._names) if variant else ()
        except TextFailed as failed:
            return (), f"{FAILED}: {failed}"
        return contents, None if contents else NOTHING_TO_SAY

    def _effects_of(self, rule: Rule) -> Iterator[Effect]:
        if rule.opt_out:
            yield OptOut(rule=rule.id)
        if rule.opt_in:
            yield OptIn(rule=rule.id)
        if rule.handover:
            yield Handover(rule=rule.id, until=self._turn.now + rule.handover.for_)
            yield from self._notify(rule, rule.handover.notification)
        yield from self._notify(rule, rule.notification)

    def _notify(self, rule: Rule, notification: Notification | None) -> Iterator[Notify]:
        # "#" stands in no id, so this is nobody's reply.
        every = f"{rule.id}#notify"
        if notification is None or (notification.every and self._cools(every)):
            return
        try:
            text = notification.text.write(self._names)
        except TextFailed as failed:
            self._skipped.append((every, f"{FAILED}: {failed}"))
            return
        if notification.every:
            self._cooldowns[every] = self._turn.now + notification.every
        if text:
            yield Notify(
                rule=rule.id,
                admin=notification.admin,
                to=notification.to,
                device=notification.device,
                text=text,
            )

    def _cools(self, key: str) -> bool:
        until = self._cooldowns.get(key)
        return until is not None and until > self._turn.now

    def _replies(self) -> tuple[Reply, ...]:
        merges = self._book.settings.bubbles == "merge"
        return merged(self._said) if merges else separate(self._said)


def asked(rule: Rule, found: Found) -> bool:
    """Return whether a message asks for a rule; every message asks for one without `match`."""
    return rule.matcher is None or rule.matcher.matches(found)
