"""What can be wrong with a rules file.

::

    RulesError      the rules cannot be used; holds every problem found, in the order of the lines
    TextFailed      a text could not be written for one message; the rule is skipped
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake, in one sentence. `line` and `column` count from 1; 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.text) if part)


class RulesError(Exception):
    """The rules file cannot be used. `files` are all that were read or looked for, the main one
    first: a change of any of them may mend it."""

    def __init__(self, problems: Iterable[Problem], *, files: Sequence[str] = ()) -> None:
        different = dict.fromkeys(problems)
        self.files = tuple(dict.fromkeys((*files, *(problem.file for problem in different))))
        self.problems = tuple(sorted(different, key=self._place))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def _place(self, problem: Problem) -> tuple[int, int, int]:
        return self.files.index(problem.file), problem.line, problem.column


class TextFailed(Exception):
    """A text could not be written; the message says why and quotes nobody."""
