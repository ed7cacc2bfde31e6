"""The names that the texts of one file may use, in each context."""

from collections.abc import Mapping

from bot.events import Kind
from bot.rules.answers import Asked, value_of
from bot.rules.hours import TOLD
from bot.rules.languages import Language
from bot.rules.names import CONTACT, MESSAGE, NAMES, Names
from bot.rules.state import Answer
from bot.rules.tables import Table

# What an answer may look like, to try texts with.
_ANSWERS: Mapping[str, Answer] = {
    "text": "Jl. Melati 5",
    "int": 2,
    "number": 2.5,
    "phone": "6281200000017",
    "email": "siti@contoh.id",
    "date": "2026-01-05",
}


class Scopes:
    """The names of each context, with a plausible value for each."""

    def __init__(
        self,
        *,
        variables: Mapping[str, object],
        schedules: Mapping[str, object],
        tables: Mapping[str, Table | None],
        language: Language,
    ) -> None:
        self._language = language
        self._sections: Names = {
            **variables,
            "vars": variables,
            "hours": {name: dict.fromkeys(TOLD, "09:00") for name in schedules},
            "tables": {name: table.rows if table else () for name, table in tables.items()},
        }
        self.message = self._with(MESSAGE)
        self.contact = self._with(CONTACT)
        self._events = {kind: self._with(names) for kind, names in NAMES.items()}

    def event(self, kind: Kind) -> Names:
        """Return the names of texts about an event."""
        return self._events[kind]

    def captured(self, asked: Mapping[str, Asked]) -> Names:
        """Return the names of texts about a message that matched a pattern."""
        if not asked:
            return self.message
        found = {name: self._sample(each) for name, each in asked.items()}
        return {**self.message, "captured": found}

    def flow(self, steps: Mapping[str, Asked]) -> Names:
        """Return the names of a flow's texts."""
        found = {name: self._sample(each) for name, each in steps.items()}
        return {**self.message, "form": found}

    def _with(self, names: Names) -> Names:
        return {**self._sections, **names}

    def _sample(self, asked: Asked) -> object:
        if asked.kind == "table":
            table = asked.table
            return (table.rows[0] if table.rows else table.absent) if table else ""
        if asked.kind == "choice":
            return next(iter(asked.choices), "")
        return value_of(_ANSWERS[asked.kind], asked, language=self._language)
