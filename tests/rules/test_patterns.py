"""Patterns: which messages have their form, and what is captured of them."""

import random
from collections.abc import Mapping

import pytest

from bot.rules import Book
from bot.rules.patterns import MAX_READS, MAX_STEPS, Pattern, _Attempt
from bot.rules.state import Answer
from tests.rules.playing import Chat, book, message, problems, rules_of, texts

SHOP = book("""\
synonyms: {order: ["mau pesan", beli]}
tables:
  produk:
    - {id: kopi, nama: Kopi Gayo 250g, alias: [kopi], harga: 50000}
    - {id: teh, nama: Teh Melati 100g, alias: [teh], harga: 35000}
rules:
  - id: order
    match: {pattern: ["order <produk> <jumlah>", "order <produk>"]}
    start: order
fallback: {reply: maaf}
flows:
  order:
    cancel: batal
    steps:
      - {id: produk, ask: apa?, type: table.produk}
      - {id: jumlah, ask: berapa?, type: int, min: 1, max: 100}
      - {id: alamat, ask: mana?}
""")


def one(pattern: str) -> Book:
    """Return a book with one pattern, which begins with a word."""
    return book(f"""\
tables: {{kota: [{{id: bdg, nama: Bandung}}, {{id: sby, nama: Surabaya}}]}}
rules:
  - {{id: a, match: {{pattern: "{pattern}"}}, reply: ok}}
""")


def captured(rules: Book, text: str) -> Mapping[str, Answer] | None:
    event = message(text)
    found = rules.index.find(event, rules.vocabulary.normalise(text))
    (rule,) = rules.rules
    assert rule.matcher is not None
    return rule.matcher.captured(found) if rule.matcher.matches(found) else None


def form_after(text: str) -> Mapping[str, Answer] | None:
    chat = Chat(SHOP)
    chat.say(text)
    return chat.view.state.flow.form if chat.view.state.flow else None


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("order kopi 2", {"produk": "kopi", "jumlah": 2}),
        ("ORDER Kopi Gayo 250g 3", {"produk": "kopi", "jumlah": 3}),
        ("order kopi 2 ya kak", {"produk": "kopi", "jumlah": 2}),
        ("halo kak order kopi 2 dong 🙏", {"produk": "kopi", "jumlah": 2}),
        ("mau pesan teh 5", {"produk": "teh", "jumlah": 5}),
        ("beli teh dua puluh lima", {"produk": "teh", "jumlah": 25}),
        ("order: kopi, 2 pcs", {"produk": "kopi", "jumlah": 2}),
        ("🙏 order kopi 2", {"produk": "kopi", "jumlah": 2}),
        ("order ☕ kopi 2", {"produk": "kopi", "jumlah": 2}),
        ("order teh", {"produk": "teh"}),
    ],
)
def test_a_message_of_the_form_fills_the_form(said: str, form: Mapping[str, Answer]) -> None:
    assert form_after(said) == form


@pytest.mark.parametrize(
    "said", ["order", "order susu 2", "kopi 2", "jangan order kopi 2", "orderan kopi 2", "order 2"]
)
def test_a_message_of_another_form_does_not_match(said: str) -> None:
    assert rules_of(Chat(SHOP).say(said)) == ("fallback",)


def test_a_value_beyond_the_limits_of_its_step_is_asked_for() -> None:
    chat = Chat(SHOP)

    assert texts(chat.say("order kopi 500")) == ["berapa?"]
    assert texts(chat.say("5")) == ["mana?"]
    assert chat.view.state.flow is not None
    assert chat.view.state.flow.form == {"produk": "kopi", "jumlah": 5}


def test_a_value_beyond_the_limits_of_its_step_still_has_the_form() -> None:
    rules = book("""\
rules:
  - {id: a, match: {pattern: "pesan <jumlah> untuk <tanggal:date>"}, start: f}
flows:
  f:
    steps:
      - {id: jumlah, ask: berapa?, type: int, max: 9}
      - {id: tanggal, ask: kapan?, type: date, min: today}
      - {id: nama, ask: nama?}
""")

    assert texts(Chat(rules).say("pesan 5 untuk besok")) == ["nama?"]
    assert texts(Chat(rules).say("pesan 50 untuk besok")) == ["berapa?"]
    assert texts(Chat(rules).say("pesan 5 untuk 2020-01-01")) == ["kapan?"]
    assert rules_of(Chat(rules).say("pesan banyak untuk besok")) == ()


