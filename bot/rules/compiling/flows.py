"""Compile flows, and check that their questions can be asked and answered."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from bot.rules import schema
from bot.rules.answers import TODAY, Asked
from bot.rules.compiling.actions import ActionCompiler
from bot.rules.compiling.conditions import ConditionChecker, no_such
from bot.rules.compiling.matches import compile_matches
from bot.rules.compiling.replies import ReplyCompiler
from bot.rules.compiling.scopes import Scopes
from bot.rules.matchers import Matcher
from bot.rules.names import Names
from bot.rules.parts import Done, Flow, Rule, Step
from bot.rules.source import Path, Source
from bot.rules.tables import Table
from bot.rules.text import Vocabulary, plain

_TABLE = "table."


class FlowCompiler:
    """Compiles the flows of one file; mistakes are noted in its source."""

    def __init__(
        self,
        source: Source,
        *,
        vocabulary: Vocabulary,
        tables: Mapping[str, Table | None],
        scopes: Scopes,
        replies: ReplyCompiler,
        actions: ActionCompiler,
        conditions: ConditionChecker,
    ) -> None:
        self._source = source
        self._vocabulary = vocabulary
        self._tables = tables
        self._scopes = scopes
        self._replies = replies
        self._actions = actions
        self._conditions = conditions
        self._asked: dict[str, dict[str, Asked]] = {}

    def asked(self, flow: schema.Flow, *, at: Path) -> dict[str, Asked]:
        """Return what the answer to each step must be, by the step's id."""
        found: dict[str, Asked] = {}
        for position, step in enumerate(flow.steps):
            here = (*at, "steps", position)
            if step.id in found:
                text = f'the id "{step.id}" is already used in this flow'
                self._source.add(text, at=(*here, "id"))
            found[step.id] = self._answer(step, at=here)
        self._asked[str(at[-1])] = found
        return found

    def flow(
        self, name: str, written: schema.Flow, *, rules: Mapping[str, Rule | None], at: Path
    ) -> Flow:
        """Return a compiled flow, whose steps `asked` has been told before.

        `rules` are all of the file by id, None for one with mistakes.
        """
        answers = self._asked[name]
        names = self._scopes.flow(answers)
        for position, rule in enumerate(written.interrupt):
            self._check_interrupt(rule, rules, at=(*at, "interrupt", position))
        return Flow(
            name=name,
            line=self._source.keys[at].line,
            file=self._source.file_of(at),
            steps=tuple(
                self._step(step, answers[step.id], names, flow=name, at=(*at, "steps", position))
                for position, step in enumerate(written.steps)
            ),
            cancel=self._cancel(written, at=at),
            on_cancel=self._actions.actions(
                written.on_cancel, names, place=f"{name}.on_cancel", at=(*at, "on_cancel")
            ),
            timeout=written.timeout,
            on_timeout=self._actions.actions(
                written.on_timeout, names, place=f"{name}.on_timeout", at=(*at, "on_timeout")
            ),
            interrupt=frozenset(written.interrupt),
            done=tuple(self._done(written, names, flow=name, at=at)),
        )

    def _answer(self, step: schema.Step, *, at: Path) -> Asked:
        table = None
        kind = step.type
        if kind.startswith(_TABLE):
            name = kind.removeprefix(_TABLE)
            if name not in self._tables:
                self._source.add(no_such("table", name, self._tables), at=(*at, "type"))
            table, kind = self._tables.get(name), "table"
        if bool(step.choices) != (kind == "choice"):
            text = 'give it "choices"' if kind == "choice" else '"choices" need "type: choice"'
            self._source.add(text, at=(*at, "choices") if step.choices else at, key=True)
        least, most = (self._limit(step, key, kind, at=at) for key in ("min", "max"))
        if least is not None and most is not None and least > most:  # type: ignore[operator] # of one kind
            self._source.add("min is above max, so no answer fits", at=(*at, "min"))
        return Asked(
            kind=kind,
            table=table,
            choices=self._choices(step, at=at),
            least=least,
            most=most,
        )

    def _choices(self, step: schema.Step, *, at: Path) -> dict[str, tuple[str, ...]]:
        meanings: dict[str, str] = {}
        found: dict[str, tuple[str, ...]] = {}
        for value, words in step.choices.items():
            normal = []
            for position, word in enumerate(words):
                here = (*at, "choices", value, position)
                phrase = " ".join(self._vocabulary.phrase(word))
                if not phrase:
                    self._source.add(f'"{word}" holds no letter and no digit', at=here)
                elif meanings.setdefault(phrase, value) != value:
                    text = f'"{word}" already means "{meanings[phrase]}"'
                    self._source.add(text, at=here)
                normal.append(phrase)
            found[value] = tuple(normal)
        return found

    def _limit(self, step: schema.Step, key: str, kind: str, *, at: Path) -> Decimal | date | None:
        written: str | None = getattr(step, key)
        if written is None:
            return None
        here = (*at, key)
        if kind == "date":
            try:
                return TODAY if written in ("today", "hari ini") else date.fromisoformat(written)
            except ValueError:
                self._source.add("expected a date such as 2026-01-31, or today", at=here)
                return None
        if kind in ("int", "number", "text"):
            try:
                return Decimal(written.replace(".", "") if kind != "number" else written)
            except InvalidOperation:
                self._source.add(f"expected a number, for {kind}", at=here)
                return None
        self._source.add(f'"{key}" means nothing for {step.type}', at=here, key=True)
        return None

    def _step(
        self, written: schema.Step, asked: Asked, names: Names, *, flow: str, at: Path
    ) -> Step:
        self._conditions.check(written.if_, names, at=(*at, "if"))
        if not written.ask:
            self._source.add("a question must be asked", at=(*at, "ask"))
        return Step(
            id=written.id,
            asks=self._replies.variants(written.ask, None, names, at=at, key="ask"),
            asked=asked,
            errors=self._replies.variants(written.error, None, names, at=at, key="error"),
            retries=written.retries,
            on_fail=self._actions.actions(
                written.on_fail, names, place=f"{flow}.{written.id}", at=(*at, "on_fail")
            ),
            conditions=written.if_,
        )

    def _cancel(self, written: schema.Flow, *, at: Path) -> Matcher | None:
        if not written.cancel:
            return None
        for position, word in enumerate(written.cancel):
            if not plain(word):
                text = f'"{word}" holds no letter and no digit, so no message can match it'
                self._source.add(text, at=(*at, "cancel", position))
                return None
        return compile_matches(
            (schema.Match.model_construct(words=written.cancel),), self._vocabulary
        )

    def _done(self, written: schema.Flow, names: Names, *, flow: str, at: Path) -> list[Done]:
        found = []
        for position, entry in enumerate(written.done):
            here = (*at, "done", position)
            self._conditions.check(entry.if_, names, at=(*here, "if"))
            if not entry.if_ and position < len(written.done) - 1:
                text = 'an entry without "if" holds always, so the entries below are never used'
                self._source.add(text, at=here)
            # A place of its own for each entry: what fails there is found by it.
            place = f"{flow}.done{position + 1 if position else ''}"
            actions = self._actions.actions(entry, names, place=place, at=here)
            if actions:
                found.append(Done(conditions=entry.if_, actions=actions))
        return found

    def _check_interrupt(self, name: str, rules: Mapping[str, Rule | None], *, at: Path) -> None:
        rule = rules.get(name)
        if name not in rules:
            self._source.add(no_such("rule", name, rules), at=at)
        elif rule and (rule.event or rule.matcher is None):
            text = f'"{name}" has no match, so it would interrupt every answer'
            self._source.add(text, at=at)
