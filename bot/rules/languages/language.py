"""What the bot has to know of a language. Everything here comes from the language's data file."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PhraseName = Literal[
    "handed_over", "loop_paused", "type_one_of", "not_understood", "switched_off", "switched_on",
    "switch_words",
]  # fmt: skip


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class HourWords(_Words):
    """The words in which opening hours are written and told."""

    open: tuple[str, ...]
    """For "open" (first: as it is told)."""
    closed: tuple[str, ...]
    every_day: tuple[str, ...]
    all_day: tuple[str, ...]
    today: str
    tomorrow: str
    at: str
    until: str
    unknown: str
    """Told instead of a time that never comes."""
    holiday: str
    """What a holiday is called that has no name."""


class Money(_Words):
    """How amounts are written."""

    sign: str
    thousands: str
    decimal: str


class Language(_Words):
    """One language. Words are written small; `code` is the name of its file."""

    code: str
    name: str
    endings: tuple[str, ...] = ()
    """What may hang on a word without making it another one, in any order."""
    changed_endings: Mapping[str, str] = {}
    """Endings that change the word, with what stands there without them: `ies: y`."""
    min_stem: int = 2
    """The shortest word that an ending can hang on."""
    roots: frozenset[str] = frozenset()
    """Words that only look as if they had such an ending."""
    slang: Mapping[str, tuple[str, ...]] = {}
    """Words, each with other spellings of it; every spelling counts as the word, too."""
    everyday: frozenset[str] = frozenset()
    """Words that nobody mistypes into another: `fuzzy` believes that they are meant."""
    fillers: frozenset[str] = frozenset()
    """Words of politeness, which may stand before and after what a pattern wants."""
    openings: frozenset[str] = frozenset()
    """Words with which people begin a message, before they say what they want."""
    numbers: Mapping[str, int] = {}
    """Words for numbers."""
    teens: frozenset[str] = frozenset()
    """Words that make eleven to nineteen of the number before them."""
    scales: Mapping[str, int] = {}
    """Words that multiply the number before them: ribu is 1000."""
    days: tuple[tuple[str, ...], ...] = Field(min_length=7, max_length=7)
    """The names of each day from Monday on, the first as it is told."""
    months: tuple[tuple[str, ...], ...] = Field(min_length=12, max_length=12)
    """The names of each month, the first as it is told."""
    relative_days: Mapping[str, int] = {}
    """Words for days counted from today: tomorrow is 1."""
    date_words: frozenset[str] = frozenset()
    """Words that may stand before a date without changing it."""
    greetings: Mapping[int, str] = {}
    """From which hour of the day on it is called what: 4 is "pagi"."""
    hours: HourWords
    money: Money
    phrases: Mapping[PhraseName, str]
    """What the bot says by itself where the file gives no text; a template like any other."""

    @cached_property
    def all_endings(self) -> tuple[tuple[str, str], ...]:
        """Return every ending with what stands there without it."""
        return (*((ending, "") for ending in self.endings), *self.changed_endings.items())

    @cached_property
    def last_letters(self) -> tuple[str, ...]:
        """Return what a word with an ending can end in."""
        return tuple(ending for ending, _ in self.all_endings)

    @cached_property
    def spellings(self) -> Mapping[str, tuple[str, ...]]:
        """Return the words that each spelling counts as."""
        found: dict[str, tuple[str, ...]] = {}
        for word, spellings in self.slang.items():
            for spelling in spellings:
                found[spelling] = (*found.get(spelling, ()), word)
        return found


def find(names: tuple[tuple[str, ...], ...], word: str) -> int | None:
    """Return the position of the name that is meant by a word, in any capitals."""
    wanted = word.casefold()
    return next((place for place, each in enumerate(names) if wanted in each), None)
