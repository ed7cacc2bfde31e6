"""The rules in force follow the file, as long as the file is good."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.rules import ConversationView, RulesError, Shelf, Turn, play
from bot.rules.extensions import NO_EXTENSIONS, Extensions
from tests.rules.playing import NOW, message


def turn(text: str) -> Turn:
    return Turn(
        event=message(text), now=NOW, received_at=NOW, conversation=ConversationView(name="Siti")
    )


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


BROKEN = "version: 1\nrules: ["
INCLUDING = "version: 1\ninclude: lain.yaml\nrules:\n"
OTHER = "rules:\n  - {id: %s, match: {words: b}, reply: y}\n"


def ids(shelf: Shelf) -> list[str]:
    return [rule.id for rule in shelf.book.rules]


def test_a_change_of_an_included_file_is_read(tmp_path: Path, clock: Clock) -> None:
    other = written(tmp_path / "lain.yaml", OTHER % "satu")
    shelf = Shelf(written(tmp_path / "rules.yaml", INCLUDING), clock=clock)
    written(other, OTHER % "dua")
    clock.time += 1

    assert ids(shelf) == ["dua"]


def test_an_included_file_that_goes_and_comes_back_is_followed(
    tmp_path: Path, clock: Clock
) -> None:
    other = written(tmp_path / "lain.yaml", OTHER % "satu")
    shelf = Shelf(written(tmp_path / "rules.yaml", INCLUDING), clock=clock)
    other.unlink()
    for _ in range(3):
        clock.time += 1
        assert ids(shelf) == ["satu"]
    assert shelf.trouble is not None
    assert 'there is no file "lain.yaml"' in shelf.trouble.problem.text

    written(other, OTHER % "dua")
    clock.time += 1

    assert ids(shelf) == ["dua"]
    assert shelf.trouble is None


def test_a_file_that_is_included_later_is_watched_from_then_on(
    tmp_path: Path, clock: Clock
) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    other = written(tmp_path / "lain.yaml", OTHER % "dua")
    written(file, INCLUDING)
    clock.time += 1
    assert ids(shelf) == ["dua"]

    written(other, OTHER % "tiga")
    clock.time += 2

    assert ids(shelf) == ["tiga"]


def test_a_save_by_rename_is_seen_even_with_the_same_time_and_size(
    tmp_path: Path, clock: Clock
) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    saved = tmp_path / "rules.yaml~"
    saved.write_text(GOOD % "dua1")
    time_of_first = file.stat().st_mtime_ns
    os.utime(saved, ns=(time_of_first, time_of_first))
    saved.rename(file)
    clock.time += 1

    assert ids(shelf) == ["dua1"]


def test_a_file_that_is_away_for_a_moment_is_no_trouble(tmp_path: Path, clock: Clock) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    file.unlink()
    clock.time += 1

    with capture_logs() as logs:
        assert ids(shelf) == ["satu"]
        written(file, GOOD % "dua")
        clock.time += 0.3
        assert ids(shelf) == ["dua"]
    assert [entry["event"] for entry in logs] == ["rules_loaded"]


def test_a_half_written_file_is_left_alone_until_it_is_still(tmp_path: Path, clock: Clock) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    real = [time.time()]
    shelf = Shelf(file, clock=clock, now=lambda: datetime.fromtimestamp(real[0], UTC))
    with capture_logs() as logs:
        for text in (BROKEN, GOOD % "dua"):
            file.write_text(text)
            os.utime(file, (real[0], real[0]))
            clock.time += 1 if text == BROKEN else 0.1
            assert ids(shelf) == ["satu"]
            real[0] += 0.1
        real[0] += 0.2
        clock.time += 0.3
        assert ids(shelf) == ["dua"]
    assert [entry["event"] for entry in logs] == ["rules_loaded"]


def test_a_file_that_is_never_still_is_read_after_a_second(tmp_path: Path, clock: Clock) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    real = [time.time()]
    shelf = Shelf(file, clock=clock, now=lambda: datetime.fromtimestamp(real[0], UTC))
    looks = 0
    while ids(shelf) == ["satu"] and looks < 20:
        looks += 1
        file.write_text(GOOD % "dua")
        os.utime(file, (real[0], real[0]))
        clock.time += 1 if looks == 1 else 0.25
        real[0] += 0.1

    assert ids(shelf) == ["dua"]
    assert looks < 8


def test_trouble_says_what_how_much_and_since_when(tmp_path: Path, clock: Clock) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    moments = iter(datetime(2026, 1, 5, 10, minute, tzinfo=UTC) for minute in range(60))
    shelf = Shelf(file, clock=clock, now=lambda: next(moments))
    assert shelf.trouble is None

    written(file, (GOOD % "satu") + "  - {id: b, balas: x}\n  - {id: c, balas: x}\n")
    clock.time += 1
    trouble = shelf.trouble
    written(file, BROKEN)
    clock.time += 1
    later = shelf.trouble

    assert trouble is not None
    assert (trouble.problem.line, trouble.count) == (4, 2)
    assert later is not None
    assert later.count == 1
    assert later.since == trouble.since


def test_what_is_told_in_public_holds_no_folder_number_or_address(
    tmp_path: Path, clock: Clock
) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    written(file, "version: 1\nadmins: {bos: {to: 08120000017}}\n" + (GOOD % "x")[11:])
    clock.time += 1

    assert shelf.trouble is not None
    assert shelf.trouble.in_public() == (
        "rules.yaml:2:20: admins.bos.to: expected a phone number with its country code,"
        ' such as 62812…, got "…"; did you mean "…"?'
    )


def test_a_patient_shelf_waits_for_good_rules(tmp_path: Path, clock: Clock) -> None:
    file = written(tmp_path / "rules.yaml", BROKEN)
    shelf = Shelf(file, clock=clock, patient=True)
    with pytest.raises(RulesError):
        shelf.book  # noqa: B018 - reading it is what is tried
    assert shelf.trouble is not None

    written(file, GOOD % "satu")
    clock.time += 1

    assert ids(shelf) == ["satu"]


def test_a_module_of_the_user_is_watched_too(tmp_path: Path, clock: Clock) -> None:
    text = "version: 1\nsettings: {module: toko}\n" + (GOOD % "a")[11:]
    file = written(tmp_path / "rules.yaml", text)
    module = written(tmp_path / "toko.py", "")
    calls: list[str] = []
    shelf = Shelf(file, clock=clock, extend=extended(calls))
    clock.time += 2
    shelf.look()
    before = len(calls)

    written(module, "# lain")
    clock.time += 1
    shelf.look()

    assert len(calls) == before + 1


def extended(calls: list[str]) -> Callable[[str], Extensions]:
    def extend(name: str) -> Extensions:
        calls.append(name)
        return NO_EXTENSIONS

    return extend


def test_twenty_saves_good_and_broken_answer_everything_with_good_rules(
    tmp_path: Path, clock: Clock
) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "r0")
    shelf = Shelf(file, clock=clock)
    good, answered = "r0", list[str]()
    for number in range(1, 21):
        is_good = number % 3 != 0
        if number % 2:
            written(file, GOOD % f"r{number}" if is_good else BROKEN)
        else:
            saved = written(tmp_path / "new.yaml", GOOD % f"r{number}" if is_good else BROKEN)
            saved.rename(file)
        clock.time += 1.5
        good = f"r{number}" if is_good else good
        answer = play(shelf.book, turn("a"))
        answered.extend(answer.explanation.rules)
        assert answered[-1] == good
        assert (shelf.trouble is None) is is_good

    assert len(answered) == 20


def test_a_file_that_is_named_before_it_is_there_is_waited_for(
    tmp_path: Path, clock: Clock
) -> None:
    file = written(tmp_path / "rules.yaml", GOOD % "satu")
    shelf = Shelf(file, clock=clock)
    written(file, INCLUDING)
    clock.time += 1
    assert ids(shelf) == ["satu"]

    written(tmp_path / "lain.yaml", OTHER % "dua")
    clock.time += 1

    assert ids(shelf) == ["dua"]


def test_a_change_while_the_file_is_read_is_seen_the_next_time(
    tmp_path: Path, clock: Clock
) -> None:
    text = "version: 1\nsettings: {module: toko}\n" + (GOOD % "%s")[11:]
    file = written(tmp_path / "rules.yaml", text % "satu")
    saves = iter([text % "dua"])

    def extend(name: str) -> Extensions:
        for save in saves:
            written(file, save)
        return NO_EXTENSIONS

    shelf = Shelf(file, clock=clock, extend=extend)
    assert ids(shelf) == ["satu"]
    clock.time += 1

    assert ids(shelf) == ["dua"]
