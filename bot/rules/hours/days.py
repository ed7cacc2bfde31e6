"""The days of the week as they are written in `hours`, in every language that the bot knows."""

import re

from bot.rules.languages import LANGUAGES, find
from bot.rules.spoken import nearest
from bot.rules.values import expected

EVERY_DAY = tuple(word for each in LANGUAGES.values() for word in each.hours.every_day)
_NAMES = tuple(name for each in LANGUAGES.values() for names in each.days for name in names)
_UNTIL = "|".join(re.escape(each.hours.until) for each in LANGUAGES.values())
# Between two days or two times: 09:00-17:00, senin s/d jumat.
UNTIL = re.compile(rf"\s*(?:[-‐‑–—−~]|\.\.|…|\bs/d\b|\bs\.d\.|\bsd\b|\b(?:{_UNTIL})\b)\s*")
_AND = re.compile(r"\s*[,&+;]\s*")


def read_days(key: str) -> tuple[int, ...]:
    """Return the days that a key names, Monday is 0; raises ValueError.

    A range goes forward, over the end of the week if it must: sabtu-senin is three days.
    """
    days: list[int] = []
    for part in _AND.split(simple(key)):
        ends = UNTIL.split(part)
        found = [_day(name) for name in ends]
        if len(ends) > 2 or None in found:
            raise expected("days such as senin-jumat", key, instead=_meant(ends, key))
        first, last = (day for day in (found[0], found[-1]) if day is not None)
        if len(ends) == 2 and first == last:
            raise ValueError(f'"{key}" begins and ends on the same day; write "{ends[0]}"')
        days.extend((first + number) % 7 for number in range((last - first) % 7 + 1))
    return tuple(days)


def are_days(key: str) -> bool:
    """Return whether a key names days of the week."""
    try:
        return bool(read_days(key))
    except ValueError:
        return simple(key) in EVERY_DAY


def simple(text: str) -> str:
    """Return a text in small letters, with one kind of space and apostrophe."""
    return " ".join(re.sub("[’‘ʼ`]", "'", text).casefold().split())


def _day(name: str) -> int | None:
    places = (find(each.days, name) for each in LANGUAGES.values())
    return next((place for place in places if place is not None), None)


def _meant(ends: list[str], key: str) -> str | None:
    names = [nearest(name, _NAMES) for name in ends]
    known = [name for name in names if name]
    return "-".join(known) if len(known) == len(names) <= 2 else nearest(key, EVERY_DAY)
