"""Tables: what their rows are, and which row a text means."""

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import Book
from bot.rules.languages import LANGUAGES
from bot.rules.source import read_source
from bot.rules.tables import Table, compile_table
from bot.rules.text import Vocabulary
from tests.rules.playing import Chat, book, problems, texts

RULES = "rules:\n  - {id: a, match: {words: [a]}, reply: x}\n"
PRODUCTS = """
synonyms: {beras: [nasi]}
tables:
  produk:
    - {id: kopi, nama: Kopi Gayo 250g, alias: [kopi, "produk a"], harga: 50000}
    - {id: teh, nama: Teh Melati 100g, alias: "produk b, teh tubruk", harga: 35.000}
    - {id: kopi-susu, nama: Kopi Susu, harga: 12000}
    - {id: b1, nama: Beras Merah, harga: 14000}
    - {id: b2, nama: Beras Putih, harga: ""}
"""


def shop(written: str = PRODUCTS) -> Book:
    return book(written + RULES)


def produk(written: str = PRODUCTS) -> Table:
    return shop(written).tables["produk"]


def mistakes(rows: str) -> list[str]:
    return problems(f"tables:\n  produk:{rows}\n{RULES}")


# Rows.


def test_a_column_of_numbers_can_be_computed_with_and_keeps_how_it_is_written() -> None:
    kopi, teh, *_ = produk().rows

    assert (kopi["harga"], teh["harga"]) == (50000, 35000)
    assert str(teh["harga"]) == "35.000"


def test_a_column_with_one_text_is_a_column_of_texts() -> None:
    [row, _] = produk("tables: {produk: [{id: a, harga: 5000}, {id: b, harga: tanya}]}\n").rows

    assert row["harga"] == "5000"


def test_an_id_is_a_text_though_it_looks_like_a_number() -> None:
    [row] = produk("tables: {produk: [{id: 12, harga: 5000}]}\n").rows

    assert row["id"] == "12"


def test_a_row_is_written_as_its_first_text_besides_its_id() -> None:
    rows = produk(
        "tables: {produk: [{id: a, stok: 3, alias: x, nama: Kopi}, {id: b, stok: 4, nama: ''}]}\n"
    ).rows

    assert [str(row) for row in rows] == ["Kopi", "b"]


def test_a_cell_that_is_not_written_is_empty() -> None:
    [_, row] = produk("tables: {produk: [{id: a, warna: merah}, {id: b}]}\n").rows

    assert dict(row) == {"id": "b", "warna": ""}


def test_an_absent_row_has_every_column_and_is_false() -> None:
    absent = produk().absent

    assert dict(absent) == {"id": "", "nama": "", "alias": "", "harga": ""}
    assert (bool(absent), str(absent)) == (False, "")
    assert all(produk().rows)


def test_an_empty_list_is_a_table_without_rows() -> None:
    assert produk("tables: {produk: []}\n").rows == ()


def test_a_row_is_found_by_its_id_in_any_capitals() -> None:
    table = produk()

    assert table.row("KOPI-Susu") is table.rows[2]
    assert table.row("tidak ada") is None


def test_a_table_is_listed_in_a_text() -> None:
    rules = book(
        PRODUCTS + "rules:\n  - id: a\n    match: {words: [harga]}\n    reply: |\n"
        "      {% for p in tables.produk %}{{ p }} {{ p.harga | rupiah }}\n      {% endfor %}"
    )

    assert "Teh Melati 100g Rp 35.000" in texts(Chat(rules).say("harga"))[0]


# Mistakes.


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (" {kopi: 5000}", "expected a list of rows, such as - {id: kopi, nama: Kopi Gayo"),
        ("", "got nothing"),
        (
            "\n    - kopi",
            'expected a row such as {id: kopi, nama: Kopi Gayo, harga: 50000}, got "kopi"',
        ),
        ("\n    - {nama: Kopi Gayo 250g}", "a row needs a short name of its own: id: kopi-gayo"),
        ("\n    - {ID: kopi}", 'write "id" in small letters'),
        ("\n    - {id: kopi, nama produk: x}", '"nama produk" cannot be a column'),
        ("\n    - {id: kopi, harga: [1]}", "expected a text or a number, got a list"),
        (
            "\n    - {id: kopi, alias: [x, [y]]}",
            "expected words such as [kopi, produk a], got a list",
        ),
        ("\n    - {id: kopi, alias: ['!']}", 'expected words such as [kopi, produk a], got "!"'),
        ("\n    - {id: '?!'}", "holds no letter and no digit"),
        ("\n    - {id: a, harga: 1}\n    - {id: b}", '"harga" is missing, a number in other rows'),
        ("\n    - {id: a}\n    - {id: A}", 'the id "A" is used already, on line 4'),
        (
            "\n    - {id: a, nama: Kopi}\n    - {id: kopi}",
            '"kopi" already means another row, on line 4',
        ),
        ("\n    - {id: a, alias: kopi}\n    - {id: b, nama: Kopi!}", "another row, on line 4"),
    ],
)
def test_a_mistake_in_a_table_is_told_in_plain_words(rows: str, told: str) -> None:
    found = mistakes(rows)

    assert told in found[-1]
    assert len([each for each in found if "small letters" not in each]) <= 1


