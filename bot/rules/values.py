"""How the words in rules.yaml become values: durations, choices, lists, numbers.

The reader gives only strings, lists and maps; what cannot be converted is a ValueError whose text
tells what was expected, with an example, and what was found.
"""

import difflib
import re
import zoneinfo
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
LONGEST = timedelta(days=366)
# What people write instead of a unit, for the suggestion.
_SPOKEN = {
    **dict.fromkeys(("detik", "dtk", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("menit", "mnt", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("jam", "hour", "hours"), "h"),
    **dict.fromkeys(("hari", "day", "days"), "d"),
    **dict.fromkeys(("minggu", "pekan", "week", "weeks"), "w"),
}
_DURATION = re.compile(r"(?:\d{1,6}[smhdw])+")
_ZONES = {"wib": "Asia/Jakarta", "wita": "Asia/Makassar", "wit": "Asia/Jayapura"}
_YES = ("true", "yes", "ya", "on")
NO = ("false", "no", "tidak", "off")


class Number(int):
    """A whole number that is written the way its author wrote it: `50.000`."""

    written: str

    def __new__(cls, value: int, written: str) -> "Number":
        number = super().__new__(cls, value)
        number.written = written
        return number

    def __str__(self) -> str:
        return self.written

    __repr__ = __str__


def expected(what: str, value: object, *, instead: str | None = None) -> ValueError:
    """Return the error for a value that is not what it should be."""
    meant = f'; did you mean "{instead}"?' if instead else ""
    return ValueError(f"expected {what}, got {got(value)}{meant}")


def got(value: object) -> str:
    """Return what was found, in a word."""
    if value == "":
        return "nothing"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a map (a text that begins with { needs quotes)" if "" in value.values() else "a map"
    text = str(value)
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def read_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise expected("a text", value)
    return value


def read_duration(value: object) -> timedelta:
    text = value.strip() if isinstance(value, str) else ""
    if not _DURATION.fullmatch(text):
        raise expected("a duration such as 10m", value, instead=_duration_meant(text))
    seconds = sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+)([smhdw])", text))
    if seconds > LONGEST.total_seconds():
        raise expected("a duration of at most 366d", value)
    return timedelta(seconds=seconds)


def read_period(value: object) -> timedelta:
    """Read a duration that has a length."""
    duration = read_duration(value)
    if not duration:
        raise expected("a duration longer than 0s", value)
    return duration


def _duration_meant(text: str) -> str | None:
    found = re.fullmatch(r"(\d{1,6})\s*([a-z]+)\.?", text.lower())
    unit = _SPOKEN.get(found[2], found[2]) if found else None
    return f"{found[1]}{unit}" if found and unit in UNITS else None


def read_flag(value: object) -> bool:
    word = value.lower() if isinstance(value, str) else ""
    if word not in (*_YES, *NO):
        raise expected("true or false", value)
    return word in _YES


def read_count(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"(?:[1-9]\d?|100)", value):
        raise expected("a whole number from 1 to 100", value)
    return int(value)


def read_zone(value: object) -> str:
    name = value if isinstance(value, str) else ""
    zones = zoneinfo.available_timezones()
    if name not in zones:
        by_name = {zone.lower(): zone for zone in zones} | _ZONES
        meant = by_name.get(name.lower()) or by_name.get(nearest(name, by_name) or "")
        raise expected("a time zone such as Asia/Jakarta", value, instead=meant)
    return name


def read_phone(value: object) -> str:
    digits = re.sub(r"[\s()+-]", "", value) if isinstance(value, str) else ""
    if not re.fullmatch(r"[1-9]\d{6,14}", digits):
        instead = "62" + digits[1:] if re.fullmatch(r"08\d{7,11}", digits) else None
        raise expected(
            "a phone number with its country code, such as 62812…", value, instead=instead
        )
    return digits


def read_value(value: object) -> str | Number:
    """Read a var: a text, or a number where it looks like one (50000, 50.000)."""
    text = read_text(value)
    if re.fullmatch(r"0|[1-9]\d{0,14}|[1-9]\d{0,2}(\.\d{3}){1,4}", text):
        return Number(int(text.replace(".", "")), text)
    return text


def as_list(value: object) -> object:
    """Read one value as a list of one; an empty list is a mistake."""
    if value in ("", []):
        raise expected("a value or a list of values", value)
    return value if isinstance(value, list) else [value]


def choice(*words: str, named: str | None = None) -> BeforeValidator:
    """Return the validator for one of `words`; `named` says what they are when they are many."""

    return BeforeValidator(lambda value: one_of(value, words, named=named))


def one_of(value: object, words: Sequence[str], *, named: str | None = None) -> str:
    """Return a value that is one of `words`."""
    if value not in words:
        what = named or " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
        meant = nearest(value, words) if isinstance(value, str) else None
        raise expected(what, value, instead=meant)
    return str(value)


def identifier(what: str, example: str, pattern: str) -> Callable[[object], str]:
    """Return a reader for names."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise expected(f"{what} such as {example}", value)
        return value

    return read


Text = Annotated[str, BeforeValidator(read_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(as_list)]
Duration = Annotated[timedelta, BeforeValidator(read_duration)]
Period = Annotated[timedelta, BeforeValidator(read_period)]
Flag = Annotated[bool, BeforeValidator(read_flag)]
Count = Annotated[int, BeforeValidator(read_count)]
Zone = Annotated[str, BeforeValidator(read_zone)]
Phone = Annotated[str, BeforeValidator(read_phone)]
# Any: pydantic would copy a Number into a plain int.
Var = Annotated[Any, BeforeValidator(read_value)]
RuleId = Annotated[
    str, BeforeValidator(identifier("an id", "harga or jam-buka", r"[A-Za-z0-9_][\w-]{0,63}"))
]
Name = Annotated[
    str, BeforeValidator(identifier("a name", "nama_toko", r"[A-Za-z][A-Za-z0-9_]{0,63}"))
]
