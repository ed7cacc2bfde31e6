"""flask rules explain: a readable trace of one message."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.rules import rules

EXAMPLE = str(Path(__file__).parents[1] / "rules" / "example.yaml")
OPEN = ("--at", "2026-01-05 10:00")


def run(*arguments: str, file: str = EXAMPLE) -> Result:
    return CliRunner().invoke(rules, ("explain", "--file", file, *OPEN, *arguments))


def explain(*arguments: str, file: str = EXAMPLE) -> str:
    result = run(*arguments, file=file)
    assert result.exit_code == 0, result.output
    return result.output


def line_of(output: str, start: str) -> str:
    return next(line.strip() for line in output.splitlines() if line.strip().startswith(start))


def test_shows_the_words_and_what_they_count_as() -> None:
    shown = line_of(explain("Harganya berapa, kak?"), "words:")
    assert shown == "words:   harganya (= harga) · berapa · kak"


def test_shows_each_rule_with_its_line_and_why_not() -> None:
    output = explain("mau pinjam 5 pcs")

    assert "jam-buka (line " in output
    assert "does not match (words: none of buka, jam; words: none of kapan)" in output
    assert "does not hold (silent_for: this contact wrote too recently)" in output
    assert "does not hold (closed: toko is open now)" in output
    assert line_of(output, "fallback (line").endswith("ANSWERED")


def test_shows_what_a_rule_captures_and_starts() -> None:
    output = explain("ORDER kopi 2")

    assert "ANSWERED, and started order [produk = kopi, jumlah = 2]" in output
    assert "from order.alamat" in output


def test_a_rule_below_the_answer_is_not_looked_at() -> None:
    assert line_of(explain("halo jam berapa"), "halo (line").endswith(
        "not looked at (jam-buka came first)"
    )


def test_shows_the_hours_at_that_time() -> None:
    assert "hours:   toko is open" in explain("halo")
    closed = explain("halo", "--at", "2026-01-04 20:00")
    assert "hours:   toko is closed, next open besok pukul 09:00" in closed


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--opted-out", "opted-out (the contact wants no automatic replies)"),
        (
            "--taken-over",
            "takeover (a person wrote at 2026-01-05 10:00: silent until 2026-01-05 12:00)",
        ),
        ("--handed-over", "handover (a rule left it to a person until 2026-01-05 11:00)"),
    ],
)
def test_shows_a_guard_with_its_reason(option: str, told: str) -> None:
    output = explain("halo", option)

    assert f"guards:  {told}" in output
    assert "reply:   none" in output
    assert "cost:    no messages" in output


def test_shows_the_open_question_and_why_an_answer_does_not_fit() -> None:
    output = explain("banyak", "--in", "order.jumlah")

    assert "form:    order.jumlah is open since 2026-01-05 10:00 (produk = kopi)" in output
    assert "cancel: does not match (words: none of batal, cancel)" in output
    assert 'answer: does not fit, "banyak" is not a whole number from 1 to 100' in output
    assert "harga (line" in output
    assert "│ Tulis angka 1 sampai 100." in output


def test_shows_an_answer_that_fits() -> None:
    output = explain("dua", "--in", "order.jumlah")

    assert "answer: fits, jumlah = 2" in output
    assert "not looked at (the form order is open)" in output
    assert "from order.alamat" in output


def test_shows_the_words_that_cancel_or_interrupt() -> None:
    assert "cancel: MATCHES, the form ends" in explain("batal", "--in", "order.jumlah")
    output = explain("harga", "--in", "order.jumlah")
    assert "interrupt: harga may answer, then the question is repeated" in output
    assert line_of(output, "harga (line").endswith("ANSWERED")


def test_says_that_a_free_text_takes_words_only_whole() -> None:
    output = explain("Jl. Jam Gadang 5, Bukittinggi", "--in", "order.alamat")

    assert "other words count only as the whole message" in output
    assert "answer: fits, alamat = Jl. Jam Gadang 5, Bukittinggi" in output
    assert "interrupt:" not in output


def test_answers_before_the_question_can_be_given() -> None:
    given = ("--form", "produk=teh", "--form", "jumlah=3")
    output = explain("Jl. Melati 5 Bandung", "--in", "order.alamat", *given)

    assert "│ 3 x Teh Melati 100g = Rp 105.000, kirim ke Jl. Melati 5 Bandung. Benar?" in output


def test_a_question_that_does_not_exist_names_the_nearest() -> None:
    result = run("2", "--in", "order.jumla")

    assert result.exit_code == 2
    assert 'did you mean "order.jumlah"?' in result.output
    assert run("2", "--in", "order.jumlah", "--form", "kopi").exit_code == 2


def test_a_number_presses_the_menu_of_an_open_question(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(
        "version: 1\nrules:\n  - {id: a, match: {words: a}, start: f}\n"
        "flows:\n  f:\n    steps:\n      - {id: warna, type: choice, choices: {merah: [merah], "
        "biru: [biru]}, ask: {text: Warna?, buttons: [{id: merah, title: Merah}, "
        "{id: biru, title: Biru}]}}\n    done: {reply: 'Jadi {{ form.warna }}'}\n"
    )

    assert "│ Jadi biru" in explain("2", "--in", "f.warna", file=str(file))


def test_shows_the_bubbles_as_the_gateway_shows_them() -> None:
    assert "│ Ketik 1 / 2 / 3" in explain("halo", "--as", "wagate")
    meta = explain("halo", "--as", "meta")
    assert "│ [1] Harga  (button: btn_harga)" in meta
    assert "reply 1: from halo, buttons, " in meta


def test_shows_effects_and_what_they_cost() -> None:
    output = explain("cs")

    assert "effect:  a person answers until 2026-01-05 07:00 UTC (cs)" in output
    assert "effect:  notify pemilik: Siti (6281200000017)" in output
    assert "cost:    1 message, and 1 message to an admin" in output


def test_shows_the_version_that_answers() -> None:
    version = CliRunner().invoke(rules, ("check", EXAMPLE)).output.rsplit(" ", 1)[1].strip()

    assert explain("halo").endswith(f"version: {version}\n")


def test_plays_a_new_contact_a_button_a_type_and_a_tag(tmp_path: Path) -> None:
    assert "SAID, and looked on" in line_of(explain("halo", "--first"), "sapaan-pertama (line")
    assert "ANSWERED, and started order" in explain("--button", "btn_order")
    assert line_of(explain("bukti", "--type", "image"), "bukti-transfer (line").endswith("ANSWERED")
    file = tmp_path / "rules.yaml"
    file.write_text(
        "version: 1\nrules:\n  - {id: vip, match: {words: a}, if: {tag: vip}, reply: x}\n"
    )
    assert "ANSWERED" in explain("a", "--tag", "vip", file=str(file))
    assert "does not hold (tag" in explain("a", file=str(file))


def test_of_many_rules_only_those_that_came_near_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    many = "".join(
        f"  - {{id: r{number}, match: {{words: kata{number}}}, reply: x}}\n"
        for number in range(100)
    )
    file.write_text(f"version: 1\nrules:\n{many}")

    output = explain("kata7", file=str(file))
    assert "r7 (line 10): ANSWERED" in output
    assert "r8 (line" not in output
    assert "… and 99 others that nothing in the message asks for (--all shows them)" in output
    assert "r8 (line 11)" in explain("kata7", "--all", file=str(file))


def test_refuses_a_time_that_is_none() -> None:
    assert run("halo", "--at", "besok").exit_code == 2


def test_shows_what_would_be_asked_outside(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(
        "version: 1\nrules:\n  - {id: a, match: {words: a}, "
        'http: {url: "https://toko.contoh.id/stok?kunci=rahasia"}}\n'
    )

    output = explain("a", file=str(file))
    assert "asks:    https://toko.contoh.id/stok, and says later what it answers" in output
    assert "rahasia" not in output


def test_shows_lists_and_media(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("""\
version: 1
rules:
  - {id: a, match: {words: a}, reply: {text: Pilih, list: {label: Lihat, sections: [
      {title: Kopi, rows: [{id: gayo, title: Gayo, description: 250 g}, Lampung]}]}}}
  - {id: b, match: {words: b}, reply: {text: Promo, media: {document: promo.pdf, filename: A.pdf}}}
""")

    listed = explain("a", "--as", "meta", file=str(file))
    media = explain("b", "--as", "meta", file=str(file))

    assert "reply 1: from a, list, 5 characters" in listed
    assert (
        "  │ Pilih\n  │ [Lihat]\n  │ Kopi:\n"
        "  │ [1] Gayo - 250 g  (button: gayo)\n  │ [2] Lampung  (button: Lampung)\n"
    ) in listed
    assert "  │ <document: promo.pdf (A.pdf)>\n  │ Promo\n" in media


def test_shows_an_opt_out() -> None:
    assert "no more automatic replies for this contact (berhenti)" in explain("stop")