def test_a_mistake_is_told_where_it_stands() -> None:
    found = mistakes("\n    - {id: a}\n    - {id: b, alias: [x, a]}")

    assert found == [
        'rules.yaml:5:26: tables.produk[1].alias[1]: "a" already means another row, on line 4'
    ]


# Which row a text means.


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("kopi", "kopi"),
        ("KOPI!", "kopi"),
        ("produk A", "kopi"),
        ("teh tubruk", "teh"),
        ("Kopi Gayo 250g", "kopi"),
        ("b1", "b1"),
        ("kopi susu", "kopi-susu"),
        ("kopi-susu", "kopi-susu"),
        # inside a text, the longest
        ("mau kopi ya kak", "kopi"),
        ("pesan kopi susu dua", "kopi-susu"),
        ("tehnya dong", "teh"),
        # the beginning of a name
        ("teh melati", "teh"),
        ("kopi gayo ya kak", "kopi"),
        # synonyms
        ("nasi merah", "b1"),
        # one typing mistake
        ("kpoi", "kopi"),
        ("koppi", "kopi"),
        ("beras merh", "b1"),
        ("kopl susu kak", "kopi-susu"),
        ("kopisusu", "kopi-susu"),
        # none, or several
        ("teh atau kopi", None),
        ("kopi susu dan kopi", None),
        ("beras", None),
        ("topi", None),
        ("kopra", None),
        ("koppi sussu", None),
        ("te", None),
        ("b3", None),
        ("menghargai", None),
        ("", None),
        ("👍", None),
        ("yang kemarin saja", None),
    ],
)
def test_a_text_means_one_row_or_none(text: str, row: str | None) -> None:
    found = produk().find(text)

    assert (found and found["id"]) == row


def test_the_beginning_of_a_name_counts_before_a_word_inside_it() -> None:
    table = produk(
        "tables: {produk: [{id: tubruk, alias: kopi}, {id: g1, nama: Kopi Gayo 250g}]}\n"
    )

    found = table.find("kopi gayo")
    assert found is not None
    assert found["id"] == "g1"


def test_the_longest_phrase_counts_wherever_the_shorter_one_stands_in_it() -> None:
    table = produk("tables: {produk: [{id: tubruk}, {id: k, nama: Kopi Tubruk}, {id: susu}]}\n")

    found = [table.find(text) for text in ("mau kopi tubruk aja", "mau tubruk aja", "tubruk susu")]
    assert [row and row["id"] for row in found] == ["k", "tubruk", None]


def test_politeness_around_a_name_does_not_make_it_the_beginning_of_another() -> None:
    table = produk("tables: {produk: [{id: kopi}, {id: g1, nama: Kopi Gayo}]}\n")

    found = table.find("kopi ya kak")
    assert found is not None
    assert found["id"] == "kopi"


def test_a_number_or_two_letters_are_no_beginning_of_a_name() -> None:
    table = produk("tables: {produk: [{id: a, nama: 250 gram kopi}, {id: b, nama: Es Teh}]}\n")

    found = [table.find(text) for text in ("250", "250 gram", "es")]
    assert [row and row["id"] for row in found] == [None, "a", None]


def test_a_typing_mistake_that_fits_two_rows_means_neither() -> None:
    table = produk("tables: {produk: [{id: kecap}, {id: kecup}]}\n")

    assert table.find("kecip") is None


def test_only_the_id_the_aliases_and_the_name_are_looked_at() -> None:
    table = produk("tables: {produk: [{id: a, nama: Kaos, warna: merah}]}\n")

    assert table.find("merah") is None


def test_a_lookup_in_a_large_table_takes_no_longer() -> None:
    rows = "".join(
        f"    - {{id: p{number}, nama: Produk merah nomor {number}, harga: {number + 1}}}\n"
        for number in range(3000)
    )
    table = produk("tables:\n  produk:\n" + rows)

    began = time.process_time()
    for text in ("p77", "mau produk merah nomor 2999", "prduk merah nomor 5", "tidak ada") * 50:
        table.find(text)
    # A scan of every row takes a hundred times as long.
    assert time.process_time() - began < 1
    found = table.find("prduk merah nomor 5")
    assert found is not None
    assert found["id"] == "p5"


VALUES = st.recursive(
    st.text(max_size=8) | st.sampled_from(["id", "kopi", "5000", "50.000", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "ID", "alias", "nama", "harga", "a b"]), inner)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_whatever_is_written_is_a_table_or_a_mistake(value: Any) -> None:
    text = yaml.safe_dump({"tables": {"produk": value}}, allow_unicode=True)
    source = read_source(text, "rules.yaml")
    at = ("tables", "produk")

    found = compile_table(source, "produk", source.at(at), Vocabulary(LANGUAGES["id"]))

    assert (found is None) == bool(source.problems)
    assert found is None or all(found.find(str(row["id"])) is row for row in found.rows)


TABLE = produk()


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["kopi", "susu", "teh", "250g", "dan"])).map(" ".join)
)
def test_no_text_is_too_strange_to_be_looked_up(text: str) -> None:
    found = TABLE.find(text)

    assert found is None or found in TABLE.rows


@pytest.mark.parametrize("text", ["kopi " * 2000, "x" * 10_000, "kopi susu " * 1000, "ko" * 5000])
def test_a_long_text_is_looked_up_at_once(text: str) -> None:
    began = time.process_time()
    TABLE.find(text)

    assert time.process_time() - began < 0.5
