"""Opening hours in words: `{{ hours.toko.next_open }}`."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.rules.hours.schedule import DAY_MINUTES, Schedule, Span
from bot.rules.languages import Language

# What texts may ask of a schedule.
TOLD = ("next_open", "text", "state", "closes", "holiday")

_ALL_DAY = ((0, DAY_MINUTES),)


class Told(Mapping[str, str]):
    """A schedule at a time, in words; each is worked out only when it is asked for.

    `next_open`: when it opens next. `closes`: when it closes, "" if it is closed or never closes.
    `text`: the hours of the week. `state`: whether it is open. `holiday`: what today is called,
    "" on any other day.
    """

    __slots__ = ("_at", "_language", "_schedule")

    def __init__(self, schedule: Schedule, at: datetime, language: Language) -> None:
        self._schedule, self._at, self._language = schedule, at, language

    def __getitem__(self, name: str) -> str:
        schedule, words = self._schedule, self._language.hours
        match name:
            case "next_open":
                opens = schedule.next_open(self._at)
                return self._when(opens) if opens else words.unknown
            case "closes":
                closes = schedule.closes(self._at)
                return self._when(closes, is_end=True) if closes else ""
            case "text":
                return week(schedule, self._language)
            case "state":
                return (words.open if schedule.is_open(self._at) else words.closed)[0]
            case "holiday":
                found = schedule.holiday(self._at)
                return (found.name or words.holiday) if found else ""
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(TOLD)

    def __len__(self) -> int:
        return len(TOLD)

    def _when(self, time: datetime, *, is_end: bool = False) -> str:
        language, zone = self._language, ZoneInfo(self._schedule.zone)
        local, today = time.astimezone(zone), self._at.astimezone(zone).date()
        day, clock = local.date(), f"{local:%H:%M}"
        if is_end and clock == "00:00":
            day, clock = day - timedelta(days=1), "24:00"
        ahead = (day - today).days
        words = language.hours
        name = language.days[day.weekday()][0].capitalize()
        if ahead == 0:
            name = words.today
        elif ahead == 1:
            name = words.tomorrow
        elif ahead > 6:
            name = f"{name}, {day.day} {language.months[day.month - 1][0].capitalize()}"
        return f"{name} {words.at} {clock}"


def week(schedule: Schedule, language: Language) -> str:
    """Return the hours of a week: Senin-Jumat 09:00-17:00, Sabtu 09:00-13:00, Minggu tutup."""
    told: list[str] = []
    for spans, group in groupby(range(7), key=lambda day: schedule.week[day]):
        days = list(group)
        if len(days) == 7:
            names = language.hours.every_day[0].capitalize()
        else:
            ends = dict.fromkeys((days[0], days[-1]))
            names = "-".join(language.days[day][0].capitalize() for day in ends)
        told.append(f"{names} {_hours(spans, language)}")
    return ", ".join(told)


def _hours(spans: tuple[Span, ...], language: Language) -> str:
    if not spans:
        return language.hours.closed[0]
    if spans == _ALL_DAY:
        return language.hours.all_day[0]
    return " & ".join(f"{clock(begins)}-{clock(ends)}" for begins, ends in spans)


def clock(minute: int) -> str:
    """Return minutes from midnight as a clock shows them; the end of the day is 24:00."""
    hour, rest = divmod(minute if minute <= DAY_MINUTES else minute - DAY_MINUTES, 60)
    return f"{hour:02}:{rest:02}"