@pytest.mark.parametrize(
    ("pattern", "said", "found"),
    [
        ("alamat <isi:text>", "Alamat: Jl. Melati No. 5, BANDUNG.", "Jl. Melati No. 5, BANDUNG"),
        ("alamat <isi>", "alamat *Jl. Café 7* 🙏", "Jl. Café 7"),
        ("alamat <isi>", "alamat Jl. Ｍｅｌａｔｉ ½", "Jl. Ｍｅｌａｔｉ ½"),
        ("alamat <isi>", "alamat a\nb", "a\nb"),
        ("alamat <isi>", "alamat 👍", "👍"),
        ("sandi <isi> ya", "sandi +a-1% ya", "+a-1%"),
        ("sandi <isi>", "sandi (a)", "(a)"),
        ("<isi> sandinya", "(a) sandinya", "(a)"),
        ("nama saya <nama>", "nama saya Siti Nur'aini", "Siti Nur'aini"),
        ("nomor <n:int>", "nomor 12 dong", 12),
        ("berat <n:number>", "berat 2,5", 2.5),
        ("hp <p:phone>", "HP: +62 812-0000-0017", "6281200000017"),
        ("email <e:email>", "email siti.nur@contoh.co.id ya", "siti.nur@contoh.co.id"),
        ("tanggal <t:date>", "tanggal 2026-03-20", "2026-03-20"),
        ("kirim ke <k:table.kota>", "kirim ke bandung ya kak", "bdg"),
    ],
)
def test_captures_values_of_every_type(pattern: str, said: str, found: Answer) -> None:
    values = captured(one(pattern), said)

    assert values is not None
    assert list(values.values()) == [found]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("nomor <n:int>", "nomor banyak"),
        ("cek <n:int> cepat", "cek 7 cepat sekali"),
        ("cek <n:int> cepat", "cek 7"),
        ("nomor <n:int>", "nomor 2,5"),
        ("hp <p:phone>", "hp dua"),
        ("email <e:email>", "email siti"),
        ("tanggal <t:date>", "tanggal kapan"),
        ("kirim ke <k:table.kota>", "kirim ke Paris"),
    ],
)
def test_a_value_of_another_type_does_not_match(pattern: str, said: str) -> None:
    assert captured(one(pattern), said) is None


@pytest.mark.parametrize(
    ("pattern", "said", "found"),
    [
        (
            "antar <apa> ke <mana> <n:int>",
            "antar kue Lapis ke Jl. Ke Sana 5",
            {"apa": "kue Lapis", "mana": "Jl. Ke Sana", "n": 5},
        ),
        ("<n:int> kotak <apa>", "dua puluh lima kotak teh", {"n": 25, "apa": "teh"}),
        ("pesan <n:int> <apa>", "pesan dua puluh lima teh manis", {"n": 25, "apa": "teh manis"}),
        ("pesan <apa> <n:int>", "pesan teh manis dua puluh lima", {"n": 25, "apa": "teh manis"}),
        ("tgl <t:date> <apa>", "tgl 20 maret 2026 jam 3", {"t": "2026-03-20", "apa": "jam 3"}),
        (
            "dari <a> dari <b>",
            "dari Budi dari Solo dari Yogya",
            {"a": "Budi", "b": "Solo dari Yogya"},
        ),
    ],
)
def test_blanks_share_the_words_between_them(
    pattern: str, said: str, found: Mapping[str, Answer]
) -> None:
    assert captured(one(pattern), said) == found


def test_the_words_of_a_pattern_are_compared_like_words() -> None:
    rules = book("""\
synonyms: {cek: [lihat, "tolong cari"]}
rules:
  - {id: a, match: {pattern: "cek pesanan <nomor>"}, reply: "{{ captured.nomor }}"}
""")

    for said in ("CEKK pesanannya INV-7", "lihat psanan INV-7", "tolong cari pesanan INV-7"):
        assert texts(Chat(rules).say(said)) == ["INV-7"]
    assert rules_of(Chat(rules).say("cek pemesanan INV-7")) == ()


