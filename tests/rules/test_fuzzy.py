"""Typing mistakes: which words and phrases are meant in spite of them."""

import pytest

from bot.rules import Book
from bot.rules.fuzzy import Typos
from bot.rules.languages import LANGUAGES
from bot.rules.text import Vocabulary
from tests.rules.playing import Chat, book, message, rules_of

SHOP = book("""\
synonyms: {harga: [pricelist, "daftar biaya"], "layanan pelanggan": [operator]}
rules:
  - {id: kirim, match: {fuzzy: [pengiriman, "alamat toko"]}, reply: x}
  - {id: order, match: {fuzzy: order}, reply: x}
  - {id: harga, match: {fuzzy: harga}, reply: x}
  - {id: stok, match: {fuzzy: stok}, reply: x}
  - {id: cs, match: {fuzzy: [cs, "layanan pelanggan"]}, reply: x}
  - {id: nomor, match: {fuzzy: [tipe100, a4]}, reply: x}
  - {id: orang, match: {words: hargo}, reply: x}
fallback: {reply: maaf}
""")


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("harga", "harga"),
        ("hrga", "harga"),  # one missing
        ("hargga", "harga"),  # one too many
        ("hatga", "harga"),  # one wrong
        ("hagra", "harga"),  # two swapped
        ("hargnya brp", "harga"),  # below an ending
        ("HARGAAA", "harga"),
        ("ordr dong", "order"),
        ("odrer kopi", "order"),
        ("pengirmian", "kirim"),
        ("pngirman kapan", "kirim"),  # two in a long word
        ("pnegirimannya", "kirim"),
        ("almat tko mana", "kirim"),  # one in each word of a phrase
        ("pricelst", "harga"),  # a synonym of it
        ("daftar biaya", "harga"),
        ("oprator", "cs"),
        ("lyanan pelangan", "cs"),
        ("stk ada", "stok"),
        ("cs", "cs"),
        ("tipe100", "nomor"),
    ],
)
def test_a_word_with_a_typing_mistake_is_the_word(said: str, rule: str) -> None:
    assert rules_of(Chat(SHOP).say(said)) == (rule,)


@pytest.mark.parametrize(
    "said",
    [
        "harta",  # a word by itself
        "hartanya",
        "warga",  # nobody mistypes the first letter
        "hg",
        "hraag",  # two in a short word
        "hrxgya",  # two letters too many and one missing
        "harga2",
        "pngrmn",  # three in a long one
        "stop",
        "c",
        "css2",
        "tipe101",  # numbers are what they are
        "a5",
        "alamat saya",
        "toko alamat",
        "pelayanan langganan",
        "penghargaan",
        "x" * 50,
    ],
)
def test_another_word_is_another_word(said: str) -> None:
    assert rules_of(Chat(SHOP).say(said)) == ("fallback",)


def test_a_word_of_another_rule_is_no_typing_mistake() -> None:
    assert rules_of(Chat(SHOP).say("hargo")) == ("orang",)


def test_fuzzy_goes_with_other_matchers() -> None:
    rules = book("""\
rules:
  - {id: both, match: {fuzzy: order, words: kopi}, reply: x}
  - {id: either, match: {any: [{fuzzy: katalog}, {words: teh}]}, reply: x}
  - {id: not, match: {type: text, not: {fuzzy: [order, promosi]}}, reply: x}
fallback: {reply: maaf}
""")

    expected = {
        "ordr kopi": "both",
        "odrer": "fallback",
        "ktalog": "either",
        "promsi": "fallback",
        "lain": "not",
    }
    assert {said: rules_of(Chat(rules).say(said))[0] for said in expected} == expected


FORM = book("""\
rules:
  - {id: tanya, match: {words: tanya}, start: f}
  - {id: harga, match: {fuzzy: [harga, "jam buka"]}, reply: x}
flows:
  f: {interrupt: [harga], steps: [{id: a, ask: alamat?}, {id: b, ask: b?}]}
""")


@pytest.mark.parametrize(("said", "rules"), [("hrga", ("harga",)), ("jm bka 🙏", ("harga",))])
def test_a_whole_message_interrupts_a_form(said: str, rules: tuple[str, ...]) -> None:
    chat = Chat(FORM)
    chat.say("tanya")

    assert rules_of(chat.say(said)) == rules


def test_a_word_inside_an_answer_does_not_interrupt_a_form() -> None:
    chat = Chat(FORM)
    chat.say("tanya")

    assert rules_of(chat.say("Jl. Hrga 5")) == ()
    assert chat.view.state.flow is not None
    assert chat.view.state.flow.step == "b"


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_everyday_word_is_taken_for_another_one(language: str) -> None:
    known = LANGUAGES[language]
    wanted = {
        "id": ["harga", "order", "promo", "kirim", "stok", "menu", "bayar", "katalog", "jadwal"],
        "en": ["price", "order", "delivery", "hours", "stock", "refund", "catalog", "payment"],
    }[language]
    typos = Typos(wanted, vocabulary=Vocabulary(known), known=())

    for word in known.everyday:
        found = {phrase for phrase, _, _ in typos.find(Vocabulary(known).normalise(word))}
        assert found <= {word}


def many(count: int) -> Book:
    names = [f"kata{letters(n)}" for n in range(count)]
    return book(
        "rules:\n"
        + "".join(f"  - {{id: {name}, match: {{fuzzy: {name}}}, reply: x}}\n" for name in names)
    )


def letters(number: int) -> str:
    return "".join(chr(ord("a") + number // 26**place % 26) for place in (2, 1, 0)) * 2


def test_compares_a_word_with_few_of_many() -> None:
    rules = many(3_000)
    event = message("mau katabcdbcx dong")

    found = rules.index.find(event, rules.vocabulary.normalise(event.text))

    assert ("fuzzy", "katabcdbcd") in found.keys
    assert len(rules.index.candidates(found)) < 80


@pytest.mark.parametrize(
    "said",
    [
        "hrga " * 20_000,
        "h" + "a" * 100_000,
        "😊" * 1_000,
        "\u202eagrah",
        "h\u0301rga",
        "hr\x00ga",
        "ｈｒｇａ",
        "\ud800",
        "",
    ],
)
def test_no_message_makes_it_raise(said: str) -> None:
    assert Chat(SHOP).say(said).state


def test_says_why_a_message_does_not_match() -> None:
    matcher = SHOP.rules[2].matcher
    assert matcher is not None
    event = message("x")

    why = matcher.why_not(SHOP.index.find(event, SHOP.vocabulary.normalise("x")))

    assert why == "fuzzy: none of harga, nor with a typing mistake"
