"""Read YAML so that nothing is guessed: every scalar is a string, and everything has a line.

YAML turns `17:00` into 1020, `no` into false and `0812…` into an octal number. Here the schema
decides what a scalar means. Aliases, tags and duplicate keys are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import yaml

from bot.rules import slips, traps
from bot.rules.errors import Problem, RulesError

MAX_SIZE = 1024 * 1024
MAX_DEPTH = 30
KEY_SHOWN = 60
# More than anybody mends at once; looking for still more takes time for nothing.
MAX_PROBLEMS = 500
# How often a broken line is mended in memory, to find what else is wrong.
MAX_MENDED = 50
# What YAML allows in a file, without surrogates and control characters.
_NOT_PRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Value = str | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file, counted from 1. `literal`: the text starts on the next line, after |."""

    line: int
    column: int
    literal: bool = False
    file: str = ""


@dataclass(slots=True)
class Source:
    """A parsed file: plain values, the place of each, and what was wrong with the YAML.

    What other files add to it (see `including`) has their names in its marks.
    """

    name: str
    lines: list[str]
    # The gateways that a rule may name; none given means that any name will do.
    gateways: tuple[str, ...] = ()
    value: Value = ""
    marks: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    # The lines of the other files, by their names.
    others: dict[str, list[str]] = field(default_factory=dict)
    # At which entry of a list those of another file begin, by section and file.
    starts: dict[tuple[str | int, str], int] = field(default_factory=dict)

    def add(self, text: str, *, at: Path = (), key: bool = False, mark: Mark | None = None) -> None:
        """Note a problem with the value (or its key) at a path, or at a given place.

        Raises RulesError when there are too many to go on.
        """
        known = self.known(at)
        place = mark or (key and self.keys.get(known)) or self.marks.get(known) or Mark(1, 1)
        self.problems.append(
            Problem(
                file=place.file or self.name,
                line=place.line,
                column=place.column,
                path=self.shown(known),
                text=text,
            )
        )
        if len(self.problems) >= MAX_PROBLEMS:
            last = max(self.problems, key=lambda each: (each.line, each.column))
            text = f"these are {MAX_PROBLEMS} problems; mend them to see whether there are more"
            raise RulesError([*self.problems, replace(last, path="", text=text)], files=self.files)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the names of all files that were read, the first one first."""
        return (self.name, *self.others)

    def file_of(self, path: Path) -> str:
        """Return the name of the file in which something is written."""
        return self.marks[self.known(path)].file or self.name

    def place_of(self, path: Path) -> str:
        """Return where something is written, for a sentence: "on line 12"."""
        mark = self.marks[self.known(path)]
        return f"on line {mark.line}" + (f" of {mark.file or self.name}" if self.others else "")

    def shown(self, path: Path) -> str:
        """Return a path as it is counted in its own file: rules[3].cooldown."""
        mark = self.marks.get(path[:2])
        if mark and len(path) > 1 and isinstance(path[1], int):
            start = self.starts.get((path[0], mark.file), 0)
            path = (path[0], path[1] - start, *path[2:])
        return shown(path)

    def at(self, path: Path) -> Value:
        """Return the value at a known path."""
        value: Value = self.value
        for part in self.known(path):
            value = value[part]  # type: ignore[index] # known paths lead through maps and lists
        return value

    def comment_hint(self, path: Path) -> str:
        """Return a hint where a value is empty because YAML takes it for a comment."""
        mark = self.marks.get(self.known(path))
        line = self._lines_of(mark)[mark.line - 1] if mark else ""
        is_comment = self.at(path) == "" and ": #" in line
        return "; what begins with # is a comment, unless it stands in quotes" if is_comment else ""

    def is_bare(self, path: Path) -> bool:
        """Return whether a key has neither a colon nor a value, as in {harga}."""
        mark = self.keys.get(self.known(path))
        line = self._lines_of(mark)[mark.line - 1] if mark else ""
        after = line[mark.column - 1 + len(str(path[-1])) :] if mark else ""
        return self.at(path) == "" and not after.lstrip("\"'").lstrip().startswith(":")

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
        lines = self._lines_of(mark)
        number = min(number, len(lines))
        start = 0 if number > mark.line else mark.column - 1
        column = lines[number - 1].find(word, start)
        if column >= 0 and word:
            return Mark(number, column + 1, file=mark.file)
        return mark if number == mark.line else Mark(number, 1, file=mark.file)

    def _lines_of(self, mark: Mark) -> list[str]:
        return self.others[mark.file] if mark.file else self.lines


def shown(path: Path) -> str:
    """Return a path as it is written in problems: rules[3].cooldown."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_short(part)}" for part in path)
    return text.removeprefix(".")


def _short(key: str) -> str:
    return key if len(key) <= KEY_SHOWN else key[: KEY_SHOWN - 1] + "…"


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
        instead = traps.quoted(self._source.lines[mark.line - 1])
        self._source.add(f"a text that begins with {sign} must stand in quotes{instead}", mark=mark)
        return sign + word

    def _list(self, path: Path) -> Value:
        values: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _map(self, path: Path) -> Value:
        values: dict[str, Value] = {}
        is_next = False
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
                # What follows a first key that comes again is rather the next entry of the list.
                hint = slips.dash_missing(path, key, values)
                if not is_next:
                    text = f'"{key}" is written twice; the first is on line {first}{hint}'
                    self._source.add(text, mark=mark)
                is_next = is_next or bool(hint)
                at = (*path, "")
            self._source.keys[at] = mark
            value = self._value(next(self._events), at)
            values.setdefault(key, value)
        return values


def _mark(event: yaml.Event, *, literal: bool = False) -> Mark:
    start = event.start_mark
    return Mark(start.line + 1, start.column + 1, literal) if start else Mark(1, 1)
