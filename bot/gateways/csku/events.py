"""Reads CSKU's webhooks into events. A webhook holds one event, about a message or a device."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import AliasChoices, Field

from bot.events import (
    MEDIA_TYPES,
    Author,
    DeviceChanged,
    DeviceState,
    Event,
    MediaReference,
    MessageEcho,
    MessageReceived,
    MessageType,
    UnknownEvent,
)
from bot.gateways.base import EventFields, JsonObject
from bot.gateways.csku.attachments import Attachment, read_attachments
from bot.gateways.reading import Payload, Text, digest, fold_key, read_object, read_time

RECEIVED = "channel.message_in"
ECHOES = {"agent.message_out": Author.AGENT, "ai.message_generated": Author.AI}
DEVICE_STATES = {f"device.{state}": state for state in DeviceState}
TYPES = {
    "text": MessageType.TEXT,
    "image": MessageType.IMAGE,
    "video": MessageType.VIDEO,
    "audio": MessageType.AUDIO,
    "document": MessageType.DOCUMENT,
    # Not documented.
    "file": MessageType.DOCUMENT,
    "application": MessageType.DOCUMENT,
    "voice": MessageType.VOICE,
    "sticker": MessageType.STICKER,
}


class Content(Payload):
    """What a message holds."""

    type: Text = None
    text: Text = Field(
        default=None, validation_alias=AliasChoices("text", "caption", "body", "message")
    )


class Named(Payload):
    """A channel, an agent, an AI or a device."""

    id: Text = None
    name: Text = None
    engine: Text = None


class Device(Named):
    """A device, and the channel that it serves."""

    channel: Named = Named()


class Message(Payload):
    """A message of a customer, an agent or the AI. `user` would be the merchant."""

    id: Text = None
    sender_name: Text = None
    channel: Named = Named()
    content_fields: dict[str, Any] = Field(default={}, validation_alias="content")
    agent: Named = Named()
    ai: Named = Named()

    @cached_property
    def content(self) -> Content:
        """Return what the message says."""
        told = {name: value for name, value in self.content_fields.items() if value is not None}
        return Content.model_validate(told)

    @cached_property
    def attachments(self) -> Sequence[Attachment]:
        """Return the files of the message."""
        return read_attachments(self.content_fields)

    @property
    def type(self) -> MessageType:
        """Return what the message holds: what it says, else what its first file is."""
        word = self.content.type
        if not word and self.attachments:
            word = (self.attachments[0].mimetype or "document").partition("/")[0]
        if word:
            return TYPES.get(word.lower(), MessageType.UNSUPPORTED)
        return MessageType.TEXT if self.content.text else MessageType.UNSUPPORTED

    @property
    def media(self) -> MediaReference | None:
        """Return where the first file is."""
        if not self.attachments and self.type not in MEDIA_TYPES:
            return None
        first = self.attachments[0] if self.attachments else Attachment()
        return first.reference


class Envelope(Payload):
    """The body of a webhook. Events about a device have no message and no conversation."""

    event: Text = None
    timestamp: Text = None
    conversation_id: Text = None
    conversation_label: Text = None
    needs_human: bool = Field(default=False, validation_alias="need_human")
    message: Message | None = None
    device: Device = Device()


def read_event(body: bytes) -> Event:
    """Return the event in a webhook's body."""
    fields = read_object(body)
    envelope = Envelope.model_validate(fields)
    name = envelope.event or ""
    if name in DEVICE_STATES:
        # Messages come under the id of their channel.
        device = envelope.device.channel.id or envelope.device.id
        common = _common(envelope, fields, body, device=device)
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
        type=message.type,
        text=message.content.text or "",
        sender=envelope.conversation_id,
        name=message.sender_name or envelope.conversation_label,
        media=message.media,
        details=_details(envelope, message),
        needs_human=envelope.needs_human,
    )


def _read_echo(envelope: Envelope, message: Message, fields: JsonObject, body: bytes) -> Event:
    return MessageEcho(
        **_message_common(envelope, message, fields, body),
        external_id=message.id or None,
        type=message.type,
        text=message.content.text or "",
        sender=envelope.conversation_id,
        media=message.media,
        details=_details(envelope, message),
        author=ECHOES[envelope.event or ""],
    )


def _message_common(
    envelope: Envelope, message: Message, fields: JsonObject, body: bytes
) -> EventFields:
    common = _common(
        envelope, fields, body, device=message.channel.id, address=envelope.conversation_id
    )
    key = f"{envelope.event}:{message.id}" if message.id else digest(fields)
    return {**common, "key": fold_key(key)}


def _common(
    envelope: Envelope,
    fields: JsonObject,
    body: bytes,
    *,
    device: str | None,
    address: str | None = None,
) -> EventFields:
    key = f"{envelope.event}:{envelope.timestamp or ''}:{digest(fields)}"
    return EventFields(
        gateway="csku",
        device=device or "",
        key=fold_key(key) if envelope.event else digest(fields),
        address=address,
        occurred_at=read_time(fields.get("timestamp")),
        raw=body,
    )


def _details(envelope: Envelope, message: Message) -> Mapping[str, Any]:
    # The first file is the message's media.
    others = [one.as_json() for one in message.attachments[1:]]
    details = {
        "conversation_label": envelope.conversation_label,
        "engine": message.channel.engine,
        "channel": message.channel.name,
        "agent": message.agent.name,
        "ai": message.ai.name,
        "attachments": others or None,
    }
    return {name: value for name, value in details.items() if value is not None}
