"""Put a contact into the middle of a form, with plausible answers to the questions before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from bot.events import InternalEvent, Kind
from bot.inbox.menus import menu_of
from bot.outbox.adapt import adapt
from bot.rehearsal.rehearsal import Rehearsal
from bot.rules import Book, ConversationView, Running, State, Turn, flowing
from bot.rules.answers import TODAY, Asked, read_answer
from bot.rules.draft import Draft
from bot.rules.parts import Flow, Step
from bot.rules.spoken import nearest
from bot.rules.state import Answer

_ANSWERS: Mapping[str, str] = {
    "text": "Jl. Melati 5, Bandung",
    "phone": "6281200000018",
    "email": "siti@contoh.id",
}


class NoSuchQuestion(ValueError):
    """There is no such question, or no such answer to it; the message says what there is."""


def fill_in(rehearsal: Rehearsal, place: str, given: Mapping[str, str] | None = None) -> None:
    """Ask the contact a question such as `order.jumlah` just now. Raises NoSuchQuestion.

    `given` are answers to the questions before it, as they are typed; what is left out is made up.
    """
    flow, step = _question(rehearsal.book, place)
    before = {each.id: each for each in flow.steps[: flow.steps.index(step)]}
    today = rehearsal.now.astimezone(rehearsal.book.zone).date()
    form = {name: _plausible(each.asked, today) for name, each in before.items()}
    for name, typed in (given or {}).items():
        if name not in before:
            raise NoSuchQuestion(f'"{name}" is not asked before {place}')
        form[name] = _read(rehearsal.book, before[name], typed, today)
    now, talk = rehearsal.now, rehearsal.talk
    running = Running(flow=flow.name, step=step.id, started_at=now, asked_at=now, form=form)
    draft = _asked(rehearsal, replace(talk.state, flow=running))
    talk.state = replace(talk.state, flow=draft.flow)
    language = rehearsal.book.settings.language
    shown = [
        part
        for said in draft.said
        for part in adapt(said.content, rehearsal.abilities, language=language)
    ]
    talk.menu = menu_of(shown[-1]) if shown else None


def _read(book: Book, step: Step, typed: str, today: date) -> Answer:
    answer = read_answer(
        typed, step.asked, vocabulary=book.vocabulary, language=book.language, today=today
    )
    if answer is None:
        raise NoSuchQuestion(f'"{typed}" is no answer to {step.id}')
    return answer


def _question(book: Book, place: str) -> tuple[Flow, Step]:
    places = {
        f"{flow.name}.{step.id}": (flow, step)
        for flow in book.flows.values()
        for step in flow.steps
    }
    if place not in places:
        meant = nearest(place, places)
        hint = f'did you mean "{meant}"?' if meant else f"there are {', '.join(places) or 'none'}"
        raise NoSuchQuestion(f'there is no question "{place}"; {hint}')
    return places[place]


def _asked(rehearsal: Rehearsal, state: State) -> Draft:
    """Return the draft of a turn in which nothing but the open question is asked."""
    event = InternalEvent(
        gateway=rehearsal.gateway,
        device=rehearsal.device,
        key="question",
        raw=b"",
        name=Kind.FLOW_TIMEOUT,
    )
    talk = rehearsal.talk
    view = ConversationView(name=talk.name, phone=talk.phone, state=state)
    turn = Turn(event=event, now=rehearsal.now, received_at=rehearsal.now, conversation=view)
    draft = Draft(rehearsal.book, turn, state)
    flowing.repeat(draft)
    return draft


def _plausible(asked: Asked, today: date) -> Answer:
    least = asked.least
    match asked.kind:
        case "table" if asked.table and asked.table.rows:
            return str(asked.table.rows[0]["id"])
        case "choice":
            return next(iter(asked.choices), "")
        case "int" | "number":
            return int(least) if isinstance(least, Decimal) and least > 1 else 2
        case "date":
            is_late = isinstance(least, date) and least != TODAY and least > today
            return (least if is_late and isinstance(least, date) else today).isoformat()
    return _ANSWERS.get(asked.kind, "")
