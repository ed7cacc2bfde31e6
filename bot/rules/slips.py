"""Slips in a line that is no YAML, seen in the line itself: a missing space, colon or dash."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.rules.schema import SECTIONS, Condition, Flow, Match, Rule, Settings, Step
from bot.rules.schema.says import Says

_MODELS = (Condition, Flow, Match, Rule, Says, Settings, Step)
_KEYS = {field.alias or name for each in _MODELS for name, field in each.model_fields.items()}
_KEY = "|".join(map(re.escape, sorted({*_KEYS, *SECTIONS})))
_WIDE = "\u00a0\u2000-\u200b\u202f\u205f\u3000"
_WIDE_START = re.compile(rf"^(\s*?)([{_WIDE}])([\s{_WIDE}]*)(?=\S)")
_WIDE_AFTER = re.compile(rf"^(\s*(?:-\s+)*[\w.-]+:)([{_WIDE}])([\s{_WIDE}]*)")
_BULLET = re.compile(r"^(\s*)([•·●▪◦–—])\s*(?=[\w.-]+:(?:\s|$))")
_DASH = re.compile(r"^(\s*)(-)(?=[A-Za-z_][\w.]*:(?:\s|$))")
_COLON_GLUED = re.compile(rf"^(\s*(?:-\s+)*(?:{_KEY}))(:)(?=[^\s/])")
_COLON_MISSING = re.compile(rf"^(\s*(?:-\s+)*(?P<key>{_KEY}))(\s+)(?=[{{[])")
_SPACE = "a space must follow the colon after a key"
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Trap:
    """A syntax error in plain words; `line` and `column` count from 0."""

    line: int
    column: int
    text: str
    mended: str | None = None


def slip(number: int, lines: list[str]) -> Trap | None:
    """Return the slip in a line, None if it has none."""
    line = lines[number]
    if found := _WIDE_START.match(line):
        sign, blanks = f"U+{ord(found[2]):04X}", " " * len(found[0])
        text = f"this line begins with a no-break space ({sign}): type normal spaces"
        return Trap(number, found.start(2), text, blanks + line[found.end() :])
    if found := _WIDE_AFTER.match(line):
        text = f"a no-break space (U+{ord(found[2]):04X}) follows the colon: type a normal space"
        return Trap(number, found.start(2), text, f"{found[1]} {line[found.end() :]}")
    if found := _BULLET.match(line):
        fixed = f"{found[1]}- {line[found.end() :]}"
        return _shown(number, found.start(2), f"{found[2]} is not a dash", fixed)
    if found := _DASH.match(line):
        fixed = f"{found[1]}- {line[found.end() :]}"
        return _shown(number, found.start(2), "a space must follow the dash", fixed)
    if found := _COLON_GLUED.match(line):
        fixed = f"{found[0]} {line[found.end() :]}"
        return _shown(number, found.start(2), _SPACE, fixed)
    if found := _COLON_MISSING.match(line):
        fixed = f"{found[1]}: {line[found.end() :]}"
        text = f'a colon is missing after "{found["key"]}"'
        return _shown(number, found.start(3), text, fixed)
    return None


def glued(number: int, lines: list[str]) -> Trap | None:
    """Return what is wrong where a bracket follows a colon between brackets: {words:[harga]}."""
    pattern = re.compile(r"([{,]\s*[a-z_]+):(?=[\[{])")
    found = pattern.search(lines[number])
    if not found:
        return None
    return _shown(number, found.end() - 1, _SPACE, pattern.sub(r"\1: ", lines[number]))


def curly(number: int, lines: list[str]) -> Trap | None:
    """Return what is wrong where curly quotes stand for quotation marks."""
    line = lines[number]
    found = re.search(r"(?:^|[:\[{,-])\s*([“”„])", line)
    if not found or '"' in line:
        return None
    text = 'curly quotes are not quotation marks (use ")'
    return _shown(number, found.start(1), text, re.sub("[“”„]", '"', line))


def misplaced(number: int, lines: list[str]) -> str:
    """Return with which line the indentation of one does not fit; "" if that is unsure."""
    own, is_entry = _begins(lines[number])
    nearest: tuple[int, str] | None = None
    for above in range(number - 1, -1, -1):
        line = lines[above]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not line[0].isspace() and not line.startswith("-"):
            break
        column, has_dash = _begins(line)
        if is_entry and not has_dash:
            continue
        named = re.match(r"\s*(?:-\s+)*([\w.-]+):(?:\s|$)", line)
        if not is_entry:
            if not named:
                continue
            column = named.start(1)
        distance = abs(column - own)
        if distance and (nearest is None or distance < nearest[0]):
            what = '"-"' if is_entry or not named else f'"{named[1]}"'
            told = f"{what} on line {above + 1} begins in column {column + 1}"
            nearest = distance, f"{told}, this one in column {own + 1}"
    return nearest[1] if nearest else ""


def dash_missing(path: tuple[str | int, ...], key: str, entry: Mapping[str, object]) -> str:
    """Return a hint where the first of several keys of an entry comes again."""
    if not path or not isinstance(path[-1], int) or len(entry) < 2 or key != next(iter(entry)):
        return ""
    return f"; begin a new {'rule' if path[0] == 'rules' else 'entry'} with -"


def _begins(line: str) -> tuple[int, bool]:
    rest = line.lstrip()
    return len(line) - len(rest), rest.startswith("- ") or rest == "-"


def _shown(number: int, column: int, text: str, fixed: str) -> Trap:
    shown = fixed.strip()
    if fixed.lstrip()[:2] == "- " and fixed.index("-") < column - 1:
        shown = shown.removeprefix("- ")
    shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 3] + "..."
    return Trap(number, column, f"{text}: {shown}", fixed)
