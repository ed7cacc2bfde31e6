"""Compile `match`: what its patterns capture, and what its expressions and functions are."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from bot.rules.answers import Asked
from bot.rules.blanks import Reading
from bot.rules.compiling.conditions import no_such
from bot.rules.extensions import Extensions
from bot.rules.matchers import PHRASES, AllOf, AnyOf, Call, Contains, HasKey, Matcher, Not
from bot.rules.patterns import Blank, Form, Pattern
from bot.rules.regexes import Expression, Refused, Regex, read_expression
from bot.rules.schema import Match
from bot.rules.tables import Table
from bot.rules.text import Vocabulary, plain

# Notes a mistake at a path below the match.
Note = Callable[[tuple[str | int, ...], str], None]

_TYPES = ("int", "number", "text", "phone", "email", "date")
_TABLE = "table."
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
MAX_BLANKS, MAX_PARTS = 12, 60


class Captures:
    """What the patterns of one rule may capture, and what their captures must be.

    `steps` are those of the flow that the rule starts. `found` fills as patterns are compiled.
    """

    def __init__(self, *, steps: Mapping[str, Asked], tables: Mapping[str, Table | None]) -> None:
        self.steps, self.tables = steps, tables
        self.found: dict[str, Asked] = {}


class MatchCompiler:
    """Compiles one `match`. Without extensions every name of a function is believed."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        captures: Captures,
        extensions: Extensions | None,
        note: Note,
    ) -> None:
        self._vocabulary = vocabulary
        self._reading = Reading(vocabulary)
        self._captures = captures
        self._extensions = extensions
        self._note = note

    def any_of(self, matches: tuple[Match, ...], *, at: tuple[str | int, ...] = ()) -> Matcher:
        """Return the matcher of a list of maps, of which one must match."""
        parts = tuple(
            self._one(match, at=(*at, position)) for position, match in enumerate(matches)
        )
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    def _one(self, match: Match, *, at: tuple[str | int, ...]) -> Matcher:
        # What costs most to ask comes last.
        parts = [*self._keyed(match)]
        if match.contains:
            parts.append(Contains(tuple(plain(text) for text in match.contains)))
        if match.regex:
            parts.append(self._regex(match.regex, at=(*at, "regex")))
        if match.pattern:
            parts.append(self._pattern(match.pattern, at=(*at, "pattern")))
        if match.any_:
            parts.append(self.any_of(match.any_, at=(*at, "any")))
        parts.extend(
            self._one(part, at=(*at, "all", position)) for position, part in enumerate(match.all_)
        )
        if match.not_:
            parts.append(Not(self._negated().any_of(match.not_, at=(*at, "not"))))
        if match.call:
            parts.append(self._call(match.call, at=(*at, "call")))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _keyed(self, match: Match) -> Iterator[Matcher]:
        for kind in (*PHRASES, "fuzzy"):
            texts = getattr(match, kind)
            if texts:
                yield HasKey(kind, frozenset((kind, self._phrase(text)) for text in texts))
        if match.button:
            yield HasKey("button", frozenset(("button", name.casefold()) for name in match.button))
        if match.type_:
            yield HasKey("type", frozenset(("type", name) for name in match.type_))

    def _phrase(self, text: str) -> str:
        return " ".join(self._vocabulary.phrase(text))

    def _negated(self) -> "MatchCompiler":
        """Return a compiler for what must not match: what it captures is never there."""
        captures = Captures(steps=self._captures.steps, tables=self._captures.tables)
        return MatchCompiler(
            self._vocabulary, captures=captures, extensions=self._extensions, note=self._note
        )

    def _call(self, name: str, *, at: tuple[str | int, ...]) -> Matcher:
        known = self._extensions.matchers if self._extensions else None
        if known is not None and name not in known:
            self._note(at, no_such("matcher", name, known))
        return Call(name, (known or {}).get(name))

    def _regex(self, texts: tuple[str, ...], *, at: tuple[str | int, ...]) -> Matcher:
        expressions: list[Expression] = []
        for position, text in enumerate(texts):
            try:
                expression = read_expression(text)
            except Refused as refused:
                self._note((*at, position), str(refused))
                continue
            for name in expression.names:
                self._capture(name, self._captures.steps.get(name) or Asked(kind="text"))
            expressions.append(expression)
        blanks = {name: self._captures.found[name] for each in expressions for name in each.names}
        return Regex(tuple(expressions), blanks, self._reading)

    def _pattern(self, texts: tuple[str, ...], *, at: tuple[str | int, ...]) -> Matcher:
        forms: list[Form] = []
        for position, text in enumerate(texts):
            problems: list[str] = []
            parts = tuple(self._parts(text, problems))
            for problem in problems or _unclear(parts):
                self._note((*at, position), problem)
            forms.append(Form(text, parts))
        return Pattern(tuple(forms), self._reading)

    def _parts(self, text: str, problems: list[str]) -> Iterator[str | Blank]:
        """Yield the words and the blanks of a pattern."""
        names: set[str] = set()
        for place, piece in enumerate(re.split(r"<([^<>]*)>", text)):
            if place % 2 == 0:
                if "<" in piece or ">" in piece:
                    problems.append(f'"<" and ">" go together, around a name: {text}')
                yield from self._vocabulary.phrase(piece)
                continue
            name, asked = self._blank(piece, problems)
            if name in names:
                problems.append(f'"{name}" is captured twice in one pattern')
            names.add(name)
            if asked is not None:
                yield Blank(name, asked)

    def _blank(self, written: str, problems: list[str]) -> tuple[str, Asked | None]:
        name, colon, kind = (part.strip() for part in written.partition(":"))
        if not _NAME.fullmatch(name):
            problems.append(f'"<{written}>" has no name; write <nama>, or <jumlah:int> with a type')
            return name, None
        step = self._captures.steps.get(name)
        asked = self._asked(kind, problems) if colon else step or Asked(kind="text")
        if asked is None:
            return name, None
        if step is not None:
            if (step.kind, step.table) != (asked.kind, asked.table):
                problems.append(f'the step "{name}" has a type already; write <{name}>')
            asked = step
        if not self._capture(name, asked):
            problems.append(f'"{name}" has another type in a pattern above')
        return name, asked

    def _asked(self, kind: str, problems: list[str]) -> Asked | None:
        if kind.startswith(_TABLE):
            name = kind.removeprefix(_TABLE)
            if name not in self._captures.tables:
                problems.append(no_such("table", name, self._captures.tables))
            return Asked(kind="table", table=self._captures.tables.get(name))
        if kind not in _TYPES:
            known = {**dict.fromkeys(_TYPES), "table.NAME": None}
            problems.append(no_such("type", kind, known))
            return None
        return Asked(kind=kind)

    def _capture(self, name: str, asked: Asked) -> bool:
        """Keep what a name captures; return False where it captures something else already."""
        before = self._captures.found.setdefault(name, asked)
        return (before.kind, before.table) == (asked.kind, asked.table)


