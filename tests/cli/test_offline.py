"""flask chat --offline: a conversation with the rules file alone."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.chat import chat
from bot.cli.offline.chat import OfflineChat
from bot.cli.offline.words import WORDS

RULES = """\
version: 1
settings: {timezone: Asia/Jakarta}
admins: {pemilik: {to: "6281200000077"}}
rules:
  - {id: berhenti, always: true, match: {exact: stop}, opt_out: true, reply: Baik}
  - {id: mulai, match: {exact: /start}, opt_in: true, reply: Mulai}
  - {id: baru, if: {first: true}, reply: Selamat datang, continue: true}
  - id: menu
    match: {words: menu}
    reply: {text: Pilih, buttons: [{id: btn_harga, title: Harga}, {id: btn_cs, title: CS}]}
  - {id: harga, match: [{words: harga}, {button: btn_harga}], reply: Rp 5.000}
  - id: cs
    match: [{words: cs}, {button: btn_cs}]
    handover: {for: 4h, notify: pemilik}
    reply: Ya
  - {id: foto, match: {type: image}, reply: "Foto: {{ caption }}"}
  - {id: form, match: {words: form}, start: form}
  - {id: jam, match: {words: jam}, reply: "Pukul {{ now.time }}"}
  - {id: ditelepon, event: call.received, reply: Jangan telepon}
  - {id: putus, event: device.disconnected, notify: {to: pemilik, text: "Putus {{ reason }}"}}
