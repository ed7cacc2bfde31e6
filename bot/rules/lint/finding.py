"""Gather everything that was surely not meant, with its place in the file."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from bot.rules.errors import Problem
from bot.rules.lint.comments import comment_remarks
from bot.rules.lint.flows import flow_remarks
from bot.rules.lint.limits import Limits
from bot.rules.lint.matches import match_remarks
from bot.rules.lint.reach import reach_remarks
from bot.rules.lint.replies import reply_warnings
from bot.rules.lint.unused import unused_remarks
from bot.rules.lint.whole import whole_remarks
from bot.rules.lint.words import word_remarks
from bot.rules.lint.written import Remark
from bot.rules.parts import Book
from bot.rules.source import Source


def warnings(
    book: Book,
    *,
    limits: Mapping[str, Limits] | None = None,
    folder: Path | None = None,
    now: datetime | None = None,
) -> list[Problem]:
    """Return one problem for each thing that was surely not meant, in the order of the lines.

    `limits` are those of each gateway that the rules are for, by its name. `folder` is where the
    files of replies lie; without it nobody looks for them. `now` tells which hours are past.
    """
    if book.source is None:
        return []
    source = book.source()
    for remark in _remarks(book, source, now):
        source.add(remark.text, at=remark.at, key=remark.key)
    found = [*source.problems, *reply_warnings(book, limits=limits or {}, folder=folder)]
    order = {name: position for position, name in enumerate(book.files)}
    found.sort(key=lambda problem: (order.get(problem.file, 0), problem.line, problem.column))
    return list(dict.fromkeys(found))


def unheard(book: Book, *, echoes: Mapping[str, bool]) -> list[str]:
    """Return one sentence for each gateway where nobody can take a chat over by writing.

    `echoes` says of each gateway whether it tells what is written from the device.
    """
    if not book.settings.takeover.for_:
        return []
    return [
        f"{gateway} does not tell what you write from the phone, so takeover does nothing there: "
        "use a rule with handover"
        for gateway, tells in echoes.items()
        if not tells
    ]


def _remarks(book: Book, source: Source, now: datetime | None) -> Iterator[Remark]:
    yield from reach_remarks(book, source)
    yield from word_remarks(book, source)
    yield from match_remarks(source)
    yield from flow_remarks(book, source)
    yield from unused_remarks(book, source)
    yield from comment_remarks(source)
    yield from whole_remarks(book, source, now=now)
