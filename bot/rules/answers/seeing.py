"""What texts and conditions see of an answer that is kept."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from bot.rules.answers.asked import Asked
from bot.rules.languages import Language
from bot.rules.state import Answer


class Day(Mapping[str, str]):
    """A day of the calendar, written in words: 20 Maret 2026. No day at all is written as "".

    `iso` is 2026-03-20, `day` the day of the week, `date` the words. It can be compared with
    another one and with what is written as 2026-03-20.
    """

    __slots__ = ("_cells",)

    def __init__(self, day: date | None, language: Language) -> None:
        self._cells = {"date": "", "day": "", "iso": ""}
        if day is not None:
            month = language.months[day.month - 1][0].capitalize()
            self._cells = {
                "date": f"{day.day} {month} {day.year}",
                "day": language.days[day.weekday()][0].capitalize(),
                "iso": day.isoformat(),
            }

    def __getitem__(self, name: str) -> str:
        return self._cells[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __bool__(self) -> bool:
        return bool(self._cells["iso"])

    def __str__(self) -> str:
        return self._cells["date"]

    def __hash__(self) -> int:
        return hash(self._cells["iso"])

    def __eq__(self, other: object) -> bool:
        iso = _iso(other)
        return self._cells["iso"] == iso or (
            isinstance(other, str) and str(self).casefold() == other.strip().casefold()
        )

    def __lt__(self, other: object) -> bool:
        iso = _iso(other)
        return iso is not None and bool(self) and self._cells["iso"] < iso

    def __gt__(self, other: object) -> bool:
        iso = _iso(other)
        return iso is not None and bool(self) and self._cells["iso"] > iso

    def __le__(self, other: object) -> bool:
        return self < other or (bool(self) and self == other)

    def __ge__(self, other: object) -> bool:
        return self > other or (bool(self) and self == other)


class Amount(float):
    """A number with decimals, written with the mark of the language: 2,5."""

    written: str

    def __new__(cls, value: float, language: Language) -> "Amount":
        amount = super().__new__(cls, value)
        digits = format(Decimal(repr(float(value))), "f")
        amount.written = digits.replace(".", language.money.decimal)
        return amount

    def __str__(self) -> str:
        return self.written


def value_of(answer: Answer | None, asked: Asked, *, language: Language) -> object:
    """Return what a text or a condition sees of a kept answer; of None, what is written as "".

    A kept answer that is not of this kind, as after a change of the file, is seen as none.
    """
    match asked.kind:
        case "table" if asked.table:
            row = asked.table.row(answer) if isinstance(answer, str) else None
            return asked.table.absent if row is None else row
        case "date":
            return Day(_date(answer), language)
        case "int" | "number":
            if isinstance(answer, float):
                return Amount(answer, language)
            return answer if isinstance(answer, int) else ""
        case "choice":
            return answer if isinstance(answer, str) and answer in asked.choices else ""
    return "" if answer is None else str(answer)


def _date(answer: Answer | None) -> date | None:
    try:
        return date.fromisoformat(answer) if isinstance(answer, str) else None
    except ValueError:
        return None


def _iso(value: object) -> str | None:
    """Return the day that a value is, in the form that can be compared."""
    if isinstance(value, Day):
        return value["iso"] or None
    found = _date(value) if isinstance(value, str) else value
    return found.isoformat() if isinstance(found, date) else None
