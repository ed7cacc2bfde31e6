"""How the words in rules.yaml become values: durations, choices, lists, numbers.

The reader gives only strings, lists and maps; what cannot be converted is a ValueError whose text
tells what was expected, with an example, and what was found.
"""

import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from bot.rules.languages import LANGUAGES
from bot.rules.moments import moment, moment_meant
from bot.rules.numbers import DecimalNumber, Number, written_number
from bot.rules.spoken import nearest

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
_DURATION_SPOKEN = re.compile(r"(\d{1,6})\s*([a-z]+)\.?\s*")
_ZONES = {"wib": "Asia/Jakarta", "wita": "Asia/Makassar", "wit": "Asia/Jayapura"}
_OFFSET = re.compile(r"(?:GMT|UTC)?\+0?([789])(?::?00)?", re.IGNORECASE)
_AHEAD = {"7": "Asia/Jakarta", "8": "Asia/Makassar", "9": "Asia/Jayapura"}
YES = ("true", "yes", "ya", "on")
NO = ("false", "no", "tidak", "off")


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


def read_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise expected("a text", value)
    return value


def read_duration(value: object) -> timedelta:
    text = value.strip() if isinstance(value, str) else ""
    if not _DURATION.fullmatch(text):
        what = "a duration with its unit, such as 10s or 10m" if text.isdecimal() else None
        raise expected(
            what or "a duration such as 10m", value, instead=_duration_meant(text.lower())
        )
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
    parts = _DURATION_SPOKEN.findall(text)
    units = [_SPOKEN.get(word, word) for _, word in parts]
    if not parts or _DURATION_SPOKEN.sub("", text) or not all(unit in UNITS for unit in units):
        return None
    return "".join(number + unit for (number, _), unit in zip(parts, units, strict=True))


def read_flag(value: object) -> bool:
    word = value.lower() if isinstance(value, str) else ""
    if word not in (*YES, *NO):
        raise expected("true or false", value)
    return word in YES


def read_count(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"(?:[1-9]\d?|100)", value):
        raise expected("a whole number from 1 to 100", value)
    return int(value)


def read_zone(value: object) -> str:
    name = value if isinstance(value, str) else ""
    zones = zoneinfo.available_timezones()
    if name not in zones:
        by_name = {zone.lower(): zone for zone in zones} | _ZONES
        by_city = {zone.rpartition("/")[2].lower(): zone for zone in zones if "/" in zone}
        ahead = _OFFSET.fullmatch(name.replace(" ", ""))
        meant = (
            (_AHEAD[ahead[1]] if ahead else None)
            or by_name.get(name.lower())
            or by_city.get(name.lower())
            or by_name.get(nearest(name, by_name) or "")
        )
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


def read_value(value: object) -> str | Number | DecimalNumber:
    """Read a var: a text, or a number where it looks like one (50000, 50.000, 2.5)."""
    text = read_text(value)
    found = written_number(text)
    return text if found is None else found


def read_language(value: object) -> str:
    return one_of(value, tuple(LANGUAGES))


def read_degrees(value: object) -> float:
    text = value if isinstance(value, str) else ""
    if not re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", text) or abs(float(text)) > 180:
        raise expected("degrees such as -6.175392", value)
    return float(text)


