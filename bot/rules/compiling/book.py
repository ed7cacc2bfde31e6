"""Compile a parsed file into a book.

Every part is checked by itself, so that one mistake hides no other.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.rules import schema
from bot.rules.checking import check, unknown_key
from bot.rules.compiling.actions import ActionCompiler
from bot.rules.compiling.conditions import ConditionChecker
from bot.rules.compiling.examples import ExampleCompiler
from bot.rules.compiling.flows import FlowCompiler
from bot.rules.compiling.replies import ReplyCompiler
from bot.rules.compiling.rules import RuleCompiler
from bot.rules.compiling.scopes import Scopes
from bot.rules.extensions import NO_EXTENSIONS, Extensions
from bot.rules.hours import Schedule, compile_schedule
from bot.rules.index import Index
from bot.rules.languages import LANGUAGES, Language
from bot.rules.names import RESERVED
from bot.rules.parts import Book, Flow, Rule
from bot.rules.source import Path, Source, Value
from bot.rules.tables import Table, compile_table
from bot.rules.templates import Text
from bot.rules.text import Vocabulary, plain
from bot.rules.values import Texts, Var, expected

VERSION = "1"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.IGNORECASE)
_WORDS_OF_JINJA = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", "none"})

T = TypeVar("T")


class ModuleRefused(Exception):
    """The user's own module cannot be used; the message says why, for people."""


# Returns what the module of that name, beside the rules file, registers. Raises ModuleRefused.
Extend = Callable[[str], Extensions]


def compile_book(source: Source, *, version: str, extend: Extend | None = None) -> Book | None:
    """Return the book of a file; with mistakes in `source` it is None or not fit for use.

    Without `extend` no name of a module is known, and every name in the file is believed.
    """
    if not isinstance(source.value, dict):
        if not source.problems:
            source.add(str(expected("sections such as rules:", source.value)))
        return None
    for key in source.value:
        if key not in schema.SECTIONS:
            unknown_key(source, (key,), schema.SECTIONS)
    _check_version(source)
    settings = _section(source, schema.Settings, "settings") or schema.Settings()
    extensions = _extensions(source, settings, extend)
    language = LANGUAGES[settings.language]
    variables = _variables(source)
    vocabulary = Vocabulary(language, _synonyms(source))
    schedules = _schedules(source, settings)
    tables = _tables(source, vocabulary)
    admins = _named(source, schema.Admin, "admins")
    flows = _named(source, schema.Flow, "flows")
    scopes = Scopes(variables=variables, schedules=schedules, tables=tables, language=language)
    conditions = ConditionChecker(source, schedules=schedules, extensions=extensions)
    replies = ReplyCompiler(
        source,
        variables=variables,
        named=_named(source, schema.NamedReply, "replies"),
        scopes=scopes,
        conditions=conditions,
        extensions=extensions,
    )
    actions = ActionCompiler(
        source,
        language=language,
        admins=admins,
        flows=flows,
        replies=replies,
        scopes=scopes,
        extensions=extensions,
    )
    forms = FlowCompiler(
        source,
        vocabulary=vocabulary,
        tables=tables,
        scopes=scopes,
        replies=replies,
        actions=actions,
        conditions=conditions,
    )
    steps = {name: forms.asked(flow, at=("flows", name)) for name, flow in flows.items() if flow}
    compiler = RuleCompiler(
        source,
        vocabulary=vocabulary,
        tables=tables,
        steps=steps,
        scopes=scopes,
        actions=actions,
        conditions=conditions,
        extensions=extensions,
    )
    rules = _rules(source, compiler)
    by_id = {**dict.fromkeys(compiler.ids), **{rule.id: rule for rule in rules}}
    compiled_flows = _flows(flows, forms, by_id)
    # Two passes: `always` first, otherwise as in the file.
    messages = sorted((rule for rule in rules if not rule.event), key=lambda rule: not rule.always)
    fallback = _section(source, schema.Fallback, "fallback")
    return Book(
        name=source.name,
        files=source.files,
        version=version,
        settings=settings,
        language=language,
        zone=ZoneInfo(settings.timezone),
        variables=variables,
        vocabulary=vocabulary,
        rules=tuple(messages),
        event_rules=tuple(rule for rule in rules if rule.event),
        fallback=compiler.fallback(fallback) if fallback else None,
        index=Index(
            [rule.matcher for rule in messages],
            others=[flow.cancel for flow in compiled_flows.values() if flow.cancel],
            vocabulary=vocabulary,
        ),
        admins={name: admin for name, admin in admins.items() if admin},
        hours={name: found for name, found in schedules.items() if found},
        tables={name: table for name, table in tables.items() if table},
        rows={name: table.rows for name, table in tables.items() if table},
        flows=compiled_flows,
        tests=ExampleCompiler(source, rules=rules, flows=compiled_flows, admins=admins).tests(
            _list(source, "tests", "tests")
        ),
        extensions=extensions or NO_EXTENSIONS,
        loop_paused=_loop_paused(settings, actions, replies, scopes, language),
        on_errors=actions.on_errors,
    )


