"""What the answer to a question must be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.rules.tables import Table

# A limit of a date that is the day of the turn.
TODAY = date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an answer must be.

    `kind` is one of values.STEP_TYPES, or "table" with its `table`. `least` and `most` are the
    value of a number, the time of a date, the length of a text. `choices` are the values of a
    choice, each with the normal forms of the words that mean it.
    """

    kind: str
    table: Table | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    least: Decimal | date | None = None
    most: Decimal | date | None = None
