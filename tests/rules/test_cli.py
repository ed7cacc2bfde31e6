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
    assert result.output.startswith(f"✓ {SHIPPED}: 13 rules, ")


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
    assert "guards:  takeover" in explain("halo", "--taken-over")
    assert "guards:  handover" in explain("halo", "--handed-over")


def test_explain_plays_a_new_contact_a_button_and_a_type() -> None:
    assert "sapaan-pertama" in explain("halo", "--first").split("reply 1")[1]
    assert "from order" in explain("--button", "btn_order")
    assert "reply:   none" in explain("--type", "sticker")


def test_explain_takes_a_time_and_refuses_what_is_none() -> None:
    assert "from halo" in explain("halo", "--at", "2026-01-04 20:00")
    assert run("explain", "--file", SHIPPED, "halo", "--at", "besok").exit_code == 2


def test_explain_tells_an_effect() -> None:
    assert "no more automatic replies for this contact (berhenti)" in explain("stop")


def test_explain_tells_a_handover() -> None:
    output = explain("cs", "--at", "2026-01-05 10:00")

    assert "effect:  a person answers until 2026-01-05 07:00 UTC (cs)" in output
    assert "effect:  notify pemilik: Siti (6281200000017) menunggu jawaban Anda." in output


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


def test_explain_shows_lists_and_media(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(MENU)

    listed = run("explain", "a", "--file", str(file)).output
    media = run("explain", "b", "--file", str(file)).output

    assert "reply 1: from a, list, 5 characters" in listed
    assert listed.endswith(
        "  │ Pilih\n  │ [Lihat]\n  │ Kopi:\n"
        "  │ [1] Gayo - 250 g  (button: gayo)\n  │ [2] Lampung  (button: Lampung)\n"
    )
    assert media.endswith("  │ <document: promo.pdf (A.pdf)>\n  │ Promo\n")


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
