"""Every name under which CSKU's webhooks may tell something that its documents leave open."""

import json
from typing import Any

import pytest

from bot.events import DeviceChanged, Message, MessageReceived, MessageType
from bot.gateways.csku import Csku
from tests.gateways.contract import account_of, parse

GATEWAY = Csku([account_of("csku", "rahasia")])
LINK = "https://berkas.contoh.invalid/a.jpg"


def message(content: dict[str, Any], **fields: Any) -> Message:
    """Return a message of a customer with this content; None takes a field away."""
    told = {"id": "pesan_1", "sender_name": "Dewi", "channel": {"id": "kanal_kopi"}, **fields}
    body = {
        "event": "channel.message_in",
        "conversation_id": "percakapan_88",
        "conversation_label": "Dewi (langganan)",
        "message": {"content": content, **{k: v for k, v in told.items() if v is not None}},
    }
    (event,) = parse(GATEWAY, json.dumps(body).encode())
    assert isinstance(event, MessageReceived)
    return event


def attachment(**fields: Any) -> dict[str, Any]:
    return {"type": "image", "attachments": [{"url": LINK, **fields}]}


@pytest.mark.parametrize(
    "name", ["url", "file_url", "media_url", "link", "src", "href", "path", "download_url"]
)
@pytest.mark.parametrize("place", ["attachments", "attachment", "media", "file", "files"])
@pytest.mark.parametrize(
    "inside", [None, "payload", "file", "media", "image", "video", "audio", "document"]
)
def test_finds_the_address_of_a_file(name: str, place: str, inside: str | None) -> None:
    file = {name: LINK} if inside is None else {inside: {name: LINK}}

    media = message({"type": "image", place: [file]}).media

    assert media is not None
    assert media.url == LINK


@pytest.mark.parametrize(
    ("field", "names", "value"),
    [
        ("mimetype", ("mimetype", "mime_type", "mime", "content_type"), "image/jpeg"),
        ("filename", ("filename", "file_name", "original_name", "name"), "bukti.jpg"),
        ("size", ("size", "file_size", "filesize"), 2048),
    ],
)
def test_finds_what_is_told_of_a_file(field: str, names: tuple[str, ...], value: object) -> None:
    for name in names:
        media = message(attachment(**{name: value})).media
        assert media is not None
        assert getattr(media, field) == value, name


@pytest.mark.parametrize("name", ["text", "caption", "body", "message"])
def test_finds_the_text(name: str) -> None:
    assert message({"type": "text", name: "Halo"}).text == "Halo"


@pytest.mark.parametrize(
    ("word", "type_"),
    [
        ("text", MessageType.TEXT),
        ("image", MessageType.IMAGE),
        ("video", MessageType.VIDEO),
        ("audio", MessageType.AUDIO),
        ("document", MessageType.DOCUMENT),
        ("file", MessageType.DOCUMENT),
        ("application", MessageType.DOCUMENT),
        ("voice", MessageType.VOICE),
        ("sticker", MessageType.STICKER),
        ("IMAGE", MessageType.IMAGE),
        ("hologram", MessageType.UNSUPPORTED),
    ],
)
def test_knows_every_type(word: str, type_: MessageType) -> None:
    assert message({"type": word, "text": "x"}).type is type_


@pytest.mark.parametrize(
    ("sender_name", "name"),
    [("Dewi", "Dewi"), ("", "Dewi (langganan)"), (None, "Dewi (langganan)")],
)
def test_calls_a_contact_by_the_conversation_where_nobody_is_named(
    sender_name: str | None, name: str
) -> None:
    assert message({"text": "Halo"}, sender_name=sender_name).name == name


def test_a_single_file_leaves_no_others_in_the_details() -> None:
    assert "attachments" not in message(attachment()).details


@pytest.mark.parametrize(
    ("channel", "device"),
    [({"id": "kanal_kopi"}, "kanal_kopi"), ({}, "hp_1"), (None, "hp_1"), ("wa", "hp_1")],
)
def test_calls_a_device_by_its_channel_where_it_has_one(channel: object, device: str) -> None:
    for event in ("device.connected", "device.disconnected"):
        body = {"event": event, "device": {"id": "hp_1", "name": "HP Toko", "channel": channel}}
        (changed,) = parse(GATEWAY, json.dumps(body).encode())
        assert isinstance(changed, DeviceChanged)
        assert (changed.device, changed.name) == (device, "HP Toko")
