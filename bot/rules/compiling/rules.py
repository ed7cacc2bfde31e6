"""Compile one rule, and check what a schema cannot see: whether its parts make sense together."""

from collections.abc import Iterator, Mapping

from bot.events import Kind
from bot.rules import schema
from bot.rules.answers import Asked
from bot.rules.compiling.actions import ActionCompiler
from bot.rules.compiling.conditions import ConditionChecker
from bot.rules.compiling.matches import Captures, compile_matches
from bot.rules.compiling.scopes import Scopes
from bot.rules.extensions import Extensions
from bot.rules.matchers import Matcher
from bot.rules.parts import FALLBACK, Actions, Fallback, Rule
from bot.rules.source import Path, Source
from bot.rules.tables import Table
from bot.rules.text import Vocabulary, plain

# Events after which somebody can be spoken to.
_SAID_TO = frozenset({Kind.CALL_RECEIVED, Kind.HANDOVER_ENDED})


class RuleCompiler:
    """Compiles the rules of one file; mistakes are noted in its source."""

    def __init__(
        self,
        source: Source,
        *,
        vocabulary: Vocabulary,
        tables: Mapping[str, Table | None],
        steps: Mapping[str, Mapping[str, Asked]],
        scopes: Scopes,
        actions: ActionCompiler,
        conditions: ConditionChecker,
        extensions: Extensions | None,
    ) -> None:
        self._source = source
        self._vocabulary = vocabulary
        self._tables = tables
        self._steps = steps
        self._scopes = scopes
        self._actions = actions
        self._conditions = conditions
        self._extensions = extensions
        self._ids: dict[str, str] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """Return every id that was noted, also of rules with mistakes."""
        return tuple(self._ids)

    def note_id(self, name: object, *, at: Path) -> None:
        """Refuse an id that another rule has."""
        if not isinstance(name, str):
            return
        where = self._source.place_of((*at, "id"))
        if name in (FALLBACK, "none"):
            self._source.add(
                f'"{name}" cannot be an id; it has a meaning of its own', at=(*at, "id")
            )
        elif name in self._ids:
            text = f'the id "{name}" is already used {self._ids[name]}'
            self._source.add(text, at=(*at, "id"))
        self._ids.setdefault(name, where)

    def rule(self, written: schema.Rule, *, at: Path) -> Rule:
        """Return the compiled rule."""
        event = Kind(written.event) if written.event else None
        for text, key in _contradictions(written, event):
            self._source.add(text, at=(*at, key) if key else at, key=True)
        captures = Captures(
            steps=self._steps.get(written.start or "", {}),
            tables=self._tables,
        )
        matcher = self._matcher(written, captures, at=at)
        names = self._scopes.event(event) if event else self._scopes.captured(captures.found)
        self._conditions.check(written.if_, names, at=(*at, "if"))
        actions = self._actions.actions(written, names, place=written.id, at=at)
        return Rule(
            id=written.id,
            line=self._source.marks[at].line,
            file=self._source.file_of(at),
            always=written.always,
            event=event,
            matcher=matcher,
            captures=captures.found,
            conditions=written.if_,
            actions=actions or Actions(place=written.id),
            continues=written.continue_,
            cooldown=written.cooldown,
            opt_out=written.opt_out,
            opt_in=written.opt_in,
            expires=written.expires,
        )

    def fallback(self, written: schema.Fallback) -> Fallback:
        """Return the fallback: a rule that always matches, and what happens after some misses."""
        at: Path = ("fallback",)
        names = self._scopes.message
        if written.reply is None and written.use is None:
            self._source.add('the fallback says nothing: give it a "reply"', at=at, key=True)
        if (written.after is None) != (written.then is None):
            self._source.add('"after" and "then" go together', at=at, key=True)
        said = schema.Outcome.model_construct(reply=written.reply, use=written.use)
        actions = self._actions.actions(said, names, place=FALLBACK, at=at)
        rule = Rule(
            id=FALLBACK,
            line=self._source.marks[at].line,
            file=self._source.file_of(at),
            actions=actions or Actions(place=FALLBACK),
            cooldown=written.cooldown,
            expires=written.expires,
        )
        return Fallback(
            rule=rule,
            types=frozenset(written.match_types),
            after=written.after,
            then=self._actions.actions(
                written.then, names, place=f"{FALLBACK}.then", at=(*at, "then")
            ),
        )

    def _matcher(self, written: schema.Rule, captures: Captures, *, at: Path) -> Matcher | None:
        if not written.match:
            return None
        before = len(self._source.problems)
        self._check_words(written.match, at=(*at, "match"))
        if len(self._source.problems) > before:
            return None
        return compile_matches(
            written.match,
            self._vocabulary,
            captures=captures,
            extensions=self._extensions,
            note=lambda path, text: self._source.add(text, at=(*at, "match", *path)),
        )

    def _check_words(self, matches: tuple[schema.Match, ...], *, at: Path) -> None:
        for position, match in enumerate(matches):
            here = (*at, position)
            for kind in ("words", "exact", "starts", "contains", "fuzzy"):
                for place, text in enumerate(getattr(match, kind)):
                    if not plain(text):
                        hint = f'"{text}" holds no letter and no digit, so no message can match it'
                        self._source.add(hint, at=(*here, kind, place))
            for key, parts in (("any", match.any_), ("all", match.all_), ("not", match.not_)):
                self._check_words(parts, at=(*here, key))


# What a rule may do instead of speaking.
_DOES = (
    "notify",
    "handover",
    "opt_out",
    "opt_in",
    "tag",
    "untag",
    "record",
    "start",
    "call",
    "http",
)


def _contradictions(rule: schema.Rule, event: Kind | None) -> Iterator[tuple[str, str]]:
    """Yield what does not make sense together, with the key to blame ("" for the whole rule)."""
    speaks = rule.reply is not None or rule.use is not None
    if not speaks and not any(getattr(rule, key) for key in _DOES):
        yield 'it says nothing: give it a "reply" ("reply: none" to stay silent on purpose)', ""
    if rule.continue_ and rule.start:
        yield '"continue" and "start" exclude each other: a question waits for its answer', "start"
    if event is not None:
        for key, given in (
            ("match", rule.match),
            ("always", rule.always),
            ("opt_out", rule.opt_out),
            ("opt_in", rule.opt_in),
        ):
            if given:
                yield f'"{key}" is about messages, and this rule is about {event}', key
        if event not in _SAID_TO:
            for key in _to_nobody(rule):
                yield f"there is nobody to speak to after {event}; use notify", key
        return
    if rule.opt_out and rule.opt_in:
        yield '"opt_out" and "opt_in" exclude each other', "opt_in"
    if rule.opt_out and not _whole_messages_only(rule.match):
        yield (
            'an opt_out rule takes only whole messages: give every match an "exact" or a "button"',
            "opt_out",
        )
    if rule.opt_in and not rule.match:
        yield 'an opt_in rule needs a "match"', "opt_in"
    if not (rule.match or rule.if_ or rule.continue_):
        yield (
            (
                "it matches every message, so no rule below it is ever looked at: "
                'give it a "match" or an "if", or use the fallback'
            ),
            "",
        )


def _to_nobody(rule: schema.Rule) -> Iterator[str]:
    """Yield the keys that need somebody to speak to."""
    yield from (key for key in ("reply", "use", "handover", "start") if getattr(rule, key))


def _whole_messages_only(matches: tuple[schema.Match, ...]) -> bool:
    return bool(matches) and all(match.exact or match.button for match in matches)
