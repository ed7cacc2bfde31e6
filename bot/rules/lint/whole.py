"""Find what does not fit together in the file as a whole: settings, people, tags and hours."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.rules.lint.written import Remark, listed, rules, scalars, section
from bot.rules.parts import Book
from bot.rules.source import Path, Source, Value

# Waiting for more messages longer than this is felt as slowness.
MOST_COLLAPSE = timedelta(seconds=5)


def whole_remarks(book: Book, source: Source, *, now: datetime | None) -> Iterator[Remark]:
    """Yield one remark for each thing that does not fit the rest of the file."""
    yield from _waits_long(book)
    yield from _nobody_comes_back(source)
    yield from _tags_of_nobody(book, source)
    if now is not None:
        yield from _never_open(book, now)
        yield from _past_holidays(book, source, now)


def _waits_long(book: Book) -> Iterator[Remark]:
    collapse = book.settings.collapse
    if collapse >= MOST_COLLAPSE:
        text = (
            f"every answer waits {collapse.total_seconds():.0f} s for more messages, "
            "which people feel as slow: 1s is enough for most"
        )
        yield Remark(text=text, at=("settings", "collapse"))


def _nobody_comes_back(source: Source) -> Iterator[Remark]:
    found = list(rules(source))
    comes_back = any(_is_on(rule.get("opt_in", "no")) for _, rule in found)
    for at, rule in found:
        if _is_on(rule.get("opt_out", "no")) and not comes_back:
            text = (
                "whoever opts out cannot come back: no rule has opt_in, "
                "as in {match: {exact: [mulai]}, opt_in: true, reply: …}"
            )
            yield Remark(text=text, at=(*at, "opt_out"), key=True)
            return


def _is_on(value: Value) -> bool:
    return str(value).lower() in ("true", "yes", "ya", "on")


def _tags_of_nobody(book: Book, source: Source) -> Iterator[Remark]:
    """Yield conditions about tags that no rule gives. Code of the user's own may give any."""
    if book.settings.module or not isinstance(source.value, dict):
        return
    values = [
        (at, text)
        for name in ("rules", "fallback", "flows", "replies")
        for at, text in scalars(source.value.get(name, ""), (name,))
    ]
    if any("http" in at or "call" in at for at, _ in values):
        return
    given = {text for at, text in values if _names(at)[-1] == "tag" and "if" not in at}
    for at, text in values:
        if _names(at)[-1] == "tag" and "if" in at and text not in given:
            yield Remark(text=f'no rule gives the tag "{text}", so this never holds', at=at)


def _names(at: Path) -> list[str]:
    return [part for part in at if isinstance(part, str)]


def _never_open(book: Book, now: datetime) -> Iterator[Remark]:
    for name, schedule in book.hours.items():
        if not schedule.is_open(now) and schedule.next_open(now) is None:
            yield Remark(text=f'"{name}" is never open within a year', at=("hours", name), key=True)


def _past_holidays(book: Book, source: Source, now: datetime) -> Iterator[Remark]:
    today = now.astimezone(book.zone).date().isoformat()
    for name, schedule in section(source, "hours").items():
        value = schedule.get("holidays", []) if isinstance(schedule, dict) else []
        at: Path = ("hours", name, "holidays")
        dates = [
            entry["date"] if isinstance(entry, dict) and "date" in entry else entry
            for entry in (value if isinstance(value, list) else [value])
        ]
        ends = [text.rpartition("..")[2].strip() for date in dates for _, text in listed(date, at)]
        # Without a year a holiday comes every year.
        if ends and all(len(end) == len(today) and end < today for end in ends):
            yield Remark(text="all these holidays are past: write the next ones", at=at, key=True)
