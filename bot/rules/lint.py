"""Find what is allowed in a rules file and yet surely not meant: above all rules never reached."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.events import MessageReceived
from bot.rules.errors import Problem
from bot.rules.limits import Limits
from bot.rules.lint_replies import reply_warnings
from bot.rules.matchers import PHRASES, AllOf, AnyOf, HasKey, Key, Matcher
from bot.rules.parts import Book, Rule
from bot.rules.text import JOINED

# Which keys a message surely has when it has a phrase in this way.
_SURE = {"words": ("words",), "starts": ("words", "starts"), "exact": PHRASES}


def warnings(
    book: Book, *, limits: Mapping[str, Limits] | None = None, folder: Path | None = None
) -> list[Problem]:
    """Return one problem for each thing that was surely not meant, in the order of the lines.

    `limits` are those of each gateway that the rules are for, by its name. `folder` is where the
    files of replies lie; without it nobody looks for them.
    """
    found = [*_never(book), *reply_warnings(book, limits=limits or {}, folder=folder)]
    return sorted(found, key=lambda problem: (problem.line, problem.column))


def unheard(book: Book, *, echoes: Mapping[str, bool]) -> list[str]:
    """Return one sentence for each gateway where nobody can take a chat over by writing.

    `echoes` says of each gateway whether it tells what is written from the device.
    """
    if not book.settings.takeover.for_:
        return []
    return [
        f"{gateway} does not tell what you write from the phone, so takeover does nothing there: "
        "use a rule with handover"
        for gateway, tells in echoes.items()
        if not tells
    ]


def _never(book: Book) -> Iterator[Problem]:
    """Yield one problem for each rule that an earlier one always answers for."""
    taken: dict[Key, Rule] = {}
    for rule in book.rules:
        earlier = rule.matcher and _covering(rule.matcher, taken, book)
        # A contact who opted out is asked for the opt_in rules alone.
        if earlier and not rule.opt_in:
            names = " and ".join(sorted({f'"{other.id}" (line {other.line})' for other in earlier}))
            text = f'the rule "{rule.id}" never answers: {names} above it always does'
            yield Problem(file=book.name, line=rule.line, column=5, text=text)
        if rule.matcher and not rule.conditions and not rule.continues:
            for key in _sufficient(rule.matcher):
                taken.setdefault(key, rule)


def _covering(matcher: Matcher, taken: dict[Key, Rule], book: Book) -> list[Rule]:
    """Return the earlier rules that answer all that `matcher` matches; none if some is left."""
    match matcher:
        case HasKey():
            each = [_answering(key, taken, book) for key in matcher.keys]
            return [rule for rule in each if rule] if all(each) else []
        case AnyOf():
            parts = [_covering(part, taken, book) for part in matcher.parts]
            return [rule for part in parts for rule in part] if all(parts) else []
        case AllOf():
            parts = [_covering(part, taken, book) for part in matcher.parts]
            return next((part for part in parts if part), [])
    return []


def _answering(key: Key, taken: dict[Key, Rule], book: Book) -> Rule | None:
    kind, phrase = key
    if kind not in PHRASES:
        return taken.get(key)
    text = phrase.replace(JOINED, " ")
    message = MessageReceived(gateway="", device="", key="", raw=b"", text=text)
    keys = book.index.find(message, book.vocabulary.normalise(text)).keys
    sure = (taken.get(found) for found in sorted(keys) if found[0] in _SURE[kind])
    return next((rule for rule in sure if rule), None)


def _sufficient(matcher: Matcher) -> Iterator[Key]:
    """Yield the keys of which a single one makes the matcher match."""
    match matcher:
        case HasKey():
            yield from matcher.keys
        case AnyOf():
            for part in matcher.parts:
                yield from _sufficient(part)
