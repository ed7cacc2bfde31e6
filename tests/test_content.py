"""What a message says survives being kept as JSON, and tells no words in its repr."""

import json

import pytest

from bot.content import (
    KINDS,
    Buttons,
    Card,
    Choice,
    Contacts,
    Content,
    Listing,
    Location,
    Media,
    NotContent,
    Reaction,
    Section,
    Template,
    Text,
    as_json,
    choices_of,
    from_json,
    text_of,
)

HARGA = Choice(id="btn_harga", title="Harga")
ORDER = Choice(id="btn_order", title="Order", description="Pesan sekarang")
SAMPLES: list[tuple[Content, str]] = [
    (Text(text="Halo kak"), "Halo kak"),
    (Text(text="1. Harga", choices=(HARGA,)), "1. Harga"),
    (Media(kind="image", text="Menu", link="https://toko.example/menu.jpg"), "Menu"),
    (Media(kind="document", stored="a" * 64, filename="harga.pdf"), ""),
    (
        Location(latitude=-6.2, longitude=106.8, name="Toko", address="Jl. Melati 1"),
        "Toko\nJl. Mel",
    ),
    (Contacts(cards=(Card(name="Sari", phones=("081200000042",)),)), "Sari"),
    (Buttons(text="Pilih", buttons=(HARGA, ORDER), footer="Toko Melati"), "Pilih"),
    (Listing(text="Pilih", label="Menu", sections=(Section(rows=(HARGA, ORDER)),)), "Pilih"),
    (Template(name="pesanan_siap", language="id", parameters=("Sari", "2")), "Sari\n2"),
    (Reaction(message_id="wamid.1", emoji="👍"), "👍"),
    (Reaction(message_id="wamid.1"), ""),
]


@pytest.mark.parametrize(("content", "words"), SAMPLES, ids=lambda part: str(part)[:12])
def test_is_read_back_as_it_was_written(content: Content, words: str) -> None:
    stored = json.loads(json.dumps(as_json(content)))

    assert from_json(stored) == content
    assert text_of(content).startswith(words)


@pytest.mark.parametrize("content", [content for content, _ in SAMPLES], ids=lambda part: part.kind)
def test_shows_no_words_in_its_repr(content: Content) -> None:
    words = [word for word in text_of(content).split() if len(word) > 2]

    assert not [word for word in words if word in repr(content) and word not in content.kind]


def test_knows_every_kind_by_name() -> None:
    assert {content.kind for content, _ in SAMPLES} <= set(KINDS)


def test_choices_come_in_the_order_shown() -> None:
    listing = Listing(text="Pilih", sections=(Section(rows=(HARGA,)), Section(rows=(ORDER,))))

    assert choices_of(listing) == (HARGA, ORDER)
    assert choices_of(Buttons(text="Pilih", buttons=(ORDER, HARGA))) == (ORDER, HARGA)
    assert choices_of(Text(text="Halo")) == ()


@pytest.mark.parametrize(
    "stored",
    [None, [], "teks", {}, {"kind": "video-call"}, {"kind": "text"}, {"kind": "location"}],
    ids=str,
)
def test_refuses_what_is_no_content(stored: object) -> None:
    with pytest.raises(NotContent):
        from_json(stored)


def test_a_refusal_names_places_and_no_values() -> None:
    with pytest.raises(NotContent) as caught:
        from_json({"kind": "buttons", "text": {"rahasia": 1}, "buttons": [{"id": "a"}]})

    assert "rahasia" not in str(caught.value)
    assert "buttons" in str(caught.value)
