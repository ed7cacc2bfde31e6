"""Look through what is written in a rules file, beside what it was compiled to.

Only for a file that could be compiled: what is looked for here is known to have its shape.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.rules.source import Path, Source, Value
from bot.rules.text import plain

# The kinds of `match` that are lists of phrases.
KINDS = ("words", "exact", "starts", "contains", "fuzzy", "pattern", "regex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that was surely not meant, with the value (or its key) to blame."""

    text: str
    at: Path
    key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One entry of a `match`, also in its normal form; `negated` ones are below `not`."""

    rule: str
    kind: str
    text: str
    normal: str
    at: Path
    negated: bool


def section(source: Source, name: str) -> Mapping[str, Value]:
    """Return the entries of a section that is a map."""
    value = source.value.get(name) if isinstance(source.value, dict) else None
    return value if isinstance(value, dict) else {}


def rules(source: Source) -> Iterator[tuple[Path, Mapping[str, Value]]]:
    """Yield every rule, with its path."""
    value = source.value.get("rules") if isinstance(source.value, dict) else None
    for position, rule in enumerate(value if isinstance(value, list) else ()):
        if isinstance(rule, dict):
            yield ("rules", position), rule


def phrases(source: Source) -> Iterator[Phrase]:
    """Yield every phrase that rules look for."""
    for at, rule in rules(source):
        yield from _phrases(str(rule["id"]), rule.get("match", []), (*at, "match"), negated=False)


def scalars(value: Value, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every single value below a path."""
    if isinstance(value, str):
        yield at, value
    for key, part in value.items() if isinstance(value, dict) else ():
        yield from scalars(part, (*at, key))
    for position, part in enumerate(value if isinstance(value, list) else ()):
        yield from scalars(part, (*at, position))


def listed(value: Value, at: Path) -> Iterator[tuple[Path, str]]:
    """Yield the texts of a list, or the one that stands for a list of one."""
    if isinstance(value, str):
        yield at, value
    for position, part in enumerate(value if isinstance(value, list) else ()):
        if isinstance(part, str):
            yield (*at, position), part


def _phrases(rule: str, value: Value, at: Path, *, negated: bool) -> Iterator[Phrase]:
    if isinstance(value, list):
        for position, part in enumerate(value):
            yield from _phrases(rule, part, (*at, position), negated=negated)
    if not isinstance(value, dict):
        return
    for kind in KINDS:
        for path, text in listed(value.get(kind, []), (*at, kind)):
            yield Phrase(
                rule=rule, kind=kind, text=text, normal=plain(text), at=path, negated=negated
            )
    for key in ("any", "all", "not"):
        is_negated = negated or key == "not"
        yield from _phrases(rule, value.get(key, []), (*at, key), negated=is_negated)
