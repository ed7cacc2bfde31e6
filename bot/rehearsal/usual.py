"""What is taken for granted in a rehearsal: an open hour, and a contact who wrote not long ago."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.rules import Book
from bot.rules.parts import Actions
from bot.rules.schema import Condition

# A Monday.
WEEK = datetime(2026, 1, 5, 10, 0)
HALF_HOUR = timedelta(minutes=30)
HALF_HOURS = 7 * 48
LATELY = timedelta(hours=1)


def usual_time(book: Book) -> datetime:
    """Return a time at which all opening hours are open, or else as many as possible."""
    first = local(book, WEEK)
    if not book.hours:
        return first
    times = [first + number * HALF_HOUR for number in range(HALF_HOURS)]
    return max(times, key=lambda at: sum(hours.is_open(at) for hours in book.hours.values()))


def local(book: Book, at: datetime) -> datetime:
    """Return a time without a zone as that of the file."""
    return at.replace(tzinfo=book.zone).astimezone(UTC)


def usual_silence(book: Book) -> timedelta:
    """Return how long ago a known contact wrote: shorter than any `silent_for`."""
    silences = [each.silent_for for each in _conditions(book) if each.silent_for]
    return min([LATELY, *(silence / 2 for silence in silences)])


def _conditions(book: Book) -> Iterator[Condition]:
    for rule in (*book.rules, *book.event_rules):
        yield from _inner(rule.conditions)
        yield from _of_actions(rule.actions)
    if book.fallback:
        yield from _of_actions(book.fallback.rule.actions)
    for flow in book.flows.values():
        for step in flow.steps:
            yield from _inner(step.conditions)
        for done in flow.done:
            yield from _inner(done.conditions)
            yield from _of_actions(done.actions)


def _of_actions(actions: Actions) -> Iterator[Condition]:
    for variant in actions.variants:
        yield from _inner(variant.conditions)


def _inner(conditions: tuple[Condition, ...]) -> Iterator[Condition]:
    for condition in conditions:
        yield condition
        yield from _inner(condition.any_)
        yield from _inner(condition.all_)
        yield from _inner(condition.not_)
