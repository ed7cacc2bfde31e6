"""What Rijan is asked to send, and what it is not."""

import json
from typing import Any

import pytest

from bot import content
from bot.content import Card, Content
from bot.gateways.base import Attachment, SentMessage
from bot.gateways.errors import (
    NotAuthorised,
    NotSupported,
    Rejected,
    Scope,
    SendError,
)
from bot.gateways.rijan import Rijan
from tests.gateways.contract import account_of, answer, drive
from tests.gateways.rijan_calls import (
    DEVICE_URL,
    GROUP,
    PERSON,
    SECRET,
    fields_of,
    outgoing,
    send,
)

SENT = answer(200, {"id": "msg_1", "messageId": "msg_1", "status": "queued"})
QUEUED = answer(200, {"status": "queued"})
LINK = "https://toko.contoh.invalid/menu.jpg"
PLACE = content.Location(latitude=-6.2, longitude=106.8, name="Toko", address="Jl. Melati 1")
CONTACTS = content.Contacts(
    cards=(
        Card(name="Sari, Toko; Melati", phones=("0812-0000-0042", "ext 7"), organisation="Melati"),
    )
)
REACTION = content.Reaction(message_id="3EB0A1", emoji="👍")


def send_media(kind: Any, attachment: Attachment | None = None, **fields: Any) -> Any:
    media = content.Media(kind=kind, link=LINK, **fields)
    given = attachment or Attachment(link=LINK, mimetype=fields.get("mimetype", ""))
    return send(SENT, message=outgoing(media, attachment=given))


def test_sends_a_text() -> None:
    result, (request,) = send(SENT)

    assert result == SentMessage(ticket="msg_1")
    assert request.method == "POST"
    assert request.url == f"{DEVICE_URL}/messages/text"
    assert request.headers["Authorization"] == "Bearer kunci-api"
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == (
        '{"to":"6281200000011@s.whatsapp.net","text":"Siap ☕","idempotencyKey":"42-1"}'.encode()
    )


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("6281200000011", "6281200000011@s.whatsapp.net"),
        ("+62 812-0000-0011", "6281200000011@s.whatsapp.net"),
        ("6281200000011@c.us", "6281200000011@s.whatsapp.net"),
        ("6281200000011:12@s.whatsapp.net", "6281200000011@s.whatsapp.net"),
        ("120363040000000021@g.us", "120363040000000021@g.us"),
    ],
)
def test_addresses_people_and_groups_as_rijan_wants_them(address: str, to: str) -> None:
    _, (request,) = send(SENT, message=outgoing(address=address))
    assert json.loads(request.body)["to"] == to


@pytest.mark.parametrize(
    "address",
    [
        "120000000000011@lid",
        "status@broadcast",
        "1@newsletter",
        "",
        "@s.whatsapp.net",
        "bukan nomor",
        "ID.6281200000011",
    ],
)
def test_refuses_an_address_that_rijan_would_refuse_before_any_request(address: str) -> None:
    result, requests = send(message=outgoing(address=address))

    assert isinstance(result, Rejected)
    assert result.scope is Scope.RECIPIENT
    assert requests == []


@pytest.mark.parametrize(
    ("account", "device", "kind"),
    [
        ({}, "d", NotAuthorised),
        ({"api_key": ""}, "d", NotAuthorised),
        ({"api_key": "k"}, "", Rejected),
    ],
)
def test_sends_nothing_without_a_key_or_a_device(
    account: dict[str, str], device: str, kind: type[SendError]
) -> None:
    result, requests = drive(
        Rijan([account_of("rijan", SECRET, **account)]).send(outgoing(device=device)), []
    )

    assert isinstance(result, kind)
    assert requests == []


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("image", {"text": "Menu"}, {"mediaType": "image", "caption": "Menu"}),
        ("video", {"mimetype": "video/mp4"}, {"mediaType": "video", "mimeType": "video/mp4"}),
        ("audio", {"mimetype": "audio/mpeg"}, {"mediaType": "audio", "mimeType": "audio/mpeg"}),
        (
            "voice",
            {"mimetype": "audio/ogg"},
            {"mediaType": "audio", "mimeType": "audio/ogg; codecs=opus", "ptt": True},
        ),
        (
            "document",
            {"mimetype": "application/pdf", "filename": "harga.pdf"},
            {"mediaType": "document", "mimeType": "application/pdf", "fileName": "harga.pdf"},
        ),
    ],
)
def test_sends_media_by_link(kind: str, fields: dict[str, Any], expected: dict[str, Any]) -> None:
    result, (request,) = send_media(kind, **fields)

    assert result == SentMessage(ticket="msg_1")
    assert request.url == f"{DEVICE_URL}/messages/media"
    common = {"to": PERSON, "mediaUrl": LINK, "idempotencyKey": "42-1"}
    assert fields_of(request) == {**common, **expected}


@pytest.mark.parametrize(
    "attachment",
    [
        Attachment(content=b"x"),
        Attachment(uploaded="1"),
        Attachment(link="http://localhost:8000/media/x"),
        Attachment(link="http://127.0.0.1/x"),
        Attachment(link="https://192.168.1.7/x.jpg"),
        Attachment(link="https://172.31.0.1/x.jpg"),
        Attachment(link="ftp://toko.contoh.invalid/x.jpg"),
        Attachment(link="/media/x.jpg"),
    ],
    ids=lambda each: (each.link or "no link")[:24],
)
def test_refuses_media_that_rijan_would_take_and_never_send(attachment: Attachment) -> None:
    result, requests = send_media("image", attachment)

    assert isinstance(result, Rejected)
    assert requests == []


