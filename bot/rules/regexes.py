"""Match a message with regular expressions (RE2), as it was typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import re2

from bot.rules.answers import Asked
from bot.rules.blanks import Reading
from bot.rules.matchers import Found, Keys, listed
from bot.rules.searching import encoded, options
from bot.rules.state import Answer

MAX_LENGTH = 1_000

# What other engines can and this one cannot, by what it calls it.
_CANNOT = {
    "(?=": "looking ahead (?=…)",
    "(?!": "looking ahead (?!…)",
    "(?<": "looking behind (?<=…)",
    "(?P=": "a reference to an earlier group",
    "(?>": "an atomic group (?>…)",
}


class Refused(ValueError):
    """A regular expression that cannot be used; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One regular expression. `blanks` are what its named groups must be."""

    written: str
    program: Any = field(repr=False)
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regex:
    """regex: one of these expressions matches somewhere in the message as it was typed."""

    expressions: tuple[Expression, ...]
    blanks: Mapping[str, Asked]
    reading: Reading

    @property
    def keys(self) -> Keys:
        return frozenset(("regex", expression.written) for expression in self.expressions)

    @property
    def wanted(self) -> Keys:
        return self.keys

    def matches(self, found: Found) -> bool:
        return any(_matches(expression, found) for expression in self.expressions)

    def captured(self, found: Found) -> Mapping[str, Answer]:
        first = next((each for each in self.expressions if _matches(each, found)), None)
        match = _match(first, found) if first else None
        groups = match.groupdict() if match else {}
        read: dict[str, Answer] = {}
        for name, group in groups.items():
            text = (group or b"").decode("utf-8", "replace").strip()
            value = self.reading.value(text, self.blanks[name.decode()], found) if text else None
            if value is not None:
                read[name.decode()] = value
        return read

    def why_not(self, _found: Found, /) -> str:
        return f"regex: none of {listed(each.written for each in self.expressions)}"


def read_expression(text: str) -> Expression:
    """Return a compiled expression. Raises Refused."""
    if len(text) > MAX_LENGTH:
        raise Refused(f"a regular expression has at most {MAX_LENGTH} characters")
    try:
        program = re2.compile(text.encode("utf-8", "replace"), options())
    except re2.error as error:
        raise Refused(_reason(error.args[0].decode("utf-8", "replace"))) from None
    if program.search(b""):
        raise Refused("it matches every message, even an empty one")
    names = tuple(sorted(name.decode() for name in program.groupindex))
    return Expression(text, program, names)


def _reason(told: str) -> str:
    kind, _, part = told.partition(": ")
    if kind == "invalid perl operator":
        cannot = next((what for sign, what in _CANNOT.items() if part.startswith(sign)), None)
        if part == "(?P":
            cannot = _CANNOT["(?P="]
        if cannot:
            return f"{cannot} is not possible here; it is what makes regular expressions slow"
    if kind == "invalid escape sequence" and part[1:2].isdigit():
        return (
            f"a reference to an earlier group ({part}) is not possible here; "
            "it is what makes regular expressions slow"
        )
    if kind.startswith("pattern too large"):
        return "it is too large: a repetition such as {1,500} counts as many times its own length"
    return f"it cannot be read: {told}"


def _matches(expression: Expression, found: Found) -> bool:
    is_found = ("regex", expression.written) in found.keys
    return is_found and (not found.is_whole or _match(expression, found) is not None)


def _match(expression: Expression, found: Found) -> Any:
    text = encoded(found.original)
    if found.is_whole:
        return expression.program.fullmatch(text.strip())
    return expression.program.search(text)
