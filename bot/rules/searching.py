r"""Look for many expressions in a text at once, in time that hardly depends on how many there are.

The engine is RE2 (https://github.com/google/re2): its time is linear in the text, whatever the
expressions are.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import re2

from bot.rules.text import MAX_LENGTH

# In bytes; an expression that needs more is refused.
MAX_PROGRAM = 1_000_000
# Literals share their beginnings, so a set of them stays quick however many there are. Expressions
# with repetitions slow each other down in one set, and alone each costs a pass of its own.
_SET_MEMORY = 64_000_000
_SET_SIZE = 100


def options(*, literal: bool = False) -> re2.Options:
    """Return how expressions are read: capitals or not, unless they are literal texts."""
    found = re2.Options()
    found.literal = literal
    found.case_sensitive = literal
    found.max_mem = MAX_PROGRAM
    found.log_errors = False
    return found


def encoded(text: str) -> bytes:
    """Return a text as it was typed, in the form in which it is searched."""
    return unicodedata.normalize("NFKC", text[:MAX_LENGTH]).encode("utf-8", "replace")


class Search:
    """A search for all expressions of some rules."""

    def __init__(self, expressions: Sequence[str], *, literal: bool) -> None:
        size = max(1, len(expressions)) if literal else _SET_SIZE
        self._literal = literal
        self._sets = [
            made
            for start in range(0, len(expressions), size)
            for made in self._made(expressions[start : start + size])
        ]

    def found_in(self, text: bytes) -> Iterator[str]:
        """Yield the expressions that match somewhere in a text."""
        for expressions, together in self._sets:
            places = (together.Match(text) or ()) if together else ()
            # A set that runs out of memory says that nothing matches: then its last member, which
            # always matches, is missing as well.
            if len(expressions) in places:
                yield from (expressions[place] for place in places if place < len(expressions))
            else:
                yield from self._one_by_one(expressions, text)

    def _made(self, expressions: Sequence[str]) -> Iterator[tuple[Sequence[str], Any]]:
        """Yield sets of expressions, smaller ones where they are too large together."""
        settings = options(literal=self._literal)
        settings.max_mem = _SET_MEMORY
        together = re2.Set.SearchSet(settings)
        try:
            for expression in (*expressions, ""):
                together.Add(expression)
            together.Compile()
        except re2.error:
            if len(expressions) == 1:
                yield expressions, None
                return
            middle = len(expressions) // 2
            yield from self._made(expressions[:middle])
            yield from self._made(expressions[middle:])
        else:
            yield expressions, together

    def _one_by_one(self, expressions: Sequence[str], text: bytes) -> Iterator[str]:
        settings = options(literal=self._literal)
        for expression in expressions:
            if re2.compile(expression, settings).search(text):
                yield expression
