"""What code outside of the rules says becomes contents, or is refused with one plain sentence."""

from typing import Any

import pytest

from bot.content import (
    Buttons,
    Choice,
    Content,
    Listing,
    Location,
    Media,
    Reaction,
    Section,
    Template,
    Text,
)
from bot.rules.said import MAX_MESSAGES, NotSaid, contents_of
from bot.rules.templates import MAX_OUTPUT

LINK = "https://toko.contoh.id/katalog.jpg"


def refused(said: Any, **options: Any) -> str:
    with pytest.raises(NotSaid) as caught:
        contents_of(said, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("said", "contents"),
    [
        (None, ()),
        ("", ()),
        ("  \n", ()),
        ([], ()),
        ("Stok ada 3.", (Text(text="Stok ada 3."),)),
        (" Stok ada 3.\n", (Text(text="Stok ada 3."),)),
        (12, (Text(text="12"),)),
        (Text(text="Siap"), (Text(text="Siap"),)),
        ({"text": "Siap"}, (Text(text="Siap"),)),
        ({"text": 50000, "media": None}, (Text(text="50000"),)),
        (["satu", Text(text="dua"), {"text": "tiga"}, None], ("satu", "dua", "tiga")),
        (
            {"text": "Pilih", "buttons": ["Ya", {"id": 2, "title": "Tidak"}]},
            (
                Buttons(
                    text="Pilih",
                    buttons=(Choice(id="Ya", title="Ya"), Choice(id="2", title="Tidak")),
                ),
            ),
        ),
        (
            {"text": "Pilih", "list": {"label": "Buka", "rows": [{"id": "a", "title": "A"}]}},
            (
                Listing(
                    text="Pilih",
                    label="Buka",
                    sections=(Section(rows=(Choice(id="a", title="A"),)),),
                ),
            ),
        ),
        (
            {"text": "Katalog", "media": {"image": LINK}},
            (Media(kind="image", link=LINK, text="Katalog"),),
        ),
        ({"media": {"image": "promo.jpg"}}, (Media(kind="image", file="promo.jpg"),)),
        (
            {"location": {"latitude": -6.175392, "longitude": 106.827153, "name": "Monas"}},
            (Location(latitude=-6.175392, longitude=106.827153, name="Monas"),),
        ),
        (
            {"template": {"name": "resi", "parameters": ["INV-1", 3]}},
            (Template(name="resi", language="id", parameters=("INV-1", "3")),),
        ),
    ],
    ids=repr,
)
def test_is_said(said: Any, contents: tuple[Content | str, ...]) -> None:
    wanted = [Text(text=each) if isinstance(each, str) else each for each in contents]

    assert list(contents_of(said)) == wanted


@pytest.mark.parametrize("text", ["{{ contact.phone }}", "{% for x in range(9) %}", "{{"])
def test_what_comes_from_outside_is_never_a_template(text: str) -> None:
    assert contents_of(text) == (Text(text=text),)
    assert contents_of({"text": text}) == (Text(text=text),)


def test_a_reaction_is_put_on_the_message_of_the_turn() -> None:
    reaction = contents_of({"reaction": "👍"}, message_id="M1")

    assert reaction == (Reaction(message_id="M1", emoji="👍"),)
    assert refused({"reaction": "👍"}) == "reaction: there is no message to react to"


def test_a_file_is_named_only_by_who_can_read_it_anyway() -> None:
    said = {"media": {"document": "harga.pdf"}}

    assert contents_of(said) == (Media(kind="document", file="harga.pdf"),)
    assert "files cannot be named from outside" in refused(said, may_name_files=False)
    assert contents_of({"media": {"image": LINK}}, may_name_files=False)


@pytest.mark.parametrize("file", ["../.env", "/etc/passwd", ".env", "a/../../b.jpg"])
def test_no_file_is_named_elsewhere_than_beside_the_rules_file(file: str) -> None:
    assert refused({"media": {"document": file}}).startswith("media.document: ")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"halo", "expected a text, a content, a map or a list of them, got bytes"),
        (True, "expected a text, got true"),
        ([["dua", "lapis"]], "expected a text, a map or a list of them, got list"),
        ({"text": ""}, "text: expected a text"),
        ({"text": {"a": "b"}}, "text: expected a text"),
        ({"teks": "Siti"}, "it has a key that is not known; known are text, buttons, list, media"),
        (
            {"text": "a", "buttons": [{"title": "b", "warna": "c"}]},
            "buttons[0]: it has a key that is not known",
        ),
        ({"text": "a", "buttons": [{"id": "x"}]}, "buttons[0].title: it is missing"),
        ({"buttons": ["Ya"]}, 'buttons: "buttons" stand below a text: add a "text"'),
        ({"text": "a", "buttons": ["Ya", "ya"]}, "buttons[1]: its id is that of another"),
        ({"text": "a", "template": "resi"}, 'template: a "template" is said by itself'),
        ({"media": {"image": "http://toko.contoh.id/a.jpg"}}, "media.image: expected a link"),
        ({"location": {"latitude": "utara", "longitude": 1}}, "location.latitude: expected"),
        ({"text": 10**400}, "it holds a number that nobody reads"),
        (Text(text=3), "not readable at text.text"),  # type: ignore[arg-type] # of somebody who checks no types
    ],
    ids=lambda value: repr(value)[:40],
)
def test_is_refused_with_a_plain_sentence(said: Any, sentence: str) -> None:
    assert sentence in refused(said)


def test_a_refusal_quotes_nobody() -> None:
    said = {"text": "a", "location": {"latitude": "rahasia-siti", "longitude": "rahasia-siti"}}

    assert "rahasia" not in refused(said)
    assert "rahasia" not in refused({"rahasia-siti": "rahasia-siti"})


def test_says_only_so_many_messages() -> None:
    assert len(contents_of(["ya"] * MAX_MESSAGES)) == MAX_MESSAGES
    assert refused(["ya"] * (MAX_MESSAGES + 1)) == "it says more than 10 messages"
    # A menu and a file beside it are two.
    both = {"text": "a", "buttons": ["b"], "media": {"image": LINK}}
    assert len(contents_of([both] * 5)) == MAX_MESSAGES
    assert refused([both] * 6) == "it says more than 10 messages"


@pytest.mark.parametrize(
    "said",
    [
        "a" * (MAX_OUTPUT + 1),
        Text(text="a" * (MAX_OUTPUT + 1)),
        {"text": "a" * MAX_OUTPUT, "footer": "b"},
        {"text": "a", "buttons": ["b" * 100] * 200},
        {"text": "a", "list": {"rows": [{"title": f"{n}"} for n in range(1000)]}},
    ],
    ids=["text", "content", "sum", "buttons", "rows"],
)
def test_no_message_is_longer_than_any_text(said: Any) -> None:
    assert "one message " in refused(said)


def test_nothing_that_goes_on_for_ever_is_said() -> None:
    deep: Any = "a"
    for _ in range(5000):
        deep = {"list": deep}
    round_: dict[str, Any] = {"text": "a"}
    round_["list"] = round_

    assert refused(deep) == refused(round_) == "one message holds too many values"
