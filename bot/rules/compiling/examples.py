"""Compile the tests of a file, and refuse those that could never fail."""

from collections.abc import Collection, Mapping, Sequence

from bot.rules import schema
from bot.rules.checking import check
from bot.rules.compiling.conditions import no_such
from bot.rules.parts import FALLBACK, Flow, Rule, Test
from bot.rules.source import Path, Source, Value

HAPPENS = ("say", "press", "send", "event", "owner", "wait")
NONE = "none"
_LISTED = ", ".join(HAPPENS[:-1]) + f" or {HAPPENS[-1]}"


class ExampleCompiler:
    """Compiles the tests of one file; mistakes are noted in its source."""

    def __init__(
        self,
        source: Source,
        *,
        rules: Sequence[Rule],
        flows: Mapping[str, Flow],
        admins: Collection[str],
    ) -> None:
        self._source = source
        self._rules = dict.fromkeys([*(rule.id for rule in rules), FALLBACK, NONE])
        self._questions = dict.fromkeys(
            [*(f"{name}.{step.id}" for name, flow in flows.items() for step in flow.steps), NONE]
        )
        self._admins = dict.fromkeys([*admins, NONE])
        # Names that a mistake elsewhere has taken away are not missed here once more.
        self._knows_names = not source.problems

    def tests(self, entries: Sequence[Value]) -> tuple[Test, ...]:
        """Return the compiled tests."""
        found = []
        for position, entry in enumerate(entries):
            at: Path = ("tests", position)
            example = check(self._source, schema.Example, entry, at=at)
            if example is not None:
                self._check(example, at=at)
                line = self._source.marks[at].line
                found.append(Test(example=example, file=self._source.file_of(at), line=line))
        return tuple(found)

    def _check(self, example: schema.Example, *, at: Path) -> None:
        if example.talk:
            for key in (*HAPPENS, "after", "expect"):
                if key in example.model_fields_set:
                    text = f'with "talk", "{key}" stands in each turn of it'
                    self._source.add(text, at=(*at, key), key=True)
            for position, turn in enumerate(example.talk):
                self._check_turn(turn, at=(*at, "talk", position))
        else:
            self._check_turn(example, at=at)
        turns = example.talk or (example,)
        if not any(turn.expect.model_fields_set for turn in turns):
            text = 'it expects nothing, so it cannot fail: give it an "expect"'
            self._source.add(text, at=at, key=True)

    def _check_turn(self, turn: schema.Happening, *, at: Path) -> None:
        happens = [key for key in HAPPENS if key in turn.model_fields_set]
        if not happens:
            self._source.add(f"nothing happens: give it {_LISTED}", at=at, key=True)
        elif len(happens) > 1:
            text = f'"{happens[0]}" and "{happens[1]}" are two turns: write them below "talk"'
            self._source.add(text, at=(*at, happens[1]), key=True)
        if turn.event and turn.event.name not in schema.EVENTS:
            hint = no_such("event", turn.event.name, dict.fromkeys(schema.EVENTS))
            self._source.add(hint, at=(*at, "event"))
        if self._knows_names:
            self._check_names(turn.expect, at=(*at, "expect"))

    def _check_names(self, expect: schema.Expect, *, at: Path) -> None:
        for key, what, names, known in (
            ("rule", "rule", (expect.rule,), self._rules),
            ("rules", "rule", expect.rules or (), self._rules),
            ("flow", "question", (expect.flow,), self._questions),
            ("notify", "admin", expect.notify, self._admins),
        ):
            for name in filter(None, names):
                if name not in known:
                    self._source.add(no_such(what, name, known), at=(*at, key))
