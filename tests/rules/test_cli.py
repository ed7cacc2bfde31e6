"""flask rules: what the owner of the file sees."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.rules import rules

SHIPPED = str(Path(__file__).parents[2] / "rules.yaml")
BROKEN = "version: 1\nrules:\n  - id: a\n    match: {word: x}\n    reply: x\n    cooldown: lama\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, arguments)


def test_check_says_that_the_file_is_good() -> None:
    result = run("check", SHIPPED)

    assert result.exit_code == 0
    assert re.fullmatch(rf"✓ {SHIPPED}: \d+ rules, \d+ words, version \w+\n", result.output)


def test_check_tells_every_problem_and_fails(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(BROKEN)

    result = run("check", str(file))

    assert result.exit_code == 1
    assert f'{file}:4:13: rules[0].match.word: unknown key "word"' in result.output
    assert f"{file}:6:15: rules[0].cooldown: expected a duration" in result.output
    assert "✗ 2 problems" in result.stdout


def test_check_counts_one_as_one(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\nrules:\n  - {id: a, match: {words: a}, reply: x}\n")

    assert "1 rule, 1 word, version" in run("check", str(file)).stdout


def test_check_tells_of_a_function_where_no_module_is_set(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\nrules:\n  - {id: a, match: {words: a}, call: stok}\n")

    assert 'no function "stok"; settings.module is not set' in run("check", str(file)).stdout


def test_check_reads_the_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(BROKEN)
    monkeypatch.setenv("RULES_FILE", str(file))

    assert run("check").exit_code == 1
    assert str(file) in run("check").output


def test_check_tells_a_gateway_that_hears_no_takeover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(MENU)
    monkeypatch.setenv("WAGATE_WEBHOOK_SECRET", "rahasia")
    monkeypatch.setenv("WHATSGATE_WEBHOOK_TOKEN", "sandi")

    output = run("check", str(file)).output

    assert f"! {file}: wagate does not tell what you write from the phone" in output
    assert "whatsgate does not tell" not in output


MENU = """\
version: 1
rules:
  - {id: a, match: {words: a}, reply: {text: Pilih, list: {label: Lihat, sections: [
      {title: Kopi, rows: [{id: gayo, title: Gayo, description: 250 g}, Lampung]}]}}}
  - {id: b, match: {words: b}, reply: {text: Promo, media: {document: promo.pdf, filename: A.pdf}}}
  - {id: c, match: {button: [gayo, lampung]}, reply: y}
"""


def test_check_warns_of_limits_and_missing_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(MENU.replace("Lampung]", "Kopi dari gunung yang tinggi]"))
    monkeypatch.setenv("META_APP_SECRET", "rahasia")
    monkeypatch.setenv("META_VERIFY_TOKEN", "sandi")

    result = run("check", str(file))

    assert result.exit_code == 0
    assert "has 28 characters, and meta takes 24" in result.output
    assert 'there is no file "promo.pdf" beside the rules file' in result.output
    assert "csku" not in result.output


@pytest.mark.parametrize(
    ("public_url", "media", "is_told"),
    [
        ("", "document: promo.pdf", True),
        ("https://balas.contoh.id", "document: promo.pdf", False),
        ("", 'document: "https://toko.contoh.id/promo.pdf"', False),
    ],
)
def test_check_tells_a_gateway_that_cannot_get_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, public_url: str, media: str, *, is_told: bool
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(MENU.replace("document: promo.pdf", media))
    (tmp_path / "promo.pdf").write_bytes(b"x")
    monkeypatch.setenv("WAGATE_WEBHOOK_SECRET", "rahasia")
    monkeypatch.setenv("WAGATE_API_TOKEN", "kunci")
    monkeypatch.setenv("PUBLIC_URL", public_url)

    output = run("check", str(file)).output

    assert ("wagate takes files by address only: set PUBLIC_URL" in output) is is_told


WARNED = (
    "version: 1\nrules:\n  - {id: a, match: {words: x}, reply: x}\n"
    "  - {id: b, match: {words: x}, reply: y}\n"
)


def test_check_tells_mistakes_to_machines(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(BROKEN)

    result = run("check", str(file), "--format", "json")
    told = json.loads(result.stdout)

    assert result.exit_code == 1
    assert (told["file"], told["version"]) == (str(file), None)
    assert told["problems"][0] == {
        "file": str(file),
        "line": 4,
        "column": 13,
        "path": "rules[0].match.word",
        "text": 'unknown key "word"; did you mean "words"?',
        "severity": "error",
    }
    assert len(told["problems"]) == 2


def test_check_tells_warnings_to_machines_and_does_not_fail(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(WARNED)

    result = run("check", str(file), "--format", "json")
    told = json.loads(result.stdout)

    assert result.exit_code == 0
    assert told["version"]
    assert {problem["severity"] for problem in told["problems"]} == {"warning"}
    assert any(problem["line"] == 4 for problem in told["problems"])


@pytest.mark.parametrize("form", ["text", "json"])
def test_check_fails_on_warnings_when_it_is_to_be_strict(tmp_path: Path, form: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(WARNED)

    assert run("check", str(file), "--format", form).exit_code == 0
    assert run("check", str(file), "--format", form, "--strict").exit_code == 1


def test_check_takes_a_folder(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(BROKEN)

    assert f"{tmp_path}/rules.yaml:4:13:" in run("check", str(tmp_path)).output


def test_schema_prints_what_is_committed() -> None:
    committed = Path(__file__).parents[2] / "rules.schema.json"

    assert run("schema").stdout == committed.read_text(encoding="utf-8")


def test_diff_tells_what_changed_and_ends_with_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(WARNED)
    new.write_text(WARNED.replace("reply: y", "reply: z"))

    changed = run("diff", str(old), str(new))
    same = run("diff", str(old), str(old))

    assert (changed.exit_code, changed.output) == (1, 'rule "b": reply: y → z\n')
    assert (same.exit_code, same.output) == (0, "both mean the same\n")


def test_diff_of_a_broken_file_tells_its_mistakes_and_ends_with_two(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(WARNED)
    new.write_text(BROKEN)

    result = run("diff", str(old), str(new))

    assert result.exit_code == 2
    assert f"{new}:4:13:" in result.output


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """Give a file that differs from the one that was committed last, with one that it includes."""
    file = tmp_path / "rules.yaml"
    file.write_text(WARNED.replace("rules:", "include: lain.yaml\nrules:"))
    (tmp_path / "lain.yaml").write_text("vars: {harga: 50.000}\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=Siti", "-c", "user.email=siti@contoh.id"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Rules"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    (tmp_path / "lain.yaml").write_text("vars: {harga: 55.000}\n")
    return file


@pytest.mark.parametrize("revision", ["HEAD", "git:HEAD", "git:HEAD~0"])
def test_diff_compares_with_what_was_committed(committed: Path, revision: str) -> None:
    result = run("diff", revision, str(committed))

    assert (result.exit_code, result.output) == (1, 'var "harga": 50.000 → 55.000\n')


@pytest.mark.parametrize("revision", ["git:--output=x", "git:nothing", "git:HEAD; ls"])
def test_diff_refuses_what_is_no_commit(committed: Path, revision: str) -> None:
    result = run("diff", revision, str(committed))

    assert result.exit_code == 2
    assert "Error: " in result.output
