"""The filters of texts: `{{ harga | rupiah }}`. Their docstrings are their documentation.

There are only these: each has bounded work and output, which cannot be said of Jinja's own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from jinja2 import Undefined

# The longest text or list that an expression may come to.
MAX_VALUE = 16_384


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
    return "" if value is None else str(value)


def rupiah(value: object) -> str:
    """50000 → Rp 50.000"""
    if value == "":
        return ""
    amount = _decimal(value)
    whole = int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    sign = "-" if whole < 0 else ""
    return f"{sign}Rp {abs(whole):,}".replace(",", ".")


def _decimal(value: object) -> Decimal:
    written = value.replace(".", "") if isinstance(value, str) else value
    try:
        amount = Decimal(int(written) if isinstance(written, int) else str(written))
    except InvalidOperation:
        raise TypeError("rupiah needs a number") from None
    if isinstance(value, bool) or not amount.is_finite() or abs(amount) >= Decimal(10) ** 18:
        raise TypeError("rupiah needs a number")
    return amount


def default(value: object, instead: object = "") -> object:
    """Another value where there is none: {{ contact.name | default("Kak") }}"""
    return instead if isinstance(value, Undefined) or value in ("", None) else value


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
    text = written(value).replace(".", "").strip()
    return int(text) if text.lstrip("-").isdecimal() and len(text) <= 18 else 0


FILTERS: dict[str, Callable[..., Any]] = {
    "rupiah": rupiah,
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
