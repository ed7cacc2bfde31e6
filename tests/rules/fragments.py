"""The rows of a page's tables of mistakes: what was written, what is said of it, how to mend it.

A row shows a part of a file. One that begins with `- ` is a list of rules, one that begins with the
name of a section is that section, and any other stands inside a rule. `⇥` is a tab.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.rules.schema import SECTIONS

_RULE = {"match": "match: {words: [halo]}", "reply": "reply: Halo"}
# Instead of the reply of the rule; also as people write it who mean it.
_SAYS = ("reply", "use", "replay", "balas")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; `mended` is "" where the way to mend it is told in words."""

    written: str
    said: str
    mended: str


def rows(page: Path, heading: str) -> list[Row]:
    """Return the rows of the table that begins with a heading of three columns."""
    text = page.read_text(encoding="utf-8")
    table = text[text.index(heading) :].split("\n\n", 1)[0].splitlines()[2:]
    return [_row(line) for line in table]


def file_of(fragment: str) -> str:
    """Return a whole file with a fragment in its place."""
    lines = fragment.replace("⇥", "\t").splitlines()
    word = re.match(r"[\w-]*", lines[0])
    key = word[0] if word else ""
    if lines[0].startswith("-"):
        return _file("rules:", *_indented(lines, 2))
    if key in SECTIONS:
        others = () if key == "rules" else ("rules:", *_rule(_RULE.values()))
        return _file(*lines, *others)
    given = "match" if key == "match" else "reply" if key in _SAYS else ""
    rest = [line for name, line in _RULE.items() if name != given]
    return _file("rules:", *_rule([*rest, *lines]))


def _file(*lines: str) -> str:
    return "\n".join(["version: 1", *lines]) + "\n"


def _rule(lines: Iterable[str]) -> list[str]:
    return ["  - id: halo", *_indented(lines, 4)]


def _indented(lines: Iterable[str], spaces: int) -> list[str]:
    return [line if line.startswith("\t") else " " * spaces + line for line in lines]


def _row(line: str) -> Row:
    written, said, mended = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    is_code = mended.strip().startswith("`")
    return Row(_code(written), _code(said), _code(mended) if is_code else "")


def _code(cell: str) -> str:
    return "\n".join(code.replace("\\|", "|") for code in re.findall(r"`([^`]+)`", cell))
