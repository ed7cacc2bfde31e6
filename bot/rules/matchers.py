"""Match one message. A matcher looks its words up in what the index found, it never searches.

`keys` of a matcher are what can make it true: a message without any of them cannot match, so the
index need not ask. None means that only asking can tell.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from bot.rules.schema import Match
from bot.rules.text import JOINED, Vocabulary, plain

# What can be found in a message: ("words", "terima kasih"), ("button", "btn_cs"), ("type", "text").
Key = tuple[str, str]
Keys = frozenset[Key]
# The kinds of keys that are phrases, looked for in the text.
PHRASES = ("words", "exact", "starts")


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that matchers want to know about one message."""

    keys: Keys
    text: str


class Matcher(Protocol):
    """A compiled `match`."""

    @property
    def keys(self) -> Keys | None: ...

    def matches(self, found: Found) -> bool: ...

    def why_not(self, found: Found, /) -> str:
        """Return why it does not match, for people."""


@dataclass(frozen=True, slots=True)
class HasKey:
    """words, exact, starts, button, type: one of these was found."""

    kind: str
    keys: Keys

    def matches(self, found: Found) -> bool:
        return not self.keys.isdisjoint(found.keys)

    def why_not(self, _found: Found, /) -> str:
        words = (word for _, word in self.keys)
        if self.kind in PHRASES:
            words = (word.replace(JOINED, " ") for word in words)
        return f"{self.kind}: none of {_listed(words)}"


@dataclass(frozen=True, slots=True)
class Contains:
    """contains: these letters stand somewhere in the text."""

    parts: tuple[str, ...]

    @property
    def keys(self) -> None:
        return None

    def matches(self, found: Found) -> bool:
        return any(part in found.text for part in self.parts)

    def why_not(self, _found: Found, /) -> str:
        return f"contains: none of {_listed(self.parts)}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part matches."""

    parts: tuple[Matcher, ...]

    @property
    def keys(self) -> Keys | None:
        known = [part.keys for part in self.parts if part.keys is not None]
        # Nearly every message has a type, so words are asked for first.
        return min(
            known,
            key=lambda keys: (any(kind == "type" for kind, _ in keys), len(keys)),
            default=None,
        )

    def matches(self, found: Found) -> bool:
        return all(part.matches(found) for part in self.parts)

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
            if part.keys is None:
                return None
            together |= part.keys
        return frozenset(together)

    def matches(self, found: Found) -> bool:
        return any(part.matches(found) for part in self.parts)

    def why_not(self, found: Found) -> str:
        return "; ".join(part.why_not(found) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not match."""

    part: Matcher

    @property
    def keys(self) -> None:
        return None

    def matches(self, found: Found) -> bool:
        return not self.part.matches(found)

    def why_not(self, _found: Found, /) -> str:
        return "not: that is what it says"


def compile_matches(matches: tuple[Match, ...], vocabulary: Vocabulary) -> Matcher:
    """Return the matcher of a list of maps, of which one must match."""
    parts = tuple(_compile(match, vocabulary) for match in matches)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def phrases(matcher: Matcher) -> Iterator[str]:
    """Yield every phrase that a message must be searched for, whatever it is wanted for."""
    match matcher:
        case HasKey() if matcher.kind in PHRASES:
            yield from (phrase for _, phrase in matcher.keys)
        case AllOf() | AnyOf():
            for part in matcher.parts:
                yield from phrases(part)
        case Not():
            yield from phrases(matcher.part)


def _compile(match: Match, vocabulary: Vocabulary) -> Matcher:
    parts: list[Matcher] = []
    for kind in PHRASES:
        phrases = [" ".join(vocabulary.phrase(text)) for text in getattr(match, kind)]
        if phrases:
            parts.append(HasKey(kind, frozenset((kind, phrase) for phrase in phrases)))
    if match.button:
        parts.append(
            HasKey("button", frozenset(("button", name.casefold()) for name in match.button))
        )
    if match.type_:
        parts.append(HasKey("type", frozenset(("type", name) for name in match.type_)))
    if match.contains:
        parts.append(Contains(tuple(plain(text) for text in match.contains)))
    if match.any_:
        parts.append(compile_matches(match.any_, vocabulary))
    parts.extend(_compile(part, vocabulary) for part in match.all_)
    if match.not_:
        parts.append(Not(compile_matches(match.not_, vocabulary)))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _listed(words: Iterable[str]) -> str:
    listed = sorted(words)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
