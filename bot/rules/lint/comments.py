"""Find what was written as part of a text and is a comment to YAML: `reply: Diskon 10% #promo`."""

import re
from collections.abc import Iterator

from bot.rules.lint.written import Remark
from bot.rules.source import Source

# A comment is written with a space behind its sign; a hashtag, a number or a flat without one.
_HASHTAG = re.compile(r"\s#[^\s#]\S*")
_QUOTES = ("'", '"', "|", ">")


def comment_remarks(source: Source) -> Iterator[Remark]:
    """Yield one remark for each text whose end is a comment, though it does not look like one."""
    for path, mark in source.marks.items():
        value = source.at(path)
        if not isinstance(value, str) or not value or mark.literal:
            continue
        lines = source.others.get(mark.file, source.lines) if mark.file else source.lines
        written = lines[mark.line - 1][mark.column - 1 :]
        found = None if written.startswith(_QUOTES) else _HASHTAG.search(written)
        if found and written[: found.start()].rstrip() == value:
            text = (
                f'"{found[0].strip()}" is a comment here, so nobody reads it: '
                "put the whole text in quotes"
            )
            yield Remark(text=text, at=path)
