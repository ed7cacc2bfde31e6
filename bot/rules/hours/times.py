"""The hours of a day as they are written: 09:00-12:00, 13:00-17:00."""

import re
from collections.abc import Iterable

from bot.rules.hours.days import UNTIL, simple
from bot.rules.hours.schedule import DAY_MINUTES, Span
from bot.rules.hours.telling import clock
from bot.rules.languages import LANGUAGES
from bot.rules.spoken import nearest
from bot.rules.values import expected

CLOSED = tuple(word for each in LANGUAGES.values() for word in each.hours.closed)
ALL_DAY = tuple(word for each in LANGUAGES.values() for word in each.hours.all_day)
MAX_SPANS = 12
NOON = 12 * 60
# A night that ends later and takes longer is rather a clock of twelve hours, or the wrong order.
_NIGHT_ENDS = 3 * 60
_LONGEST_NIGHT = 14 * 60
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
_IN_PROSE = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*([ap]m)?\b")


def read_span(text: str) -> Span:
    """Return what 09:00-17:00 says; an early end is on the next day. Raises ValueError."""
    ends = UNTIL.split(simple(text))
    minutes = [_minute(part) for part in ends]
    if len(minutes) != 2 or None in minutes or minutes[0] == DAY_MINUTES:
        raise expected("hours such as 09:00-17:00, tutup or 24 jam", text, instead=_meant(text))
    begins, closes = (minute for minute in minutes if minute is not None)
    closes = closes or DAY_MINUTES
    if begins == closes:
        raise ValueError(f'"{text}" ends when it begins; a whole day is written 24 jam')
    if closes < begins:
        is_night = closes <= _NIGHT_ENDS or closes + DAY_MINUTES - begins <= _LONGEST_NIGHT
        if not is_night or (begins < NOON and not re.search("[:.]", text)):
            raise ValueError(_no_night(text, begins, closes))
        closes += DAY_MINUTES
    return begins, closes


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans of one day in their order, those that touch as one; raises ValueError."""
    found: list[Span] = []
    for begins, ends in sorted(spans):
        if found and begins < found[-1][1]:
            before = f"{clock(found[-1][0])}-{clock(found[-1][1])}"
            raise ValueError(f"{before} and {clock(begins)}-{clock(ends)} overlap")
        if found and begins == found[-1][1]:
            found[-1] = found[-1][0], ends
        else:
            found.append((begins, ends))
    return tuple(found)


def without(spans: tuple[Span, ...], pause: Span) -> tuple[Span, ...] | None:
    """Return the spans with a break in one of them; None if it lies inside of none."""
    for place, (begins, ends) in enumerate(spans):
        # After midnight the hours of a night are counted on.
        for later in (0, DAY_MINUTES):
            stops, goes_on = pause[0] + later, pause[1] + later
            if begins < stops and goes_on < ends:
                return (*spans[:place], (begins, stops), (goes_on, ends), *spans[place + 1 :])
    return None


def _no_night(text: str, begins: int, closes: int) -> str:
    ends = sorted((begins, closes if begins >= NOON else closes + NOON))
    return (
        f'"{text}" ends before it begins; did you mean {clock(ends[0])}-{clock(ends[1])}? '
        f"A night as long as this is written {clock(begins)}-24:00, and 00:00-{clock(closes)} on "
        "the next day"
    )


def _minute(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    is_time = minute <= 59 and hour * 60 + minute <= DAY_MINUTES
    return hour * 60 + minute if is_time else None


def _meant(text: str) -> str | None:
    """Return the hours that were probably meant: 9am to 5pm, 09:00-17:00 WIB."""
    found = _IN_PROSE.findall(simple(text)[:80])
    if len(found) != 2:
        return nearest(text, (*CLOSED, *ALL_DAY))
    told: list[str] = []
    for hour, minute, half in found:
        clock_hour = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
        if clock_hour > 24 or int(minute or 0) > 59:
            return None
        # 24:00 is an end only.
        clock_hour = clock_hour if told else clock_hour % 24
        told.append(f"{clock_hour:02}:{minute or '00'}")
    return "-".join(told)
