"""Match one message. A matcher looks its words up in what the index found, it never searches.

`keys` of a matcher are what can make it true: a message without any of them cannot match, so the
index need not ask. None means that only asking can tell. `wanted` are all keys that a message must
be searched for. The matchers of patterns and regular expressions have modules of their own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from bot.rules.extensions import Test
from bot.rules.occasion import Occasion
from bot.rules.state import Answer
from bot.rules.text import JOINED, NOTHING, Normal

# What can be found in a message: ("words", "terima kasih"), ("button", "btn_cs"), ("type", "text").
Key = tuple[str, str]
Keys = frozenset[Key]
# The kinds of keys that are phrases, looked for in the text.
PHRASES = ("words", "exact", "starts")
# For each kind of phrase the kind that says that it is the whole message.
_WHOLE = {**dict.fromkeys(PHRASES, "exact"), "fuzzy": "fuzzy exact"}


def any_day() -> date:
    """Return any day: for trying a message when nobody has said which day it is."""
    return date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that matchers want to know about one message.

    `original` is the text as it was typed. `today` is the day at the shop. Without an `occasion`
    no code of the user's own is asked. `blanks` is what patterns have captured so far: several ask
    for it in one turn.
    """

    keys: Keys
    normal: Normal = NOTHING
    original: str = ""
    occasion: Callable[[], Occasion] | None = None
    today: Callable[[], date] = any_day
    is_whole: bool = False
    values: dict[tuple[int, int, int], Answer | None] = field(
        default_factory=dict, repr=False, compare=False
    )
    blanks: dict[int, Sequence[tuple[str, str]] | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def whole(self) -> "Found":
        """Return what is found if a phrase counts only when it is the whole message.

        For the answer to an open question: "Jl. Jam Gadang" is an address, "jam" is a question.
        """
        keys = {
            (kind, name)
            for kind, name in self.keys
            if kind not in _WHOLE or (_WHOLE[kind], name) in self.keys
        }
        return replace(self, keys=frozenset(keys), is_whole=True)


class Matcher(Protocol):
    """A compiled `match`."""

    @property
    def keys(self) -> Keys | None: ...

    @property
    def wanted(self) -> Keys: ...

    def matches(self, found: Found) -> bool: ...

    def captured(self, found: Found) -> Mapping[str, Answer]:
        """Return what a message that matches has told, by name."""

    def why_not(self, found: Found, /) -> str:
        """Return why it does not match, for people."""


class _CapturesNothing:
    __slots__ = ()

    def captured(self, _found: Found) -> Mapping[str, Answer]:
        return {}


@dataclass(frozen=True, slots=True)
class HasKey(_CapturesNothing):
    """words, exact, starts, fuzzy, button, type: one of these was found."""

    kind: str
    keys: Keys

    @property
    def wanted(self) -> Keys:
        return self.keys

    def matches(self, found: Found) -> bool:
        return not self.keys.isdisjoint(found.keys)

    def why_not(self, _found: Found, /) -> str:
        words = (word for _, word in self.keys)
        if self.kind in _WHOLE:
            words = (word.replace(JOINED, " ") for word in words)
        also = ", nor with a typing mistake" if self.kind == "fuzzy" else ""
        return f"{self.kind}: none of {listed(words)}{also}"


@dataclass(frozen=True, slots=True)
class Contains(_CapturesNothing):
    """contains: these letters stand somewhere in the text."""

    parts: tuple[str, ...]

    @property
    def keys(self) -> Keys:
        return frozenset(("contains", part) for part in self.parts)

    @property
    def wanted(self) -> Keys:
        return self.keys

    def matches(self, found: Found) -> bool:
        if found.is_whole:
            return found.normal.text in self.parts
        return any(("contains", part) in found.keys for part in self.parts)

    def why_not(self, _found: Found, /) -> str:
        return f"contains: none of {listed(self.parts)}"


@dataclass(frozen=True, slots=True)
class Call(_CapturesNothing):
    """call: a matcher of the user's own says so; None where nobody knows what is registered."""

    name: str
    test: Test | None

    @property
    def keys(self) -> None:
        return None

    @property
    def wanted(self) -> Keys:
        return frozenset()

    def matches(self, found: Found) -> bool:
        return bool(self.test and found.occasion and self.test(found.occasion()))

    def why_not(self, _found: Found, /) -> str:
        return f"call: {self.name} says no"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part matches."""

    parts: tuple[Matcher, ...]

    @property
    def keys(self) -> Keys | None:
        known = [keys for part in self.parts if (keys := part.keys) is not None]
        # Nearly every message has a type, so words are asked for first.
        return min(
            known,
            key=lambda keys: (any(kind == "type" for kind, _ in keys), len(keys)),
            default=None,
        )

    @property
    def wanted(self) -> Keys:
        return frozenset().union(*(part.wanted for part in self.parts))

    def matches(self, found: Found) -> bool:
        return all(part.matches(found) for part in self.parts)

    def captured(self, found: Found) -> Mapping[str, Answer]:
        each = [part.captured(found) for part in self.parts]
        # Of two parts that capture one name the first one counts.
        return {name: answer for part in reversed(each) for name, answer in part.items()}

    def why_not(self, found: Found) -> str:
        return next((part.why_not(found) for part in self.parts if not part.matches(found)), "")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part at least matches."""

    parts: tuple[Matcher, ...]

    @property
    def keys(self) -> Keys | None:
        together: set[Key] = set()
        for part in self.parts:
            keys = part.keys
            if keys is None:
                return None
            together |= keys
        return frozenset(together)

    @property
    def wanted(self) -> Keys:
        return frozenset().union(*(part.wanted for part in self.parts))

    def matches(self, found: Found) -> bool:
        return any(part.matches(found) for part in self.parts)

    def captured(self, found: Found) -> Mapping[str, Answer]:
        matching = (part for part in self.parts if part.matches(found))
        return next((part.captured(found) for part in matching), {})

    def why_not(self, found: Found) -> str:
        return "; ".join(part.why_not(found) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(_CapturesNothing):
    """The part does not match."""

    part: Matcher

    @property
    def keys(self) -> None:
        return None

    @property
    def wanted(self) -> Keys:
        return self.part.wanted

    def matches(self, found: Found) -> bool:
        return not self.part.matches(found)

    def why_not(self, _found: Found, /) -> str:
        return "not: that is what it says"


def listed(words: Iterable[str]) -> str:
    """Return words for people, not too many of them."""
    each = sorted(words)
    return ", ".join(each[:5]) + (f" and {len(each) - 5} more" if len(each) > 5 else "")
