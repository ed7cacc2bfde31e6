"""Split a text that is longer than a gateway takes: at a paragraph, else a line, else a word."""

import unicodedata
from collections.abc import Iterator

# Where a text may be split, from the best place to the worst.
BREAKS = ("\n\n", "\n", " ")
JOINER = "\u200d"
# So far back a split moves at most, to keep what is one sign to the eye in one piece.
LONGEST_SIGN = 16


def bubbles(text: str, limit: int) -> Iterator[str]:
    """Yield the text in parts of at most `limit` characters; nothing but white space is lost."""
    rest = text.strip()
    while len(rest) > limit:
        part = _first(rest, limit)
        yield part.rstrip()
        rest = rest[len(part) :].lstrip()
    if rest:
        yield rest


def _first(text: str, limit: int) -> str:
    for separator in BREAKS:
        end = text.rfind(separator, 1, limit + 1)
        # A part that would be nearly empty is worse than a split in a worse place.
        if end > limit // 4:
            return text[:end]
    return text[: _between_signs(text, limit)]


def _between_signs(text: str, limit: int) -> int:
    """Return the last place up to `limit` that is not inside an emoji or a letter with marks."""
    for end in range(limit, max(limit - LONGEST_SIGN, 0), -1):
        if not (_continues(text[end]) or text[end - 1] == JOINER):
            return end
    return limit


def _continues(sign: str) -> bool:
    # Marks, variation selectors, skin tones: they belong to the sign before them.
    return (
        sign == JOINER
        or unicodedata.category(sign).startswith("M")
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
    )
