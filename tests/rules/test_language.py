"""Which rule answers which sentence: the definition of the matchers."""

from pathlib import Path

import pytest

from bot.events import Button, MessageType
from bot.rules import load
from tests.rules.playing import Chat, book, rules_of, texts

SHIPPED = Path(__file__).parents[2] / "rules.yaml"


def test_the_shop_greets_a_new_contact_and_answers_in_one_bubble() -> None:
    answer = Chat(load(SHIPPED), first=True).say("harga?")

    assert rules_of(answer) == ("sapaan-pertama", "harga")
    (text,) = texts(answer)
    assert text.startswith("Halo Siti, selamat datang di *Toko Melati Abadi*!")
    assert "Rp 50.000" in text


def test_the_shop_says_nothing_to_thanks() -> None:
    assert texts(Chat(load(SHIPPED)).say("makasih")) == []


def test_the_shop_answers_a_button() -> None:
    answer = Chat(load(SHIPPED)).say(
        type=MessageType.BUTTON, button=Button(id="btn_order", title="Order Sekarang")
    )

    assert rules_of(answer) == ("order",)


@pytest.mark.parametrize("kind", [MessageType.STICKER, MessageType.VOICE, MessageType.VIDEO])
def test_the_shop_never_says_that_it_does_not_understand_a_sticker(kind: MessageType) -> None:
    assert texts(Chat(load(SHIPPED)).say(type=kind)) == []


def test_an_empty_text_is_not_misunderstood() -> None:
    assert texts(Chat(load(SHIPPED)).say(" \n")) == []


MATCHERS = """\
rules:
  - {id: exact, match: {exact: [ya, "oke siap"]}, reply: exact}
  - {id: starts, match: {starts: "saya mau"}, reply: starts}
  - {id: contains, match: {contains: kirim}, reply: contains}
  - {id: image, match: {type: image, words: bukti}, reply: image}
  - {id: media, match: {type: [image, video]}, reply: media}
  - id: both
    match: {words: [merah, biru], all: [{words: kaos}, {not: {words: besar}}]}
    reply: both
  - {id: either, match: {any: [{exact: hijau}, {starts: kuning}]}, reply: either}
  - {id: neither, match: {type: text, not: [{words: a}, {words: b}]}, reply: neither}
"""


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("Ya.", "exact"),
        ("oke siap", "exact"),
        ("iya", "exact"),
        ("yaitu", "neither"),
        ("Saya mau satu", "starts"),
        ("kak saya mau satu", "neither"),
        ("dikirimkan kapan", "contains"),
        ("kaos merah", "both"),
        ("kaosnya yang biru", "both"),
        ("kaos merah besar", "neither"),
        ("kaos hitam", "neither"),
        ("hijau", "either"),
        ("kuning muda", "either"),
        ("hijau muda", "neither"),
    ],
)
def test_a_list_means_or_and_the_keys_of_a_map_mean_and(said: str, rule: str) -> None:
    assert rules_of(Chat(book(MATCHERS)).say(said)) == (rule,)


def test_no_rule_answers_what_no_rule_wants() -> None:
    assert rules_of(Chat(book(MATCHERS)).say("a dan b")) == ()


def test_the_caption_of_an_image_is_matched_like_a_text() -> None:
    assert rules_of(Chat(book(MATCHERS)).say("ini buktinya", type=MessageType.IMAGE)) == ("image",)
    assert rules_of(Chat(book(MATCHERS)).say("lihat", type=MessageType.VIDEO)) == ("media",)


def test_the_first_rule_that_matches_wins() -> None:
    rules = book("""\
rules:
  - {id: satu, match: {words: [a, b]}, reply: x}
  - {id: dua, match: {words: b}, reply: x}
""")

    assert rules_of(Chat(rules).say("b")) == ("satu",)


def test_always_goes_first_wherever_it_stands() -> None:
    rules = book("""\
rules:
  - {id: satu, match: {words: a}, reply: x}
  - {id: dua, always: true, match: {words: a}, reply: x}
""")

    assert rules_of(Chat(rules).say("a")) == ("dua",)


def test_a_synonym_of_several_words_can_be_the_meaning() -> None:
    rules = book("""\
synonyms: {"layanan pelanggan": [cs, admin]}
rules:
  - {id: cs, match: {words: "layanan pelanggan"}, reply: x}
""")

    assert rules_of(Chat(rules).say("mana adminnya")) == ("cs",)
    assert rules_of(Chat(rules).say("minta layanan pelanggan")) == ("cs",)
    assert rules_of(Chat(rules).say("layanan")) == ()


def test_every_scalar_is_what_it_looks_like() -> None:
    rules = book("""\
vars: {jam: 17:00, no: 0812345678, harga: 50.000, tanggal: 2026-01-01, ya: no}
rules:
  - id: a
    match: {words: [no, 17:00, 50.000]}
    reply: "{{ jam }} {{ no }} {{ harga }} {{ harga * 2 }} {{ tanggal }} {{ ya }}"
""")

    assert texts(Chat(rules).say("50.000?")) == ["17:00 0812345678 50.000 100000 2026-01-01 no"]
