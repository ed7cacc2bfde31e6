"""The rules in force follow the file, as long as the file is good."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.rules import RulesError, Shelf

GOOD = "version: 1\nrules:\n  - {id: %s, match: {words: a}, reply: x}\n"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += 0.001
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


def written(file: Path, text: str) -> Path:
    """Write the file as an editor does, so that its time and size change."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text)
    os.utime(file, ns=(before + 10**9, before + 10**9))
    return file


def test_a_changed_file_is_read_again(tmp_path: Path, clock: Clock) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    written(file, GOOD % "dua")
    clock.time += 1

    assert shelf.book.rules[0].id == "dua"


def test_the_file_is_looked_at_once_a_second_at_most(tmp_path: Path, clock: Clock) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    written(file, GOOD % "dua")

    assert shelf.book.rules[0].id == "satu"


def test_a_broken_file_leaves_the_last_good_rules_in_force_loudly(
    tmp_path: Path, clock: Clock
) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    written(file, "version: 1\nrules: [")
    clock.time += 1

    with capture_logs() as logs:
        assert shelf.book.rules[0].id == "satu"
    assert [(entry["log_level"], entry["event"]) for entry in logs] == [("error", "rules_broken")]

    written(file, GOOD % "tiga")
    clock.time += 1
    assert shelf.book.rules[0].id == "tiga"


def test_a_broken_file_is_told_once(tmp_path: Path, clock: Clock) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    file.unlink()

    with capture_logs() as logs:
        for _ in range(5):
            clock.time += 1
            assert shelf.book.rules[0].id == "satu"
    assert len(logs) == 1


def test_a_file_that_is_broken_from_the_start_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "rules.yaml", "version: 1")

    with pytest.raises(RulesError):
        Shelf(file)
