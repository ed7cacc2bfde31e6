"""Tell in full why the rules answer as they do: every rule with its reason. For people, not stored.

Unlike an explanation it shows the words of the message; it is for `flask rules explain`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.events import Message
from bot.rules import conditions
from bot.rules.effects import Effect, Handover, Notify, OptIn, OptOut
from bot.rules.matchers import Found
from bot.rules.parts import Book, Rule
from bot.rules.text import JOINED, Normal
from bot.rules.turn import Answer, Turn, asked, play, world


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one rule."""

    rule: str
    line: int
    verdict: str
    reason: str = ""

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return f"{self.rule} (line {self.line}): {self.verdict}{reason}"


@dataclass(frozen=True, slots=True)
class Trace:
    """The normal form of a message, what became of each rule, and the answer."""

    normal: str
    lines: tuple[Line, ...]
    answer: Answer


def trace(book: Book, turn: Turn) -> Trace:
    """Return the answer to an event with the reason of every rule."""
    answer = play(book, turn)
    event = turn.event
    if not isinstance(event, Message):
        rules = [rule for rule in book.event_rules if rule.event == event.kind]
        return Trace("", tuple(_lines(rules, turn, answer, found=None)), answer)
    normal = book.vocabulary.normalise(event.text)
    found = book.index.find(event, normal)
    rules = [*book.rules, *([book.fallback] if book.fallback else [])]
    return Trace(_shown(normal), tuple(_lines(rules, turn, answer, found=found)), answer)


def _lines(rules: list[Rule], turn: Turn, answer: Answer, *, found: Found | None) -> Iterator[Line]:
    did = answer.explanation
    skipped = dict(did.skipped)
    said = {rule for reply in answer.replies for rule in reply.rules}
    ended = ""
    for rule in rules:
        verdict, reason = _verdict(rule, turn, found=found)
        if rule.id in said:
            verdict = "SAID, and looked on" if rule.continues else "ANSWERED"
        elif rule.id in did.rules:
            verdict = "MATCHED, and stays silent"
        elif rule.id in skipped and not verdict:
            verdict = f"matched, but: {skipped[rule.id]}"
        elif not verdict:
            verdict, reason = "not looked at", did.guard or (f"{ended} came first" if ended else "")
        yield Line(rule.id, rule.line, verdict, reason)
        if not ended and not rule.continues and (rule.id in did.rules or _silenced(rule, skipped)):
            ended = rule.id


def _verdict(rule: Rule, turn: Turn, *, found: Found | None) -> tuple[str, str]:
    if found is not None and rule.matcher is not None and not asked(rule, found):
        return "does not match", rule.matcher.why_not(found)
    place = world(turn)
    if not conditions.holds(rule.conditions, place):
        return "does not hold", conditions.reason(rule.conditions, place)
    return "", ""


def _silenced(rule: Rule, skipped: dict[str, str]) -> bool:
    return skipped.get(rule.id) in ("cooldown", "nothing to say")


def _shown(normal: Normal) -> str:
    """Return the words, each with what else it counts as."""
    shown = []
    for token, readings in zip(normal.tokens, normal.readings, strict=True):
        others = [word.replace(JOINED, " ") for word, _ in readings if word != token.text]
        shown.append(token.text + (f" (= {', '.join(others)})" if others else ""))
    return " · ".join(shown)


def in_words(effect: Effect) -> str:
    """Return an effect in words."""
    match effect:
        case Notify():
            return f"notify {effect.admin}: {effect.text}"
        case OptOut():
            return f"no more automatic replies for this contact ({effect.rule})"
        case Handover():
            return f"a person answers until {effect.until:%Y-%m-%d %H:%M} UTC ({effect.rule})"
        case OptIn():
            return f"automatic replies again for this contact ({effect.rule})"
    return effect.rule
