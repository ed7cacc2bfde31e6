"""Merge what another file holds into the main one, with the places in which it is written.

Maps are put together by their keys, and lists one after another.
"""

from dataclasses import replace

from bot.rules.checking import unknown_key
from bot.rules.schema import SECTIONS
from bot.rules.source import Path, Source, Value
from bot.rules.values import expected

# Sections of which there is one, in the main file.
ONLY_MAIN = ("include", "settings", "fallback")
LISTS = ("rules", "tests")


def merge(source: Source, part: Source) -> None:
    """Add the sections of another file, and note what cannot stand there."""
    whole = source.value
    if not isinstance(part.value, dict):
        if not part.problems:
            part.add(str(expected("sections such as rules:", part.value)))
    elif isinstance(whole, dict):
        for section, added in part.value.items():
            _add_section(source, part, section, whole, added)
    for ours, theirs in ((source.marks, part.marks), (source.keys, part.keys)):
        for path, mark in theirs.items():
            # What is written twice keeps its first place.
            ours.setdefault(_moved(path, source, part), replace(mark, file=part.name))
    source.problems.extend(part.problems)


def _add_section(
    source: Source, part: Source, section: str, whole: dict[str, Value], added: Value
) -> None:
    at: Path = (section,)
    if section not in SECTIONS:
        unknown_key(part, at, SECTIONS)
    elif section in ONLY_MAIN:
        text = f'"{section}" stands in the main file only, which is {source.name}'
        part.add(text, at=at, key=True)
    elif section == "version":
        if added != whole.get("version", added):
            text = str(expected(f"version {whole['version']}, as in {source.name}", added))
            part.add(text, at=at)
    elif added != "" and section in LISTS:
        _add_list(source, part, section, whole, added)
    elif added != "":
        _add_map(source, part, section, whole, added)


def _add_list(
    source: Source, part: Source, section: str, whole: dict[str, Value], added: Value
) -> None:
    if not isinstance(added, list):
        what = expected(f"a list of {section}, each with - before it", added)
        part.add(str(what), at=(section,))
        return
    kept = _kept(whole, section, empty=[])
    # A mistake of the main file is told where that is compiled.
    if isinstance(kept, list):
        source.starts[section, part.name] = len(kept)
        kept.extend(added)


def _add_map(
    source: Source, part: Source, section: str, whole: dict[str, Value], added: Value
) -> None:
    if not isinstance(added, dict):
        part.add(str(expected("names with values", added)), at=(section,))
        return
    kept = _kept(whole, section, empty={})
    if not isinstance(kept, dict):
        return
    for name, value in added.items():
        if name in kept:
            mark = source.keys[section, name]
            place = f"on line {mark.line} of {mark.file or source.name}"
            part.add(f'"{name}" is already written {place}', at=(section, name), key=True)
        else:
            kept[name] = value


def _kept(whole: dict[str, Value], section: str, *, empty: Value) -> Value:
    """Return what a section has so far."""
    if whole.get(section, "") == "":
        whole[section] = empty
    return whole[section]


def _moved(path: Path, source: Source, part: Source) -> Path:
    """Return the path of something once its list stands behind those of other files."""
    if len(path) > 1 and isinstance(path[1], int):
        return (path[0], path[1] + source.starts.get((path[0], part.name), 0), *path[2:])
    return path
