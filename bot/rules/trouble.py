"""What is told of rules that are broken, to those who run the bot."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.rules.errors import Problem

# Numbers of people, and addresses, which may hold a token.
_PRIVATE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){5,}|\w+://\S+")
_TEXT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Trouble:
    """That the rules are broken: the first mistake, how many there are, and since when."""

    problem: Problem
    count: int
    since: datetime

    def in_public(self) -> str:
        """Return the mistake without the folder it is in, and without numbers and addresses."""
        text = _PRIVATE.sub("…", self.problem.text)
        shown = Problem(
            file=Path(self.problem.file).name,
            line=self.problem.line,
            column=self.problem.column,
            path=_PRIVATE.sub("…", self.problem.path),
            text=text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…",
        )
        return str(shown)