def test_two_patterns_capture_what_the_first_that_matches_says() -> None:
    rules = book("""\
rules:
  - id: a
    match:
      - pattern: "cek <nomor:int> cepat"
      - pattern: "cek <nomor:int>"
    reply: "{{ captured.nomor }}"
""")

    assert texts(Chat(rules).say("cek 7 cepat")) == ["7"]
    assert texts(Chat(rules).say("cek 8")) == ["8"]


def test_a_pattern_goes_with_other_matchers() -> None:
    rules = book("""\
rules:
  - id: a
    match: {pattern: "cek <nomor:int>", not: {words: [tujuh, 7]}}
    reply: "{{ captured.nomor }}"
  - id: b
    match: {all: [{type: text}, {any: [{pattern: "cek <apa>"}, {words: lihat}]}]}
    reply: "b {{ captured.apa }}"
  - {id: c, match: {not: {pattern: "cari <apa>"}}, reply: c}
""")

    assert texts(Chat(rules).say("cek 8")) == ["8"]
    assert texts(Chat(rules).say("cek 7")) == ["b 7"]
    assert texts(Chat(rules).say("mau lihat")) == ["b"]
    assert rules_of(Chat(rules).say("halo")) == ("c",)
    assert rules_of(Chat(rules).say("cari ini")) == ()


def test_a_pattern_without_a_word_is_found_too() -> None:
    rules = book('rules:\n  - {id: a, match: {pattern: "<n:int>"}, reply: "{{ captured.n }}"}\n')

    assert texts(Chat(rules).say("12")) == ["12"]
    assert rules_of(Chat(rules).say("dua belas ayam kampung goreng")) == ()


def test_what_must_not_match_captures_nothing() -> None:
    (mistake,) = problems("""\
rules:
  - id: a
    match: {words: cek, not: {pattern: "cek <nomor>"}}
    reply: "{{ captured.nomor }}"
""")

    assert "captured" in mistake


