"""How WAGate sends: media by their address, typing, and what its sessions cannot."""

import json
from typing import Any

import pytest

from bot import content
from bot.gateways.base import (
    Attachment,
    MediaBy,
    OutgoingMessage,
    SentMessage,
)
from bot.gateways.errors import NotSupported, Rejected, Scope
from bot.gateways.wagate import Wagate
from tests.gateways.contract import CURRENT, account_of, answer, drive

TOKEN = "token-perangkat-rahasia"
DEVICE = "wa-toko7-1764000000"
LINK = "https://toko.example/foto/kebaya%20merah.png?v=2"
QUEUED = answer(200, {"success": True, "data": {"recipient": "6281200000021"}})


def wagate(**fields: Any) -> Wagate:
    settings = {"api_token": TOKEN, "api_url": "https://wagate.example/api", **fields}
    return Wagate([account_of("wagate", CURRENT, **settings)])


def message(
    said: content.Content, *, address: str = "6281200000021", **attachment: Any
) -> OutgoingMessage:
    return OutgoingMessage(
        device=DEVICE,
        address=address,
        content=said,
        reference="17",
        idempotency_key="17-1",
        attachment=Attachment(**attachment) if attachment else None,
    )


def sent_fields(said: content.Content, **fields: Any) -> Any:
    """Return the body that sends a content whose file lies at LINK."""
    attachment = {"link": LINK} if isinstance(said, content.Media) else {}
    result, (request,) = drive(wagate(**fields).send(message(said, **attachment)), [QUEUED])
    assert result == SentMessage()
    return json.loads(request.body)


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document"])
def test_sends_media_by_their_address(kind: content.MediaKind) -> None:
    assert sent_fields(content.Media(kind=kind, link=LINK, text="Kebaya baru")) == {
        "recipient": "6281200000021",
        "message": "Kebaya baru",
        "media_url": LINK,
        "media_type": kind,
    }


@pytest.mark.parametrize(
    ("settings", "attachment", "text"),
    [
        ({}, {"link": LINK}, "kebaya merah.png"),
        ({}, {"link": LINK, "filename": "a.png"}, "a.png"),
        ({}, {"link": "https://["}, "["),
        ({}, {"link": "https://toko.example/"}, "media"),
        ({"empty_caption": "📎"}, {"link": LINK, "filename": "a.png"}, "📎"),
    ],
)
def test_a_file_without_a_caption_gets_a_text_since_one_is_required(
    settings: dict[str, str], attachment: dict[str, str], text: str
) -> None:
    picture = message(content.Media(kind="image", link="x"), **attachment)
    _, (request,) = drive(wagate(**settings).send(picture), [QUEUED])

    assert json.loads(request.body)["message"] == text


def test_takes_media_by_their_address_only() -> None:
    picture = message(content.Media(kind="image", stored="a" * 64), content=b"x")

    with pytest.raises(NotSupported, match="address"):
        drive(wagate().send(picture), [])


def test_a_session_sends_texts_only() -> None:
    gateway = wagate(session_id="sesi-1")
    abilities = gateway.abilities(DEVICE)

    assert (abilities.sends, abilities.media_by) == (frozenset({"text"}), ())
    with pytest.raises(NotSupported):
        drive(gateway.send(message(content.Media(kind="image", link=LINK), link=LINK)), [])


def test_an_account_without_a_session_sends_media_too() -> None:
    abilities = wagate().abilities(DEVICE)

    assert abilities.sends == {"text", "image", "video", "audio", "document"}
    assert abilities.media_by == (MediaBy.LINK,)


@pytest.mark.parametrize(
    "said",
    [
        content.Media(kind="voice", link=LINK),
        content.Media(kind="sticker", link=LINK),
        content.Location(latitude=-6.2, longitude=106.8),
        content.Contacts(cards=(content.Card(name="Budi"),)),
        content.Buttons(text="Pilih", buttons=(content.Choice(id="a", title="A"),)),
        content.Reaction(message_id="3EB0", emoji="👍"),
        content.Template(name="promo", language="id"),
    ],
    ids=lambda said: said.kind,
)
def test_sends_nothing_else(said: content.Content) -> None:
    assert said.kind not in wagate().abilities(DEVICE).sends
    with pytest.raises(NotSupported, match=said.kind):
        drive(wagate().send(message(said, link=LINK)), [])


@pytest.mark.parametrize("fields", [{}, {"session_id": "sesi-1"}])
def test_refuses_a_text_that_is_too_long_before_any_request(fields: dict[str, str]) -> None:
    result, requests = drive(wagate(**fields).send(message(content.Text(text="a" * 5001))), [])

    assert isinstance(result, Rejected)
    assert requests == []


def test_shows_typing_where_the_account_says_so() -> None:
    text = content.Text(text="Siap")

    assert "show_typing" not in sent_fields(text)
    assert sent_fields(text, show_typing="true")["show_typing"] is True
    assert "show_typing" not in sent_fields(text, show_typing="true", session_id="sesi-1")


@pytest.mark.parametrize(
    ("told", "external_id"),
    [
        ("3EB0KELUAR01", "3EB0KELUAR01"),
        ("true_6281200000021@c.us_3EB0KELUAR01", "3EB0KELUAR01"),
        (4711, "4711"),
        ("", None),
    ],
)
def test_keeps_the_id_by_which_statuses_name_the_message(
    told: object, external_id: str | None
) -> None:
    response = answer(200, {"success": True, "data": {"message_id": told}})
    result, _ = drive(wagate().send(message(content.Text(text="Siap"))), [response])

    assert result == SentMessage(external_id=external_id)


@pytest.mark.parametrize(
    "address",
    ["6281200000021@c.us", "6281200000021:3@s.whatsapp.net", "+62 812-0000-0021", "081200000021"],
)
@pytest.mark.parametrize(("fields", "name"), [({}, "recipient"), ({"session_id": "s"}, "to")])
def test_writes_any_number_as_digits(address: str, fields: dict[str, str], name: str) -> None:
    text = message(content.Text(text="Siap"), address=address)
    _, (request,) = drive(wagate(**fields).send(text), [QUEUED])

    assert json.loads(request.body)[name] == "6281200000021"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("120000000000011@lid", "@lid"),
        ("120363040000000021@g.us", "group"),
        ("120363040000000021", "group"),
        ("6281200000-1500000000", "group"),
        ("status@broadcast", "group"),
        ("120363040000000021@newsletter", "group"),
        ("Rina", "no phone number"),
        ("@lid", "@lid"),
        ("", "no phone number"),
    ],
)
@pytest.mark.parametrize("fields", [{}, {"session_id": "sesi-1"}])
def test_refuses_whoever_has_no_number_before_any_request(
    address: str, reason: str, fields: dict[str, str]
) -> None:
    result, requests = drive(
        wagate(**fields).send(message(content.Text(text="Siap"), address=address)), []
    )

    assert isinstance(result, Rejected)
    assert (result.scope, requests, reason in result.reason) == (Scope.RECIPIENT, [], True)
    assert not address or address not in str(result) or address == "@lid"
