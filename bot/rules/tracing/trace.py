"""Follow one turn through the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.events import Message
from bot.rules import conditions, flowing
from bot.rules.conditions import World
from bot.rules.draft import Draft, Turn
from bot.rules.explanation import CONDITION, COOLDOWN
from bot.rules.hours import Told
from bot.rules.matchers import Found
from bot.rules.parts import Book, Flow, Rule
from bot.rules.text import JOINED, Normal
from bot.rules.tracing.form import open_question, told
from bot.rules.tracing.words import clock, guard_in_words
from bot.rules.turn import Answer, asked, play


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one rule. `is_near`: something in the message, or nothing at all, asks for it.

    `captured` is what its patterns have captured.
    """

    rule: str
    line: int
    verdict: str
    reason: str = ""
    is_near: bool = True
    captured: str = ""
    file: str = ""

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        heard = f" [{self.captured}]" if self.captured else ""
        return f"{self.rule} (line {self.line}): {self.verdict}{reason}{heard}"


@dataclass(frozen=True, slots=True)
class Trace:
    """The normal form of a message, what became of each rule, and the answer.

    `guard` is what stopped the message, and what that means. `form` is what became of the question
    that was open. `hours` is which of them are open at the time.
    """

    normal: str
    lines: tuple[Line, ...]
    answer: Answer
    guard: str = ""
    form: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """What one turn asks of each rule."""

    book: Book
    turn: Turn
    answer: Answer
    draft: Draft
    found: Found | None = None
    near: frozenset[str] = field(default_factory=frozenset)
    flow: Flow | None = None


def trace(book: Book, turn: Turn) -> Trace:
    """Return the answer to an event with the reason of every rule."""
    answer = play(book, turn)
    draft = Draft(book, turn, turn.conversation.state)
    asking = _Asking(book=book, turn=turn, answer=answer, draft=draft)
    event = turn.event
    if not isinstance(event, Message):
        rules = [rule for rule in book.event_rules if rule.event == event.kind]
        near = frozenset(rule.id for rule in rules)
        return _trace("", rules, replace(asking, near=near))
    normal = book.vocabulary.normalise(event.text)
    found = book.index.find(event, normal, occasion=draft.occasion, today=draft.today)
    candidates = [book.rules[position] for position in book.index.candidates(found)]
    form: tuple[str, ...] = ()
    question = None if answer.explanation.guard else open_question(draft)
    if question:
        found = found.whole() if flowing.counts_as_whole_only(question[1]) else found
        form = tuple(told(draft, event, found, *question))
    fallback = [book.fallback.rule] if book.fallback else []
    asking = replace(
        asking,
        found=found,
        near=frozenset(rule.id for rule in (*candidates, *fallback)),
        flow=question[0] if question else None,
    )
    return _trace(_shown(normal), [*book.rules, *fallback], asking, form=form)


def _trace(
    normal: str, rules: Sequence[Rule], asking: _Asking, *, form: tuple[str, ...] = ()
) -> Trace:
    book, turn = asking.book, asking.turn
    guard = asking.answer.explanation.guard
    return Trace(
        normal=normal,
        lines=tuple(_lines(rules, asking)),
        answer=asking.answer,
        guard=guard_in_words(guard, book, turn) if guard else "",
        form=form,
        hours=tuple(_hours(book, turn)),
    )


def _lines(rules: Sequence[Rule], asking: _Asking) -> Iterator[Line]:
    did = asking.answer.explanation
    skipped = dict(did.skipped)
    ended = ""
    for rule in rules:
        verdict, reason = _verdict(rule, asking, ended=ended)
        yield Line(
            rule=rule.id,
            line=rule.line,
            verdict=verdict,
            reason=reason,
            is_near=rule.id in asking.near or rule.id in did.rules,
            captured=_captured(rule, asking),
            file=rule.file,
        )
        is_silenced = rule.id in skipped and skipped[rule.id] != CONDITION
        if not ended and not rule.continues and (rule.id in did.rules or is_silenced):
            ended = rule.id


def _verdict(rule: Rule, asking: _Asking, *, ended: str) -> tuple[str, str]:
    answer, found = asking.answer, asking.found
    did, skipped = answer.explanation, dict(answer.explanation.skipped)
    if rule.id in did.rules:
        return _did(rule, answer), ""
    if found is not None and rule.matcher is not None and not asked(rule, found):
        return "does not match", rule.matcher.why_not(found)
    place = _world(rule, asking)
    if not conditions.holds(rule.conditions, place):
        return "does not hold", conditions.reason(rule.conditions, place)
    if rule.id in skipped:
        return f"matched, but: {_skipped(rule, skipped[rule.id], asking)}", ""
    if did.guard:
        return "not looked at", did.guard
    if ended:
        return "not looked at", f"{ended} came first"
    if asking.flow and not rule.always:
        return "not looked at", f"the form {asking.flow.name} is open"
    return "not looked at", ""


def _world(rule: Rule, asking: _Asking) -> World:
    """Return what the conditions of a rule may ask about, its captures among it."""
    draft = asking.draft
    if not rule.conditions or asking.found is None or rule.matcher is None:
        return draft.world()
    draft.captured = rule.matcher.captured(asking.found)
    return draft.world(draft.captured_names(rule))


def _did(rule: Rule, answer: Answer) -> str:
    said = {name for reply in answer.replies for name in reply.rules}
    if rule.id in said:
        return "SAID, and looked on" if rule.continues else "ANSWERED"
    if rule.actions.start:
        return f"ANSWERED, and started {rule.actions.start}"
    return "MATCHED, and stays silent"


def _skipped(rule: Rule, reason: str, asking: _Asking) -> str:
    until = asking.turn.conversation.state.cooldowns.get(rule.id)
    if reason == COOLDOWN and until is not None:
        return f"cooldown until {clock(until, asking.book.zone)}"
    return reason


def _captured(rule: Rule, asking: _Asking) -> str:
    found = asking.found
    if found is None or rule.matcher is None or not rule.captures or not asked(rule, found):
        return ""
    heard = rule.matcher.captured(found)
    return ", ".join(f"{name} = {value}" for name, value in heard.items())


def _hours(book: Book, turn: Turn) -> Iterator[str]:
    for name, schedule in book.hours.items():
        hours = Told(schedule, turn.now, book.language)
        if schedule.is_open(turn.now):
            yield f"{name} is open"
        else:
            opens = hours["next_open"]
            yield f"{name} is closed" + (f", next open {opens}" if opens else "")


def _shown(normal: Normal) -> str:
    """Return the words, each with what else it counts as."""
    shown = []
    for token, readings in zip(normal.tokens, normal.readings, strict=True):
        others = [word.replace(JOINED, " ") for word, _ in readings if word != token.text]
        shown.append(token.text + (f" (= {', '.join(others)})" if others else ""))
    return " · ".join(shown)
