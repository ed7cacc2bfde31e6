"""What people answer: read as the type of the question, and what texts see of it."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.answers import TODAY, Asked, Day, read_answer, value_of
from bot.rules.languages import LANGUAGES
from bot.rules.text import Vocabulary
from bot.rules.values import STEP_TYPES
from tests.rules.playing import Chat, book, texts

WEDNESDAY = date(2026, 3, 4)
SHOP = book(
    """
synonyms: {oke: [sip]}
tables:
  produk:
    - {id: kopi, nama: Kopi Gayo 250g, alias: kopi, harga: 50000}
    - {id: teh, nama: Teh Melati 100g, alias: teh, harga: 35000}
rules:
  - {id: a, match: {words: [a]}, reply: x}
"""
)


def answer(
    kind: str, text: str, *, language: str = "id", today: date = WEDNESDAY, **asked: Any
) -> object:
    return read_answer(
        text,
        Asked(kind=kind, **asked),
        vocabulary=Vocabulary(LANGUAGES[language]),
        language=LANGUAGES[language],
        today=today,
    )


# Whole numbers.


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        (" 2 pcs ", 2),
        ("2pcs", 2),
        ("2x", 2),
        ("02", 2),
        ("0", 0),
        ("dua", 2),
        ("Dua kak", 2),
        ("sepuluh", 10),
        ("dua belas", 12),
        ("dua puluh lima", 25),
        ("seratus lima puluh", 150),
        ("seribu lima ratus", 1500),
        ("dua ratus lima puluh ribu", 250_000),
        ("1.000", 1000),
        ("1.250.000", 1_250_000),
        ("1,250,000", 1_250_000),
        ("Rp50.000", 50_000),
        ("Rp 50.000,-", 50_000),
        ("50rb", 50_000),
        ("50 ribu", 50_000),
        ("50k", 50_000),
        ("1,5 juta", 1_500_000),
        ("2 lusin", 24),
        ("pesan 2 aja ya kak", 2),
        ("pesan kopi 2", 2),
        ("９", 9),
        ("٣", 3),
        ("2️⃣", 2),
        ("999999999999999", 999_999_999_999_999),
    ],
)
def test_reads_a_whole_number(text: str, number: int) -> None:
    found = answer("int", text)

    assert found == number
    assert type(found) is int


@pytest.mark.parametrize(
    "text",
    [
        "",
        "banyak",
        "2 atau 3",
        "2 atau tiga",
        "dua tiga",
        "dua puluh tiga puluh",
        "dua puluh sepuluh",
        "dua ribu tiga ribu",
        "satu belas",
        "1,2345 ribu",
        "pesan kopi susu 2",
        "2,0",
        "2 lima",
        "2-3",
        "2 x 3",
        "2,5",
        "2.5",
        "1,000",
        "½",
        "10:30",
        "-3",
        "ribu",
        "1e9",
        "NaN",
        "Infinity",
        "1000000000000000",
        "9" * 400,
        "0812345678",
        "1.00.000",
        "btn_3",
        "pilihan-3",
        "nanti jam 5 saya kabari lagi ya",
        "3 kilo gula sama beras",
        "2" + "a" * 10_000,
    ],
)
def test_reads_no_whole_number_out_of_anything_else(text: str) -> None:
    assert answer("int", text) is None


def test_reads_numbers_in_english() -> None:
    found = [answer("int", text, language="en") for text in ("fifteen", "twenty five", "2 dozen")]

    assert found == [15, 25, 24]


def test_a_number_is_within_its_limits() -> None:
    limits: dict[str, Any] = {"least": Decimal(1), "most": Decimal(100)}

    found = [answer("int", text, **limits) for text in ("0", "1", "100", "101")]
    assert found == [None, 1, 100, None]


def test_a_number_below_zero_needs_a_limit_that_allows_it() -> None:
    assert answer("int", "-3", least=Decimal(-5)) == -3
    assert answer("int", "- 3 kak", least=Decimal(-5)) == -3
    assert answer("int", "-3", most=Decimal(5)) is None
    assert answer("int", "kurang -3") is None
    assert answer("int", "kopi - 3") == 3
    assert answer("number", "-2,5", least=Decimal(-5)) == -2.5


# Numbers with decimals.


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2,5", 2.5),
        ("2.5 kg", 2.5),
        ("1.250,75", 1250.75),
        ("1,250.75", 1250.75),
        ("0.500", 0.5),
        ("2", 2),
        ("1.500", 1500),
        ("2,0", 2),
        ("1.250.000,5", 1_250_000.5),
    ],
)
def test_reads_a_number(text: str, number: float) -> None:
    found = answer("number", text)

    assert found == number
    assert isinstance(found, int) == (number % 1 == 0)


@pytest.mark.parametrize(
    "text", ["1,250", "2,5,5", "2,,5", "1e9", "nan", "inf", "0x10", "", "kira2"]
)
def test_reads_no_number_where_it_is_not_clear(text: str) -> None:
    assert answer("number", text) is None


# Texts.


def test_a_text_is_trimmed_and_otherwise_kept_as_it_is() -> None:
    assert answer("text", "  Jl. Melati 5,\nBandung 🙂 ") == "Jl. Melati 5,\nBandung 🙂"


def test_a_text_holds_nothing_that_a_database_refuses() -> None:
    assert answer("text", "Jl.\x00 Melati\ud800 5") == "Jl. Melati 5"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", False),
        (" \n ", False),
        ("\x00", False),
        ("a" * 2000, True),
        ("a" * 2001, False),
        (" " * 3000 + "a" * 3000, False),
    ],
)
def test_a_text_has_at_least_a_letter_and_at_most_2000(text: str, fits: bool) -> None:
    assert (answer("text", text) is not None) == fits


def test_the_limits_of_a_text_are_its_length() -> None:
    limits: dict[str, Any] = {"least": Decimal(3), "most": Decimal(5)}

    found = [answer("text", text, **limits) for text in (" ab ", "abc", "abcde", "abcdef")]
    assert found == [None, "abc", "abcde", None]


# Phone numbers and e-mail addresses.


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("081200000017", "6281200000017"),
        ("0812-0000-0017", "6281200000017"),
        ("+62 812-0000-0017", "6281200000017"),
        ("6281200000017", "6281200000017"),
        ("812 0000 0017", "6281200000017"),
        ("+62 (0) 812 0000 0017", "6281200000017"),
        ("0062 812 0000 0017", "6281200000017"),
        ("nomor saya 081200000017 ya kak", "6281200000017"),
        ("wa.me/6281200000017", "6281200000017"),
        ("(021) 555 0123", "62215550123"),
        ("+65 9123 4567", "6591234567"),
        ("٠٨١٢٠٠٠٠٠٠١٧", "6281200000017"),
        ("081200000017 atau +6281200000017", "6281200000017"),
    ],
)
def test_reads_a_phone_number(text: str, number: str) -> None:
    assert answer("phone", text) == number


@pytest.mark.parametrize(
    "text",
    ["", "081200000017 / 081200000018", "0812", "9123 4567", "+0812000", "0" * 12, "1" * 60, "nol"],
)
def test_reads_no_phone_number_out_of_anything_else(text: str) -> None:
    assert answer("phone", text) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("siti@contoh.id", "siti@contoh.id"),
        ("Email saya: Siti.A+toko@Contoh.CO.ID.", "Siti.A+toko@contoh.co.id"),
        ("<siti@contoh.id>", "siti@contoh.id"),
    ],
)
def test_reads_an_email_address(text: str, address: str) -> None:
    assert answer("email", text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "siti@contoh",
        "siti@@contoh.id",
        "siti@contoh..id",
        "si..ti@contoh.id",
        "siti@-contoh.id",
        "a@contoh.id b@contoh.id",
        "a" * 65 + "@contoh.id",
        "a@" + "b." * 5000 + "id",
    ],
)
def test_reads_no_email_address_out_of_anything_else(text: str) -> None:
    assert answer("email", text) is None


# Dates. The day is a Wednesday, 2026-03-04.


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("hari ini", "2026-03-04"),
        ("besok", "2026-03-05"),
        ("Besok pagi ya kak", "2026-03-05"),
        ("lusa", "2026-03-06"),
        ("senin", "2026-03-09"),
        ("hari Jum'at", "2026-03-06"),
        ("rabu", "2026-03-11"),
        ("Jumat, 20 Maret 2026", "2026-03-20"),
        ("20/3", "2026-03-20"),
        ("4/3", "2026-03-04"),
        ("3/3", "2027-03-03"),
        ("20-3-2026", "2026-03-20"),
        ("20.03.2026", "2026-03-20"),
        ("20/3/26", "2026-03-20"),
        ("5-5-90", "1990-05-05"),
        ("17-8-1945", "1945-08-17"),
        ("2026-03-20", "2026-03-20"),
        ("20 maret", "2026-03-20"),
        ("20 Mar 2026", "2026-03-20"),
        ("20maret2026", "2026-03-20"),
        ("1 agust", "2026-08-01"),
        ("tgl 20", "2026-03-20"),
        ("tanggal 3", "2026-04-03"),
        ("20", "2026-03-20"),
        ("29 feb", "2028-02-29"),
        ("٢٠/٣", "2026-03-20"),
    ],
)
def test_reads_a_date(text: str, day: str) -> None:
    assert answer("date", text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kapan-kapan",
        "besok atau lusa",
        "minggu depan",
        "3/20",
        "30 feb",
        "29/2/2026",
        "31/4",
        "0/0",
        "tgl 32",
        "tgl 0",
        "kamis, 20 Maret 2026",
        "20 maret 1800",
        "20 maret 9999",
        "10:30",
        "20 m",
        "20 ma",
        "20/3-2026",
        "1" * 5000,
        "20 3",
    ],
)
def test_reads_no_date_where_it_is_not_clear(text: str) -> None:
    assert answer("date", text) is None


def test_a_day_of_the_month_is_the_next_month_that_has_it() -> None:
    assert answer("date", "tgl 31", today=date(2026, 4, 1)) == "2026-05-31"
    assert answer("date", "tgl 5", today=date(2026, 12, 30)) == "2027-01-05"


def test_reads_dates_in_english() -> None:
    found = [
        answer("date", text, language="en")
        for text in ("tomorrow", "on Monday", "March 20", "20th Mar 2026", "Mar 20, 2026")
    ]

    assert found == ["2026-03-05", "2026-03-09", "2026-03-20", "2026-03-20", "2026-03-20"]


def test_a_date_is_within_its_limits() -> None:
    limits: dict[str, Any] = {"least": TODAY, "most": date(2026, 3, 20)}

    found = [answer("date", text, **limits) for text in ("3-3-2026", "hari ini", "20/3", "21/3")]
    assert found == [None, "2026-03-04", "2026-03-20", None]


def test_the_end_of_the_calendar_is_no_end_of_us() -> None:
    found = [answer("date", text, today=date.max) for text in ("besok", "senin", "1/1", "tgl 1")]

    assert found == [None] * 4


# Choices and tables.

CHOICES = {"ya": ("ya", "y", "benar"), "tidak": ("tidak", "bukan"), "ambil_sendiri": ("ambil",)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ya", "ya"),
        ("Y", "ya"),
        ("iya benar kak", "ya"),
        ("bukan kak", "tidak"),
        ("ambil_sendiri", "ambil_sendiri"),
        ("ambil sendiri", "ambil_sendiri"),
        ("AMBIL_SENDIRI", "ambil_sendiri"),
        ("saya ambil", "ambil_sendiri"),
        ("ya tidak", None),
        ("tidak benar", None),
        ("yakin", None),
        ("mungkin", None),
        ("", None),
    ],
)
def test_reads_the_one_choice_whose_words_are_said(text: str, value: str | None) -> None:
    assert answer("choice", text, choices=CHOICES) == value


def test_a_longer_phrase_counts_before_a_word_in_it() -> None:
    choices = {"reguler": ("kirim",), "kilat": ("kirim kilat",)}

    assert answer("choice", "tolong kirim kilat", choices=choices) == "kilat"


def test_a_word_of_a_choice_counts_before_the_name_of_another() -> None:
    choices = {"a": ("besok",), "besok": ("lusa",)}

    # The name is the id of a button; as it stands it is that choice.
    assert answer("choice", "besok", choices=choices) == "besok"
    assert answer("choice", "besok pagi", choices=choices) == "a"


def test_reads_a_choice_by_its_synonyms() -> None:
    found = read_answer(
        "sip",
        Asked(kind="choice", choices={"ya": ("oke",)}),
        vocabulary=SHOP.vocabulary,
        language=SHOP.language,
        today=WEDNESDAY,
    )

    assert found == "ya"


@pytest.mark.parametrize(
    ("text", "row"), [("mau kopi", "kopi"), ("TEH", "teh"), ("kopi atau teh", None), ("gula", None)]
)
def test_reads_a_row_of_a_table_as_its_id(text: str, row: str | None) -> None:
    assert answer("table", text, table=SHOP.tables["produk"]) == row


def test_a_table_with_mistakes_has_no_answers() -> None:
    assert answer("table", "kopi") is None


# What texts see.


def seen(kind: str, kept: Any, *, language: str = "id", **asked: Any) -> Any:
    return value_of(kept, Asked(kind=kind, **asked), language=LANGUAGES[language])


def test_a_date_is_written_in_words_and_compared_as_a_day() -> None:
    day = seen("date", "2026-03-20")

    assert str(day) == "20 Maret 2026"
    assert dict(day) == {"date": "20 Maret 2026", "day": "Jumat", "iso": "2026-03-20"}
    assert day == "2026-03-20"
    assert day == "20 maret 2026"
    assert day == seen("date", "2026-03-20", language="en")
    assert day != "2026-03-21"
    assert "2026-03-19" < day < "2026-03-21"
    assert day <= seen("date", "2026-03-20") <= day
    assert not day > "2026-03-20"
    assert not day > "kemarin"


def test_a_day_is_no_day_of_another_month() -> None:
    assert seen("date", "2026-03-09") < "2026-03-10"
    assert seen("date", "2026-10-01") > seen("date", "2026-09-30")


def test_a_date_in_english_is_written_in_english() -> None:
    assert str(seen("date", "2026-03-20", language="en")) == "20 March 2026"


def test_a_number_with_decimals_is_written_with_the_mark_of_the_language() -> None:
    amount = seen("number", 2.5)

    assert (str(amount), amount * 2) == ("2,5", 5)
    assert str(seen("number", 1234567.125)) == "1234567,125"


def test_what_was_not_answered_is_written_as_nothing() -> None:
    table = SHOP.tables["produk"]
    absent = [
        *(seen(kind, None) for kind in STEP_TYPES),
        seen("table", None, table=table),
        seen("table", None),
    ]

    assert [str(value) for value in absent] == [""] * len(absent)
    assert not any(absent)


def test_a_day_that_is_absent_is_neither_before_nor_after() -> None:
    absent = Day(None, LANGUAGES["id"])

    assert not absent < "2026-01-01"
    assert not absent > "2026-01-01"
    assert not absent >= absent
    assert absent != "2026-01-01"


def test_an_answer_of_another_kind_than_now_is_asked_for_is_seen_as_none() -> None:
    table = SHOP.tables["produk"]
    assert str(seen("date", "kemarin")) == ""
    assert str(seen("date", 5)) == ""
    assert seen("int", "kopi") == ""
    assert seen("choice", "mungkin", choices=CHOICES) == ""
    assert seen("table", "gula", table=table) is table.absent
    assert seen("table", 3, table=table) is table.absent
    assert seen("text", 3) == "3"


def test_a_row_is_seen_whole() -> None:
    assert seen("table", "KOPI", table=SHOP.tables["produk"])["harga"] == 50000


def test_a_form_is_filled_in_and_used_in_its_texts() -> None:
    rules = book("""
