"""Bring what people type and what rules say into one form, so that the two can be compared.

In this order: NFKC; case-fold; punctuation to spaces (`.,:` between digits stay, an emoji is a word
of its own); letters repeated three times or more, or doubled at a word's end, folded; candidates
without the endings of the language, and the words that spellings of them stand for; synonyms.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bot.rules.languages import Language

# What follows is not looked at; WhatsApp's own limit for what people type is lower.
MAX_LENGTH = 10_000

_LONE_MARK = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_WORD = re.compile(r"\S+")
_DOUBLED_AT_END = re.compile(r"([^\W\d_])\1+(?!\S)")

# Longer words are not kept for the next time.
_USUAL_LENGTH = 32

# Joins a synonym's meaning of several words into one; no word has it, as it is punctuation.
JOINED = "_"


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text; `candidates` are the words that it counts as, itself first."""

    text: str
    candidates: tuple[str, ...]
    emoji: bool = False


@dataclass(frozen=True, slots=True)
class Normal:
    """A text in its normal form.

    `readings` tells for each token which words begin there, as (word, position after it): the
    token's candidates, and synonyms, which may be several tokens long.
    """

    tokens: tuple[Token, ...]
    readings: tuple[tuple[tuple[str, int], ...], ...]

    @property
    def text(self) -> str:
        return " ".join(token.text for token in self.tokens)


NOTHING = Normal((), ())


class Trie:
    """Phrases, looked up word by word along the readings of a text."""

    __slots__ = ("_root",)

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, words: Iterable[str], value: str) -> None:
        node = self._root
        for word in words:
            node = node.after.setdefault(word, _Node())
        node.value = value

    def get(self, words: Iterable[str]) -> str | None:
        node: _Node | None = self._root
        for word in words:
            node = node.after.get(word) if node else None
        return node.value if node else None

    def walk(
        self, readings: tuple[tuple[tuple[str, int], ...], ...], start: int
    ) -> Iterator[tuple[str, int]]:
        """Yield (value, position after it) for every phrase that begins at `start`."""
        waiting = [(self._root, start)]
        while waiting:
            node, position = waiting.pop()
            if node.value is not None:
                yield node.value, position
            if position < len(readings) and node.after:
                for word, end in readings[position]:
                    following = node.after.get(word)
                    if following is not None:
                        waiting.append((following, end))


@dataclass(slots=True)
class _Node:
    after: dict[str, "_Node"] = field(default_factory=dict)
    value: str | None = None


class Vocabulary:
    """A language with its synonyms: turns texts and the words of rules into their normal form."""

    def __init__(
        self, language: Language, synonyms: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self.language = language
        # The single words that stand for each meaning.
        self.spellings: dict[str, tuple[str, ...]] = {}
        # Everything that has a meaning of its own here.
        self.known: set[str] = set()
        self._synonyms = Trie()
        for word, others in (synonyms or {}).items():
            self._add(JOINED.join(_split(word)), (word, *others))
        self._usual = lru_cache(maxsize=4096)(self._token)

    def normalise(self, text: str) -> Normal:
        """Return the normal form of what somebody typed."""
        tokens = tuple(
            self._usual(word) if len(word) <= _USUAL_LENGTH else self._token(word)
            for word in _split(text)
        )
        plain = tuple(
            tuple((candidate, position + 1) for candidate in token.candidates)
            for position, token in enumerate(tokens)
        )
        readings = tuple(
            (*words, *self._synonyms.walk(plain, position)) for position, words in enumerate(plain)
        )
        return Normal(tokens, readings)

    def phrase(self, text: str) -> tuple[str, ...]:
        """Return the words of a phrase in a rule, synonyms replaced by what they stand for."""
        words = _split(text)
        plain = tuple(((word, position + 1),) for position, word in enumerate(words))
        found: list[str] = []
        position = 0
        while position < len(words):
            longest = max(
                self._synonyms.walk(plain, position), key=lambda match: match[1], default=None
            )
            word, position = longest or (words[position], position + 1)
            found.append(word)
        return tuple(found)

    def _add(self, meaning: str, phrases: Iterable[str]) -> None:
        for phrase in phrases:
            words = _split(phrase)
            self.known.update(words)
            if words and (len(words) > 1 or words != [meaning]):
                self._synonyms.add(words, meaning)
            if len(words) == 1:
                self.spellings[meaning] = (*self.spellings.get(meaning, ()), words[0])

    def _token(self, word: str) -> Token:
        if unicodedata.category(word[0]) == "So":
            return Token(word, (word,), emoji=True)
        stems = self._stems(word)
        meant = [other for stem in stems for other in self.language.spellings.get(stem, ())]
        return Token(word, tuple(dict.fromkeys((*stems, *meant))))

    def _stems(self, word: str) -> list[str]:
        """Return a word, and what is left of it without its endings: two at most (harganyalah)."""
        found = [word]
        language = self.language
        for place in range(2):
            for whole in found[place:]:
                if whole in language.roots or not whole.endswith(language.last_letters):
                    continue
                for ending, instead in language.all_endings:
                    if whole.endswith(ending) and len(whole) - len(ending) >= language.min_stem:
                        stem = _DOUBLED_AT_END.sub(r"\1", whole[: -len(ending)] + instead)
                        found.append(stem)
        return found


def plain(text: str) -> str:
    """Return a text in its normal form before enclitics and synonyms, words apart by one space."""
    return " ".join(_split(text))


def spans(text: str) -> list[tuple[int, int]]:
    """Return where each token of a text stands in it as it was typed: (start, end).

    Where that cannot be told, as several letters are one only together, the numbers differ.
    """
    typed = text[:MAX_LENGTH]
    if typed.isascii():
        # Nothing becomes longer or shorter.
        spaced = _LONE_MARK.sub(" ", typed.casefold().translate(_CHARACTERS))
        return [word.span() for word in _WORD.finditer(spaced)]
    pieces: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(typed):
        piece = unicodedata.normalize("NFKC", character).casefold().translate(_CHARACTERS)
        pieces.append(piece)
        origins.extend([place] * len(piece))
    spaced = _LONE_MARK.sub(" ", "".join(pieces))
    found = (word.span() for word in _WORD.finditer(spaced))
    return [(origins[start], origins[end - 1] + 1) for start, end in found]


def _split(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text[:MAX_LENGTH]).casefold()[:MAX_LENGTH]
    spaced = _LONE_MARK.sub(" ", folded.translate(_CHARACTERS))
    return _DOUBLED_AT_END.sub(r"\1", _REPEATED.sub(r"\1", spaced)).split()


@lru_cache(maxsize=4096)
def _character(codepoint: int) -> str:
    character = chr(codepoint)
    category = unicodedata.category(character)
    # Variation selectors, the keycap, and skin tones only decorate what stands before them.
    decorates = (
        0xFE00 <= codepoint <= 0xFE0F or codepoint == 0x20E3 or 0x1F3FB <= codepoint <= 0x1F3FF
    )
    if category == "Cf" or decorates:
        return ""
    if category == "So":
        return f" {character} "
    return character if category[0] in "LNM" or character in ".,:" else " "


class _Characters(dict[int, str]):
    """What becomes of each character; not stored, so that no message can make it grow."""

    def __missing__(self, codepoint: int) -> str:
        return _character(codepoint)


_CHARACTERS = _Characters()
