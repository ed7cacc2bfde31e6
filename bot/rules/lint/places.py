"""Go through all places of a book where something is said or done."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.rules.compiling.scopes import Scopes
from bot.rules.names import Names
from bot.rules.parts import Actions, Book, Flow, Step, Variant
from bot.rules.wording import Wording


@dataclass(frozen=True, slots=True)
class Saying:
    """Something that is said: with which names, and to which question if it is one."""

    wording: Wording
    names: Names
    step: Step | None = None


def sayings(book: Book) -> Iterator[Saying]:
    """Yield everything that may be said."""
    scopes = Scopes(
        variables=book.variables, schedules=book.hours, tables=book.tables, language=book.language
    )
    for rule in book.rules:
        yield from _said(_all_of(rule.actions), scopes.captured(rule.captures))
    for rule in book.event_rules:
        if rule.event:
            yield from _said(_all_of(rule.actions), scopes.event(rule.event))
    if book.fallback:
        yield from _said(_all_of(book.fallback.rule.actions), scopes.message)
        yield from _said(_all_of(book.fallback.then), scopes.message)
    for flow in book.flows.values():
        names = scopes.flow({step.id: step.asked for step in flow.steps})
        yield from _said(of_flow(flow), names)
        for step in flow.steps:
            yield from (Saying(wording, names, step) for wording in _wordings(step.asks))
            yield from (Saying(wording, names) for wording in _wordings(step.errors))


def of_rules(book: Book) -> Iterator[Actions]:
    """Yield what is done outside of flows."""
    for rule in (*book.rules, *book.event_rules):
        yield from _all_of(rule.actions)
    if book.fallback:
        yield from _all_of(book.fallback.then)


def of_flow(flow: Flow) -> Iterator[Actions]:
    """Yield what is done in a flow and at its end."""
    ends = (flow.on_cancel, flow.on_timeout, *(step.on_fail for step in flow.steps))
    for actions in (*ends, *(done.actions for done in flow.done)):
        yield from _all_of(actions)


def _all_of(actions: Actions | None) -> Iterator[Actions]:
    """Yield actions, and those for when what they ask fails."""
    if actions:
        yield actions
        for asked in (actions.asking, actions.calling):
            yield from _all_of(asked.on_error if asked else None)


def _said(found: Iterator[Actions], names: Names) -> Iterator[Saying]:
    for actions in found:
        yield from (Saying(wording, names) for wording in _wordings(actions.variants))


def _wordings(variants: tuple[Variant, ...]) -> Iterator[Wording]:
    for variant in variants:
        yield from variant.wordings
