"""The words with which people switch the bot: `#bot off 2h`, `#bot on`, `#bot`. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.gateways.numbers import normalise
from bot.rules.values import read_period

# Whoever writes more than this does not switch anything.
LONGEST = 100
_BEGINS = re.compile(r"#\s?bot(?:\s+(.*))?", re.DOTALL)
_AMOUNT = re.compile(r"(\d{1,6})([a-z]+)")
_NUMBER = re.compile(r"[\d+().-]+")
# How a time is said when nobody thinks of how the rules file writes it.
_UNITS = {
    **{unit: unit for unit in "smhdw"},
    **dict.fromkeys(("menit", "mnt", "min", "minute", "minutes"), "m"),
    **dict.fromkeys(("jam", "j", "hour", "hours"), "h"),
    **dict.fromkeys(("hari", "day", "days"), "d"),
    **dict.fromkeys(("minggu", "week", "weeks"), "w"),
}


class Wish(StrEnum):
    """What somebody wants of the bot."""

    ON = "on"
    OFF = "off"
    TELL = "tell"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminWord:
    """One such message. `for_` None means until it is switched on; `contact` None means all."""

    wish: Wish
    for_: timedelta | None = None
    contact: str | None = field(default=None, repr=False)


UNCLEAR = AdminWord(wish=Wish.UNCLEAR)


def read_admin_word(text: str) -> AdminWord | None:
    """Return what a message wants of the bot; None for any other message."""
    if len(text) > LONGEST:
        return None
    found = _BEGINS.fullmatch(unicodedata.normalize("NFKC", text).strip().casefold())
    if found is None:
        return None
    wish, *rest = (found[1] or Wish.TELL).split()
    if wish not in (Wish.ON, Wish.OFF) and (wish != Wish.TELL or found[1]):
        return UNCLEAR
    return _read_rest(Wish(wish), list(_joined(rest)))


def _read_rest(wish: Wish, words: list[str]) -> AdminWord:
    numbers = [word for word in words if _NUMBER.fullmatch(word)]
    times = [word for word in words if not _NUMBER.fullmatch(word)]
    contact = normalise("".join(numbers)) if numbers else None
    try:
        for_ = read_period(times[0]) if times else None
    except ValueError:
        return UNCLEAR
    is_too_much = len(times) > 1 or (for_ is not None and wish is not Wish.OFF)
    if is_too_much or (numbers and contact is None):
        return UNCLEAR
    return AdminWord(wish=wish, for_=for_, contact=contact)


def _joined(words: list[str]) -> Iterator[str]:
    """Yield the words, those of a time as one: "2 jam" and "2jam" are "2h"."""
    position = 0
    while position < len(words):
        word, after = words[position], words[position + 1 : position + 2]
        position += 1
        if (
            word.isascii()
            and word.isdigit()
            and after
            and (after[0] in _UNITS or after[0] in "smhdw")
        ):
            word += after[0]
            position += 1
        amount = _AMOUNT.fullmatch(word)
        yield f"{amount[1]}{_UNITS.get(amount[2], amount[2])}" if amount else word
