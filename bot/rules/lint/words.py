"""Find words of rules that mean something else than they seem to."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.rules.lint.written import Phrase, Remark, listed, phrases, section
from bot.rules.parts import Book
from bot.rules.source import Path, Source
from bot.rules.text import plain

# The kinds that count a word wherever it stands in a message.
_ANYWHERE = ("words", "fuzzy")
_WORDS = (*_ANYWHERE, "starts", "exact")


@dataclass(frozen=True, slots=True)
class _Spelling:
    """One way to say a synonym."""

    text: str
    meaning: str
    at: Path


def word_remarks(book: Book, source: Source) -> Iterator[Remark]:
    """Yield one remark for each word that means more, or less, than it seems to."""
    spellings = {plain(spelling.text): spelling for spelling in _spellings(source)}
    found = [phrase for phrase in phrases(source) if phrase.kind in _WORDS]
    beside: dict[str, set[str]] = {}
    for phrase in found:
        beside.setdefault(phrase.rule, set()).add(phrase.normal)
    for phrase in found:
        yield from _stands_for_another(phrase, spellings, beside[phrase.rule], source)
        yield from _abbreviated(phrase, beside[phrase.rule], book)
    yield from _greetings_first(found, book, source)
    yield from _inside_synonyms(found, spellings, book, source)


def _spellings(source: Source) -> Iterator[_Spelling]:
    for meaning, value in section(source, "synonyms").items():
        for at, text in listed(value, ("synonyms", meaning)):
            yield _Spelling(text, meaning, at)


def _stands_for_another(
    phrase: Phrase, spellings: dict[str, _Spelling], beside: set[str], source: Source
) -> Iterator[Remark]:
    spelling = spellings.get(phrase.normal)
    if spelling and plain(spelling.meaning) not in beside:
        text = (
            f'"{phrase.text}" is a synonym of "{spelling.meaning}" ({_line(source, spelling.at)}), '
            f'so this matches whatever means "{spelling.meaning}": write that word, '
            f'or take "{phrase.text}" out of the synonyms'
        )
        yield Remark(text=text, at=phrase.at)


def _abbreviated(phrase: Phrase, beside: set[str], book: Book) -> Iterator[Remark]:
    words = [
        word
        for word in book.language.spellings.get(phrase.normal, ())
        if len(word) > len(phrase.normal) + 1
    ]
    if words and beside.isdisjoint(words):
        text = (
            f'"{phrase.text}" is only one spelling of "{words[0]}": write "{words[0]}", '
            "and every spelling of it matches"
        )
        yield Remark(text=text, at=phrase.at)


def _greetings_first(found: list[Phrase], book: Book, source: Source) -> Iterator[Remark]:
    """Yield rules for words of politeness that keep what is asked beside them from an answer."""
    order = {rule.id: position for position, rule in enumerate(book.rules)}
    answering = {rule.id for rule in book.rules if not rule.continues and not rule.always}
    openings = book.language.openings
    polite = openings | book.language.fillers
    asked = sorted(
        (
            phrase
            for phrase in found
            if phrase.kind in _ANYWHERE and not phrase.negated and phrase.rule in answering
        ),
        key=lambda phrase: order[phrase.rule],
    )
    chatting = {phrase.rule for phrase in asked if phrase.normal in polite}
    told: set[str] = set()
    below: Phrase | None = None
    for phrase in reversed(asked):
        if phrase.rule not in chatting and phrase.normal.replace(" ", "").isalnum():
            below = phrase
        elif below and phrase.normal in openings and phrase.rule not in told:
            told.add(phrase.rule)
            text = (
                f'"{phrase.text}, {below.text}?" is answered here and not by "{below.rule}" '
                f"({_line(source, below.at)}): move this rule below that one, "
                'or give it "continue: true"'
            )
            yield Remark(text=text, at=phrase.at)


def _line(source: Source, at: Path) -> str:
    return source.place_of(at).removeprefix("on ")


def _inside_synonyms(
    found: list[Phrase], spellings: dict[str, _Spelling], book: Book, source: Source
) -> Iterator[Remark]:
    """Yield words that also stand in a synonym which a rule further below is for."""
    order = {rule.id: position for position, rule in enumerate(book.rules)}
    goes_on = {rule.id for rule in book.rules if rule.continues}
    excluding = {phrase.rule for phrase in found if phrase.negated}
    means = _meanings(found, spellings, order)
    parts: dict[str, list[_Spelling]] = {}
    for normal, spelling in spellings.items():
        for part in _parts(normal):
            parts.setdefault(part, []).append(spelling)
    for phrase in found:
        skipped = phrase.negated or phrase.rule in goes_on or phrase.rule in excluding
        if phrase.kind not in _ANYWHERE or skipped:
            continue
        for spelling in parts.get(phrase.normal, ()):
            meaning = plain(spelling.meaning)
            here = order[phrase.rule]
            below = next((rule for rule in means.get(meaning, ()) if order[rule] > here), None)
            if below and phrase.rule not in means[meaning]:
                where = _line(source, spelling.at)
                text = (
                    f'"{phrase.text}" also stands in "{spelling.text}" ({where}), which means '
                    f'"{spelling.meaning}": this rule answers it before the rule "{below}" can; '
                    "move it below that one"
                )
                yield Remark(text=text, at=phrase.at)


def _meanings(
    found: list[Phrase], spellings: dict[str, _Spelling], order: dict[str, int]
) -> dict[str, list[str]]:
    """Return the rules that are for each synonym, first to last."""
    means: dict[str, dict[str, None]] = {}
    for phrase in sorted(found, key=lambda phrase: order.get(phrase.rule, -1)):
        normal = phrase.normal
        spelling = spellings.get(normal)
        if not phrase.negated and phrase.rule in order:
            meaning = plain(spelling.meaning) if spelling else normal
            means.setdefault(meaning, {})[phrase.rule] = None
    return {meaning: list(rules) for meaning, rules in means.items()}


def _parts(normal: str) -> Iterator[str]:
    """Yield the words and phrases inside a phrase, without itself."""
    words = normal.split()
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if end - start < len(words):
                yield " ".join(words[start:end])
