"""Bring what people type and what rules say into one form, so that the two can be compared.

In this order: NFKC; case-fold; punctuation to spaces (`.,:` between digits stay, an emoji is a word
of its own); letters repeated three times or more, or doubled at a word's end, folded; candidates
without Indonesian enclitics; synonyms.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

# What follows is not looked at; WhatsApp's own limit for what people type is lower.
MAX_LENGTH = 10_000

_LONE_MARK = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_DOUBLED_AT_END = re.compile(r"([^\W\d_])\1+(?!\S)")

# Joins a synonym's meaning of several words into one; no word has it, as it is punctuation.
JOINED = "_"

ENCLITICS = {"id": ("nya", "kah", "lah", "pun", "ku", "mu")}
# The shortest word that an enclitic can stand on: "cs" in "csnya".
MIN_STEM = 2
# Everyday words that only look as if they ended in an enclitic.
ROOTS = frozenset({
    "aku", "baku", "beku", "berlaku", "buku", "kaku", "kuku", "laku", "paku", "perilaku", "saku",
    "siku", "suku", "mengaku", "bertemu", "ilmu", "jamu", "kamu", "ketemu", "menemu", "semu",
    "tamu", "temu", "bertanya", "hanya", "menanya", "nanya", "punya", "tanya", "mempunyai",
    "adalah", "alah", "belah", "celah", "istilah", "jumlah", "kalah", "lelah", "majalah",
    "makalah", "masalah", "olah", "salah", "sebelah", "sekolah", "setelah", "telah", "ulah",
    "berkah", "langkah", "nikah", "tingkah", "ampun", "himpun", "maupun",
})  # fmt: skip


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
        self, language: str = "id", synonyms: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._enclitics = ENCLITICS.get(language, ())
        self._synonyms = Trie()
        for word, others in (synonyms or {}).items():
            meaning = JOINED.join(_split(word))
            for phrase in (word, *others):
                words = _split(phrase)
                if words and (len(words) > 1 or words != [meaning]):
                    self._synonyms.add(words, meaning)

    def normalise(self, text: str) -> Normal:
        """Return the normal form of what somebody typed."""
        tokens = tuple(self._token(word) for word in _split(text))
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

    def _token(self, word: str) -> Token:
        emoji = unicodedata.category(word[0]) == "So"
        return Token(word, (word,) if emoji else (word, *self._stems(word)), emoji)

    def _stems(self, word: str) -> Iterator[str]:
        # Two at most: "harganyalah".
        for _ in range(2):
            ending = next((end for end in self._enclitics if word.endswith(end)), None)
            if ending is None or word in ROOTS or len(word) - len(ending) < MIN_STEM:
                return
            word = _DOUBLED_AT_END.sub(r"\1", word[: -len(ending)])
            yield word


def plain(text: str) -> str:
    """Return a text in its normal form before enclitics and synonyms, words apart by one space."""
    return " ".join(_split(text))


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
