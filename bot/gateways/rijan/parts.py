"""The parts of Rijan's webhooks, each with only the fields that we read, in both shapes."""

from datetime import datetime
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from bot.gateways.base import EventFields, JsonObject
from bot.gateways.numbers import phone_of, without_device
from bot.gateways.reading import Payload, Text, Time, clean, digest, fold_key, read_time

NAME = "rijan"


class Envelope(Payload):
    """What stands around `data`."""

    type: Text = Field(default=None, validation_alias=AliasChoices("eventType", "event"))
    device: Text = Field(default=None, validation_alias=AliasChoices("deviceId", "device_id"))
    timestamp: Text = None
    event_id: Text = None


class Webhook:
    """One webhook with one event in it: its fields, and the body that holds them."""

    def __init__(self, fields: JsonObject, raw: bytes) -> None:
        self.raw = raw
        self.fields = fields
        self.envelope = Envelope.model_validate(fields)
        self.type = self.envelope.type or ""
        self.data = fields.get("data")

    @property
    def data_object(self) -> JsonObject:
        """Return `data`, or the one element of an array; an empty object when it is none."""
        data = self.data[0] if isinstance(self.data, list) and len(self.data) == 1 else self.data
        return data if isinstance(data, dict) else {}

    def common(
        self, key: str | None = None, *, address: str | None = None, time: datetime | None = None
    ) -> EventFields:
        """Return what an event has in common with every other; `key` is its own dedupe key."""
        return EventFields(
            gateway=NAME,
            device=self.envelope.device or Device.model_validate(self.data_object).id or "",
            key=self._key(key),
            address=address,
            occurred_at=time or read_time(self.fields.get("timestamp")),
            raw=self.raw,
        )

    def digest(self) -> str:
        """Return what tells this webhook from others when it has no id."""
        return digest(self.fields)

    def _key(self, own: str | None) -> str:
        # An array's event_id would be that of all its elements.
        if self.envelope.event_id and not isinstance(self.data, list):
            return fold_key(self.envelope.event_id)
        if own:
            return fold_key(own)
        if not self.type or self.data is None:
            return self.digest()
        return fold_key(f"{self.type}:{self.envelope.timestamp or ''}:{digest(self.data)}")


class PlainMessage(Payload):
    """A message in the flat shape."""

    id: Text = Field(default=None, validation_alias="message_id")
    sender: Text = Field(default=None, validation_alias="from")
    chat: Text = Field(default=None, validation_alias="chat_id")
    from_me: bool = False
    type: Text = None
    text: Text = None
    caption: Text = None
    # The guide shows none of these, but speaks of files.
    media_url: Text = Field(
        default=None, validation_alias=AliasChoices("media_url", "mediaUrl", "url")
    )
    mimetype: Text = Field(
        default=None, validation_alias=AliasChoices("mimetype", "mime_type", "mimeType")
    )
    filename: Text = Field(
        default=None, validation_alias=AliasChoices("filename", "file_name", "fileName")
    )
    name: Text = Field(default=None, validation_alias=AliasChoices("push_name", "pushName"))
    timestamp: Time = None


class PlainStatus(Payload):
    """A status in the flat shape."""

    id: Text = Field(default=None, validation_alias="message_id")
    whatsapp_id: Text = Field(default=None, validation_alias="wa_message_id")
    recipient: Text = Field(default=None, validation_alias="to")
    status: Text = None


class Device(Payload):
    """The number behind a device."""

    id: Text = Field(default=None, validation_alias=AliasChoices("deviceId", "device_id"))
    phone_number: Text = Field(
        default=None, validation_alias=AliasChoices("phoneNumber", "phone_number")
    )
    wa_jid: Text = Field(default=None, validation_alias=AliasChoices("waJid", "wa_jid"))
    reason: Text = None


class Call(Payload):
    """A call as it rings."""

    id: Text = Field(default=None, validation_alias=AliasChoices("call_id", "callId", "id"))
    caller: Text = Field(default=None, validation_alias="from")
    type: Text = None
    video: bool = Field(default=False, validation_alias="isVideo")
    status: Text = None


def _participants(value: object) -> tuple[str, ...]:
    """Read JIDs, or objects with a JID as their `id`."""
    rows = value if isinstance(value, list) else []
    ids = [row.get("id") if isinstance(row, dict) else row for row in rows]
    return tuple(clean(id_) for id_ in ids if isinstance(id_, str))


class Group(Payload):
    """A change of a group."""

    id: Text = Field(default=None, validation_alias=AliasChoices("group_id", "id"))
    action: Text = None
    participants: Annotated[tuple[str, ...], BeforeValidator(_participants)] = ()


def answerable(jid: str, other: str | None) -> str:
    """Return the address to answer: Rijan refuses a hidden @lid, but may name the number behind it.

    For a chat that is no @lid, the other JID is something else (the @lid, or a story's author).
    """
    if jid.endswith("@lid") and other and phone_of(other):
        return without_device(other)
    return jid
