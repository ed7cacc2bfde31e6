"""Explain YAML's syntax errors to people who know no YAML, and mend the line where that is sure.

The mended line is never used: it only lets the reader go on and find the other mistakes.
"""

import re

from yaml import MarkedYAMLError

from bot.rules.slips import Trap, curly, glued, misplaced, slip

# The beginning of a line up to its value: indent, list dashes, and a key.
_VALUE = re.compile(r"""^(\s*(?:-\s+)*(?:[\w.-]+\s*:\s+)?)(.*?)\s*$""", re.DOTALL)
LONGEST_SHOWN = 500
_SIGNS = {
    "*": "a text that begins with * (as bold text does) must stand in quotes",
    "@": "a text that begins with @ must stand in quotes",
    "%": "a text that begins with % must stand in quotes",
    "`": "a text that begins with ` must stand in quotes",
    "&": "a text that begins with & must stand in quotes",
    "!": "a text that begins with ! must stand in quotes",
    "[": "a text that begins with [ must stand in quotes",
    "{": "a text that begins with { must stand in quotes",
    "-": "a text that begins with a dash must stand in quotes",
    "?": "a text that begins with ? must stand in quotes",
    ">": "a text that begins with > must stand in quotes",
    "|": "after | the text begins on the next line, indented",
}
_COLON = 'a text with a colon and a space in it must stand in quotes, or on its own lines after "|"'
_SPACE_MISSING = "a space must follow the colon after a key"
_TAB = "indent with spaces: YAML does not allow tabs here"
_QUOTE_OPEN = "the quotation mark that opens here is never closed"
_QUOTE_CLOSED = "something follows the closing quotation mark; put the whole text inside one pair"
_ESCAPE = "after a backslash in double quotes YAML knows only few letters; use single quotes"
_BRACKETS = "the brackets do not fit together, or a text between them needs quotes"
_TOO_FAR = "this line is indented too far: it must stand below the key of the line above"
_COMMA = "nothing may follow the closing bracket"
_BRACKET_OPEN = "the bracket that opens here is never closed"
_NOT_INDENTED = "the text after | or > must be indented further than the line with its key"
_NO_KEY = "this line has no key: it belongs to the text above and must be indented, or in quotes"
_EQUALS = "a key is followed by a colon, not by ="
_INDENT = "the indentation does not fit the lines above"


def explain(error: MarkedYAMLError, lines: list[str]) -> Trap:
    """Return what is wrong in one sentence, with the way to write it."""
    mark = error.problem_mark or error.context_mark
    line = min(mark.line, len(lines) - 1) if mark else 0
    column = mark.column if mark else 0
    content = lines[line] if lines else ""
    problem = error.problem or ""
    if "unexpected end of stream" in problem and error.context_mark:
        return Trap(error.context_mark.line, error.context_mark.column, _QUOTE_OPEN)
    if found := _slip(error, line, lines):
        return found
    if "\t" in content[: column + 1] and not content[:column].strip():
        return Trap(line, column, _TAB)
    if "escape character" in problem:
        return Trap(line, column, _ESCAPE)
    start, value = _parts(content)
    opened = error.context_mark
    is_end = mark is not None and mark.line >= len(lines)
    is_in_brackets = "flow" in (error.context or "")
    if opened and opened.line < line and is_in_brackets and (start.strip() or is_end):
        return Trap(opened.line, opened.column, _BRACKET_OPEN)
    if is_in_brackets and start.lstrip().startswith("- "):
        above = _above(line, lines)
        if above is not None and lines[above].rstrip().endswith(("[", "{")):
            return Trap(above, len(lines[above].rstrip()) - 1, _BRACKET_OPEN)
    if "could not find expected ':'" in problem and opened:
        return _no_key(opened.line, lines)
    if start.strip() and column < len(start):
        # The key itself is out of place, so nothing is wrong with its value.
        if "mapping values" in problem:
            return _missing_space(line, lines) or Trap(line, column, _TOO_FAR)
        if "block end" in problem or "did not find expected" in problem:
            return _indented(line, column, lines)
    token = error.context_mark if "while scanning a" in (error.context or "") else mark
    inner = content[token.column : token.column + 1] if token and token.line == line else ""
    if inner in _SIGNS and token and token.column > len(start) and _no_token(error):
        return Trap(line, token.column, f"{_SIGNS[inner]}, between brackets too")
    if is_in_brackets and (found := curly(line, lines)):
        return found
    if "',' or" in problem or "flow" in (error.context or ""):
        opened = (
            error.context_mark if error.context_mark and error.context_mark.line < line else mark
        )
        return Trap(opened.line, opened.column, _BRACKETS) if opened else Trap(0, 0, _BRACKETS)
    sign = value[:1]
    if sign in ("'", '"') and column > len(start):
        return Trap(line, column, _QUOTE_CLOSED)
    if sign in ("{", "[") and value[-1:] in (",", ";") and value[-2:-1] in ("}", "]"):
        fixed = start + value[:-1]
        return Trap(line, len(start) + len(value) - 1, f"{_COMMA}: {_shown(fixed)}", fixed)
    if sign == "|" and len(value) > 1:
        # It is read on as a text in quotes, but that is not what was meant.
        return Trap(line, len(start), _SIGNS[sign], start + _in_quotes(value))
    if sign in _SIGNS and sign != "|":
        return _quoted(line, start, value, _SIGNS[sign])
    if "mapping values" in problem:
        return _colon(line, column, start, value, lines)
    if "did not find expected" in problem or "block end" in problem:
        return _indented(line, column, lines)
    return Trap(line, column, f"this is no valid YAML: {problem or 'the line cannot be read'}")


