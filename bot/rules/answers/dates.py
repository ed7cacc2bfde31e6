"""Read a date out of an answer: besok, senin, 20/3, 20 Maret 2026, tgl 20."""

import re
from datetime import date, timedelta

from bot.rules.answers.simple import simple
from bot.rules.languages import Language, find

EARLIEST, LATEST = 1900, 2100
# A year of two digits that lies further ahead was in the last century: a birthday.
_AHEAD = 10
# Between two days of February 29.
_LEAP_YEARS = 8
_DAY = timedelta(days=1)
_ISO = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})")
_NUMBERS = re.compile(r"(?P<day>\d{1,2})([-/.])(?P<month>\d{1,2})(?:\2(?P<year>\d{4}|\d{2}))?")
_NAMED = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ /-]?(?P<name>[^\W\d_]{3,12})\.?[ /-]?(?P<year>\d{4}|\d{2})?"
)
_NAME_FIRST = re.compile(
    r"(?P<name>[^\W\d_]{3,12})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?(?: (?P<year>\d{4}))?"
)
_DAY_ONLY = re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?")


def read_date(text: str, *, language: Language, today: date) -> date | None:
    """Return the one day that an answer means; None where it means none, or may mean several.

    Without a year, or with the day only, it is the next such day, today counts; a day of the week
    is the next one after today.
    """
    words = _words(text, language)
    ahead = language.relative_days.get(" ".join(words))
    if ahead is not None:
        return _later(today, ahead)
    words = _stripped(words, language.date_words, ends=False)
    if not words:
        return None
    ahead = language.relative_days.get(" ".join(words))
    if ahead is not None:
        return _later(today, ahead)
    weekday = find(language.days, words[0])
    if weekday is None:
        return _calendar(" ".join(words), language, today)
    if len(words) == 1:
        return _later(today, (weekday - today.weekday() - 1) % 7 + 1)
    words = _stripped(words[1:], language.date_words, ends=False)
    found = _calendar(" ".join(words), language, today)
    return found if found and found.weekday() == weekday else None


def _words(text: str, language: Language) -> list[str]:
    short = re.sub("[’‘ʼ`]", "'", simple(text))
    words = [word.strip(".!?") for word in re.sub(r"[,()\s]+", " ", short).split()]
    words = _stripped([word for word in words if word], language.fillers)
    # besok pagi: a part of the day is no other day.
    return _stripped(words, frozenset(language.greetings.values()), begins=False)


def _stripped(
    words: list[str], these: frozenset[str], *, begins: bool = True, ends: bool = True
) -> list[str]:
    first, last = 0, len(words)
    while begins and first < last and words[first] in these:
        first += 1
    while ends and first < last and words[last - 1] in these:
        last -= 1
    return words[first:last]


def _calendar(text: str, language: Language, today: date) -> date | None:
    found = _ISO.fullmatch(text) or _NUMBERS.fullmatch(text)
    if found:
        return _dated(int(found["day"]), int(found["month"]), found["year"], today)
    found = _NAMED.fullmatch(text) or _NAME_FIRST.fullmatch(text)
    if found:
        month = _month(found["name"], language)
        return _dated(int(found["day"]), month, found["year"], today) if month else None
    found = _DAY_ONLY.fullmatch(text)
    return _next_day(int(found["day"]), today) if found else None


def _month(name: str, language: Language) -> int | None:
    """Return the month of a name, or of the beginning of one."""
    place = find(language.months, name)
    if place is None:
        begun = [
            number for number, names in enumerate(language.months) if names[0].startswith(name)
        ]
        place = begun[0] if len(begun) == 1 else None
    return None if place is None else place + 1


def _dated(day: int, month: int, year: str | None, today: date) -> date | None:
    if year is None:
        years = range(today.year, today.year + _LEAP_YEARS + 1)
        dates = (_date(each, month, day) for each in years)
        return next((each for each in dates if each and each >= today), None)
    number = int(year)
    if len(year) == 2:
        number += today.year // 100 * 100
        number -= 100 if number > today.year + _AHEAD else 0
    return _date(number, month, day) if EARLIEST <= number <= LATEST else None


def _next_day(day: int, today: date) -> date | None:
    """Return the next day that is called 20."""
    months = ((today.month - 1 + number) for number in range(12))
    dates = (_date(today.year + month // 12, month % 12 + 1, day) for month in months)
    return next((each for each in dates if each and each >= today), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _later(today: date, days: int) -> date | None:
    try:
        return today + days * _DAY
    except OverflowError:
        return None
