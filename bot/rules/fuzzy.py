"""Find words and phrases in spite of typing mistakes, in time that does not grow with their number.

Every wanted word is kept under each form that it has with one letter or two left out. A typed word
with as many left out meets it there, if it is near; how near is counted afterwards.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations

from rapidfuzz.distance import OSA

from bot.rules.text import JOINED, Normal, Token, Trie, Vocabulary

# From so many letters on a word may have so many mistakes.
_ONE_FROM, _TWO_FROM = 4, 8
# No word is longer; and so many different words of one message are looked at.
_LONGEST, _MOST = 40, 400


def mistakes(word: str) -> int:
    """Return how many typing mistakes a word may have; numbers have none."""
    if len(word) < _ONE_FROM or not word.isalpha():
        return 0
    return 2 if len(word) >= _TWO_FROM else 1


class Typos:
    """The fuzzy phrases of all rules. `known` are the words of all rules: nobody mistypes one into
    another."""

    def __init__(
        self, phrases: Iterable[str], *, vocabulary: Vocabulary | None, known: Iterable[str]
    ) -> None:
        self._trie = Trie()
        # For each form the words that have it, each with the word of a phrase that it stands for.
        self._near: dict[str, tuple[tuple[str, str], ...]] = {}
        self._deepest = 0
        self._shapes: set[tuple[str, int]] = set()
        self._usual = lru_cache(maxsize=4096)(self._meant)
        words: set[str] = set()
        for phrase in phrases:
            # A meaning of several words counts in both ways: as the meaning, and word by word.
            for form in {phrase, phrase.replace(JOINED, " ")}:
                self._trie.add(form.split(), phrase)
                words.update(form.split())
        self._known = {*known, *words}
        if vocabulary:
            self._known |= vocabulary.language.everyday | vocabulary.known
        for word in words:
            spellings = vocabulary.spellings.get(word, ()) if vocabulary else ()
            for spelling in {word, *spellings}:
                self._keep(spelling, word)

    def find(self, normal: Normal) -> Iterator[tuple[str, int, int]]:
        """Yield (phrase, where it begins, where it ends) for every phrase in a message."""
        meant: dict[str, tuple[str, ...]] = {}
        readings = []
        for position, (token, words) in enumerate(zip(normal.tokens, normal.readings, strict=True)):
            if token.text not in meant:
                ignored = len(meant) >= _MOST or len(token.text) > _LONGEST
                meant[token.text] = () if ignored else self._usual(token)
            guessed = ((word, position + 1) for word in meant[token.text])
            readings.append((*words, *guessed))
        together = tuple(readings)
        for start in range(len(together)):
            for phrase, end in self._trie.walk(together, start):
                yield phrase, start, end

    def _keep(self, spelling: str, word: str) -> None:
        allowed = mistakes(spelling)
        if not allowed or len(spelling) > _LONGEST:
            return
        self._deepest = max(self._deepest, allowed)
        for length in range(len(spelling) - allowed, len(spelling) + allowed + 1):
            self._shapes.add((spelling[0], length))
        # Most forms lead to one word: then they share what they lead to.
        alone = ((spelling, word),)
        for form in _forms(spelling, allowed):
            self._near[form] = self._near.get(form, ()) + alone

    def _meant(self, token: Token) -> tuple[str, ...]:
        """Return the words that a token may be a mistyped form of."""
        if any(candidate in self._known for candidate in token.candidates):
            return ()
        found: dict[str, None] = {}
        for candidate in token.candidates:
            if (candidate[0], len(candidate)) not in self._shapes or not candidate.isalpha():
                continue
            for form in _forms(candidate, self._deepest):
                for spelling, word in self._near.get(form, ()):
                    allowed = mistakes(spelling)
                    if OSA.distance(candidate, spelling, score_cutoff=allowed) <= allowed:
                        found[word] = None
        return tuple(found)


def _forms(word: str, allowed: int) -> set[str]:
    """Return a word with up to so many letters left out, never the first: nobody mistypes that."""
    forms = {word}
    for number in range(1, min(allowed, len(word) - 1) + 1):
        for places in combinations(range(1, len(word)), number):
            left_out = set(places)
            forms.add("".join(each for place, each in enumerate(word) if place not in left_out))
    return forms
