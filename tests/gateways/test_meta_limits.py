"""What is refused before any request, because Meta would refuse it."""

import math
from typing import Any

import pytest

from bot import content
from bot.content import Section
from bot.gateways.base import Attachment
from bot.gateways.errors import Rejected
from tests.gateways.test_meta_contents import LINK, LISTING, body_of, choices, send


def media(kind: Any, attachment: Attachment | None, **fields: str) -> tuple[Any, ...]:
    return content.Media(kind=kind, **fields), attachment


def of_bytes(size: int, mimetype: str) -> Attachment:
    return Attachment(content=bytes(size), mimetype=mimetype, filename="berkas")


TOO_MUCH: dict[str, tuple[content.Content, Attachment | None]] = {
    "no text": (content.Text(text=""), None),
    "a text of 4097": (content.Text(text="a" * 4097), None),
    "a caption of 1025": media("image", LINK, text="a" * 1025),
    "a caption of a sound": media("audio", LINK, text="Dengar"),
    "a caption of a sticker": media("sticker", LINK, text="Lihat"),
    "media without an attachment": media("image", None),
    "an attachment of nothing": media("image", Attachment(mimetype="image/png")),
    "an empty file": media("image", of_bytes(0, "image/png")),
    "a picture over 5 MiB": media("image", of_bytes(5 * 2**20 + 1, "image/png")),
    "a sticker over 500 KiB": media("sticker", of_bytes(500 * 2**10 + 1, "image/webp")),
    "a film over 16 MiB": media("video", of_bytes(16 * 2**20 + 1, "video/mp4")),
    "a GIF": media("image", of_bytes(9, "image/gif")),
    "a sticker of PNG": media("sticker", of_bytes(9, "image/png")),
    "a voice note of MP3": media("voice", of_bytes(9, "audio/mpeg")),
    "no type": media("document", of_bytes(9, "")),
    "a type that breaks out": media("document", of_bytes(9, "a/b\r\nX-Evil: 1")),
    "beyond the pole": (content.Location(latitude=90.1, longitude=0), None),
    "no number": (content.Location(latitude=math.nan, longitude=0), None),
    "no cards": (content.Contacts(cards=()), None),
    "a card without a name": (content.Contacts(cards=(content.Card(name=""),)), None),
    "258 cards": (content.Contacts(cards=(content.Card(name="Budi"),) * 258), None),
    "no buttons": (content.Buttons(text="Jadi?", buttons=()), None),
    "four buttons": (content.Buttons(text="Jadi?", buttons=choices(4)), None),
    "a title of 21": (content.Buttons(text="Jadi?", buttons=choices(1, title="a" * 21)), None),
    "an id of 257": (content.Buttons(text="Jadi?", buttons=choices(1, id="a" * 257)), None),
    "two of one id": (content.Buttons(text="Jadi?", buttons=choices(2, id="a")), None),
    "two of one title": (content.Buttons(text="Jadi?", buttons=choices(2, title="a")), None),
    "buttons without text": (content.Buttons(text="", buttons=choices(1)), None),
    "buttons below 1025": (content.Buttons(text="a" * 1025, buttons=choices(1)), None),
    "a header of 61": (content.Buttons(text="a", buttons=choices(1), header="a" * 61), None),
    "a footer of 61": (content.Buttons(text="a", buttons=choices(1), footer="a" * 61), None),
    "a list without label": (content.Listing(text="a", sections=LISTING.sections), None),
    "a list of nothing": (content.Listing(text="a", label="b", sections=()), None),
    "eleven rows": (
        content.Listing(text="a", label="b", sections=(Section(rows=choices(11)),)),
        None,
    ),
    "a row of 25": (
        content.Listing(text="a", label="b", sections=(Section(rows=choices(1, title="a" * 25)),)),
        None,
    ),
    "a row's id of 201": (
        content.Listing(text="a", label="b", sections=(Section(rows=choices(1, id="a" * 201)),)),
        None,
    ),
    "a description of 73": (
        content.Listing(
            text="a", label="b", sections=(Section(rows=choices(1, description="a" * 73)),)
        ),
        None,
    ),
    "two sections, one title": (
        content.Listing(
            text="a",
            label="b",
            sections=(
                Section(title="Kopi", rows=choices(1)),
                Section(rows=choices(1, id="z", title="z")),
            ),
        ),
        None,
    ),
    "a section's title of 25": (
        content.Listing(text="a", label="b", sections=(Section(title="a" * 25, rows=choices(1)),)),
        None,
    ),
    "a template without language": (content.Template(name="salam", language=""), None),
    "a reaction to nothing": (content.Reaction(message_id="", emoji="👍"), None),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_refuses_before_any_request_what_meta_would_refuse(case: str) -> None:
    said, attachment = TOO_MUCH[case]
    result, requests = send(said, attachment=attachment)

    assert isinstance(result, Rejected)
    assert requests == []


def test_takes_what_just_fits() -> None:
    rows = choices(10, description="d" * 72)
    fits: list[content.Content] = [
        content.Text(text="a" * 4096),
        content.Buttons(text="a" * 1024, buttons=choices(3), header="h" * 60, footer="f" * 60),
        content.Listing(text="a" * 4096, label="l" * 20, sections=(Section(rows=rows),)),
        content.Listing(text="a", label="b", sections=(Section(title="t" * 24, rows=rows),)),
    ]
    for said in fits:
        assert body_of(said)


def test_a_refusal_names_the_limit_and_not_the_text() -> None:
    result, _ = send(content.Text(text="rahasia" * 1000))

    assert "4096" in str(result)
    assert "rahasia" not in repr(result)
