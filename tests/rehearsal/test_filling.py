"""A contact can be put into the middle of a form."""

from datetime import UTC, datetime

import pytest

from bot.content import Buttons
from bot.rehearsal import NoSuchQuestion, Rehearsal, fill_in
from bot.rules import read

FORM = """
version: 1
tables:
  produk: [{id: kopi, nama: Kopi, harga: 5000}, {id: teh, nama: Teh, harga: 3000}]
rules: [{id: form, match: {words: form}, start: f}]
flows:
  f:
    steps:
      - {id: produk, ask: Apa?, type: table.produk}
      - {id: jumlah, ask: Berapa?, type: int, min: 5}
      - id: warna
        ask: {text: Warna?, buttons: [{id: merah, title: Merah}, {id: biru, title: Biru}]}
        type: choice
        choices: {merah: [merah], biru: [biru]}
      - {id: tanggal, ask: Kapan?, type: date, min: 2026-02-01}
      - {id: berat, ask: Berat?, type: number, max: 3}
      - {id: surel, ask: Surel?, type: email}
      - {id: nomor, ask: Nomor?, type: phone}
      - {id: sejak, ask: Sejak?, type: date, min: today}
      - {id: alamat, ask: "Alamat {{ form.produk.nama }}?", type: text}
      - {id: benar, ask: Benar?, type: text}
    done: {reply: "{{ form.warna }} {{ form.jumlah }}"}
"""
AT = datetime(2026, 1, 5, 3, tzinfo=UTC)


def chat() -> Rehearsal:
    return Rehearsal(read(FORM), at=AT)


def form_of(rehearsal: Rehearsal) -> dict[str, object]:
    running = rehearsal.talk.state.flow
    return dict(running.form) if running else {}


def test_the_questions_before_have_plausible_answers() -> None:
    rehearsal = chat()
    fill_in(rehearsal, "f.benar")

    assert form_of(rehearsal) == {
        "produk": "kopi",
        "jumlah": 5,
        "warna": "merah",
        "tanggal": "2026-02-01",
        "berat": 2,
        "surel": "siti@contoh.id",
        "nomor": "6281200000018",
        "sejak": "2026-01-05",
        "alamat": "Jl. Melati 5, Bandung",
    }
    assert rehearsal.say("ya").texts == ["merah 5"]


def test_answers_can_be_given_as_they_are_typed() -> None:
    rehearsal = chat()
    fill_in(rehearsal, "f.warna", {"produk": "mau teh", "jumlah": "dua puluh"})

    assert form_of(rehearsal) == {"produk": "teh", "jumlah": 20}


def test_the_question_is_the_menu_that_was_said_last() -> None:
    rehearsal = chat()
    fill_in(rehearsal, "f.warna")

    assert rehearsal.say("2").flow == "f.tanggal"
    assert form_of(rehearsal)["warna"] == "biru"
    buttons = Rehearsal(read(FORM), at=AT, gateway="meta")
    fill_in(buttons, "f.warna")
    assert isinstance(buttons.talk.menu, Buttons)
    fill_in(buttons, "f.berat")
    assert buttons.talk.menu is None


@pytest.mark.parametrize(
    ("place", "given", "told"),
    [
        ("f.warnaa", {}, 'did you mean "f.warna"?'),
        ("xyz", {}, "there are f.produk, f.jumlah"),
        ("f.warna", {"alamat": "x"}, '"alamat" is not asked before f.warna'),
        ("f.warna", {"jumlah": "banyak"}, '"banyak" is no answer to jumlah'),
    ],
)
def test_what_does_not_exist_is_told(place: str, given: dict[str, str], told: str) -> None:
    with pytest.raises(NoSuchQuestion) as raised:
        fill_in(chat(), place, given)
    assert told in str(raised.value)


def test_a_file_without_forms_says_so() -> None:
    rehearsal = Rehearsal(read("version: 1\nrules: [{id: a, match: {words: a}, reply: x}]\n"))
    with pytest.raises(NoSuchQuestion, match="there are none"):
        fill_in(rehearsal, "f.warna")
