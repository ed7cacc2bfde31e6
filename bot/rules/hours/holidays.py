"""Read `holidays` of a schedule: days that are closed, or have hours of their own."""

from collections.abc import Callable

from bot.rules.checking import unknown_key
from bot.rules.hours.dates import Key, read_dates
from bot.rules.hours.schedule import Holiday, Span
from bot.rules.source import Path, Source, Value
from bot.rules.values import expected

_KEYS = ("date", "name", "hours")
_ENTRY = "a date, or a map such as {date: 2026-03-20, name: Idul Fitri}"
MAX_NAME = 100

# Reads the hours of a day at a path.
ReadSpans = Callable[[Value, Path], tuple[Span, ...]]


def read_holidays(
    source: Source, value: Value, read_spans: ReadSpans, *, at: Path
) -> dict[Key, Holiday]:
    """Return each day that is a holiday; mistakes are noted."""
    found: dict[Key, Holiday] = {}
    places: dict[Key, Path] = {}
    for place, entry in enumerate(value if isinstance(value, list) else [value]):
        here = (*at, place) if isinstance(value, list) else at
        holiday = _holiday(source, entry, read_spans, at=here)
        for day in _days(source, entry, at=here):
            if day in places:
                shown = f"{day[0]:02}-{day[1]:02}" if isinstance(day, tuple) else day
                text = f"{shown} is a holiday already, {source.place_of(places[day])}"
                source.add(text, at=here)
                break
            places[day], found[day] = here, holiday
    return found


def _days(source: Source, entry: Value, *, at: Path) -> list[Key]:
    """Return the days of one entry."""
    if isinstance(entry, dict):
        if "date" not in entry:
            source.add(f'"date" is missing: write {_ENTRY}', at=at)
            return []
        entry, at = entry["date"], (*at, "date")
    days: list[Key] = []
    for place, text in enumerate(entry if isinstance(entry, list) and entry else [entry]):
        try:
            if not isinstance(text, str) or not text.strip():
                raise expected(_ENTRY, text)
            days.extend(read_dates(text))
        except ValueError as error:
            source.add(str(error), at=(*at, place) if isinstance(entry, list) else at)
    return days


def _holiday(source: Source, entry: Value, read_spans: ReadSpans, *, at: Path) -> Holiday:
    if not isinstance(entry, dict):
        return Holiday()
    if "date" in entry:
        for key in entry:
            if key not in _KEYS:
                unknown_key(source, (*at, key), _KEYS)
    name = entry.get("name", "")
    if not isinstance(name, str) or len(name) > MAX_NAME:
        source.add(str(expected("a name such as Idul Fitri", name)), at=(*at, "name"))
        name = ""
    spans = read_spans(entry["hours"], (*at, "hours")) if "hours" in entry else ()
    return Holiday(name.strip(), spans)
