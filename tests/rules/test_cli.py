"""flask rules: what the owner of the file sees."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.rules import rules

SHIPPED = str(Path(__file__).parents[2] / "rules.yaml")
BROKEN = "version: 1\nrules:\n  - id: a\n    match: {word: x}\n    reply: x\n    cooldown: lama\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, arguments)


def explain(*arguments: str) -> str:
    result = run("explain", "--file", SHIPPED, *arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_check_says_that_the_file_is_good() -> None:
    result = run("check", SHIPPED)

    assert result.exit_code == 0
    assert result.output.startswith(f"✓ {SHIPPED}: 12 rules, ")


def test_check_tells_every_problem_and_fails(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(BROKEN)

    result = run("check", str(file))

    assert result.exit_code == 1
    assert f'{file}:4:13: rules[0].match.word: unknown key "word"' in result.output
    assert f"{file}:6:15: rules[0].cooldown: expected a duration" in result.output
    assert "✗ 2 problems" in result.output


def test_check_reads_the_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(BROKEN)
    monkeypatch.setenv("RULES_FILE", str(file))

    assert run("check").exit_code == 1
    assert str(file) in run("check").output


def test_explain_shows_the_normal_form_the_rules_and_the_bubble() -> None:
    output = explain("Harganya berapa, kak?")

    assert "harganya (= harga) · berapa · kak" in output
    assert "harga (line" in output
    assert "ANSWERED" in output
    assert "│ Harga produk kami mulai dari Rp 50.000." in output


def test_explain_says_why_a_rule_does_not_match() -> None:
    output = explain("mau pinjam 5 pcs")

    assert "does not match (words: none of buka, jam; words: none of kapan)" in output
    assert "fallback (line" in output


def test_explain_tells_the_guard_that_stops_a_message() -> None:
    assert "guards:  opted-out" in explain("halo", "--opted-out")


def test_explain_plays_a_new_contact_a_button_and_a_type() -> None:
    assert "sapaan-pertama" in explain("halo", "--first").split("reply 1")[1]
    assert "from order" in explain("--button", "btn_order")
    assert "reply:   none" in explain("--type", "sticker")


def test_explain_takes_a_time_and_refuses_what_is_none() -> None:
    assert "from halo" in explain("halo", "--at", "2026-01-04 20:00")
    assert run("explain", "--file", SHIPPED, "halo", "--at", "besok").exit_code == 2


def test_explain_tells_an_effect() -> None:
    assert "no more automatic replies for this contact (berhenti)" in explain("stop")