def compile_matches(
    matches: tuple[Match, ...],
    vocabulary: Vocabulary,
    *,
    captures: Captures | None = None,
    extensions: Extensions | None = None,
    note: Note = lambda _path, _text: None,
) -> Matcher:
    """Return the matcher of a list of maps, of which one must match."""
    captures = captures or Captures(steps={}, tables={})
    compiler = MatchCompiler(vocabulary, captures=captures, extensions=extensions, note=note)
    return compiler.any_of(matches)


def _unclear(parts: tuple[str | Blank, ...]) -> Iterator[str]:
    """Yield why nobody can tell what a pattern of these parts means."""
    if not parts:
        yield "holds no letter and no digit, so no message can match it"
    blanks = [part for part in parts if isinstance(part, Blank)]
    if len(blanks) > MAX_BLANKS or len(parts) > MAX_PARTS:
        yield f"a pattern has at most {MAX_BLANKS} blanks and {MAX_PARTS} words"
    if len(blanks) == len(parts) == 1 and blanks[0].takes_any_text:
        yield f"matches every message: write a word beside <{blanks[0].name}>"
    for before, after in pairwise(parts):
        if not (isinstance(before, Blank) and isinstance(after, Blank)):
            continue
        if before.takes_any_text and after.takes_any_text:
            yield (
                f"nothing tells where <{before.name}> ends and <{after.name}> begins: "
                f"write a word between them, or a type, such as <{after.name}:int>"
            )
