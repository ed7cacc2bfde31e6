"""Read YAML so that nothing is guessed: every scalar is a string, and everything has a line.

YAML turns `17:00` into 1020, `no` into false and `0812…` into an octal number. Here the schema
decides what a scalar means. Aliases, tags and duplicate keys are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from bot.rules import traps
from bot.rules.errors import Problem, RulesError

MAX_SIZE = 1024 * 1024
MAX_DEPTH = 30
# How often a broken line is mended in memory, to find what else is wrong.
MAX_MENDED = 50
# What YAML allows in a file, without surrogates and control characters.
_NOT_PRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Value = str | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the file, counted from 1. `literal`: the text starts on the next line, after |."""

    line: int
    column: int
    literal: bool = False


@dataclass(slots=True)
class Source:
    """A parsed file: plain values, the place of each, and what was wrong with the YAML."""

    name: str
    lines: list[str]
    # The gateways that a rule may name; none given means that any name will do.
    gateways: tuple[str, ...] = ()
    value: Value = ""
    marks: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, text: str, *, at: Path = (), key: bool = False, mark: Mark | None = None) -> None:
        """Note a problem with the value (or its key) at a path, or at a given place."""
        known = self.known(at)
        place = mark or (key and self.keys.get(known)) or self.marks.get(known) or Mark(1, 1)
        self.problems.append(
            Problem(
                file=self.name, line=place.line, column=place.column, path=shown(known), text=text
            )
        )

    def at(self, path: Path) -> Value:
        """Return the value at a known path."""
        value: Value = self.value
        for part in self.known(path):
            value = value[part]  # type: ignore[index] # known paths lead through maps and lists
        return value

    def comment_hint(self, path: Path) -> str:
        """Return a hint where a value is empty because YAML takes it for a comment."""
        mark = self.marks.get(self.known(path))
        line = self.lines[mark.line - 1] if mark else ""
        is_comment = self.at(path) == "" and ": #" in line
        return "; what begins with # is a comment, unless it stands in quotes" if is_comment else ""

    def known(self, path: Path) -> Path:
        """Return the path without the parts that only the schema knows (a list of one, say)."""
        value, found = self.value, list[str | int]()
        for part in path:
            if (isinstance(value, dict) and isinstance(part, str) and part in value) or (
                isinstance(value, list) and isinstance(part, int) and part < len(value)
            ):
                value = value[part]  # type: ignore[index] # known paths lead through maps and lists
                found.append(part)
        return tuple(found)

    def inside(self, path: Path, *, line: int, word: str) -> Mark:
        """Return the place of a word on a line (from 1) of the text at a path."""
        mark = self.marks.get(self.known(path)) or Mark(1, 1)
        number = mark.line + line if mark.literal else mark.line
        if not mark.literal and line > 1:
            number = mark.line + line - 1
        number = min(number, len(self.lines))
        start = 0 if number > mark.line else mark.column - 1
        column = self.lines[number - 1].find(word, start)
        if column >= 0 and word:
            return Mark(number, column + 1)
        return mark if number == mark.line else Mark(number, 1)


def shown(path: Path) -> str:
    """Return a path as it is written in problems: rules[3].cooldown."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def decode(content: bytes, name: str) -> str:
    """Return the text of a rules file, or raise RulesError."""
    if len(content) > MAX_SIZE:
        text = f"the file is larger than {MAX_SIZE // 1024} KB"
        raise RulesError([Problem(file=name, text=text)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        text = "this is not UTF-8; save the file as UTF-8"
        raise RulesError([Problem(file=name, line=line, column=1, text=text)]) from None


def read_source(text: str, name: str, *, gateways: tuple[str, ...] = ()) -> Source:
    """Return the parsed file; a syntax error raises RulesError with all that could be found."""
    lines = text.splitlines() or [""]
    unprintable = _NOT_PRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        column = unprintable.start() - text.rfind("\n", 0, unprintable.start())
        what = f"this character (U+{ord(unprintable[0]):04X}) cannot stand in the file"
        raise RulesError([Problem(file=name, line=line, column=column, text=what)])

    broken: list[Problem] = []
    mended = list(lines)
    for _ in range(MAX_MENDED):
        source = Source(name, lines, gateways)
        try:
            _Builder(source).build("\n".join(mended) + "\n")
        except yaml.MarkedYAMLError as error:
            trap = traps.explain(error, mended)
            broken.append(
                Problem(file=name, line=trap.line + 1, column=trap.column + 1, text=trap.text)
            )
            # Once a line: what is wrong with a mended line is no longer what its writer wrote.
            if trap.mended is None or mended[trap.line] != lines[trap.line]:
                raise RulesError(broken) from None
            mended[trap.line] = trap.mended
        else:
            source.problems.extend(broken)
            return source
    raise RulesError(broken)


class _TooDeep(yaml.MarkedYAMLError):
    """Something is nested deeper than any rule needs."""


class _Builder:
    """Builds plain values from YAML's events."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._events: Iterator[yaml.Event] = iter(())

    def build(self, text: str) -> None:
        self._events = iter(yaml.parse(text, Loader=_LOADER))
        next(self._events)  # the start of the stream
        started = next(self._events)
        if isinstance(started, yaml.StreamEndEvent):
            self._source.add("the file is empty")
            return
        self._source.value = self._value(next(self._events), ())
        next(self._events)  # the end of the document
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            self._source.add("a second document starts here; remove the ---", mark=_mark(following))

    def _value(self, event: yaml.Event, path: Path) -> Value:
        literal = isinstance(event, yaml.ScalarEvent) and event.style == "|"
        mark = _mark(event, literal=literal)
        if len(path) > MAX_DEPTH:
            raise _TooDeep(
                problem="nested too deeply",
                problem_mark=yaml.Mark(
                    self._source.name, 0, mark.line - 1, mark.column - 1, None, 0
                ),
            )
        self._source.marks[path] = mark
        if isinstance(event, yaml.AliasEvent):
            return self._refused("*", event.anchor or "", mark)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            refused = self._refused("&", event.anchor, mark)
            if isinstance(event, yaml.ScalarEvent):
                return f"{refused} {event.value}".strip()
        if isinstance(event, yaml.ScalarEvent):
            if event.tag:
                return self._refused("!", event.tag.lstrip("!"), mark)
            return str(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._map(path)

    def _refused(self, sign: str, word: str, mark: Mark) -> str:
        line = self._source.lines[mark.line - 1]
        self._source.add(
            f"a text that begins with {sign} must stand in quotes: "
            f"{traps.mended(line).strip().removeprefix('- ')}",
            mark=mark,
        )
        return sign + word

    def _list(self, path: Path) -> Value:
        values: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _map(self, path: Path) -> Value:
        values: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            mark = _mark(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._source.add("a text that begins with { or [ must stand in quotes", mark=mark)
                self._value(event, (*path, ""))
                self._value(next(self._events), (*path, ""))
                continue
            key = str(event.value)
            at = (*path, key)
            if key in values:
                first = self._source.keys[at].line
                self._source.add(
                    f'"{key}" is written twice; the first is on line {first}', mark=mark
                )
                at = (*path, "")
            self._source.keys[at] = mark
            value = self._value(next(self._events), at)
            values.setdefault(key, value)
        return values


def _mark(event: yaml.Event, *, literal: bool = False) -> Mark:
    start = event.start_mark
    return Mark(start.line + 1, start.column + 1, literal) if start else Mark(1, 1)
