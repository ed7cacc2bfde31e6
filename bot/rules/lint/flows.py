"""Find flows that nobody enters, leaves, or can fill in."""

from collections.abc import Iterator

from bot.events import MessageReceived
from bot.rules.lint.places import of_flow, of_rules
from bot.rules.lint.written import Remark, listed
from bot.rules.matchers import Found
from bot.rules.parts import Book, Flow, Rule, Step
from bot.rules.source import Path, Source


def flow_remarks(book: Book, source: Source) -> Iterator[Remark]:
    """Yield one remark for each thing in which a flow was surely not meant so."""
    started = _started(book)
    rules = {rule.id: rule for rule in book.rules}
    for name, flow in book.flows.items():
        at: Path = ("flows", name)
        if name not in started:
            text = f'nothing starts this form: write "start: {name}" into a rule'
            yield Remark(text=text, at=at, key=True)
        if flow.cancel is None:
            text = (
                "a contact can leave this form only by answering: "
                "give it words to cancel, as in cancel: [batal]"
            )
            yield Remark(text=text, at=at, key=True)
        if not flow.done:
            text = 'nothing is done with the answers: give the form a "done"'
            yield Remark(text=text, at=at, key=True)
        yield from _interrupts(source, rules, at=(*at, "interrupt"))
        for position, step in enumerate(flow.steps):
            yield from _step(book, flow, step, at=(*at, "steps", position))


def _started(book: Book) -> set[str]:
    """Return the flows that somebody can get into, from a rule or from a flow like that."""
    waiting = [actions.start for actions in of_rules(book) if actions.start]
    started: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in started and name in book.flows:
            started.add(name)
            waiting += [actions.start for actions in of_flow(book.flows[name]) if actions.start]
    return started


def _interrupts(source: Source, rules: dict[str, Rule], *, at: Path) -> Iterator[Remark]:
    value = source.at(at) if source.known(at) == at else []
    for here, name in listed(value, at):
        actions = rules[name].actions
        what = "starts a form" if actions.start else "hands the chat over"
        if actions.start or actions.handover:
            text = f'the rule "{name}" {what}, which ends this form instead of interrupting it'
            yield Remark(text=text, at=here)


def _step(book: Book, flow: Flow, step: Step, *, at: Path) -> Iterator[Remark]:
    asked = step.asked
    if asked.kind == "table" and asked.table is not None and not asked.table.rows:
        text = f'the table "{asked.table.name}" has no rows, so no answer fits'
        yield Remark(text=text, at=(*at, "type"))
    for value, words in asked.choices.items():
        taken = [_taken(book, flow, word) for word in words]
        if words and all(taken):
            reasons = " and ".join(sorted({reason for reason in taken if reason}))
            text = f'the answer "{value}" is never heard: {reasons} before'
            yield Remark(text=text, at=(*at, "choices", value), key=True)


def _taken(book: Book, flow: Flow, word: str) -> str | None:
    """Return what takes an answer before its question hears it."""
    found = _found(book, word)
    for rule in book.rules:
        has_way = rule.matcher is not None and not rule.conditions and not rule.continues
        comes_before = rule.always or rule.id in flow.interrupt
        if has_way and comes_before and rule.matcher and rule.matcher.matches(found):
            return f'the rule "{rule.id}" answers'
    if flow.cancel is not None and flow.cancel.matches(found):
        return "it cancels the form"
    return None


def _found(book: Book, text: str) -> Found:
    message = MessageReceived(gateway="", device="", key="", raw=b"", text=text)
    return book.index.find(message, book.vocabulary.normalise(text))
