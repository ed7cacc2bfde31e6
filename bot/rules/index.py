"""Find the rules that a message may match, without asking each of them.

The cost of a lookup depends on the length of the message, not on the number of rules: phrases are
looked up word by word in a trie, and lead to the rules that want them.
"""

from collections.abc import Iterator, Sequence

from bot.events import Message
from bot.rules.matchers import Found, Key, Matcher, phrases
from bot.rules.text import Normal, Trie


class Index:
    """The phrases, buttons and types of all rules, and the rules that want them."""

    def __init__(self, matchers: Sequence[Matcher | None]) -> None:
        self._trie = Trie()
        self._wanted: dict[Key, list[int]] = {}
        self._always_asked: list[int] = []
        self.phrases = frozenset(
            phrase for matcher in matchers if matcher for phrase in phrases(matcher)
        )
        for phrase in self.phrases:
            self._trie.add(phrase.split(), phrase)
        for position, matcher in enumerate(matchers):
            keys = matcher.keys if matcher else None
            if keys is None:
                self._always_asked.append(position)
            for key in keys or ():
                self._wanted.setdefault(key, []).append(position)

    def find(self, message: Message, normal: Normal) -> Found:
        """Return everything in the message that some rule may ask about."""
        return Found(frozenset(self._keys(message, normal)), normal.text)

    def candidates(self, found: Found) -> list[int]:
        """Return the positions of the rules that may match, first to last."""
        wanted = (self._wanted.get(key, ()) for key in found.keys)
        return sorted({*self._always_asked, *(position for group in wanted for position in group)})

    def _keys(self, message: Message, normal: Normal) -> Iterator[Key]:
        yield "type", message.type.value
        if message.button is not None:
            yield "button", message.button.id.casefold()
        count = len(normal.tokens)
        # "stop 🙏" is still exactly "stop".
        words = [place for place, token in enumerate(normal.tokens) if not token.emoji]
        firsts = {0, words[0] if words else 0}
        lasts = {count, words[-1] + 1 if words else count}
        for start in range(count):
            for phrase, end in self._trie.walk(normal.readings, start):
                yield "words", phrase
                if start in firsts:
                    yield "starts", phrase
                    if end in lasts:
                        yield "exact", phrase
