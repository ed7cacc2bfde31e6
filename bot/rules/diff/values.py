"""Compare two values of a rules file, and say in words what is different."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from pydantic import BaseModel

from bot.rules.json_scalars import duration
from bot.rules.text import plain

Written = str | list["Written"] | Mapping[str, "Written"]

# Lists in which the order says something; all others are sets.
_ORDERED = frozenset({"rules", "parameters", "eq", "gt", "lt"})
# Lists of what messages are compared with, whatever the capitals.
_PHRASES = frozenset({"words", "exact", "starts", "fuzzy", "contains", "cancel", "button"})
# An empty reply is one that is silent on purpose.
_MAY_BE_EMPTY = frozenset({"reply"})
_SHOWN = 60
_CONTEXT = 20


def written(value: object) -> Written:
    """Return a value of the schema as it would be written, with what holds by itself."""
    match value:
        case BaseModel():
            fields = type(value).model_fields.items()
            found = {field.alias or name: getattr(value, name) for name, field in fields}
            return _simple(
                {
                    key: written(each)
                    for key, each in found.items()
                    if each is not None and (key in _MAY_BE_EMPTY or each not in ((), {}))
                }
            )
        case Mapping():
            found = {str(key): "" if each is None else written(each) for key, each in value.items()}
            return _simple(found)
        case list() | tuple():
            return [written(each) for each in value]
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return duration(value)
    return str(value)


def _simple(value: dict[str, Written]) -> Written:
    """Return a map with nothing but a text as that text."""
    return value["text"] if value.keys() == {"text"} else value


def compare(old: Written, new: Written, *, key: str = "") -> Iterator[str]:
    """Yield one part of a sentence for each difference; `key` is what the values stand at."""
    old, new = _alone(old, key), _alone(new, key)
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in [*old, *(name for name in new if name not in old)]:
            yield from _compare_key(name, old, new)
    elif isinstance(old, list) and isinstance(new, list) and _identified(old) and _identified(new):
        yield from _compare_entries(_identified(old) or {}, _identified(new) or {})
    elif key not in _ORDERED and (_is_words(old) or _is_words(new)):
        yield from _compare_words(_listed(old), _listed(new), key)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _compare_list(old, new)
    else:
        yield _from_to(old, new)


def show(value: Written) -> str:
    """Return a value in short."""
    text = _shown(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _compare_key(
    name: str, old: Mapping[str, Written], new: Mapping[str, Written]
) -> Iterator[str]:
    if name not in old:
        yield f"{name}: added {show(new[name])}"
    elif name not in new:
        yield f"{name}: removed (was {show(old[name])})"
    else:
        yield from (f"{name}: {each}" for each in compare(old[name], new[name], key=name))


def _compare_entries(old: Mapping[str, Written], new: Mapping[str, Written]) -> Iterator[str]:
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f'"{name}" is gone'
        elif name not in old:
            yield f'"{name}" is new: {show(new[name])}'
        else:
            yield from (f'"{name}": {each}' for each in compare(old[name], new[name]))
    if list(old) != list(new) and set(old) == set(new):
        yield f"in another order: {', '.join(new)}"


def _compare_list(old: list[Written], new: list[Written]) -> Iterator[str]:
    for place in range(max(len(old), len(new))):
        if place >= len(new):
            yield f"entry {place + 1} is gone: {show(old[place])}"
        elif place >= len(old):
            yield f"entry {place + 1} is new: {show(new[place])}"
        else:
            for each in compare(old[place], new[place]):
                yield f"entry {place + 1}: {each}"


def _compare_words(old: Sequence[str], new: Sequence[str], key: str) -> Iterator[str]:
    before, after = ({_meant(word, key): word for word in words} for words in (old, new))
    added = [f'"{word}"' for meant, word in after.items() if meant not in before]
    removed = [f'"{word}"' for meant, word in before.items() if meant not in after]
    parts = [
        f"{what} {', '.join(words)}"
        for what, words in (("added", added), ("removed", removed))
        if words
    ]
    if parts:
        yield "; ".join(parts)


def _meant(word: str, key: str) -> str:
    return (plain(word) or word) if key in _PHRASES else word


def _alone(value: Written, key: str) -> Written:
    """Return the only entry of a list as itself, unless it is one of several words."""
    if key in _PHRASES or not isinstance(value, list) or len(value) != 1 or _identified(value):
        return value
    return value[0]


def _is_words(value: Written) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _listed(value: Written) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _identified(value: Written) -> dict[str, Written] | None:
    """Return the maps in a list by their ids, None where not all have one."""
    if not isinstance(value, list) or not value:
        return None
    found: dict[str, Written] = {}
    for each in value:
        if not isinstance(each, Mapping) or "id" not in each:
            return None
        found[str(each["id"])] = {name: part for name, part in each.items() if name != "id"}
    return found


def _from_to(old: Written, new: Written) -> str:
    before, after = _shown(old), _shown(new)
    if max(len(before), len(after)) > _SHOWN:
        same = next(
            (place for place, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
            min(len(before), len(after)),
        )
        start = max(0, same - _CONTEXT)
        before, after = (_cut(text, start) for text in (before, after))
    return f"{before} → {after}"


def _cut(text: str, start: int) -> str:
    begins = "…" if start else ""
    rest = text[start:]
    return begins + (rest if len(rest) <= _SHOWN else rest[: _SHOWN - 1] + "…")


def _shown(value: Written) -> str:
    if isinstance(value, str):
        text = value.strip().replace("\n", "⏎")
        return f'"{text}"' if " " in text or not text else text
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(each)}" for name, each in value.items())
    return ", ".join(map(_shown, value)) if value else "none"