fallback: {reply: Tidak paham}
flows:
  form:
    timeout: 30m
    on_timeout: {reply: Habis waktunya}
    steps: [{id: nama, ask: Siapa nama Anda?}]
    done: {reply: "Halo {{ form.nama }}", record: {kind: tamu, fields: [nama]}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


def talk(file: Path, *lines: str, gateway: str = "wagate") -> str:
    """Return all that is printed after the first line."""
    result = invoke(file, *lines, gateway=gateway)
    assert result.exit_code == 0, result.output
    return result.output


def invoke(file: Path, *lines: str, gateway: str = "wagate") -> Result:
    arguments = ("--offline", "--file", str(file), "--gateway", gateway)
    return CliRunner().invoke(chat, arguments, input="".join(f"{line}\n" for line in lines))


def answers(file: Path, *lines: str, gateway: str = "wagate") -> list[str]:
    """Return the first line of each reply."""
    output = talk(file, *lines, gateway=gateway).splitlines()
    return [line.partition("> ")[2] for line in output if line.startswith("Balas")]


def test_answers_and_shows_which_rule_did(file: Path) -> None:
    output = talk(file, "harga")

    assert "Siti> harga\nBalas> Selamat datang\n\n       Rp 5.000\n" in output
    assert "       (aturan baru + harga)" in output


def test_ends_at_the_end_of_the_input_and_when_told(file: Path) -> None:
    assert "Siti> cs" not in talk(file, "harga", "/keluar", "cs")
    assert invoke(file).exit_code == 0


def test_shows_buttons_with_numbers_that_press_them(file: Path) -> None:
    assert "       1. Harga\n" in talk(file, "menu")
    assert answers(file, "menu", "1")[-1] == "Rp 5.000"
    assert "       [1] Harga\n" in talk(file, "menu", gateway="meta")
    assert answers(file, "menu", "1", gateway="meta")[-1] == "Rp 5.000"


def test_shows_the_form_and_what_is_kept(file: Path) -> None:
    output = talk(file, "form", "Budi")

    assert "(aturan baru + form · menunggu form.nama)" in output
    assert "(dari form.done" in output
    assert "dicatat tamu: nama = Budi)" in output


def test_shows_who_is_told_and_what_stops_a_message(file: Path) -> None:
    output = talk(file, "cs", "harga", "/tunggu 4h", "harga")

    assert "pemilik diberi tahu: Siti (6281200000017)" in output
    assert "diserahkan ke orang" in output
    assert "(tidak dijawab: handover)" in output
    assert output.rstrip().endswith("Balas> Rp 5.000\n       (aturan harga)")


def test_time_passes_with_what_is_due(file: Path) -> None:
    assert answers(file, "form", "/tunggu 31m")[-1] == "Habis waktunya"
    assert "(dari form.on_timeout)" in talk(file, "form", "/tunggu 31m")
    assert answers(file, "form", "/wait 29m")[-1] == "Selamat datang"


def test_the_clock_moves_on_to_a_time_and_back_by_beginning_anew(file: Path) -> None:
    output = talk(file, "/jam 20:00", "jam", "/jam 20:00", "/at 2026-01-04 20:00", "jam")

    assert output.count("20:00\n") >= 3
    assert "Pukul 20:00" in output
    assert "semuanya dilupakan\n       sekarang Minggu 2026-01-04 20:00" in output


def test_media_buttons_calls_and_events_happen(file: Path) -> None:
    assert answers(file, "/foto bukti")[-1] == "Selamat datang"
    assert "Foto: bukti" in talk(file, "/photo bukti")
    assert "Rp 5.000" in talk(file, "/tombol btn_harga")
    assert answers(file, "/telepon") == ["Jangan telepon"]
    assert "pemilik diberi tahu: Putus logout" in talk(
        file, "/kejadian device.disconnected reason=logout"
    )
    assert "(diam)" in talk(file, "halo", "/stiker")


def test_the_owner_takes_over(file: Path) -> None:
    output = talk(file, "/gateway whatsgate", "/pemilik halo", "harga")
    assert "(tidak dijawab: takeover)" in output
    assert "wagate does not tell what you write from the phone" in talk(file, "/owner halo")


def test_another_contact_and_a_fresh_start(file: Path) -> None:
    output = talk(file, "harga", "harga", "/baru", "harga", "/ulang", "harga")

    assert output.count("Selamat datang") == 3
    assert "kontak baru: Budi" in output
    assert "Budi> harga" in output


def test_what_is_said_to_somebody_else_names_them(file: Path) -> None:
    output = talk(file, "form", "/baru", "/tunggu 31m")

    assert "Balas (→ Siti)> Habis waktunya" in output


def test_tells_why(file: Path) -> None:
    assert "belum ada yang terjadi" in talk(file, "/mengapa")
    output = talk(file, "harga", "/mengapa")
    assert "harga (line 11): ANSWERED" in output
    assert "fallback (line" in output


def test_opting_out_and_in_is_shown(file: Path) -> None:
    output = talk(file, "stop", "harga", "//start")

    assert "tidak mau dibalas otomatis lagi" in output
    assert "(tidak dijawab: opted-out)" in output
    assert "· mau dibalas otomatis lagi)" in output


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/photoo", 'tidak ada perintah "/photoo", maksud Anda "/photo"?'),
        ("/tunggu lama", "expected a duration such as 10m"),
        ("/tunggu", "expected a duration"),
        ("/jam besok", "expected a date and a time"),
        ("/jam 9999-12-31 23:59", "expected a date and a time"),
        ("/gateway xyz", "/gateway meta | wagate"),
        ("/kejadian device.lost", '"device.lost" is no event'),
        ("/kejadian", "is no event"),
    ],
)
def test_a_mistake_is_told_and_ends_nothing(file: Path, line: str, told: str) -> None:
    output = talk(file, line, "harga")

    assert told in output
    assert "Rp 5.000" in output


def test_helps_in_the_language_of_the_file(file: Path) -> None:
    assert "majukan jam" in talk(file, "/bantuan")
    file.write_text(RULES.replace("{timezone:", "{language: en, timezone:"))
    output = talk(file, "/help", "harga")
    assert "move the clock on" in output
    assert "(rule baru + harga)" in output