rules:
  - {id: pesan, match: {words: [pesan]}, start: pesan}
flows:
  pesan:
    steps:
      - {id: berat, ask: Berapa kg?, type: number}
      - {id: tanggal, ask: Kapan?, type: date, min: today}
      - {id: nomor, ask: Nomor?, type: phone}
    done:
      - if: {lt: [form.tanggal, 2026-01-10]}
        reply: "{{ form.berat }} {{ form.tanggal.day }} {{ form.tanggal }} {{ form.nomor | phone }}"
      - reply: nanti
""")
    chat = Chat(rules)

    said = [
        chat.say(text) for text in ("pesan", "2,5 kg", "4 januari 2026", "besok", "0812 0000 0018")
    ]

    assert texts(said[2]) == ["Maaf, kami belum paham jawaban itu."]
    assert texts(said[-1]) == ["2,5 Selasa 6 Januari 2026 0812-0000-0018"]


# Whatever people type.

HOSTILE = (
    st.text(max_size=300)
    | st.text(alphabet="0123456789.,:-+/ xe", max_size=40)
    | st.lists(
        st.sampled_from([*LANGUAGES["id"].numbers, *LANGUAGES["id"].scales, "2", "20/3", "maret"])
    ).map(" ".join)
)


@given(
    text=HOSTILE,
    kind=st.sampled_from([*STEP_TYPES, "table"]),
    language=st.sampled_from(["id", "en"]),
)
def test_an_answer_is_read_or_not_and_can_be_seen_again(
    text: str, kind: str, language: str
) -> None:
    asked = Asked(kind=kind, choices=CHOICES, table=SHOP.tables["produk"])
    words = LANGUAGES[language]

    found = read_answer(text, asked, vocabulary=Vocabulary(words), language=words, today=WEDNESDAY)

    assert found is None or len(str(found)) <= 2000
    assert (found is None) == (str(value_of(found, asked, language=words)) == "")


@pytest.mark.parametrize("kind", [*STEP_TYPES, "table"])
@pytest.mark.parametrize(
    "text",
    [
        "9" * 10_000,
        "a@" * 5000,
        "20/" * 3000,
        "dua " * 2500,
        "(0)" * 3000,
        "ya " * 3000,
        "-" * 10_000,
        "\u0300" * 10_000,
        "﷽" * 2000,
        "a." * 5000 + "@x.id",
    ],
)
def test_a_long_answer_is_read_at_once(kind: str, text: str) -> None:
    began = time.process_time()
    answer(kind, text, choices=CHOICES, table=SHOP.tables["produk"])

    assert time.process_time() - began < 0.5
