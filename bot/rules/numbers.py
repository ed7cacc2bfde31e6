"""Numbers in rules.yaml: they are computed with, and written the way their author wrote them."""

import re

_DECIMALS = re.compile(r"(0|[1-9]\d{0,11})(?:\.|,(?!\d{3}$))(\d{1,6})")


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


class DecimalNumber(float):
    """A number with decimals that is written the way its author wrote it: `2.5`, `2,50`."""

    written: str

    def __new__(cls, value: float, written: str) -> "DecimalNumber":
        number = super().__new__(cls, value)
        number.written = written
        return number

    def __str__(self) -> str:
        return self.written


def written_number(text: str) -> Number | DecimalNumber | None:
    """Return the number that a text looks like, which is still written as it was."""
    number = number_of(text)
    if number is None:
        return None
    written = text.strip()
    return Number(number, written) if isinstance(number, int) else DecimalNumber(number, written)


def number_of(text: str) -> int | float | None:
    """Return the number that a text looks like: 50000, 50.000, 2.5 and 2,5, but not 0812.

    Three digits after one mark are thousands after a point, and could be either after a comma.
    """
    whole = whole_number(text)
    found = _DECIMALS.fullmatch(text.strip())
    if whole is not None or found is None:
        return whole
    return float(f"{found[1]}.{found[2]}")


def whole_number(text: str) -> int | None:
    """Return the number that a text looks like: 50000 and 50.000, but not 0812."""
    if re.fullmatch(r"0|[1-9]\d{0,14}|[1-9]\d{0,2}(\.\d{3}){1,4}", text.strip()):
        return int(text.replace(".", ""))
    return None