def test_sends_a_location() -> None:
    result, (request,) = send(QUEUED, message=outgoing(PLACE, address=GROUP))

    assert result == SentMessage()
    assert request.url == f"{DEVICE_URL}/messages/location"
    assert fields_of(request) == {
        "to": GROUP,
        "latitude": -6.2,
        "longitude": 106.8,
        "name": "Toko",
        "address": "Jl. Melati 1",
        "idempotencyKey": "42-1",
    }


def test_sends_a_location_on_the_equator() -> None:
    _, (request,) = send(QUEUED, message=outgoing(content.Location(latitude=0.0, longitude=0.0)))
    assert (fields_of(request)["latitude"], fields_of(request)["longitude"]) == (0.0, 0.0)


def test_sends_contacts_as_vcards() -> None:
    result, (request,) = send(QUEUED, message=outgoing(CONTACTS))

    assert result == SentMessage()
    assert request.url == f"{DEVICE_URL}/messages/contact"
    (card,) = fields_of(request)["contacts"]
    assert card["displayName"] == "Sari, Toko; Melati"
    assert card["vcard"].splitlines() == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "N:;Sari\\, Toko\\; Melati;;;",
        "FN:Sari\\, Toko\\; Melati",
        "ORG:Melati",
        "TEL;type=CELL;type=VOICE;waid=6281200000042:+6281200000042",
        "TEL;type=CELL;type=VOICE:ext 7",
        "END:VCARD",
    ]


def test_writes_no_card_into_a_card() -> None:
    card = Card(name="Sari\nEND:VCARD", phones=("1\r\nTEL:2",))
    _, (request,) = send(QUEUED, message=outgoing(content.Contacts(cards=(card,))))

    lines = fields_of(request)["contacts"][0]["vcard"].splitlines()
    assert [line for line in lines if line.startswith(("END", "TEL"))] == [
        "TEL;type=CELL;type=VOICE:1 TEL:2",
        "END:VCARD",
    ]


def test_reacts_to_what_a_contact_wrote() -> None:
    answered = answer(200, {"id": "ab12", "messageId": "ab12", "status": "sent"})

    result, (request,) = send(answered, message=outgoing(REACTION))

    assert result == SentMessage()
    assert request.url == f"{DEVICE_URL}/messages/reaction"
    assert fields_of(request) == {
        "to": PERSON,
        "messageId": "3EB0A1",
        "emoji": "👍",
        "fromMe": False,
        "idempotencyKey": "42-1",
    }


def test_takes_a_reaction_away_with_an_empty_emoji() -> None:
    _, (request,) = send(SENT, message=outgoing(content.Reaction(message_id="3EB0A1")))
    assert fields_of(request)["emoji"] == ""


@pytest.mark.parametrize("what", [PLACE, CONTACTS])
def test_keeps_a_ticket_where_a_newer_rijan_tells_one(what: Content) -> None:
    result, _ = send(SENT, message=outgoing(what))
    assert result == SentMessage(ticket="msg_1")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"X_RateLimit_Remaining": "1", "X_RateLimit_Reset": "42"}, None),
        ({"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "42"}, 42.0),
        ({"X_RateLimit_Remaining": "0"}, None),
        ({"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "soon"}, None),
        # A time of day is no number of seconds to wait.
        ({"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1763654400"}, None),
    ],
)
@pytest.mark.parametrize("what", [content.Text(text="Siap"), PLACE, REACTION])
def test_rests_after_the_last_message_of_a_minute(
    what: Content, headers: dict[str, str], seconds: float | None
) -> None:
    queued = answer(200, {"id": "msg_1", "messageId": "msg_1", "status": "queued"}, **headers)

    result, _ = send(queued, message=outgoing(what))

    assert isinstance(result, SentMessage)
    assert result.rest_seconds == seconds


def test_passes_on_which_message_is_answered() -> None:
    _, (request,) = send(SENT, message=outgoing(quoted_id="3EB0A1"))
    assert fields_of(request)["quotedMessageId"] == "3EB0A1"


@pytest.mark.parametrize(
    "what",
    [
        content.Media(kind="sticker", link=LINK),
        content.Buttons(text="Pilih", buttons=()),
        content.Listing(text="Pilih", sections=()),
        content.Template(name="siap", language="id"),
    ],
    ids=lambda each: each.kind,
)
def test_does_not_send_what_rijan_does_not_have(what: Content) -> None:
    with pytest.raises(NotSupported):
        send(message=outgoing(what, attachment=Attachment(link=LINK)))


def test_refuses_contacts_without_a_contact() -> None:
    result, requests = send(message=outgoing(content.Contacts(cards=())))
    assert isinstance(result, Rejected)
    assert requests == []


@pytest.mark.parametrize(
    ("kind", "once"),
    [("text", True), ("voice", True), ("location", False), ("contacts", False)],
)
def test_tells_what_a_repeated_request_would_send_twice(kind: str, once: bool) -> None:
    assert Rijan.capabilities.carries_once(kind) is once
