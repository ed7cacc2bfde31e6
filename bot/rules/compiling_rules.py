"""Compile one rule, and check what a schema cannot see: whether its parts make sense together."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.events import Kind
from bot.rules import schema
from bot.rules.compiling_replies import ReplyCompiler, no_such
from bot.rules.matchers import Matcher, compile_matches
from bot.rules.names import MESSAGE, NAMES, Names
from bot.rules.parts import FALLBACK, Handover, Notification, Rule
from bot.rules.phrases import HANDED_OVER
from bot.rules.source import Path, Source
from bot.rules.text import Vocabulary, plain

_SAID_TO = frozenset({Kind.CALL_RECEIVED})


class RuleCompiler:
    """Compiles the rules of one file; mistakes are noted in its source."""

    def __init__(
        self,
        source: Source,
        *,
        language: str,
        vocabulary: Vocabulary,
        admins: Mapping[str, schema.Admin | None],
        replies: ReplyCompiler,
    ) -> None:
        self._source = source
        self._language = language
        self._vocabulary = vocabulary
        self._admins = admins
        self._replies = replies
        self._ids: dict[str, int] = {}

    def note_id(self, name: object, *, at: Path) -> None:
        """Refuse an id that another rule has."""
        if not isinstance(name, str):
            return
        line = self._source.marks[*at, "id"].line
        if name in (FALLBACK, "none"):
            self._source.add(
                f'"{name}" cannot be an id; it has a meaning of its own', at=(*at, "id")
            )
        elif name in self._ids:
            self._source.add(
                f'the id "{name}" is already used on line {self._ids[name]}', at=(*at, "id")
            )
        self._ids.setdefault(name, line)

    def rule(self, written: schema.Rule, *, at: Path) -> Rule:
        """Return the compiled rule."""
        event = Kind(written.event) if written.event else None
        for text, key in _contradictions(written, event):
            self._source.add(text, at=(*at, key) if key else at, key=True)
        names = NAMES[event] if event else MESSAGE
        return Rule(
            id=written.id,
            line=self._source.marks[at].line,
            always=written.always,
            event=event,
            matcher=self._matcher(written, at=at),
            conditions=written.if_,
            variants=self._replies.variants(written.reply, written.use, names, at=at),
            continues=written.continue_,
            cooldown=written.cooldown,
            opt_out=written.opt_out,
            opt_in=written.opt_in,
            notification=self._notify(written.notify, names, at=(*at, "notify")),
            handover=self._handover(written.handover, names, at=(*at, "handover")),
            expires=written.expires,
        )

    def fallback(self, written: schema.Fallback) -> Rule:
        """Return the fallback as a rule that always matches."""
        at: Path = ("fallback",)
        if written.reply is None and written.use is None:
            self._source.add('the fallback says nothing: give it a "reply"', at=at, key=True)
        if written.reply is not None and written.use is not None:
            self._source.add('"reply" and "use" exclude each other', at=(*at, "use"), key=True)
        return Rule(
            id=FALLBACK,
            line=self._source.marks[at].line,
            variants=self._replies.variants(written.reply, written.use, MESSAGE, at=at),
            cooldown=written.cooldown,
            expires=written.expires,
        )

    def _matcher(self, written: schema.Rule, *, at: Path) -> Matcher | None:
        if not written.match:
            return None
        before = len(self._source.problems)
        self._check_words(written.match, at=(*at, "match"))
        if len(self._source.problems) > before:
            return None
        return compile_matches(written.match, self._vocabulary)

    def _check_words(self, matches: tuple[schema.Match, ...], *, at: Path) -> None:
        for position, match in enumerate(matches):
            here = (*at, position)
            for kind in ("words", "exact", "starts", "contains"):
                for place, text in enumerate(getattr(match, kind)):
                    if not plain(text):
                        hint = f'"{text}" holds no letter and no digit, so no message can match it'
                        self._source.add(hint, at=(*here, kind, place))
            for key, parts in (("any", match.any_), ("all", match.all_), ("not", match.not_)):
                self._check_words(parts, at=(*here, key))

    def _notify(
        self, written: schema.Notify | None, names: Names, *, at: Path
    ) -> Notification | None:
        if written is None:
            return None
        return self._notification(written.to, written.text, names, every=written.every, at=at)

    def _handover(
        self, written: schema.Handover | None, names: Names, *, at: Path
    ) -> Handover | None:
        if written is None:
            return None
        told = written.notify
        if told is None:
            return Handover(for_=written.for_)
        text = told.text or HANDED_OVER[self._language]
        notification = self._notification(told.to, text, names, at=(*at, "notify"))
        return Handover(for_=written.for_, notification=notification)

    def _notification(
        self, to: str, text: str, names: Names, *, every: timedelta | None = None, at: Path
    ) -> Notification | None:
        compiled = self._replies.text(text, names, at=(*at, "text"))
        if to not in self._admins:
            self._source.add(no_such("admin", to, self._admins), at=(*at, "to"))
        admin = self._admins.get(to)
        if admin is None or compiled is None:
            return None
        return Notification(
            admin=to,
            to=admin.to,
            device=None if admin.device == "auto" else admin.device,
            text=compiled,
            every=every,
        )


def _contradictions(rule: schema.Rule, event: Kind | None) -> Iterator[tuple[str, str]]:
    """Yield what does not make sense together, with the key to blame ("" for the whole rule)."""
    speaks = rule.reply is not None or rule.use is not None
    if rule.reply is not None and rule.use is not None:
        yield '"reply" and "use" exclude each other', "use"
    if not (speaks or rule.notify or rule.handover or rule.opt_out or rule.opt_in):
        yield 'it says nothing: give it a "reply" ("reply: none" to stay silent on purpose)', ""
    if event is not None:
        for key, given in (
            ("match", rule.match),
            ("always", rule.always),
            ("opt_out", rule.opt_out),
            ("opt_in", rule.opt_in),
        ):
            if given:
                yield f'"{key}" is about messages, and this rule is about {event}', key
        if rule.handover and event not in _SAID_TO:
            yield f"there is nobody to hand over after {event}; use notify", "handover"
        if speaks and event not in _SAID_TO:
            yield (
                f"there is nobody to reply to after {event}; use notify",
                ("use" if rule.use is not None else "reply"),
            )
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


def _whole_messages_only(matches: tuple[schema.Match, ...]) -> bool:
    return bool(matches) and all(match.exact or match.button for match in matches)
