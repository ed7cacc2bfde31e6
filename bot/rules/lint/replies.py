"""Find what is allowed in a reply and yet surely not meant, or not what contacts will see."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path as FolderPath

from bot.content import Choice, Content, Media, choices_of
from bot.events import Button, MessageReceived, MessageType
from bot.rules.answers import read_answer
from bot.rules.errors import Problem, TextFailed
from bot.rules.lint.limits import Limits, beyond
from bot.rules.lint.places import Saying, sayings
from bot.rules.matchers import HasKey, Key
from bot.rules.parts import Book, Step
from bot.rules.spoken import nearest
from bot.rules.wording import Place


def reply_warnings(
    book: Book, *, limits: Mapping[str, Limits], folder: FolderPath | None
) -> Iterator[Problem]:
    """Yield one problem for each thing that is wrong with a reply, and for each of its limits."""
    buttons = {name for kind, name in _keys(book) if kind == "button"}
    seen: set[tuple[Place, bool]] = set()
    for saying in sayings(book):
        place, is_question = saying.wording.place, saying.step is not None
        # A named reply is looked at once, not for each rule that uses it.
        if (place, is_question) in seen:
            continue
        seen.add((place, is_question))
        for content in _contents(saying):
            for text in _warnings(book, content, limits, folder, buttons, saying.step):
                yield Problem(
                    file=place.file or book.name,
                    line=place.line,
                    column=place.column,
                    path=place.path,
                    text=text,
                )


def _warnings(
    book: Book,
    content: Content,
    limits: Mapping[str, Limits],
    folder: FolderPath | None,
    buttons: set[str],
    step: Step | None,
) -> Iterator[str]:
    choices = choices_of(content)
    if step is None:
        yield from _unanswered(book, choices, buttons)
    else:
        yield from _no_answers(book, choices, step)
    yield from _repeated(choices)
    if isinstance(content, Media) and content.file and folder is not None:
        yield from _missing(content.file, folder)
    for gateway, its_limits in limits.items():
        yield from beyond(content, gateway, its_limits)


def _contents(saying: Saying) -> tuple[Content, ...]:
    """Return what a reply would be for a plausible contact."""
    try:
        return saying.wording.write(saying.names)
    except TextFailed:
        return ()


def _no_answers(book: Book, choices: tuple[Choice, ...], step: Step) -> Iterator[str]:
    """Yield what can be pressed below a question and is no answer to it."""
    today = datetime(2026, 1, 5, tzinfo=UTC).date()
    for choice in choices:
        answers = (
            read_answer(
                text,
                step.asked,
                vocabulary=book.vocabulary,
                language=book.language,
                today=today,
            )
            for text in (choice.id, choice.title)
        )
        if all(answer is None for answer in answers):
            yield f'the button "{choice.id}" is no answer that the question takes'


def _unanswered(book: Book, choices: tuple[Choice, ...], buttons: set[str]) -> Iterator[str]:
    for choice in choices:
        message = MessageReceived(
            gateway="",
            device="",
            key="",
            raw=b"",
            type=MessageType.BUTTON,
            text=choice.title,
            button=Button(id=choice.id, title=choice.title),
        )
        found = book.index.find(message, book.vocabulary.normalise(choice.title))
        rules = (book.rules[position] for position in book.index.candidates(found))
        if any(rule.matcher is not None and rule.matcher.matches(found) for rule in rules):
            continue
        meant = nearest(choice.id, buttons)
        hint = f'did you mean "{meant}"?' if meant else f"write match: {{button: {choice.id}}}"
        yield f'no rule answers the button "{choice.id}"; {hint}'


def _keys(book: Book) -> Iterator[Key]:
    for rule in book.rules:
        parts = [rule.matcher] if rule.matcher else []
        while parts:
            part = parts.pop()
            if isinstance(part, HasKey):
                yield from part.keys
            parts.extend(getattr(part, "parts", ()))


def _repeated(choices: tuple[Choice, ...]) -> Iterator[str]:
    for title, count in Counter(choice.title.casefold() for choice in choices).items():
        if count > 1:
            shown = next(choice.title for choice in choices if choice.title.casefold() == title)
            yield f'{count} choices are called "{shown}": nobody can tell them apart'


def _missing(name: str, folder: FolderPath) -> Iterator[str]:
    found = (folder / name).resolve()
    if not found.is_relative_to(folder.resolve()):
        yield f'the file "{name}" leads out of the folder of the rules file, and is not sent'
    elif not found.is_file():
        yield f'there is no file "{name}" beside the rules file'