def test_a_saved_file_is_read_before_the_next_turn(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offline = OfflineChat(file, gateway="wagate")
    offline.hear("form")
    file.write_text(RULES.replace("Halo {{ form.nama }}", "Hai {{ form.nama }}, senang bertemu"))
    offline.hear("Budi")

    output = capsys.readouterr().out
    assert "dibaca lagi: versi" in output
    assert "Balas> Hai Budi, senang bertemu" in output


def test_a_broken_file_is_told_once_and_the_old_rules_stay(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offline = OfflineChat(file, gateway="wagate")
    file.write_text(RULES.replace("reply: Rp", "replay: Rp"))
    offline.hear("harga")
    offline.hear("harga")

    told = capsys.readouterr()
    assert told.err.count("rules.yaml:11:") == 1
    assert told.out.count("aturan yang lama tetap dipakai") == 1
    assert told.out.count("Rp 5.000") == 2


def test_a_file_that_is_broken_from_the_start_can_be_mended(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("version: 1\nrules: apa\n")
    offline = OfflineChat(file, gateway="wagate")
    assert offline.hear("harga")
    assert not offline.has_begun
    file.write_text(RULES)
    offline.hear("harga")

    assert "Balas> Selamat datang" in capsys.readouterr().out


def test_a_file_that_is_never_good_fails_the_command(file: Path) -> None:
    file.unlink()
    result = invoke(file, "halo")

    assert result.exit_code == 1
    assert "the file cannot be read" in result.output


def test_what_steers_a_terminal_is_shown_not_sent(file: Path) -> None:
    file.write_text(RULES.replace("Tidak paham", '"Kata Anda {{ message.text }}"'))

    assert "\x1b" not in talk(file, "\x1b[2J halo")


def test_what_is_no_text_is_a_message_like_any_other(file: Path) -> None:
    arguments = ("--offline", "--file", str(file))
    result = CliRunner().invoke(chat, arguments, input=b"\xff\xfe\nharga\n")

    assert result.exit_code == 0
    assert "Rp 5.000" in result.output


def test_the_end_of_the_calendar_is_a_mistake(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offline = OfflineChat(file, gateway="wagate")
    assert offline._rehearsal is not None
    offline._rehearsal.now = datetime(9999, 12, 30, tzinfo=UTC)
    offline.hear("/wait 366d")

    assert "date value out of range" in capsys.readouterr().out
    assert offline.hear("/reset")


def test_needs_no_configuration_and_no_database(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith(("DATABASE", "REDIS", "WAGATE", "META")):
            monkeypatch.delenv(name)

    assert answers(file, "harga")


def test_options_of_the_offline_chat_need_it() -> None:
    result = CliRunner().invoke(chat, ["--file", "rules.yaml"])

    assert result.exit_code == 2
    assert "--file needs --offline" in result.output


def test_a_module_of_ones_own_is_used(file: Path) -> None:
    (file.parent / "toko_luring.py").write_text(
        "from bot.extend import action, task\n\n\n"
        '@action("antrean")\ndef queue(occasion):\n    return "Nomor 7"\n\n\n'
        '@task("lacak")\ndef track(occasion):\n    return "Sudah sampai"\n\n\n'
        '@action("rusak")\ndef broken(occasion):\n    raise KeyError("rahasia")\n'
    )
    file.write_text(
        "version: 1\nsettings: {module: toko_luring}\nrules:\n"
        "  - {id: a, match: {words: antre}, call: antrean}\n"
        "  - {id: b, match: {words: lacak}, call: lacak}\n"
        "  - {id: c, match: {words: rusak}, call: rusak}\n"
    )

    output = talk(file, "antre", "lacak", "rusak", "antre")
    assert output.count("Nomor 7") == 2
    assert "akan bertanya ke lacak; di sini tidak ada yang menjawab" in output
    assert "kode Anda sendiri gagal: KeyError at" in output
    assert "rahasia" not in output
    arguments = ["--offline", "--tasks", "--file", str(file)]
    assert "Sudah sampai" in CliRunner().invoke(chat, arguments, input="lacak\n").output
    assert "toko_luring" not in sys.modules


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["id"].keys() == WORDS["en"].keys()
