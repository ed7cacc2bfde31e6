"""Find what is allowed in a reply and yet surely not meant, or not what contacts will see."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.content import Choice, Content, Media, choices_of
from bot.events import Button, MessageReceived, MessageType
from bot.rules.errors import Problem, TextFailed
from bot.rules.limits import Limits, beyond
from bot.rules.matchers import HasKey, Key
from bot.rules.names import MESSAGE, NAMES, samples
from bot.rules.parts import Book, Rule
from bot.rules.values import nearest
from bot.rules.wording import Wording


def reply_warnings(
    book: Book, *, limits: Mapping[str, Limits], folder: Path | None
) -> Iterator[Problem]:
    """Yield one problem for each thing that is wrong with a reply, and for each of its limits."""
    fallback = [book.fallback] if book.fallback else []
    told: set[tuple[int, str]] = set()
    for rule in (*book.rules, *book.event_rules, *fallback):
        for variant in rule.variants:
            place = variant.wording.place
            for text in _warnings(book, rule, variant.wording, limits, folder):
                # A named reply is looked at once for each rule that uses it.
                if (place.line, text) not in told:
                    told.add((place.line, text))
                    yield Problem(
                        file=book.name,
                        line=place.line,
                        column=place.column,
                        path=place.path,
                        text=text,
                    )


def _warnings(
    book: Book, rule: Rule, wording: Wording, limits: Mapping[str, Limits], folder: Path | None
) -> Iterator[str]:
    for content in _contents(book, rule, wording):
        choices = choices_of(content)
        yield from _unanswered(book, choices)
        yield from _repeated(choices)
        if isinstance(content, Media) and content.file and folder is not None:
            yield from _missing(content.file, folder)
        for gateway, its_limits in limits.items():
            yield from beyond(content, gateway, its_limits)


def _contents(book: Book, rule: Rule, wording: Wording) -> tuple[Content, ...]:
    """Return what a reply would be for a plausible contact."""
    names = samples(NAMES[rule.event] if rule.event else MESSAGE)
    try:
        return wording.write({**names, **book.variables, "vars": book.variables})
    except TextFailed:
        return ()


def _unanswered(book: Book, choices: tuple[Choice, ...]) -> Iterator[str]:
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
        meant = nearest(choice.id, _buttons_asked_for(book))
        hint = f'did you mean "{meant}"?' if meant else f"write match: {{button: {choice.id}}}"
        yield f'no rule answers the button "{choice.id}"; {hint}'


def _buttons_asked_for(book: Book) -> set[str]:
    return {name for kind, name in _keys(book) if kind == "button"}


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


def _missing(name: str, folder: Path) -> Iterator[str]:
    found = (folder / name).resolve()
    if not found.is_relative_to(folder.resolve()):
        yield f'the file "{name}" leads out of the folder of the rules file, and is not sent'
    elif not found.is_file():
        yield f'there is no file "{name}" beside the rules file'
