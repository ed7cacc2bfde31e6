"""Split a text that is longer than a gateway takes: at a paragraph, else a line, else a word."""

from collections.abc import Iterator

# Where a text may be split, from the best place to the worst.
BREAKS = ("\n\n", "\n", " ")


def bubbles(text: str, limit: int) -> Iterator[str]:
    """Yield the text in parts of at most `limit` characters; nothing but white space is lost."""
    rest = text
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
    return text[:limit]
