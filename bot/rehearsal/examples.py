"""Run the tests of a rules file: each one is a conversation of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.rehearsal.expecting import Difference, differences, reasons
from bot.rehearsal.heard import Heard
from bot.rehearsal.rehearsal import Rehearsal
from bot.rehearsal.usual import local, usual_time
from bot.rules import Book
from bot.rules.parts import Test
from bot.rules.schema import Example, Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A turn of a test that went otherwise: which one, what differs, and why it was so.

    `error` is what code of the user's own has raised.
    """

    turn: int
    happened: str
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a test; it stops at the first turn that goes otherwise."""

    test: Test
    failure: Failure | None = None

    @property
    def passed(self) -> bool:
        """Return whether everything went as expected."""
        return self.failure is None


def run_all(book: Book, *, named: str = "") -> Iterator[Outcome]:
    """Run the tests whose names contain some text, in the order of the file."""
    usual = usual_time(book)
    for test in book.tests:
        if named.casefold() in test.example.name.casefold():
            yield run(book, test, usual=usual)


def run(book: Book, test: Test, *, usual: datetime | None = None) -> Outcome:
    """Run one test. `usual` is when it happens if the test does not say."""
    example = test.example
    rehearsal = Rehearsal(
        book,
        gateway=example.gateway,
        device=example.device,
        at=local(book, example.at) if example.at else usual,
        first=example.first,
        tags=frozenset(example.tags),
    )
    for number, turn in enumerate(_turns(example), start=1):
        failure = _play(rehearsal, turn, number=number)
        if failure is not None:
            return Outcome(test=test, failure=failure)
    return Outcome(test=test)


def _turns(example: Example) -> tuple[Happening, ...]:
    return example.talk or (example,)


def _play(rehearsal: Rehearsal, turn: Happening, *, number: int) -> Failure | None:
    heard = _happen(rehearsal, turn)
    found = tuple(differences(turn.expect, heard))
    if not found and heard.error is None:
        return None
    return Failure(
        turn=number,
        happened=in_words(turn),
        differences=found,
        reasons=(*reasons(heard.explanation), *_seen_outside(heard)),
        error=heard.error,
    )


def _happen(rehearsal: Rehearsal, turn: Happening) -> Heard:
    after = turn.after
    if turn.say is not None:
        return rehearsal.say(turn.say, after=after)
    if turn.press is not None:
        return rehearsal.press(turn.press, after=after)
    if turn.send is not None:
        return rehearsal.send(turn.send.type, turn.send.caption or "", after=after)
    if turn.event is not None:
        return rehearsal.happen(turn.event.name, turn.event.model_extra, after=after)
    if turn.owner is not None:
        return rehearsal.owner(turn.owner, after=after)
    return rehearsal.wait(turn.wait or timedelta())


def in_words(turn: Happening) -> str:
    """Return what happens in a turn, as it is written in the file."""
    for key in ("say", "press", "owner"):
        if text := getattr(turn, key):
            return f'{key}: "{text}"'
    if turn.send:
        return f"send: {turn.send.type}"
    if turn.event:
        return f"event: {turn.event.name}"
    return "wait"


def _seen_outside(heard: Heard) -> Iterator[str]:
    yield from heard.notes
    for asked in heard.asked:
        yield f"would ask {asked.shown}, and nothing answers in a test"
