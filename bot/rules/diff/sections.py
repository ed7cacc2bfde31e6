"""Compare two books section by section."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.rules import schema
from bot.rules.checking import check
from bot.rules.diff.values import Written, compare, show, written
from bot.rules.parts import Book
from bot.rules.source import Path, Source, Value


def differences(old: Book, new: Book) -> list[str]:
    """Return one sentence for each difference in meaning, in the order of the sections."""
    if old.source is None or new.source is None:
        raise ValueError("only books that were read from files can be compared")
    before, after = old.source(), new.source()
    return [
        *_one("settings", before, after, schema.Settings, is_always_there=True),
        *_named("admin", before, after, "admins", _private_admin),
        *_hours(old, new, before, after),
        *_named("var", before, after, "vars", _as_it_is),
        *_named("synonym", before, after, "synonyms", _as_list, key="words"),
        *_tables(before, after),
        *_named("reply", before, after, "replies", _of(schema.NamedReply)),
        *_rules(before, after),
        *_one("fallback", before, after, schema.Fallback),
        *_named("flow", before, after, "flows", _of(schema.Flow)),
        *_tests(before, after),
    ]


# Of a new rule these are told, as far as they fit.
_TELLING = ("event", "match", "if", "reply", "use", "start")
Reading = Callable[[Source, Value, Path], Written]


def _of(kind: type[schema.Part]) -> Reading:
    def read(source: Source, value: Value, at: Path) -> Written:
        found = check(source, kind, value, at=at)
        return written(found) if found else {}

    return read


def _as_it_is(source: Source, value: Value, at: Path) -> Written:  # noqa: ARG001 - a Reading
    return written(value)


def _as_list(source: Source, value: Value, at: Path) -> Written:  # noqa: ARG001 - a Reading
    return written(value if isinstance(value, list) else [value])


def _private_admin(source: Source, value: Value, at: Path) -> Written:
    """Return an admin without most of the number."""
    found = _of(schema.Admin)(source, value, at)
    if isinstance(found, dict) and "to" in found:
        return {**found, "to": f"…{str(found['to'])[-4:]}"}
    return found


def _section(source: Source, name: str) -> Any:
    value = source.value.get(name) if isinstance(source.value, dict) else None
    return value or None


def _map(source: Source, name: str) -> Mapping[str, Value]:
    value = _section(source, name)
    return value if isinstance(value, dict) else {}


def _list(source: Source, name: str) -> Sequence[Value]:
    value = _section(source, name)
    return value if isinstance(value, list) else ()


def _one(
    name: str,
    before: Source,
    after: Source,
    kind: type[schema.Part],
    *,
    is_always_there: bool = False,
) -> Iterator[str]:
    read = _of(kind)
    sections = ((source, _section(source, name)) for source in (before, after))
    old, new = (
        read(source, section or {}, (name,)) if section or is_always_there else None
        for source, section in sections
    )
    if old is None or new is None:
        if old != new:
            yield f"{name}: {'new' if old is None else 'gone'}"
        return
    yield from (f"{name}: {difference}" for difference in compare(old, new))


def _named(
    what: str, before: Source, after: Source, section: str, read: Reading, *, key: str = ""
) -> Iterator[str]:
    """Compare what has names; `key` is one at which such values stand as well."""
    old, new = (
        {
            name: read(source, value, (section, name))
            for name, value in _map(source, section).items()
        }
        for source in (before, after)
    )
    yield from _entries(what, old, new, key=key)


def _entries(
    what: str, old: Mapping[str, Written], new: Mapping[str, Written], *, key: str = ""
) -> Iterator[str]:
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f'{what} "{name}" is gone'
        elif name not in old:
            yield f'{what} "{name}" is new: {show(new[name])}'
        else:
            for each in compare(old[name], new[name], key=key):
                yield f'{what} "{name}": {each}'


def _hours(old: Book, new: Book, before: Source, after: Source) -> Iterator[str]:
    """Compare opening hours, unless they are only written in another way."""
    same = {name for name, found in old.hours.items() if new.hours.get(name) == found}
    yield from _entries(
        "hours",
        *(
            {
                name: written(value)
                for name, value in _map(source, "hours").items()
                if name not in same
            }
            for source in (before, after)
        ),
    )


def _tables(before: Source, after: Source) -> Iterator[str]:
    old, new = _map(before, "tables"), _map(after, "tables")
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f'table "{name}" is gone'
        elif name not in old:
            yield f'table "{name}" is new'
        else:
            rows = (_by(old[name], "id"), _by(new[name], "id"))
            yield from _entries(f'table "{name}": row', *rows)


def _by(value: Value, key: str) -> dict[str, Written]:
    """Return the maps in a list by what identifies them, without that."""
    entries = (
        [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
    )
    return {
        str(entry.get(key)): written({name: each for name, each in entry.items() if name != key})
        for entry in entries
    }


def _rules(before: Source, after: Source) -> Iterator[str]:
    old, new = _rules_of(before), _rules_of(after)
    order = list(new)
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f'rule "{name}" is gone'
        elif name not in old:
            yield f'rule "{name}" is new, {_standing(name, order)}: {show(_gist(new[name]))}'
        else:
            yield from (f'rule "{name}": {each}' for each in compare(old[name], new[name]))
    for name in _moved([name for name in old if name in new], order):
        yield f'rule "{name}" moved: it is now {_standing(name, order)}'


def _rules_of(source: Source) -> dict[str, Written]:
    read = _of(schema.Rule)
    found = [
        read(source, entry, ("rules", place)) for place, entry in enumerate(_list(source, "rules"))
    ]
    return {
        str(rule["id"]): {key: value for key, value in rule.items() if key != "id"}
        for rule in found
        if isinstance(rule, dict) and "id" in rule
    }


def _gist(rule: Written) -> Written:
    """Return what tells most of a rule."""
    if not isinstance(rule, Mapping):
        return rule
    return {key: rule[key] for key in _TELLING if key in rule}


def _standing(name: str, order: Sequence[str]) -> str:
    place = order.index(name)
    return f'below "{order[place - 1]}"' if place else "the first"


def _moved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the fewest names that must move to make the new order out of the old one."""
    places = {name: place for place, name in enumerate(new)}
    # The longest rising run of new places stays where it is.
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for position, name in enumerate(old):
        length = bisect_left(ends, places[name])
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(places[name])
            last.append(position)
        else:
            ends[length], last[length] = places[name], position
    stays = set[str]()
    position = last[-1] if last else -1
    while position >= 0:
        stays.add(old[position])
        position = before[position]
    return [name for name in new if name in set(old) - stays]


def _tests(before: Source, after: Source) -> Iterator[str]:
    old, new = _by(list(_list(before, "tests")), "name"), _by(list(_list(after, "tests")), "name")
    for name in [*old, *(name for name in new if name not in old)]:
        if old.get(name) != new.get(name):
            change = "is gone" if name not in new else "is new" if name not in old else "is changed"
            yield f'test "{name}" {change}'
