"""Play a turn: an event goes in; replies, effects, a new state and an explanation come out.

Pure: no clock, no network, no database. The same turn has the same answer, and no event, whatever
is in it, makes it raise; only code of the user's own may.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.content import NotContent, from_json
from bot.events import CallReceived, InternalEvent, Kind, Message, MessageType
from bot.rules import conditions, flowing, guards
from bot.rules.acting import act, perform, say
from bot.rules.draft import ConversationView, Draft, Turn
from bot.rules.effects import Effect, Handover, Notify, OptIn, OptOut
from bot.rules.explanation import CONDITION, Explanation
from bot.rules.matchers import Found
from bot.rules.parts import Book, Flow, Rule, Step
from bot.rules.replies import Reply, merged, separate
from bot.rules.state import Running, State

__all__ = ["Answer", "ConversationView", "Turn", "asked", "play"]


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


class _Performance:
    """One turn while it is played."""

    def __init__(self, book: Book, turn: Turn) -> None:
        self._book = book
        self._turn = turn
        within = guards.remembered(book.settings)
        self._state = turn.conversation.state.pruned(turn.now, within=within)
        self._draft = Draft(book, turn, self._state)
        self._guard: str | None = None
        # Whether a rule matched the message itself, even if it said "and look on", or was silent.
        self._understood = False
        self._misses = self._state.misses
        self._paused_until = self._state.paused_until

    def answer(self) -> Answer:
        event = self._turn.event
        self._guard = guards.never_answered(event, self._book.settings)
        if self._guard is None:
            match event:
                case Message():
                    self._play_message(event)
                case InternalEvent(name=Kind.FLOW_TIMEOUT | Kind.EFFECT_DONE):
                    self._go_on(event)
                case _:
                    self._play_event()
        draft, replies = self._draft, self._replies()
        if any(isinstance(effect, Handover | OptOut) for effect in draft.effects):
            draft.flow = None
        return Answer(
            replies=replies,
            effects=tuple(draft.effects),
            state=replace(
                self._state,
                cooldowns=draft.cooldowns,
                replies=self._counted(replies),
                paused_until=self._paused_until,
                flow=draft.flow,
                misses=self._misses,
                tags=frozenset(draft.tags),
            ),
            explanation=Explanation(
                version=self._book.version,
                guard=self._guard,
                rules=tuple(draft.rules),
                skipped=tuple(draft.skipped),
                flow=f"{draft.flow.flow}.{draft.flow.step}" if draft.flow else None,
            ),
        )

    def _counted(self, replies: tuple[Reply, ...]) -> tuple[datetime, ...]:
        """Return the times that the loop guard counts: not the questions of a form that goes on.

        Another bot gives answers that do not fit, or comes to the end of one form after another.
        """
        draft = self._draft
        if draft.was_filling_in and draft.flow is not None and not draft.was_refused:
            return self._state.replies
        return (*self._state.replies, *(self._turn.now for _ in replies))

    def _play_message(self, message: Message) -> None:
        index, draft = self._book.index, self._draft
        normal = self._book.vocabulary.normalise(message.text)
        found = index.find(message, normal, occasion=draft.occasion, today=draft.today)
        rules = [self._book.rules[position] for position in index.candidates(found)]
        opted_out = self._turn.conversation.opted_out
        too_late = self._not_now()
        if too_late is not None:
            self._guard = guards.OPTED_OUT if opted_out else too_late
            self._hear_wish(rules, found, too_late)
        elif opted_out:
            self._play((rule for rule in rules if rule.opt_in), found)
            if not any(isinstance(effect, OptIn) for effect in draft.effects):
                self._guard = guards.OPTED_OUT
        elif filling_in := flowing.open_step(draft):
            self._play_in_flow(message, rules, found, *filling_in)
        elif self._play(rules, found) or self._understood:
            self._misses = 0
        else:
            self._fall_back(message)

    def _play_in_flow(
        self,
        message: Message,
        rules: list[Rule],
        found: Found,
        flow: Flow,
        step: Step,
    ) -> None:
        if flowing.counts_as_whole_only(step):
            found = found.whole()
        self._misses = 0
        before = self._draft.flow
        always = [rule for rule in rules if rule.always and rule.matcher is not None]
        if self._play(always, found):
            self._repeat(before)
            return
        asking = (rule for rule in rules if rule.id in flow.interrupt and asked(rule, found))
        world_now = self._draft.world()
        interrupts = [r for r in asking if conditions.holds(r.conditions, world_now)]
        interrupting = flowing.hear(
            self._draft, message, flow, step, found=found, interrupts=interrupts
        )
        if interrupting:
            self._play(interrupting, found)
            self._repeat(before)

    def _repeat(self, running: Running | None) -> None:
        """Ask the open question again, if the flow is still the same and goes on."""
        ends = any(isinstance(effect, Handover | OptOut) for effect in self._draft.effects)
        if self._draft.flow is running and not ends:
            flowing.repeat(self._draft)

    def _play_event(self) -> None:
        event = self._turn.event
        rules = [rule for rule in self._book.event_rules if rule.event == event.kind]
        if not rules:
            return
        if self._is_left_alone():
            self._guard = guards.OPTED_OUT
            return
        self._guard = self._not_now()
        if self._guard is None:
            self._play(rules, None)

    def _is_left_alone(self) -> bool:
        said_to = isinstance(self._turn.event, CallReceived) or (
            self._turn.event.kind is Kind.HANDOVER_ENDED
        )
        return said_to and self._turn.conversation.opted_out

    def _go_on(self, event: InternalEvent) -> None:
        """Go on with a conversation after something that we waited for."""
        if self._turn.conversation.opted_out:
            self._guard = guards.OPTED_OUT
        else:
            self._guard = self._not_now()
        if event.name is Kind.FLOW_TIMEOUT:
            if self._guard is not None:
                self._draft.flow = None
            else:
                flowing.time_out(self._draft, event)
        else:
            self._hear_effect(event.details)

    def _hear_effect(self, told: Mapping[str, object]) -> None:
        """Say what an address or slow code of the user's own has answered."""
        draft, place = self._draft, str(told.get("place", ""))
        rule = str(told.get("rule", place))
        tags = told.get("tag")
        draft.tags |= {str(tag) for tag in (tags if isinstance(tags, list) else ())}
        if self._guard is not None:
            return
        draft.rules.append(rule)
        if told.get("error"):
            on_error = self._book.on_errors.get(place)
            if on_error:
                act(draft, on_error, draft.names)
                flowing.start_wanted(draft)
            return
        said = told.get("reply")
        try:
            contents = tuple(from_json(each) for each in (said if isinstance(said, list) else ()))
        except NotContent:
            draft.skipped.append((place, "the answer cannot be read"))
            return
        say(draft, contents, place=rule)

    def _not_now(self) -> str | None:
        turn, settings, view = self._turn, self._book.settings, self._turn.conversation
        guard = guards.not_now(
            turn.event,
            settings,
            self._state,
            off_until=view.off_until,
            received_at=turn.received_at,
            now=turn.now,
        )
        if guard == guards.LOOP and self._paused_until is None:
            self._paused_until = turn.now + settings.loop_guard.pause
            self._tell_of_pause()
        return guard or guards.left_to_person(
            turn.event,
            settings,
            human_at=view.human_at,
            handover_until=view.handover_until,
            now=turn.now,
        )

    def _tell_of_pause(self) -> None:
        name = self._book.settings.loop_guard.notify
        admin, told = self._book.admins.get(name or ""), self._book.loop_paused
        if name and admin and told:
            device = None if admin.device == "auto" else admin.device
            text = told.write(self._draft.names)
            self._draft.effects.append(
                Notify(rule="loop_guard", admin=name, to=admin.to, device=device, text=text)
            )

    def _hear_wish(self, rules: Iterable[Rule], found: Found, guard: str) -> None:
        """Hear "stop" and "start" even where nothing is answered: while a person answers, say."""
        # A late "start" may be older than the "stop" that we know of.
        may_come_back = self._turn.conversation.opted_out and guard != guards.STALE
        for rule in rules:
            if (
                (rule.opt_out or (rule.opt_in and may_come_back))
                and asked(rule, found)
                and conditions.holds(rule.conditions, self._draft.world())
            ):
                self._draft.rules.append(rule.id)
                self._draft.effects.append((OptOut if rule.opt_out else OptIn)(rule=rule.id))
                return

    def _play(self, rules: Iterable[Rule], found: Found | None) -> bool:
        """Play rules that are asked for, top to bottom; return whether one ended the turn."""
        draft = self._draft
        for rule in rules:
            if found is not None and not asked(rule, found):
                continue
            draft.captured = {}
            if rule.captures and rule.matcher and found:
                draft.captured = rule.matcher.captured(found)
            names = draft.captured_names(rule)
            if rule.conditions and not conditions.holds(rule.conditions, draft.world(names)):
                if rule.matcher is not None:
                    draft.skipped.append((rule.id, CONDITION))
                continue
            if perform(draft, rule, names):
                self._understood = self._understood or rule.matcher is not None
                flowing.start_wanted(draft)
                if not rule.continues:
                    return True
        return False

    def _fall_back(self, message: Message) -> None:
        is_empty = message.type is MessageType.TEXT and not message.text.strip()
        fallback = self._book.fallback
        if fallback is None or message.type.value not in fallback.types or is_empty:
            return
        self._misses += 1
        draft = self._draft
        perform(draft, fallback.rule, draft.names)
        if fallback.after and fallback.then and self._misses >= fallback.after:
            self._misses = 0
            act(draft, fallback.then, draft.names)
            flowing.start_wanted(draft)

    def _replies(self) -> tuple[Reply, ...]:
        merges = self._book.settings.bubbles == "merge"
        return merged(self._draft.said) if merges else separate(self._draft.said)


def asked(rule: Rule, found: Found) -> bool:
    """Return whether a message asks for a rule; every message asks for one without `match`."""
    return rule.matcher is None or rule.matcher.matches(found)
