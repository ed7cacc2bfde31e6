"""Reads what a large body says without reading the file in it.

Nearly all of a large body is one string of base64. Reading it as JSON would copy it twice and keep
everybody else waiting meanwhile, only to learn that it is there.
"""

# No text of a person is as long as this, however it is escaped.
LONG = 512 * 1024
# What stays of a long string: enough for what may stand in front of base64.
HEAD = 512
# So many strings are looked at, and quotation marks in each; what has more is not worth the search.
MOST_STRINGS = 10_000
MOST_QUOTES = 100
LONGEST_ESCAPE = len(rb"\u0041")


def shortened(raw: bytes) -> bytes:
    """Return a JSON body with only the beginning of each long string; `raw` itself has none."""
    if len(raw) < LONG:
        return raw
    parts, done = [], 0
    start = raw.find(b'"')
    for _ in range(MOST_STRINGS):
        end = _end_of_string(raw, start)
        if end is None:
            break
        if end - start > LONG:
            parts.append(raw[done : start + 1] + _head(raw, start + 1))
            done = end
        start = raw.find(b'"', end + 1)
        if start == -1:
            break
    return b"".join([*parts, raw[done:]]) if parts else raw


def _end_of_string(raw: bytes, start: int) -> int | None:
    """Return where the string that begins at `start` ends, None where that is hard to tell."""
    end = start
    for _ in range(MOST_QUOTES):
        end = raw.find(b'"', end + 1)
        if end == -1:
            return None
        before = raw[max(start, end - LONGEST_ESCAPE) : end]
        backslashes = len(before) - len(before.rstrip(b"\\"))
        if backslashes == LONGEST_ESCAPE:
            return None
        if backslashes % 2 == 0:
            return end
    return None


def _head(raw: bytes, start: int) -> bytes:
    """Return the beginning of a string, no escape or character of which is cut in two."""
    head = raw[start : start + HEAD]
    text = head.decode("utf-8", "ignore").encode()
    last = text.rfind(b"\\", len(text) - LONGEST_ESCAPE)
    return text if last == -1 else text[: last + 1].rstrip(b"\\")
