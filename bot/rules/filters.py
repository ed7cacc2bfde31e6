"""The filters of texts: `{{ harga | rupiah }}`. Their docstrings are their documentation.

There are only these: each has bounded work and output, which cannot be said of Jinja's own.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from jinja2 import Undefined

from bot.rules.answers import Day
from bot.rules.numbers import number_of

# The longest text or list that an expression may come to.
MAX_VALUE = 16_384
# No amount is as large.
MAX_AMOUNT = Decimal(10) ** 18


class TooMuch(ValueError):
    """A text wants to be too long, or to do too much."""


def size(value: object) -> int:
    """Return how much work a value is."""
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    return value.bit_length() // 8 if isinstance(value, int) else 1


def bounded(length: int) -> None:
    """Raise TooMuch for a length that no text may have."""
    if length > MAX_VALUE:
        raise TooMuch("it becomes too long")


def written(value: object) -> str:
    """Return a value as it stands in a text; a list must be joined first."""
    if isinstance(value, list | tuple | dict):
        raise TypeError("a list cannot be written as it is; use join")
    if value is not None and not is_written(value):
        raise TypeError("this is nothing that can be written")
    if type(value) is float:
        return _plain(value)
    return "" if value is None else str(value)


def _plain(value: float) -> str:
    """Return 0.1 + 0.2 as 0,3, and 4 / 2 as 2."""
    text = format(Decimal(repr(round(value, 9))), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def is_written(value: object) -> bool:
    """Return whether a value says itself how it is written; what does not shows its address."""
    return isinstance(value, int | float) or type(value).__str__ is not object.__str__


def rupiah(value: object) -> str:
    """50000 → Rp 50.000"""
    if value == "":
        return ""
    whole = int(_decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return f"{'-' if whole < 0 else ''}Rp {_grouped(abs(whole))}"


def number(value: object) -> str:
    """1250000 → 1.250.000, and 2.5 → 2,5; at most two decimals."""
    if value == "":
        return ""
    rounded = abs(_decimal(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    decimals = f"{rounded % 1:.2f}"[2:].rstrip("0")
    sign = "-" if rounded and _decimal(value) < 0 else ""
    return f"{sign}{_grouped(int(rounded))}{',' if decimals else ''}{decimals}"


def phone(value: object) -> str:
    """6281234567890 → 0812-3456-7890, and +6591234567 for another country."""
    text = written(value)
    digits = text.lstrip("+")
    if not (digits.isascii() and digits.isdecimal() and 7 <= len(digits) <= 15):
        return text
    if not digits.startswith("62"):
        return f"+{digits}"
    local = "0" + digits.removeprefix("62")
    return "-".join(local[place : place + 4] for place in range(0, len(local), 4))


def date(value: object) -> str:
    """20 Maret 2026, the answer to a question of type date → 20/03/2026"""
    iso = value["iso"] if isinstance(value, Day) else written(value)
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", iso)
    return f"{found[3]}/{found[2]}/{found[1]}" if found else iso


def _grouped(whole: int) -> str:
    return f"{whole:,}".replace(",", ".")


def _decimal(value: object) -> Decimal:
    """Return a number; the texts 50.000 and 2,5 are numbers, too."""
    try:
        match value:
            case int():
                amount = Decimal(int(value))
            case float():
                # Python's own way of writing it: an answer is written with a comma.
                amount = Decimal(float.__repr__(value))
            case _:
                amount = _written_decimal(str(value))
    except InvalidOperation:
        raise TypeError("that filter needs a number") from None
    if isinstance(value, bool) or not amount.is_finite() or abs(amount) >= MAX_AMOUNT:
        raise TypeError("that filter needs a number")
    return amount


def _written_decimal(text: str) -> Decimal:
    """Return what a text says: a point before three digits parts thousands, as in 50.000."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    number = number_of(digits)
    if number is not None:
        return Decimal(f"{sign}{float.__repr__(number) if isinstance(number, float) else number}")
    return Decimal(text.replace(".", "").replace(",", "."))


def default(value: object, instead: object = "") -> object:
    """Another value where there is none: {{ contact.name | default("Kak") }}"""
    is_absent = isinstance(value, Mapping) and not value
    return instead if isinstance(value, Undefined) or value in ("", None) or is_absent else value


def upper(value: object) -> str:
    """halo → HALO"""
    return written(value).upper()


def lower(value: object) -> str:
    """HALO → halo"""
    return written(value).lower()


def title(value: object) -> str:
    """siti aminah → Siti Aminah"""
    return " ".join(word[:1].upper() + word[1:].lower() for word in written(value).split(" "))


def capitalize(value: object) -> str:
    """halo kak → Halo kak"""
    text = written(value)
    return text[:1].upper() + text[1:].lower()


def trim(value: object) -> str:
    """The text without spaces around it."""
    return written(value).strip()


def truncate(value: object, length: int = 255, end: str = "…") -> str:
    """The first `length` characters, with … where something is left out."""
    text = written(value)
    return text if len(text) <= length else text[: max(length - len(end), 0)] + end


def replace(value: object, old: str, new: str) -> str:
    """The text with `old` replaced by `new`."""
    text = written(value)
    bounded(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def join(value: Iterable[object], between: str = "") -> str:
    """The entries of a list in one text."""
    parts = [written(part) for part in value]
    bounded(sum(map(len, parts)) + len(parts) * len(between))
    return between.join(parts)


def first(value: Sequence[object]) -> object:
    """The first entry of a list, or the first letter of a text."""
    return value[0] if value else ""


def last(value: Sequence[object]) -> object:
    """The last entry of a list, or the last letter of a text."""
    return value[-1] if value else ""


def length(value: Sequence[object]) -> int:
    """How many entries or letters there are."""
    return len(value)


def attributes(value: Iterable[Mapping[str, object]], attribute: str) -> list[object]:
    """map(attribute="nama"): that value of every entry of a list."""
    return [entry[attribute] for entry in value]


def to_int(value: object) -> int:
    """A text as a whole number; 0 where it is none."""
    if isinstance(value, float):
        return int(value)
    text = written(value).replace(".", "").strip()
    return int(text) if text.lstrip("-").isdecimal() and len(text) <= 18 else 0


FILTERS: dict[str, Callable[..., Any]] = {
    "rupiah": rupiah,
    "number": number,
    "phone": phone,
    "date": date,
    "default": default,
    "d": default,
    "upper": upper,
    "lower": lower,
    "title": title,
    "capitalize": capitalize,
    "trim": trim,
    "truncate": truncate,
    "replace": replace,
    "join": join,
    "first": first,
    "last": last,
    "length": length,
    "count": length,
    "map": attributes,
    "int": to_int,
    "abs": abs,
    "sum": sum,
    "min": min,
    "max": max,
    "sort": sorted,
}
