"""How each kind of content is written for Meta."""

import json
from typing import Any

import pytest

from bot import content
from bot.content import Choice, Section
from bot.gateways.base import Attachment, HttpRequest, OutgoingMessage, SentMessage
from bot.gateways.errors import SendError
from bot.gateways.meta import Meta
from tests.gateways.contract import CURRENT, account_of, answer, drive

TAKEN = answer(200, {"messages": [{"id": "wamid.TERKIRIM1"}]})
LINK = Attachment(link="https://toko.example/kopi", mimetype="image/jpeg", filename="kopi.jpg")
EARLIER = Attachment(uploaded="8801000001", mimetype="application/pdf", filename="daftar.pdf")


def meta_of(**fields: Any) -> Meta:
    account = account_of("meta", CURRENT, access_token="token", phone_number_id="1065", **fields)
    return Meta([account])


def outgoing(said: content.Content, **fields: Any) -> OutgoingMessage:
    words = {
        "device": "1065",
        "address": "6281200000011",
        "reference": "17:kunci",
        "idempotency_key": "kunci",
    }
    return OutgoingMessage(**{**words, "content": said, **fields})


def send(
    said: content.Content, meta: Meta | None = None, **fields: Any
) -> tuple[SentMessage | SendError, list[HttpRequest]]:
    return drive((meta or meta_of()).send(outgoing(said, **fields)), [TAKEN])


def body_of(said: content.Content, meta: Meta | None = None, **fields: Any) -> dict[str, Any]:
    result, (request,) = send(said, meta, **fields)
    assert result == SentMessage(external_id="wamid.TERKIRIM1")
    body: dict[str, Any] = json.loads(request.body)
    return body


def choices(count: int, **fields: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(**{"id": f"pilihan-{number}", "title": f"Pilihan {number}", **fields})
        for number in range(count)
    )


BUTTONS = content.Buttons(text="Jadi?", buttons=choices(2))
LISTING = content.Listing(text="Mau apa?", label="Menu", sections=(Section(rows=choices(2)),))
MEDIA: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("image", {"text": "Ini kak"}, {"type": "image", "image": {"caption": "Ini kak"}}),
    ("video", {}, {"type": "video", "video": {}}),
    ("audio", {}, {"type": "audio", "audio": {}}),
    ("voice", {}, {"type": "audio", "audio": {"voice": True}}),
    ("sticker", {}, {"type": "sticker", "sticker": {}}),
    ("document", {"filename": "harga.pdf"}, {"type": "document"}),
]
CONTENTS: list[tuple[content.Content, dict[str, Any]]] = [
    (content.Text(text="Halo"), {"type": "text", "text": {"body": "Halo"}}),
    (
        content.Location(latitude=-6.2, longitude=106.8, name="Toko Melati"),
        {
            "type": "location",
            "location": {"latitude": -6.2, "longitude": 106.8, "name": "Toko Melati"},
        },
    ),
    (
        content.Contacts(
            cards=(
                content.Card(name="Bu Sari", phones=("0812-0000-0012", "123"), organisation="CV"),
                content.Card(name="Budi"),
            )
        ),
        {
            "type": "contacts",
            "contacts": [
                {
                    "name": {"formatted_name": "Bu Sari", "first_name": "Bu Sari"},
                    "phones": [
                        {"phone": "0812-0000-0012", "wa_id": "6281200000012"},
                        {"phone": "123"},
                    ],
                    "org": {"company": "CV"},
                },
                {"name": {"formatted_name": "Budi", "first_name": "Budi"}},
            ],
        },
    ),
    (
        content.Buttons(text="Jadi?", buttons=choices(1), header="Pesanan", footer="Toko Melati"),
        {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "header": {"type": "text", "text": "Pesanan"},
                "body": {"text": "Jadi?"},
                "footer": {"text": "Toko Melati"},
                "action": {
                    "buttons": [
                        {"type": "reply", "reply": {"id": "pilihan-0", "title": "Pilihan 0"}}
                    ]
                },
            },
        },
    ),
    (
        content.Listing(
            text="Mau apa?",
            label="Menu",
            sections=(
                Section(title="Kopi", rows=(Choice(id="a", title="Gayo", description="85 ribu"),)),
                Section(title="Teh", rows=(Choice(id="b", title="Melati"),)),
            ),
        ),
        {
            "type": "interactive",
            "interactive": {
                "type": "list",
                "body": {"text": "Mau apa?"},
                "action": {
                    "button": "Menu",
                    "sections": [
                        {
                            "title": "Kopi",
                            "rows": [{"id": "a", "title": "Gayo", "description": "85 ribu"}],
                        },
                        {"title": "Teh", "rows": [{"id": "b", "title": "Melati"}]},
                    ],
                },
            },
        },
    ),
    (
        content.Template(
            name="pesanan_siap",
            language="id",
            parameters=("Sari", "17"),
            components=({"type": "button", "sub_type": "quick_reply", "index": "0"},),
        ),
        {
            "type": "template",
            "template": {
                "name": "pesanan_siap",
                "language": {"code": "id"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [
                            {"type": "text", "text": "Sari"},
                            {"type": "text", "text": "17"},
                        ],
                    },
                    {"type": "button", "sub_type": "quick_reply", "index": "0"},
                ],
            },
        },
    ),
    (
        content.Template(name="salam", language="en_US"),
        {"type": "template", "template": {"name": "salam", "language": {"code": "en_US"}}},
    ),
    (
        content.Reaction(message_id="wamid.A", emoji="👍"),
        {"type": "reaction", "reaction": {"message_id": "wamid.A", "emoji": "👍"}},
    ),
    (
        content.Reaction(message_id="wamid.A"),
        {"type": "reaction", "reaction": {"message_id": "wamid.A", "emoji": ""}},
    ),
]


