"""Find the rules that a message may match, without asking each of them.

The cost of a lookup depends on the length of the message, not on the number of rules: phrases are
looked up word by word in a trie, letters and expressions all at once, and lead to the rules that
want them.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from bot.events import Message
from bot.rules.fuzzy import Typos
from bot.rules.matchers import PHRASES, Found, Key, Matcher, any_day
from bot.rules.occasion import Occasion
from bot.rules.searching import Search, encoded
from bot.rules.text import Normal, Trie, Vocabulary


class Index:
    """The phrases, buttons and types of all rules, and the rules that want them.

    `others` are matchers that ask about messages, too, without being the match of a rule.
    """

    def __init__(
        self,
        matchers: Sequence[Matcher | None],
        *,
        others: Sequence[Matcher] = (),
        vocabulary: Vocabulary | None = None,
    ) -> None:
        wanted: dict[str, set[str]] = {}
        for matcher in (*matchers, *others):
            for kind, name in matcher.wanted if matcher else ():
                wanted.setdefault(kind, set()).add(name)
        phrases = frozenset(phrase for kind in PHRASES for phrase in wanted.get(kind, ()))
        fuzzy, parts, expressions = (
            sorted(wanted.get(kind, ())) for kind in ("fuzzy", "contains", "regex")
        )
        self.phrases = phrases.union(fuzzy)
        self._trie = Trie()
        for phrase in phrases:
            self._trie.add(phrase.split(), phrase)
        known = {word for phrase in phrases for word in phrase.split()}
        self._typos = Typos(fuzzy, vocabulary=vocabulary, known=known) if fuzzy else None
        self._parts = Search(parts, literal=True) if parts else None
        self._expressions = Search(expressions, literal=False) if expressions else None
        self._wanted: dict[Key, list[int]] = {}
        self._always_asked: list[int] = []
        for position, matcher in enumerate(matchers):
            keys = matcher.keys if matcher else None
            if keys is None:
                self._always_asked.append(position)
            for key in keys or ():
                self._wanted.setdefault(key, []).append(position)

    def find(
        self,
        message: Message,
        normal: Normal,
        *,
        occasion: Callable[[], Occasion] | None = None,
        today: Callable[[], date] = any_day,
    ) -> Found:
        """Return everything in the message that some rule may ask about."""
        keys = frozenset(self._keys(message, normal))
        return Found(keys, normal, original=message.text, occasion=occasion, today=today)

    def candidates(self, found: Found) -> list[int]:
        """Return the positions of the rules that may match, first to last."""
        wanted = (self._wanted.get(key, ()) for key in found.keys)
        return sorted({*self._always_asked, *(position for group in wanted for position in group)})

    def _keys(self, message: Message, normal: Normal) -> Iterator[Key]:
        yield "type", message.type.value
        if message.button is not None:
            yield "button", message.button.id.casefold()
        firsts, lasts = _ends(normal)
        for start in range(len(normal.tokens)):
            for phrase, end in self._trie.walk(normal.readings, start):
                yield "words", phrase
                if start in firsts:
                    yield "starts", phrase
                    if end in lasts:
                        yield "exact", phrase
        if self._typos:
            for phrase, start, end in self._typos.find(normal):
                yield "fuzzy", phrase
                if start in firsts and end in lasts:
                    yield "fuzzy exact", phrase
        if self._parts:
            text = normal.text.encode()
            yield from (("contains", part) for part in self._parts.found_in(text))
        if self._expressions and message.text:
            text = encoded(message.text)
            yield from (("regex", each) for each in self._expressions.found_in(text))


def _ends(normal: Normal) -> tuple[set[int], set[int]]:
    """Return where a whole message may begin and end: "stop 🙏" is still exactly "stop"."""
    count = len(normal.tokens)
    words = [place for place, token in enumerate(normal.tokens) if not token.emoji]
    return {0, words[0] if words else 0}, {count, words[-1] + 1 if words else count}
