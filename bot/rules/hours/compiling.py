"""Read one entry of `hours`, and note every mistake in it."""

from collections.abc import Mapping

from bot.rules.hours.days import EVERY_DAY, are_days, read_days, simple
from bot.rules.hours.holidays import read_holidays
from bot.rules.hours.schedule import DAY_MINUTES, Schedule, Span
from bot.rules.hours.telling import clock
from bot.rules.hours.times import ALL_DAY, CLOSED, MAX_SPANS, joined, read_span, without
from bot.rules.source import Path, Source, Value
from bot.rules.values import expected, read_zone

KEYS = ("breaks", "holidays", "timezone")
# What is easily written instead of a key.
_MEANT = {
    **dict.fromkeys(("break", "istirahat", "jeda"), "breaks"),
    **dict.fromkeys(("holiday", "libur", "hari libur", "liburan", "tanggal merah"), "holidays"),
    **dict.fromkeys(("zone", "zona", "zona waktu"), "timezone"),
}
_WEEK = range(7)


def compile_schedule(source: Source, name: str, value: Value, *, zone: str) -> Schedule | None:
    """Return a schedule; None when it has mistakes, which are noted at ("hours", name, …).

    A value that is no map holds for every day. Days that are not named are closed.
    """
    mistakes = len(source.problems)
    schedule = _Reader(source, ("hours", name)).schedule(name, value, zone=zone)
    return schedule if len(source.problems) == mistakes else None


class _Reader:
    """Reads one schedule."""

    def __init__(self, source: Source, at: Path) -> None:
        self._source, self._at = source, at

    def schedule(self, name: str, value: Value, *, zone: str) -> Schedule:
        if are_days(name):
            text = f'"{name}" is a day: write a name such as toko: above it, and the days below'
            self._source.add(text, at=self._at, key=True)
            return Schedule(name, zone)
        if not isinstance(value, dict):
            return Schedule(name, zone, (self._spans(value, at=self._at),) * 7)
        week = self._days(value, at=self._at, others=KEYS)
        if set(value) <= set(KEYS):
            self._source.add(
                "names no day; write days with hours, such as senin-jumat: 09:00-17:00", at=self._at
            )
        spans = tuple(week.get(day, ()) for day in _WEEK)
        if "breaks" in value:
            spans = self._with_breaks(spans, value["breaks"], at=(*self._at, "breaks"))
        holidays = read_holidays(
            self._source,
            value.get("holidays", []),
            lambda written, at: self._spans(written, at=at),
            at=(*self._at, "holidays"),
        )
        return Schedule(
            name,
            self._zone(value.get("timezone"), zone),
            spans,
            {day: holiday for day, holiday in holidays.items() if not isinstance(day, tuple)},
            {day: holiday for day, holiday in holidays.items() if isinstance(day, tuple)},
        )

    def _days(
        self, value: Mapping[str, Value], *, at: Path, others: tuple[str, ...] = ()
    ) -> dict[int, tuple[Span, ...]]:
        """Return the spans of each day that is named; "every day" is the rest of them."""
        found: dict[int, tuple[Span, ...]] = {}
        keys: dict[int, str] = {}
        rest: tuple[Span, ...] | None = None
        for key, written in value.items():
            here = (*at, key)
            if key in others:
                continue
            if simple(key) in EVERY_DAY:
                if rest is not None:
                    self._source.add("every day is written twice", at=here, key=True)
                rest = self._spans(written, at=here)
                continue
            try:
                days = read_days(key)
            except ValueError as error:
                self._note_key(key, str(error), at=here, others=others)
                continue
            spans = self._spans(written, at=here)
            for day in days:
                if day in keys:
                    place = self._source.place_of((*at, keys[day]))
                    text = f'"{key}" holds a day that "{keys[day]}" {place} holds, too'
                    self._source.add(text, at=here, key=True)
                    break
                keys[day], found[day] = key, spans
        return found if rest is None else dict.fromkeys(_WEEK, rest) | found

    def _note_key(self, key: str, text: str, *, at: Path, others: tuple[str, ...]) -> None:
        meant = _MEANT.get(simple(key))
        if meant in others:
            text = f'unknown key "{key}"; did you mean "{meant}"?'
        elif _is_span(key):
            text = f'"{key}" is cut off: inside {{ }} several hours must stand in quotes'
        elif others and " such as " in text and "did you mean" not in text:
            text += f"; besides days there are {', '.join(others)}"
        self._source.add(text, at=at, key=True)

    def _spans(self, value: Value, *, at: Path, has_words: bool = True) -> tuple[Span, ...]:
        """Return the spans of a day; mistakes are noted."""
        found: list[Span] = []
        parts = value if isinstance(value, list) and value else [value]
        if has_words and len(parts) == 1 and isinstance(parts[0], str):
            word = simple(parts[0])
            if word in CLOSED:
                return ()
            if word in ALL_DAY:
                return ((0, DAY_MINUTES),)
        for place, part in enumerate(parts):
            here = (*at, place) if isinstance(value, list) else at
            try:
                if not isinstance(part, str):
                    raise expected("hours such as 09:00-17:00", part)
                found.extend(read_span(text.strip()) for text in part.split(","))
            except ValueError as error:
                self._source.add(str(error) + self._source.comment_hint(here), at=here)
                return ()
        try:
            if len(found) > MAX_SPANS:
                raise expected(f"at most {MAX_SPANS} times on one day", value)
            return joined(found)
        except ValueError as error:
            self._source.add(str(error), at=at)
            return ()

    def _with_breaks(
        self, week: tuple[tuple[Span, ...], ...], value: Value, *, at: Path
    ) -> tuple[tuple[Span, ...], ...]:
        """Return the week with its breaks: those of single days, or those of every open day.

        A break of every day is none on a day that is open only before it or only after it.
        """
        if isinstance(value, dict):
            by_day = self._days(value, at=at)
        else:
            by_day = dict.fromkeys(_WEEK, self._spans(value, at=at, has_words=False))
        spans = list(week)
        for pause in sorted({pause for pauses in by_day.values() for pause in pauses}):
            days = [day for day in _WEEK if pause in by_day.get(day, ())]
            cut = {day: without(spans[day], pause) for day in days}
            is_outside = None in cut.values() if isinstance(value, dict) else not any(cut.values())
            if is_outside:
                told = f"{clock(pause[0])}-{clock(pause[1])}"
                self._source.add(f"the break {told} does not lie inside of the hours", at=at)
            for day, left in cut.items():
                spans[day] = left or spans[day]
        return tuple(spans)

    def _zone(self, value: Value | None, zone: str) -> str:
        try:
            return zone if value is None else read_zone(value)
        except ValueError as error:
            self._source.add(str(error), at=(*self._at, "timezone"))
            return zone


def _is_span(key: str) -> bool:
    try:
        read_span(key)
    except ValueError:
        return False
    return True