def read_url(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", text) or "{{" in text or "{%" in text:
        raise expected("an address such as https://toko.contoh.id/stok, without {{ }}", value)
    return text


def read_pair(value: object) -> tuple[str, str]:
    """Read [name, value]."""
    parts = value if isinstance(value, list) else []
    if len(parts) != 2 or not all(isinstance(part, str) and part.strip() for part in parts):
        raise expected("a name and a value, such as [form.setuju, ya]", value)
    name, wanted = (str(part).strip() for part in parts)
    if not re.fullmatch(r"[A-Za-z]\w{0,63}(\.[A-Za-z]\w{0,63}){0,3}", name):
        raise expected("a name such as form.setuju, and a value", value)
    return name, wanted


def read_limit(value: object) -> str:
    """Read a limit: a number or a date, which the type of its step decides."""
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(r"-?[\d.,]{1,20}|\d{4}-\d\d-\d\d|today|hari ini", text):
        raise expected("a number such as 10, or a date such as 2026-01-31 or today", value)
    return text


def read_step_type(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"table\.[A-Za-z][A-Za-z0-9_]{0,63}", text):
        return text
    return one_of(value, STEP_TYPES, named=f"{', '.join(STEP_TYPES)} or table.NAME")


def read_moment(value: object) -> datetime:
    """Read a date and a time without a zone: that of the file is meant."""
    text = value.strip() if isinstance(value, str) else ""
    found = moment(text)
    if found is None:
        what = 'a date and a time such as "2026-01-04 20:00"'
        raise expected(what, value, instead=moment_meant(text))
    return found


def as_list(value: object) -> object:
    """Read one value as a list of one; an empty list is a mistake."""
    if value in ("", []):
        raise expected("a value or a list of values", value)
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class OneOf:
    """Reads one of some words; `named` says what they are when they are many."""

    words: tuple[str, ...]
    named: str | None = None

    def __call__(self, value: object) -> str:
        return one_of(value, self.words, named=self.named)


def choice(*words: str, named: str | None = None) -> BeforeValidator:
    """Return the validator for one of `words`."""
    return BeforeValidator(OneOf(words, named))


def one_of(value: object, words: Sequence[str], *, named: str | None = None) -> str:
    """Return a value that is one of `words`."""
    if value not in words:
        what = named or " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
        meant = nearest(value, words) if isinstance(value, str) else None
        raise expected(what, value, instead=meant)
    return str(value)


@dataclass(frozen=True, slots=True)
class Identifier:
    """Reads a name that has a pattern."""

    what: str
    example: str
    pattern: str

    def __call__(self, value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            meant = re.sub(r"\W+", "_", value.strip(" .,;:")) if isinstance(value, str) else ""
            instead = meant if re.fullmatch(self.pattern, meant) else None
            raise expected(f"{self.what} such as {self.example}", value, instead=instead)
        return value


def read_module(value: object) -> str:
    if isinstance(value, str) and value.endswith(".py"):
        raise expected("the name of a Python file without its .py", value, instead=value[:-3])
    return Identifier("the name of a Python file", "toko", MODULE)(value)


RULE_ID = r"[A-Za-z0-9_][\w-]{0,63}"
NAME = r"[A-Za-z][A-Za-z0-9_]{0,63}"
MODULE = r"[A-Za-z_]\w{0,63}"
# What the answer to a question can be, besides a row of a table.
STEP_TYPES = ("text", "int", "number", "phone", "email", "date", "choice")

Text = Annotated[str, BeforeValidator(read_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(as_list)]
Duration = Annotated[timedelta, BeforeValidator(read_duration)]
Period = Annotated[timedelta, BeforeValidator(read_period)]
Flag = Annotated[bool, BeforeValidator(read_flag)]
Count = Annotated[int, BeforeValidator(read_count)]
Zone = Annotated[str, BeforeValidator(read_zone)]
Phone = Annotated[str, BeforeValidator(read_phone)]
Language = Annotated[str, BeforeValidator(read_language)]
Degrees = Annotated[float, BeforeValidator(read_degrees)]
Url = Annotated[str, BeforeValidator(read_url)]
Pair = Annotated[tuple[str, str], BeforeValidator(read_pair)]
Limit = Annotated[str, BeforeValidator(read_limit)]
StepType = Annotated[str, BeforeValidator(read_step_type)]
Moment = Annotated[datetime, BeforeValidator(read_moment)]
# Any: pydantic would copy a Number into a plain int.
Var = Annotated[Any, BeforeValidator(read_value)]
RuleId = Annotated[str, BeforeValidator(Identifier("an id", "harga or jam-buka", RULE_ID))]
Name = Annotated[str, BeforeValidator(Identifier("a name", "nama_toko", NAME))]
ModuleName = Annotated[str, BeforeValidator(read_module)]
