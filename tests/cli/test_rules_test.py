"""flask rules test: run the tests that stand in the rules file."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.rules import rules

RULES = """\
version: 1
rules:
  - {id: harga, match: {words: harga}, reply: Rp 5.000, cooldown: 10m}
fallback: {reply: Tidak paham}
"""
TESTS = """\
tests:
  - name: harga dijawab
    say: harganya?
    expect: {rule: harga}
  - name: harga sekali saja
    talk:
      - {say: harga, expect: {rule: harga}}
      - {say: harga, expect: {rule: harga, reply: Rp}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rules.yaml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, ("test", *arguments))


def test_passes_and_says_where_each_test_stands(file: Path) -> None:
    file.write_text(RULES + TESTS.replace("{rule: harga, reply: Rp}", "{silent: true}"))

    result = run(str(file))

    assert result.exit_code == 0
    assert result.output.startswith(
        f"✓ {file}:6: harga dijawab\n✓ {file}:9: harga sekali saja\n✓ 2 tests passed, 0."
    )


def test_a_failure_shows_what_was_expected_and_what_came_and_why(file: Path) -> None:
    file.write_text(RULES + TESTS)

    result = run(str(file))

    assert result.exit_code == 1
    assert (
        f"""\
✗ {file}:9: harga sekali saja
    turn 2, say: "harga"
      rule: expected harga
            got none
      reply: expected "Rp"
             got no reply
      (harga: cooldown)
✗ 1 of 2 tests failed"""
        in result.output
    )


def test_only_tests_with_a_name_are_run(file: Path) -> None:
    file.write_text(RULES + TESTS)

    assert run(str(file), "--name", "DIJAWAB").exit_code == 0
    assert run(str(file), "--name", "sekali").exit_code == 1


def test_says_so_where_nothing_is_tested(file: Path) -> None:
    file.write_text(RULES)
    result = run("--file", str(file))

    assert result.exit_code == 5
    assert result.output == f"{file} has no tests: write some below tests:\n"

    file.write_text(RULES + TESTS)
    result = run(str(file), "--name", "kopi")

    assert result.exit_code == 5
    assert 'has "kopi" in its name' in result.output


def test_a_broken_file_tells_its_mistakes(file: Path) -> None:
    file.write_text(RULES.replace("reply: Rp", "replay: Rp"))

    result = run(str(file))

    assert result.exit_code == 1
    assert f"{file}:3:" in result.output
    assert "✗ 1 problem" in result.output


def test_tells_an_editor_everything_as_json(file: Path) -> None:
    file.write_text(RULES + TESTS)

    result = run(str(file), "--format", "json")
    told = json.loads(result.output)

    assert result.exit_code == 1
    assert (told["file"], told["passed"], told["failed"]) == (str(file), 1, 1)
    assert told["tests"][0] == {
        "name": "harga dijawab",
        "file": str(file),
        "line": 6,
        "passed": True,
    }
    assert told["tests"][1]["failure"] == {
        "turn": 2,
        "happened": 'say: "harga"',
        "error": None,
        "differences": [
            {"key": "rule", "expected": "harga", "got": "none"},
            {"key": "reply", "expected": '"Rp"', "got": "no reply"},
        ],
        "reasons": ["harga: cooldown"],
    }


def test_what_steers_a_terminal_is_shown_not_sent(file: Path) -> None:
    file.write_text(RULES + 'tests:\n  - {name: "a\\e[2J", say: harga, expect: {rule: harga}}\n')

    assert "\x1b" not in run(str(file)).output
