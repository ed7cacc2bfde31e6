"""A terminal shows a menu with numbers, and a number typed below it presses a button."""

import pytest

from bot.cli.contents import Typed, below, lines_of, with_article
from bot.content import (
    Buttons,
    Card,
    Choice,
    Contacts,
    Content,
    Listing,
    Location,
    Media,
    Reaction,
    Section,
    Template,
    Text,
)

HARGA, CS = Choice(id="btn_harga", title="Harga"), Choice(id="btn_cs", title="Chat CS")
MENU = Buttons(text="Mau apa?\n\nPilih", buttons=(HARGA, CS), header="Toko", footer="Buka 09-17")
LIST = Listing(
    text="Pilih",
    label="Lihat",
    sections=(
        Section(title="Kopi", rows=(Choice(id="gayo", title="Gayo", description="250 g"),)),
        Section(title="Lain", rows=(CS,)),
    ),
)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (Text(text="a\nb", choices=(HARGA,)), ["a", "b"]),
        (MENU, ["Toko", "Mau apa?", "", "Pilih", "Buka 09-17", "[1] Harga", "[2] Chat CS"]),
        (
            LIST,
            ["Pilih", "[Lihat]", "Kopi:", "[1] Gayo - 250 g", "Lain:", "[2] Chat CS"],
        ),
        (Media(kind="image", file="a.jpg", text="Promo"), ["<image: a.jpg>", "Promo"]),
        (Media(kind="document", stored="abc", filename="A.pdf"), ["<document: abc (A.pdf)>"]),
        (
            Location(latitude=-6.2, longitude=106.8, name="Toko"),
            ["<location: -6.2, 106.8>", "Toko"],
        ),
        (Contacts(cards=(Card(name="Siti"),)), ["<contacts>", "Siti"]),
        (
            Template(name="promo", language="id", parameters=("Siti",)),
            ["<template: promo, id>", "Siti"],
        ),
        (Reaction(message_id="M1", emoji="👍"), ["<reaction: 👍 on M1>"]),
        (Reaction(message_id="M1"), ["<reaction: taken away on M1>"]),
    ],
)
def test_every_content_can_be_seen(content: Content, lines: list[str]) -> None:
    assert lines_of(content) == lines


def test_the_ids_can_be_seen_too() -> None:
    assert lines_of(MENU, with_ids=True)[-1] == "[2] Chat CS  (button: btn_cs)"


@pytest.mark.parametrize(
    ("text", "last", "typed"),
    [
        ("2", MENU, Typed(case="button", text="Chat CS", button="btn_cs")),
        ("1", LIST, Typed(case="list", text="Gayo", button="gayo")),
        ("3", MENU, Typed(case="text", text="3")),
        ("0", MENU, Typed(case="text", text="0")),
        ("halo", MENU, Typed(case="text", text="halo")),
        ("9" * 5000, MENU, Typed(case="text", text="9" * 5000)),
        ("2", Text(text="x", choices=(HARGA, CS)), Typed(case="text", text="2")),
        ("2", None, Typed(case="text", text="2")),
    ],
)
def test_a_number_presses_what_is_shown(text: str, last: Content | None, typed: Typed) -> None:
    assert below(text, last) == typed


@pytest.mark.parametrize(
    ("kind", "words"), [("image", "an image"), ("text", "a text"), ("buttons", "buttons")]
)
def test_a_kind_is_named_as_in_a_sentence(kind: str, words: str) -> None:
    assert with_article(kind) == words
