"""Every name under which WAGate's webhooks may tell something: most are documented nowhere."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.events import (
    Button,
    DeviceChanged,
    DeviceState,
    Event,
    MediaReference,
    Message,
    MessageEcho,
    MessageReceived,
    MessageType,
    Status,
    StatusChanged,
)
from bot.gateways.base import DeviceReport
from bot.gateways.wagate import Wagate
from tests.gateways.contract import CURRENT, account_of, answer, drive, parse

NUMBER, OTHER, GROUP = "6281200000021", "6281200000022", "120363040000000021@g.us"
GATEWAY = Wagate([account_of("wagate", CURRENT, api_token="kunci")])
MESSAGE = {"from": NUMBER, "message": "halo", "message_id": "3EB0A", "type": "text"}
ACK = {"message_id": "3EB0A", "status": "sent", "to": NUMBER}
LINK = "https://wagate.in/storage/foto.jpg"


def event_of(event: str, data: Any, **envelope: Any) -> Event:
    body = {"event": event, "device_id": "wa-1", "data": data, **envelope}
    (found,) = parse(GATEWAY, json.dumps(body).encode())
    return found


def without(fields: Mapping[str, Any], *names: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names} | more


def message(*names: str, **more: Any) -> Message:
    """Return the message without the named fields, and with others in their place."""
    event = event_of("message", without(MESSAGE, *names, **more))
    assert isinstance(event, Message)
    return event


def status(*names: str, **more: Any) -> StatusChanged:
    event = event_of("message_ack", without(ACK, *names, **more))
    assert isinstance(event, StatusChanged)
    return event


def media_of(found: Message) -> MediaReference:
    assert found.media is not None
    return found.media


@pytest.mark.parametrize("name", ["from", "sender", "sender_id", "senderId"])
def test_finds_who_wrote(name: str) -> None:
    assert message("from", **{name: f"{NUMBER}@c.us"}).address == NUMBER


@pytest.mark.parametrize("name", ["to", "recipient"])
def test_finds_whom_we_wrote_to(name: str) -> None:
    echo = message(fromMe=True, **{name: OTHER})

    assert (type(echo), echo.address) == (MessageEcho, OTHER)
    assert status("to", **{name: OTHER}).recipient == OTHER


@pytest.mark.parametrize(
    "name", ["group_id", "groupId", "chat_id", "chatId", "remoteJid", "remote"]
)
def test_finds_the_chat(name: str) -> None:
    found = message(**{name: GROUP})

    assert (found.address, found.sender) == (GROUP, NUMBER)
    assert status("to", **{name: GROUP}).recipient == GROUP


@pytest.mark.parametrize("name", ["participant", "author"])
def test_finds_the_member_of_a_group(name: str) -> None:
    found = message("from", **{"from": GROUP, name: f"{OTHER}@c.us"})

    assert (found.sender, found.phone) == (OTHER, OTHER)


@pytest.mark.parametrize("name", ["message", "body", "text", "caption", "conversation"])
def test_finds_the_text(name: str) -> None:
    assert message("message", **{name: "mau pesan"}).text == "mau pesan"


@pytest.mark.parametrize("name", ["name", "pushname", "pushName", "notifyName", "sender_name"])
def test_finds_the_name_of_the_contact(name: str) -> None:
    assert message(**{name: "Rina"}).name == "Rina"


@pytest.mark.parametrize("name", ["type", "message_type", "messageType"])
def test_finds_the_type(name: str) -> None:
    assert message("type", **{name: "sticker"}).type is MessageType.STICKER


@pytest.mark.parametrize("name", ["vcard", "vCard"])
def test_finds_the_contact_card(name: str) -> None:
    card = "BEGIN:VCARD\nFN:Bu Sari\nEND:VCARD"
    found = message("message", type="vcard", **{name: card})

    assert found.details["contacts"] == [{"name": "Bu Sari", "phones": []}]


@pytest.mark.parametrize("name", ["emoji", "reaction", "message"])
def test_finds_the_emoji(name: str) -> None:
    found = message("message", type="reaction", **{name: "🙏"})

    assert (found.text, found.details) == ("", {"emoji": "🙏"})


def test_a_reaction_that_was_taken_back_has_no_emoji() -> None:
    assert message("message", type="reaction").details == {"emoji": ""}


@pytest.mark.parametrize("name", ["timestamp", "messageTimestamp", "t", "time"])
def test_finds_the_time(name: str) -> None:
    for time in (1764900000, {"low": 1764900000, "high": 0}):
        found = message(**{name: time}).occurred_at
        assert found is not None
        assert found.isoformat() == "2025-12-05T02:00:00+00:00"


@pytest.mark.parametrize("name", ["fromMe", "from_me", "is_from_me", "isFromMe"])
@pytest.mark.parametrize("value", [True, "true", 1])
def test_finds_that_it_is_our_own(name: str, value: object) -> None:
    assert type(message(to=OTHER, **{name: value})) is MessageEcho


@pytest.mark.parametrize("value", [False, "false", 0, None])
def test_takes_nothing_else_for_our_own(value: object) -> None:
    assert type(message(to=OTHER, fromMe=value)) is MessageReceived


@pytest.mark.parametrize("name", ["isGroup", "is_group", "isGroupMsg"])
def test_finds_that_it_is_in_a_group(name: str) -> None:
    assert message(**{name: True}).chat.value == "group"


@pytest.mark.parametrize("name", ["ptt", "is_voice", "isVoice"])
def test_finds_that_a_sound_is_a_voice_note(name: str) -> None:
    assert message("type", type="audio", **{name: True}).type is MessageType.VOICE


@pytest.mark.parametrize("name", ["message_id", "messageId", "id", "msg_id", "msgId"])
def test_finds_the_id(name: str) -> None:
    assert message("message_id", **{name: "3EB0B"}).external_id == "3EB0B"
    assert status("message_id", **{name: "3EB0B"}).external_id == "3EB0B"


@pytest.mark.parametrize(
    "name", ["quoted", "quoted_message", "quotedMsg", "quotedMessage", "context", "reply_to"]
)
@pytest.mark.parametrize("inner", ["id", "stanzaId"])
def test_finds_the_message_that_is_answered(name: str, inner: str) -> None:
    assert message(**{name: {inner: "3EB0KITA"}}).quoted_id == "3EB0KITA"


@pytest.mark.parametrize(
    "name",
    ["quoted_message_id", "quotedMessageId", "quoted_id", "quotedStanzaID", "stanzaId"],
)
def test_finds_the_id_of_the_message_that_is_answered(name: str) -> None:
    assert message(**{name: "3EB0KITA"}).quoted_id == "3EB0KITA"


@pytest.mark.parametrize("name", ["data", "message", "msg", "key", "ack", "update", "payload"])
def test_looks_into_objects(name: str) -> None:
    assert message("message_id", "message", **{name: {"id": "3EB0C"}}).external_id == "3EB0C"


def test_looks_three_objects_deep_and_no_deeper() -> None:
    third = event_of("message", {"data": {"data": MESSAGE}})
    fourth = event_of("message", {"data": {"data": {"data": MESSAGE}}})

    assert (third.kind.value, fourth.kind.value) == ("message.received", "unknown")


@pytest.mark.parametrize("name", ["event", "event_type", "eventType"])
def test_finds_the_event(name: str) -> None:
    (event,) = parse(GATEWAY, json.dumps({name: "message", "data": MESSAGE}).encode())

    assert event.kind.value == "message.received"


@pytest.mark.parametrize(
    "name", ["device_id", "deviceId", "session_id", "sessionId", "device", "session"]
)
def test_finds_the_device(name: str) -> None:
    body = {"event": "message", "data": MESSAGE, name: "wa-7"}
    (event,) = parse(GATEWAY, json.dumps(body).encode())

    assert event.device == "wa-7"


@pytest.mark.parametrize("latitude", ["latitude", "lat", "degreesLatitude"])
@pytest.mark.parametrize("longitude", ["longitude", "lng", "degreesLongitude"])
@pytest.mark.parametrize("inside", [False, True])
def test_finds_a_place(latitude: str, longitude: str, *, inside: bool) -> None:
    degrees = {latitude: -6.2, longitude: "106.8"}
    found = message("type", **({"location": degrees} if inside else degrees))

    assert found.type is MessageType.LOCATION
    assert found.details == {"latitude": -6.2, "longitude": 106.8}


@pytest.mark.parametrize("name", ["name", "description"])
def test_finds_the_name_of_a_place(name: str) -> None:
    place = {"latitude": 1, "longitude": 2, name: "Toko Senja", "address": "Jl. Melati"}
    found = message("type", type="location", location=place)

    assert (found.details["name"], found.details["address"]) == ("Toko Senja", "Jl. Melati")


@pytest.mark.parametrize("name", ["media", "attachment", "file"])
@pytest.mark.parametrize("inner", ["data", "base64", "content", "body"])
def test_finds_a_file_in_an_object(name: str, inner: str) -> None:
    assert media_of(message("type", type="image", **{name: {inner: "QUJD"}})).inline


@pytest.mark.parametrize("name", ["media", "media_data", "mediaData", "base64"])
def test_finds_a_file_beside_the_text(name: str) -> None:
    assert media_of(message("type", type="image", **{name: "QUJD"})).inline


@pytest.mark.parametrize("name", ["media_url", "mediaUrl", "file_url", "fileUrl"])
@pytest.mark.parametrize("inside", [False, True])
def test_finds_the_address_of_a_file(name: str, *, inside: bool) -> None:
    told = {"file": {name: LINK}} if inside else {name: LINK}

    assert media_of(message("type", type="image", **told)).url == LINK


@pytest.mark.parametrize("name", ["url", "link"])
def test_finds_the_address_inside_the_object_of_a_file(name: str) -> None:
    assert media_of(message("type", type="image", media={name: LINK})).url == LINK


@pytest.mark.parametrize(
    ("field", "names", "value"),
    [
        ("mimetype", ("mimetype", "mime_type", "mimeType", "mime"), "image/png"),
        ("filename", ("filename", "file_name", "fileName", "name"), "bukti.png"),
        ("size", ("size", "filesize", "fileSize"), 2048),
    ],
)
def test_finds_what_is_told_of_a_file(field: str, names: tuple[str, ...], value: object) -> None:
    for name in names:
        media = media_of(message("type", type="image", media={"data": "QUJD", name: value}))
        assert getattr(media, field) == value, name


@pytest.mark.parametrize("name", ["status", "ack", "ack_status", "ackStatus", "state"])
def test_finds_the_status(name: str) -> None:
    assert status("status", **{name: "read"}).status is Status.READ


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("sent", Status.SENT),
        ("server", Status.SENT),
        ("delivered", Status.DELIVERED),
        ("device", Status.DELIVERED),
        ("received", Status.DELIVERED),
        ("read", Status.READ),
        ("seen", Status.READ),
        ("viewed", Status.READ),
        ("played", Status.PLAYED),
        ("failed", Status.FAILED),
        ("error", Status.FAILED),
        ("ACK_READ", Status.READ),
        (-1, Status.FAILED),
        (0, None),
        (1, Status.SENT),
        (2, Status.DELIVERED),
        (3, Status.READ),
        (4, Status.PLAYED),
        ("melamun", None),
    ],
)
def test_reads_every_word_for_a_status(word: object, expected: Status | None) -> None:
    assert status(status=word).status is expected


@pytest.mark.parametrize("name", ["error_code", "errorCode", "error", "code"])
def test_finds_the_code_of_a_failure(name: str) -> None:
    assert status(status="failed", **{name: 131026}).error == "131026"


@pytest.mark.parametrize("name", ["phone_number", "phoneNumber", "phone", "number"])
def test_finds_the_number_of_the_device(name: str) -> None:
    event = event_of("ready", {name: "+62 812-0000-0099"})

    assert isinstance(event, DeviceChanged)
    assert event.phone == "6281200000099"


@pytest.mark.parametrize("name", ["device_name", "deviceName", "pushname", "name"])
def test_finds_the_name_of_the_device(name: str) -> None:
    event = event_of("ready", {name: "Toko Senja"})

    assert isinstance(event, DeviceChanged)
    assert event.name == "Toko Senja"


@pytest.mark.parametrize("name", ["reason", "message", "error"])
def test_finds_why_the_device_is_gone(name: str) -> None:
    event = event_of("disconnected", {name: "LOGOUT"})

    assert isinstance(event, DeviceChanged)
    assert event.reason == "LOGOUT"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *dict.fromkeys(
            ("connected", "ready", "authenticated", "active", "online", "open"),
            DeviceState.CONNECTED,
        ).items(),
        *dict.fromkeys(
            ("disconnected", "not_connected", "logged_out", "inactive", "offline", "closed"),
            DeviceState.DISCONNECTED,
        ).items(),
        *dict.fromkeys(
            ("qr", "scan_qr", "qr_required", "waiting_qr", "pairing"), DeviceState.QR
        ).items(),
    ],
)
def test_reads_every_word_for_how_a_device_is(word: str, state: DeviceState) -> None:
    response = answer(200, {"success": True, "data": {"id": "wa-1", "status": word}})

    report, _ = drive(GATEWAY.device_report("wa-1"), [response])

    assert isinstance(report, DeviceReport)
    assert (report.state, report.reason) == (state, word)


@pytest.mark.parametrize(
    "name",
    [
        "selectedButtonId",
        "selectedRowId",
        "selected_button_id",
        "selected_row_id",
        "selectedId",
        "button_id",
        "row_id",
    ],
)
@pytest.mark.parametrize(
    "around",
    [
        None,
        "_data",
        "buttonsResponseMessage",
        "listResponseMessage",
        "templateButtonReplyMessage",
        "listResponse",
        "singleSelectReply",
        "message",
    ],
)
def test_finds_what_was_pressed(name: str, around: str | None) -> None:
    told = {name: "harga"} if around is None else {around: {name: "harga"}}
    found = message("type", "message", **told)

    assert (found.type, found.button) == (MessageType.BUTTON, Button(id="harga", title=""))


@pytest.mark.parametrize("name", ["selectedDisplayText", "selected_display_text", "title"])
def test_finds_what_was_read_on_a_button(name: str) -> None:
    found = message("message", type="buttons_response", **{name: "Harga"})

    assert (found.text, found.button) == ("Harga", Button(id="Harga", title="Harga"))


@pytest.mark.parametrize(
    "word",
    [
        "buttons_response",
        "list_response",
        "template_button_reply",
        "button",
        "buttonsResponseMessage",
        "listResponseMessage",
        "templateButtonReplyMessage",
    ],
)
def test_knows_an_answer_to_a_menu_by_its_type(word: str) -> None:
    assert message(type=word).type is MessageType.BUTTON
