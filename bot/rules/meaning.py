"""Which one of several things a text means, by the phrases that stand for each of them.

A lookup costs what the text is long, not how many phrases there are.
"""

from collections.abc import Iterator, Sequence

from rapidfuzz.distance import OSA

from bot.rules.text import Normal, Trie, Vocabulary

# A shorter word with another letter in it is rather another word.
_MIN_MISTYPED = 4
_MIN_BEGUN = 3
# A longer text is no name with a typing mistake.
_MAX_MISTYPED = 8
# Stands for several things, so it means none of them.
_SEVERAL = ""


class Phrases:
    """Phrases in their normal form, each with the one thing that it means."""

    def __init__(self) -> None:
        self._trie = Trie()
        self._whole: dict[str, str] = {}

    def add(self, words: Sequence[str], meaning: str) -> str:
        """Add a phrase, and return what it means; that is what it was added with first."""
        known = self._whole.setdefault(" ".join(words), meaning)
        if known == meaning:
            self._trie.add(words, meaning)
        return known

    def whole(self, words: Sequence[str]) -> str | None:
        """Return what these words mean, if they are a phrase as they stand."""
        return self._whole.get(" ".join(words))

    def within(self, normal: Normal) -> str | None:
        """Return the one thing that the phrases in a text mean; None for none and for several.

        A phrase inside a longer one does not count.
        """
        found: set[str] = set()
        reached, begun = 0, -1
        for start in range(len(normal.tokens)):
            ends = sorted(self._trie.walk(normal.readings, start), key=lambda match: -match[1])
            for meaning, end in ends:
                if end > reached or (start, end) == (begun, reached):
                    found.add(meaning)
                    reached, begun = end, start
        return found.pop() if len(found) == 1 else None


class Names(Phrases):
    """Phrases of which the beginning is enough, and which may be mistyped once."""

    def __init__(self) -> None:
        super().__init__()
        self._begins: dict[str, str] = {}
        self._unspaced: dict[str, str] = {}
        self._words: set[str] = set()
        # Every word with and without each of its letters: one mistake leads to the same entry.
        self._near: dict[str, tuple[str, ...]] = {}

    def add(self, words: Sequence[str], meaning: str) -> str:
        known = super().add(words, meaning)
        if known != meaning:
            return known
        _note(self._unspaced, "".join(words), meaning)
        for count in range(1, len(words)):
            _note(self._begins, " ".join(words[:count]), meaning)
        for word in words:
            if word not in self._words and _can_be_mistyped(word):
                self._words.add(word)
                for variant in _variants(word):
                    self._near[variant] = (*self._near.get(variant, ()), word)
        return known

    def means(self, text: str, vocabulary: Vocabulary) -> str | None:
        """Return the one thing that a text means.

        In this order: it is a phrase; it is the beginning of a phrase; a phrase stands in it; it
        is a phrase with one typing mistake. Words of politeness around it do not count. None where
        that leads to several things.
        """
        words = vocabulary.phrase(text)
        named = _without_fillers(words, vocabulary.language.fillers)
        found = self.whole(words) or self.whole(named) or self._begun(named)
        return found or self.within(vocabulary.normalise(text)) or self._mistyped(named)

    def _begun(self, words: Sequence[str]) -> str | None:
        if not any(len(word) >= _MIN_BEGUN and word.isalpha() for word in words):
            return None
        return self._begins.get(" ".join(words)) or None

    def _mistyped(self, words: Sequence[str]) -> str | None:
        if len(words) > _MAX_MISTYPED:
            return None
        unspaced = "".join(words)
        found = {
            meaning
            for place, word in enumerate(words)
            for meant in self._meant(word)
            if (meaning := self.whole((*words[:place], meant, *words[place + 1 :])))
        }
        if (
            len(unspaced) > _MIN_MISTYPED
            and not unspaced.isdecimal()
            and unspaced in self._unspaced
        ):
            found.add(self._unspaced[unspaced])
        return (found.pop() or None) if len(found) == 1 else None

    def _meant(self, word: str) -> Iterator[str]:
        """Yield the known words that differ by one mistake, but not in the first letter."""
        if not _can_be_mistyped(word):
            return
        near = {known for variant in _variants(word) for known in self._near.get(variant, ())}
        for known in near:
            if known[0] == word[0] and OSA.distance(known, word, score_cutoff=1) == 1:
                yield known


def _note(known: dict[str, str], phrase: str, meaning: str) -> None:
    if known.setdefault(phrase, meaning) != meaning:
        known[phrase] = _SEVERAL


def _can_be_mistyped(word: str) -> bool:
    # Another digit is another number; and nobody types a word as long as this.
    return _MIN_MISTYPED <= len(word) <= 40 and word.isalpha()


def _variants(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _without_fillers(words: Sequence[str], fillers: frozenset[str]) -> Sequence[str]:
    begins, ends = 0, len(words)
    while begins < ends - 1 and words[begins] in fillers:
        begins += 1
    while begins < ends - 1 and words[ends - 1] in fillers:
        ends -= 1
    return words[begins:ends]