def _check_version(source: Source) -> None:
    value = _at(source, "version")
    if value is None:
        source.add(f'"version" is missing: begin the file with "version: {VERSION}"')
    elif value != VERSION:
        source.add(str(expected(f"version {VERSION}", value)), at=("version",))


def _extensions(
    source: Source, settings: schema.Settings, extend: Extend | None
) -> Extensions | None:
    """Return what rules may reach by name; None where that is not known."""
    if extend is None:
        return None
    if settings.module is None:
        return NO_EXTENSIONS
    try:
        return extend(settings.module)
    except ModuleRefused as refused:
        source.add(str(refused), at=("settings", "module"))
        return None


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


def _list(source: Source, section: str, what: str) -> list[Value]:
    value = _at(source, section)
    if isinstance(value, list):
        return value
    if value is not None and value != "":
        source.add(str(expected(f"a list of {what}, each with - before it", value)), at=(section,))
    return []


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
        _check_name(source, name, at=at)
        if name in RESERVED or name.lower() in _WORDS_OF_JINJA:
            source.add(f'"{name}" is a name of our own; call it something else', at=at, key=True)
        variables[name] = check(source, Var, value, at=at) or ""
    return variables


def _check_name(source: Source, name: str, *, at: Path) -> None:
    """Refuse what texts could not write as a name."""
    if not _NAME.fullmatch(name):
        text = f'"{name}" cannot be a name: use letters, digits and _, such as nama_toko'
        source.add(text, at=at, key=True)


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


def _schedules(source: Source, settings: schema.Settings) -> dict[str, Schedule | None]:
    found: dict[str, Schedule | None] = {}
    for name, value in _map(source, "hours").items():
        _check_name(source, name, at=("hours", name))
        found[name] = compile_schedule(source, name, value, zone=settings.timezone)
    return found


def _tables(source: Source, vocabulary: Vocabulary) -> dict[str, Table | None]:
    found: dict[str, Table | None] = {}
    for name, value in _map(source, "tables").items():
        _check_name(source, name, at=("tables", name))
        found[name] = compile_table(source, name, value, vocabulary)
    return found


def _rules(source: Source, compiler: RuleCompiler) -> list[Rule]:
    if _at(source, "rules") in (None, ""):
        source.add('"rules" is missing: the file has no rules')
        return []
    rules: list[Rule] = []
    for position, entry in enumerate(_list(source, "rules", "rules")):
        at: Path = ("rules", position)
        written = check(source, schema.Rule, entry, at=at)
        compiler.note_id(entry.get("id") if isinstance(entry, dict) else None, at=at)
        if written is not None:
            rules.append(compiler.rule(written, at=at))
    return rules


def _flows(
    written: Mapping[str, schema.Flow | None],
    forms: FlowCompiler,
    rules: Mapping[str, Rule | None],
) -> dict[str, Flow]:
    return {
        name: forms.flow(name, flow, rules=rules, at=("flows", name))
        for name, flow in written.items()
        if flow
    }


def _loop_paused(
    settings: schema.Settings,
    actions: ActionCompiler,
    replies: ReplyCompiler,
    scopes: Scopes,
    language: Language,
) -> Text | None:
    """Return what an admin is told when the loop guard pauses."""
    at: Path = ("settings", "loop_guard", "notify")
    if not settings.loop_guard.notify or not actions.admin(settings.loop_guard.notify, at=at):
        return None
    return replies.text(language.phrases["loop_paused"], scopes.contact, at=at)