def _slip(error: MarkedYAMLError, line: int, lines: list[str]) -> Trap | None:
    """Return the slip in the line, in the one above or in that which began what is unfinished."""
    if "unexpected ':'" in (error.problem or "") and (found := glued(line, lines)):
        return found
    places = [line] if lines else []
    if (above := _above(line, lines)) is not None:
        places.append(above)
    if error.context_mark and "simple key" in (error.context or ""):
        places.insert(0, error.context_mark.line)
    found_slips = (slip(place, lines) for place in places)
    return next((found for found in found_slips if found), None)


def _above(line: int, lines: list[str]) -> int | None:
    """Return the number of the last line above that is not empty."""
    return next((each for each in range(line - 1, -1, -1) if lines[each].strip()), None)


def _indented(line: int, column: int, lines: list[str]) -> Trap:
    told = misplaced(line, lines)
    return Trap(line, column, f"the indentation does not fit: {told}" if told else _INDENT)


def _no_token(error: MarkedYAMLError) -> bool:
    context = error.context or ""
    return "alias" in context or "anchor" in context or "cannot start" in (error.problem or "")


def quoted(line: str) -> str:
    """Return the line with its value in quotes, behind a colon; "" for one that is too long."""
    start, value = _parts(line) if len(line) <= LONGEST_SHOWN else ("", "")
    return f": {_shown(start + _in_quotes(value))}" if value else ""


def _parts(line: str) -> tuple[str, str]:
    found = _VALUE.match(line)
    return (found[1], found[2]) if found else ("", line)


def _quoted(line: int, start: str, value: str, why: str) -> Trap:
    fixed = start + _in_quotes(value)
    return Trap(line, len(start), f"{why}: {_shown(fixed)}", fixed)


def _colon(line: int, column: int, start: str, value: str, lines: list[str]) -> Trap:
    if missing := _missing_space(line, lines):
        return missing
    if value[:1] in ("“", "”", "„") and (found := curly(line, lines)):
        return found
    if start.strip() and ": " in f"{value} ":
        return _quoted(line, start, value, _COLON)
    return Trap(line, column, f"{_COLON} (or this line is indented too far)")


def _no_key(line: int, lines: list[str]) -> Trap:
    above = next((each for each in reversed(lines[:line]) if each.strip()), "").rstrip()
    text = _NOT_INDENTED if above.endswith(("|", ">", "|-", ">-")) else _NO_KEY
    return Trap(line, len(lines[line]) - len(lines[line].lstrip()), text)


def _missing_space(line: int, lines: list[str]) -> Trap | None:
    """Return what is wrong when the line above is a key without a space after its colon."""
    above = lines[line - 1] if line else ""
    if found := re.fullmatch(r"(\s*(?:-\s+)*[\w.-]+)\s*=\s*(.*)", above):
        fixed = f"{found[1]}: {found[2]}"
        return Trap(line - 1, above.index("="), f"{_EQUALS}: {_shown(fixed)}", fixed)
    if not re.fullmatch(r"\s*(?:-\s+)*[\w.-]+:\S.*", above):
        return None
    fixed = re.sub(r":", ": ", above, count=1)
    return Trap(line - 1, above.index(":"), f"{_SPACE_MISSING}: {_shown(fixed)}")


def _in_quotes(value: str) -> str:
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def _shown(line: str) -> str:
    text = line.strip().removeprefix("- ")
    return text if len(text) <= 80 else text[:77] + "..."
