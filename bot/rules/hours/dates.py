"""The dates of holidays as they are written: 2026-03-20, 2026-03-20..2026-03-23, 12-25."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from bot.rules.answers.dates import read_date
from bot.rules.languages import LANGUAGES
from bot.rules.values import expected

# A date, or the month and day of every year.
Key = date | tuple[int, int]

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
_DAY = timedelta(days=1)
_LEAP_YEAR = 2024
_RANGE = re.compile(r"\s*(?:\.{2,3}|…)\s*")
_DATE = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
_FORMS = "a date such as 2026-03-20, 2026-03-20..2026-03-23, or 12-25 for every year"


def read_dates(text: str) -> list[Key]:
    """Return the days that a date or a range of dates says; raises ValueError."""
    ends = [_read(part, text) for part in _RANGE.split(text.strip())]
    if len(ends) > 2 or len({type(end) for end in ends}) > 1:
        raise expected(_FORMS, text)
    first, last = ends[0], ends[-1]
    if isinstance(first, date) and isinstance(last, date):
        if last < first:
            raise ValueError(f'"{text}" is backwards; did you mean "{last}..{first}"?')
        if last - first > 366 * _DAY:
            raise ValueError(f'"{text}" is longer than a year')
        return [first + number * _DAY for number in range((last - first).days + 1)]
    return list(_every_year(first, last))  # type: ignore[arg-type] # neither is a date


def _read(part: str, text: str) -> Key:
    found = _DATE.fullmatch(part)
    if not found:
        raise expected(_FORMS, text, instead=_meant(part))
    year, month, day = int(found[1] or _LEAP_YEAR), int(found[2]), int(found[3])
    try:
        read = date(year, month, day)
    except ValueError:
        swapped = f"{day:02}-{month:02}" if month > 12 >= day > 0 and not found[1] else None
        raise expected(f"a day that exists, and {_FORMS}", text, instead=swapped) from None
    if not EARLIEST <= read <= LATEST:
        raise expected(f"a year from {EARLIEST.year} to {LATEST.year}", text)
    return read if found[1] else (month, day)


def _every_year(first: tuple[int, int], last: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the days of a range of every year, which may go over the end of the year."""
    day = date(_LEAP_YEAR, *first)
    for _ in range(366):
        yield day.month, day.day
        if (day.month, day.day) == last:
            return
        day = day + _DAY if (day.month, day.day) != (12, 31) else date(_LEAP_YEAR, 1, 1)


def _meant(part: str) -> str | None:
    """Return the date that was probably meant: 20-3-2026, 20 Maret."""
    if not re.search(r"\d", part):
        return None
    for language in LANGUAGES.values():
        one, other = (
            read_date(part, language=language, today=date(year, 1, 1)) for year in (2024, 2025)
        )
        if one and other:
            return str(one) if one == other else f"{one:%m-%d}"
    return None
