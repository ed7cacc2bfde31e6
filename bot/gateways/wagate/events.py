"""Read what WAGate says: one event in every body."""

import hashlib
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from bot.events import (
    Author,
    Chat,
    DeviceChanged,
    DeviceState,
    Event,
    MediaReference,
    MessageEcho,
    MessageReceived,
    MessageType,
    Status,
    StatusChanged,
    UnknownEvent,
    canonical,
)
from bot.gateways.base import JsonObject
from bot.gateways.numbers import chat_of, normalise, phone_of
from bot.gateways.reading import Payload, Text, Time, fold_key

GATEWAY = "wagate"
TYPES = {
    "text": MessageType.TEXT,
    "chat": MessageType.TEXT,
    "image": MessageType.IMAGE,
    "video": MessageType.VIDEO,
    "audio": MessageType.AUDIO,
    "ptt": MessageType.VOICE,
    "voice": MessageType.VOICE,
    "document": MessageType.DOCUMENT,
    "sticker": MessageType.STICKER,
    "location": MessageType.LOCATION,
    "vcard": MessageType.CONTACTS,
    "multi_vcard": MessageType.CONTACTS,
    "contact": MessageType.CONTACTS,
    "reaction": MessageType.REACTION,
    "revoked": MessageType.REVOKE,
}
STATUSES = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "played": Status.PLAYED,
    "failed": Status.FAILED,
    "error": Status.FAILED,
    # As whatsapp-web.js counts; 0 is "pending".
    "-1": Status.FAILED,
    "1": Status.SENT,
    "2": Status.DELIVERED,
    "3": Status.READ,
    "4": Status.PLAYED,
}
STATES = {
    "ready": DeviceState.CONNECTED,
    "disconnected": DeviceState.DISCONNECTED,
    "qr": DeviceState.QR,
}


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and value != ""


class Media(Payload):
    """A file inside the webhook. Its base64 may be broken, so it is decoded where it is needed."""

    mimetype: Text = None
    filename: Text = None
    url: Text = None
    inline: Annotated[bool, BeforeValidator(_is_filled)] = Field(False, alias="data")


class Content(Payload):
    """The `data` of any event."""

    sender: Text = Field(None, alias="from")
    to: Text = None
    author: Text = None
    participant: Text = None
    from_me: bool = Field(False, validation_alias=AliasChoices("fromMe", "from_me"))
    message: Text = None
    message_id: Text = None
    name: Text = None
    type: Text = None
    timestamp: Time = None
    media: Media | None = None
    # Of message_ack.
    status: Text = None
    ack: Text = None
    # Of the device's own events.
    phone_number: Text = None
    device_name: Text = None
    reason: Text = None


class Envelope(Payload):
    """What every body has."""

    event: Text = None
    device_id: Text = None
    timestamp: Time = None
    content: Content | None = Field(None, alias="data")


def event_of(body: JsonObject, *, raw: bytes) -> Event:
    """Return the event that a body tells; what we do not understand is an UnknownEvent."""
    envelope = Envelope.model_validate(body)
    common: dict[str, Any] = {"gateway": GATEWAY, "device": envelope.device_id or "", "raw": raw}
    event: Event | None = None
    if envelope.content is not None:
        if envelope.event == "message":
            event = _message(envelope.content, envelope, body, common)
        elif envelope.event == "message_ack":
            event = _status(envelope.content, envelope, common)
    if envelope.event in STATES:
        event = _device(envelope.content or Content(), envelope, body, common)
    return event or UnknownEvent(
        **common,
        key=_hashed_key(envelope.event or "unknown", body),
        occurred_at=envelope.timestamp,
        name=envelope.event or "",
    )


def _message(
    content: Content, envelope: Envelope, body: JsonObject, common: dict[str, Any]
) -> Event | None:
    other = content.to if content.from_me else content.sender
    if not other:
        return None
    chat = chat_of(other)
    phone = _phone(other)
    key = f"message:{content.message_id}" if content.message_id else _digest(body)
    fields = {
        **common,
        "key": fold_key(key),
        "address": phone or other,
        # The gateway's own sample has an envelope that is two years younger than its message.
        "occurred_at": content.timestamp or envelope.timestamp,
        "external_id": content.message_id or None,
        "type": TYPES.get(content.type or "text", MessageType.UNSUPPORTED),
        "text": content.message or "",
        "chat": chat,
        "media": _media(content),
    }
    if content.from_me:
        return MessageEcho(**fields, phone=phone, author=Author.UNKNOWN)
    sender = phone or other
    if chat is not Chat.PRIVATE:
        member = content.participant or content.author
        phone = _phone(member)
        sender = phone or member or sender
    return MessageReceived(**fields, sender=sender, name=content.name, phone=phone)


def _media(content: Content) -> MediaReference | None:
    media = content.media
    if media is None:
        return None
    return MediaReference(
        url=media.url,
        inline=media.inline,
        mimetype=media.mimetype,
        filename=media.filename,
        problem=None if media.inline or media.url else "missing",
    )


def _status(content: Content, envelope: Envelope, common: dict[str, Any]) -> Event | None:
    if not content.message_id:
        return None
    word = content.status or content.ack or ""
    recipient = content.to or content.sender
    return StatusChanged(
        **common,
        key=fold_key(f"message_ack:{content.message_id}:{word}"),
        address=_phone(recipient) or recipient,
        occurred_at=content.timestamp or envelope.timestamp,
        external_id=content.message_id,
        status=STATUSES.get(word.lower()),
        word=word,
        recipient=_phone(recipient) or recipient,
    )


def _device(
    content: Content, envelope: Envelope, body: JsonObject, common: dict[str, Any]
) -> Event:
    event = envelope.event or ""
    return DeviceChanged(
        **common,
        key=_hashed_key(event, body),
        occurred_at=envelope.timestamp,
        state=STATES[event],
        reason=content.reason or "",
        phone=normalise(content.phone_number),
        name=content.device_name,
    )


def _phone(address: str | None) -> str | None:
    """Return the digits of a number, however it is written; those of a JID as they stand."""
    if address and "@" in address:
        return phone_of(address)
    return phone_of(address) or normalise(address)


def _hashed_key(event: str, body: JsonObject) -> str:
    return fold_key(f"{event}:{_digest(body)}")


def _digest(body: JsonObject) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()
