"""Compile a parsed file into a book.

Every part is checked by itself, so that one mistake hides no other.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

from bot.rules import schema
from bot.rules.checking import check, unknown_key
from bot.rules.compiling_replies import ReplyCompiler
from bot.rules.compiling_rules import RuleCompiler
from bot.rules.index import Index
from bot.rules.names import RESERVED
from bot.rules.parts import Book, Rule
from bot.rules.source import Path, Source, Value
from bot.rules.text import Vocabulary, plain
from bot.rules.values import Texts, Var, expected

VERSION = "1"
_VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.IGNORECASE)
_WORDS_OF_JINJA = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", "none"})

T = TypeVar("T")


def compile_book(source: Source, *, version: str) -> Book | None:
    """Return the book of a file; with mistakes in `source` it is None or not fit for use."""
    if not isinstance(source.value, dict):
        if not source.problems:
            source.add(str(expected("sections such as rules:", source.value)))
        return None
    for key in source.value:
        if key not in schema.SECTIONS:
            unknown_key(source, (key,), schema.SECTIONS)
    _check_version(source)
    settings = _section(source, schema.Settings, "settings") or schema.Settings()
    variables = _variables(source)
    vocabulary = Vocabulary(settings.language, _synonyms(source))
    admins = _named(source, schema.Admin, "admins")
    compiler = RuleCompiler(
        source,
        language=settings.language,
        vocabulary=vocabulary,
        admins=admins,
        replies=ReplyCompiler(
            source, variables=variables, named=_named(source, schema.NamedReply, "replies")
        ),
    )
    rules = _rules(source, compiler)
    # Two passes: `always` first, otherwise as in the file.
    messages = sorted((rule for rule in rules if not rule.event), key=lambda rule: not rule.always)
    fallback = _section(source, schema.Fallback, "fallback")
    return Book(
        name=source.name,
        version=version,
        settings=settings,
        variables=variables,
        vocabulary=vocabulary,
        rules=tuple(messages),
        event_rules=tuple(rule for rule in rules if rule.event),
        fallback=compiler.fallback(fallback) if fallback else None,
        fallback_types=frozenset(fallback.match_types if fallback else ()),
        index=Index([rule.matcher for rule in messages]),
        admins={name: admin for name, admin in admins.items() if admin},
    )


def _check_version(source: Source) -> None:
    value = _at(source, "version")
    if value is None:
        source.add(f'"version" is missing: begin the file with "version: {VERSION}"')
    elif value != VERSION:
        source.add(str(expected(f"version {VERSION}", value)), at=("version",))


def _at(source: Source, section: str) -> Value | None:
    return source.value.get(section) if isinstance(source.value, dict) else None


def _section(source: Source, kind: type[T], section: str) -> T | None:
    value = _at(source, section)
    return None if value is None or value == "" else check(source, kind, value, at=(section,))


def _map(source: Source, section: str) -> dict[str, Value]:
    value = _at(source, section)
    if isinstance(value, dict):
        return value
    if value is not None and value != "":
        source.add(str(expected("names with values", value)), at=(section,))
    return {}


def _named(source: Source, kind: type[T], section: str) -> dict[str, T | None]:
    """Return the entries of a section by name, None for one with mistakes."""
    return {
        name: check(source, kind, value, at=(section, name))
        for name, value in _map(source, section).items()
    }


def _variables(source: Source) -> dict[str, object]:
    variables: dict[str, object] = {}
    for name, value in _map(source, "vars").items():
        at: Path = ("vars", name)
        if not _VARIABLE.fullmatch(name):
            source.add(
                f'"{name}" cannot be a name: use letters, digits and _, such as nama_toko',
                at=at,
                key=True,
            )
        elif name in RESERVED or name.lower() in _WORDS_OF_JINJA:
            source.add(f'"{name}" is a name of our own; call it something else', at=at, key=True)
        variables[name] = check(source, Var, value, at=at) or ""
    return variables


def _synonyms(source: Source) -> Mapping[str, tuple[str, ...]]:
    meanings: dict[str, str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for word, value in _map(source, "synonyms").items():
        others = check(source, Texts, value, at=("synonyms", word)) or ()
        found[word] = others
        for position, phrase in enumerate((word, *others), start=-1):
            at: Path = ("synonyms", word, position) if position >= 0 else ("synonyms", word)
            normal = plain(phrase)
            if not normal:
                source.add(f'"{phrase}" holds no letter and no digit', at=at, key=position < 0)
            elif meanings.setdefault(normal, word) != word:
                source.add(
                    f'"{phrase}" already stands for "{meanings[normal]}"', at=at, key=position < 0
                )
    return found


def _rules(source: Source, compiler: RuleCompiler) -> list[Rule]:
    value = _at(source, "rules")
    if value is None or value == "":
        source.add('"rules" is missing: the file has no rules')
        return []
    if not isinstance(value, list):
        source.add(str(expected("a list of rules, each with - before it", value)), at=("rules",))
        return []
    rules: list[Rule] = []
    for position, entry in enumerate(value):
        at: Path = ("rules", position)
        written = check(source, schema.Rule, entry, at=at)
        compiler.note_id(entry.get("id") if isinstance(entry, dict) else None, at=at)
        if written is not None:
            rules.append(compiler.rule(written, at=at))
    return rules