@pytest.mark.parametrize(("said", "expected"), CONTENTS)
def test_writes_a_content_as_meta_wants_it(said: content.Content, expected: dict[str, Any]) -> None:
    assert body_of(said) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+6281200000011",
        **expected,
        "biz_opaque_callback_data": "17:kunci",
    }


@pytest.mark.parametrize(("kind", "fields", "expected"), MEDIA)
def test_sends_media_by_their_link(
    kind: Any, fields: dict[str, str], expected: dict[str, Any]
) -> None:
    body = body_of(content.Media(kind=kind, link=LINK.link, **fields), attachment=LINK)

    word = expected["type"]
    named = {"filename": "harga.pdf"} if kind == "document" else {}
    assert body["type"] == word
    assert body[word] == {"link": LINK.link, **expected.get(word, {}), **named}
    assert body["biz_opaque_callback_data"] == "17:kunci"


def test_sends_media_by_an_earlier_upload() -> None:
    body = body_of(content.Media(kind="document", uploaded="8801000001"), attachment=EARLIER)

    assert body["document"] == {"id": "8801000001", "filename": "daftar.pdf"}


def test_sends_a_preview_only_where_it_is_asked_for() -> None:
    said = content.Text(text="https://toko.example")

    assert body_of(said, meta_of(preview_url="true"))["text"]["preview_url"] is True
    assert "preview_url" not in body_of(said)["text"]


@pytest.mark.parametrize("said", [CONTENTS[0][0], BUTTONS, LISTING, CONTENTS[1][0]])
def test_quotes_the_message_that_it_replies_to(said: content.Content) -> None:
    assert body_of(said, quoted_id="wamid.LAMA")["context"] == {"message_id": "wamid.LAMA"}


def test_a_reaction_quotes_nothing_besides() -> None:
    said = content.Reaction(message_id="wamid.A", emoji="👍")

    assert "context" not in body_of(said, quoted_id="wamid.LAMA")


@pytest.mark.parametrize(("said", "_expected"), CONTENTS)
def test_sends_every_content_to_a_user_id(said: content.Content, _expected: Any) -> None:
    body = body_of(said, address="ID.13490000000002")

    assert body["recipient"] == "ID.13490000000002"
    assert "to" not in body
