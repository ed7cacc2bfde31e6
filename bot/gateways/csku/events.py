"""Reads CSKU's webhooks into events. A webhook holds one event, about a message or a device."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, Field

from bot.events import (
    Author,
    DeviceChanged,
    DeviceState,
    Event,
    MediaReference,
    MessageEcho,
    MessageReceived,
    MessageType,
    UnknownEvent,
    canonical,
)
from bot.gateways.base import EventFields, JsonObject
from bot.gateways.reading import OBJECTS, Payload, Text, fold_key, read_object, read_time

RECEIVED = "channel.message_in"
ECHOES = {"agent.message_out": Author.AGENT, "ai.message_generated": Author.AI}
DEVICE_STATES = {f"device.{state}": state for state in DeviceState}
TYPES = {
    "text": MessageType.TEXT,
    "image": MessageType.IMAGE,
    "video": MessageType.VIDEO,
    "audio": MessageType.AUDIO,
    "document": MessageType.DOCUMENT,
}
NO_FILE = "the webhook names no file"


class Attachment(Payload):
    """A file. Its fields are documented nowhere, so the usual names are tried."""

    url: Text = Field(
        default=None, validation_alias=AliasChoices("url", "file_url", "media_url", "link", "src")
    )
    mimetype: Text = Field(
        default=None, validation_alias=AliasChoices("mimetype", "mime_type", "mime")
    )
    filename: Text = Field(
        default=None, validation_alias=AliasChoices("filename", "file_name", "name")
    )


class Content(Payload):
    """What a message holds."""

    type: Text = None
    text: Text = None
    attachments: Annotated[tuple[Attachment, ...], OBJECTS] = ()


class Named(Payload):
    """A channel, an agent, an AI or a device."""

    id: Text = None
    name: Text = None
    engine: Text = None


class Message(Payload):
    """A message of a customer, an agent or the AI. `user` would be the merchant."""

    id: Text = None
    sender_name: Text = None
    channel: Named = Named()
    content: Content = Content()
    agent: Named = Named()
    ai: Named = Named()


class Envelope(Payload):
    """The body of a webhook. Events about a device have no message and no conversation."""

    event: Text = None
    timestamp: Text = None
    conversation_id: Text = None
    conversation_label: Text = None
    needs_human: bool = Field(default=False, validation_alias="need_human")
    message: Message | None = None
    device: Named = Named()


def read_event(body: bytes) -> Event:
    """Return the event in a webhook's body."""
    fields = read_object(body)
    envelope = Envelope.model_validate(fields)
    name = envelope.event or ""
    if name in DEVICE_STATES:
        common = _common(envelope, fields, body, device=envelope.device.id)
        return DeviceChanged(**common, state=DEVICE_STATES[name], name=envelope.device.name)
    if envelope.message and envelope.conversation_id:
        if name == RECEIVED:
            return _read_received(envelope, envelope.message, fields, body)
        if name in ECHOES:
            return _read_echo(envelope, envelope.message, fields, body)
    channel = envelope.message.channel if envelope.message else Named()
    common = _common(envelope, fields, body, device=channel.id or envelope.device.id)
    return UnknownEvent(**common, name=name)


def _read_received(envelope: Envelope, message: Message, fields: JsonObject, body: bytes) -> Event:
    return MessageReceived(
        **_message_common(envelope, message, fields, body),
        external_id=message.id or None,
        type=_type(message.content),
        text=message.content.text or "",
        sender=envelope.conversation_id,
        name=message.sender_name or envelope.conversation_label,
        media=_media(message.content),
        details=_details(envelope, message),
        needs_human=envelope.needs_human,
    )


def _read_echo(envelope: Envelope, message: Message, fields: JsonObject, body: bytes) -> Event:
    return MessageEcho(
        **_message_common(envelope, message, fields, body),
        external_id=message.id or None,
        type=_type(message.content),
        text=message.content.text or "",
        sender=envelope.conversation_id,
        media=_media(message.content),
        details=_details(envelope, message),
        author=ECHOES[envelope.event or ""],
    )


def _message_common(
    envelope: Envelope, message: Message, fields: JsonObject, body: bytes
) -> EventFields:
    common = _common(
        envelope, fields, body, device=message.channel.id, address=envelope.conversation_id
    )
    key = f"{envelope.event}:{message.id}" if message.id else _sha256(fields)
    return {**common, "key": fold_key(key)}


def _common(
    envelope: Envelope,
    fields: JsonObject,
    body: bytes,
    *,
    device: str | None,
    address: str | None = None,
) -> EventFields:
    key = f"{envelope.event}:{envelope.timestamp or ''}:{_sha256(fields)}"
    return EventFields(
        gateway="csku",
        device=device or "",
        key=fold_key(key) if envelope.event else _sha256(fields),
        address=address,
        occurred_at=read_time(fields.get("timestamp")),
        raw=body,
    )


def _type(content: Content) -> MessageType:
    if content.type:
        return TYPES.get(content.type, MessageType.UNSUPPORTED)
    return MessageType.TEXT if content.text else MessageType.UNSUPPORTED


def _media(content: Content) -> MediaReference | None:
    if not content.attachments and _type(content) in (MessageType.TEXT, MessageType.UNSUPPORTED):
        return None
    first = content.attachments[0] if content.attachments else Attachment()
    return MediaReference(
        url=first.url,
        mimetype=first.mimetype,
        filename=first.filename,
        problem=None if first.url else NO_FILE,
    )


def _details(envelope: Envelope, message: Message) -> Mapping[str, Any]:
    attachments = message.content.attachments
    details = {
        "conversation_label": envelope.conversation_label,
        "engine": message.channel.engine,
        "channel": message.channel.name,
        "agent": message.agent.name,
        "ai": message.ai.name,
        "attachments": [one.model_dump() for one in attachments] if len(attachments) > 1 else None,
    }
    return {name: value for name, value in details.items() if value is not None}


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