@pytest.mark.parametrize(
    ("pattern", "mistake"),
    [
        ("order <produk", '"<" and ">" go together'),
        ("order produk>", '"<" and ">" go together'),
        ("order <>", "has no name"),
        ("order <2>", "has no name"),
        ("order <a:in>", 'there is no type "in"; did you mean "int"?'),
        ("order <a:table.kotak>", 'there is no table "kotak"; did you mean "kota"?'),
        ("order <a> ke <a>", '"a" is captured twice'),
        ("order <a> <b>", "nothing tells where <a> ends"),
        ("<a>", "matches every message"),
        ("?!", "holds no letter and no digit"),
        ("x " + " x ".join(f"<a{n}:int>" for n in range(13)), "at most 12 blanks"),
        ("x " * 70 + "<a:int>", "at most 12 blanks and 60 words"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: str, mistake: str) -> None:
    found = problems(f"""\
tables: {{kota: [{{id: bdg, nama: Bandung}}]}}
rules:
  - {{id: a, match: [{{words: x}}, {{pattern: "{pattern}"}}], reply: ok}}
""")

    assert len(found) == 1
    assert mistake in found[0]
    assert "rules.yaml:4" in found[0]


def test_a_blank_cannot_have_two_types() -> None:
    found = problems("""\
rules:
  - {id: a, match: {pattern: ["x <n:int>", "y <n:date>"]}, reply: ok}
  - {id: b, match: {pattern: "z <n:date>"}, start: f}
flows: {f: {cancel: batal, steps: [{id: n, ask: ya?, type: int}]}}
""")

    assert len(found) == 2
    assert '"n" has another type in a pattern above' in found[0]
    assert 'the step "n" has a type already; write <n>' in found[1]


def test_says_why_a_message_has_not_the_form() -> None:
    matcher = one("nomor <n:int>").rules[0].matcher

    assert isinstance(matcher, Pattern)
    found = one("nomor <n:int>").index.find(message("x"), SHOP.vocabulary.normalise("x"))
    assert matcher.why_not(found) == "pattern: not of the form nomor <n:int>"


HOSTILE = [
    "order " * 20_000,
    "order " + "1 " * 5_000,
    "order " + "kopi " * 1_000,
    "x 1 " * 1_000,
    "ya kak " * 700,
    "order \u202ekopi 2\u202c",
    "order ko\u0301pi 2",
    "order kopi\x00 2",
    "order \ud800 2",
    "👨‍👩‍👧 order 👍🏽 2",
    "order ﷺ ﬁ ½ ᄀ\u1161",
]


@pytest.mark.parametrize("said", HOSTILE)
def test_no_message_makes_a_pattern_raise(said: str) -> None:
    assert Chat(SHOP).say(said).state
    assert Chat(one("order <a> x <b> y <c:int>")).say(said).state


@pytest.mark.parametrize(
    "said", ["x 1 " * 1_000, "x a " * 1_000, "x " * 2_000, "x " + "1 " * 1_999, "x " + "a " * 1_999]
)
@pytest.mark.parametrize("kind", ["int", "text", "date", "phone", "table.kota"])
def test_only_so_much_is_tried(said: str, kind: str) -> None:
    pattern = "x " + " x ".join(f"<a{n}:{kind}>" for n in range(12)) + " y"
    rules = one(pattern)
    matcher = rules.rules[0].matcher
    assert isinstance(matcher, Pattern)
    found = rules.index.find(message(said + " y"), rules.vocabulary.normalise(said + " z y"))

    attempt = _Attempt(matcher.forms[0], matcher.reading, found)

    assert attempt.texts() is None or kind == "text"
    assert attempt._steps > -MAX_STEPS
    assert 0 <= attempt._reads <= MAX_READS


def test_only_so_many_values_are_read() -> None:
    rules = one("x <a> <b:int> <c> y")
    matcher = rules.rules[0].matcher
    assert isinstance(matcher, Pattern)
    text = "x " + "b " * 60 + "y"
    found = rules.index.find(message(text), rules.vocabulary.normalise(text))

    attempt = _Attempt(matcher.forms[0], matcher.reading, found)

    assert attempt.texts() is None
    assert attempt._reads == 0


def test_the_order_of_patterns_in_a_file_does_not_change_what_each_matches() -> None:
    patterns = ["cek <a:int>", "lihat <b>", "<c:int> kotak", "cari <d> di <e>"]
    said = ["cek 5", "lihat itu", "5 kotak", "cari buku di rak", "tidak ada"]
    order = random.Random(7)

    def answers(listed: list[str]) -> list[str]:
        rules = book(
            "rules:\n"
            + "".join(
                f'  - {{id: r{n}, match: {{pattern: "{each}"}}, reply: "{each[:5]}"}}\n'
                for n, each in enumerate(listed)
            )
        )
        return ["".join(texts(Chat(rules).say(text))) for text in said]

    expected = answers(patterns)
    assert expected == ["cek <", "lihat", "<c:in", "cari", ""]
    for _ in range(5):
        order.shuffle(patterns)
        assert answers(patterns) == expected


@pytest.mark.parametrize(
    "said",
    [
        "order kopi 2 teh 3",
        "order teh 2 kirim ke Jl. Melati 5 Bandung",
        "order kopi 2 dan kirim besok jam 3",
        "order kopi 2-3",
        "order kopi dua atau tiga",
    ],
)
def test_a_number_that_was_written_is_not_passed_by_for_a_later_one(said: str) -> None:
    assert rules_of(Chat(SHOP).say(said)) == ("fallback",)


def test_a_number_in_the_name_of_a_row_belongs_to_it() -> None:
    answer = Chat(SHOP).say("order kopi gayo 250g 2")

    assert answer.state.flow is not None
    assert answer.state.flow.form == {"produk": "kopi", "jumlah": 2}


@pytest.mark.parametrize("said", ["resi JNE123", "Kak resi JNE123 dong", "resi JNE123 ya kak"])
def test_politeness_at_the_end_is_no_part_of_a_text(said: str) -> None:
    rules = book("""\
rules: [{id: a, match: {pattern: "resi <nomor>"}, reply: "{{ captured.nomor }}"}]
""")

    assert texts(Chat(rules).say(said)) == ["JNE123"]
