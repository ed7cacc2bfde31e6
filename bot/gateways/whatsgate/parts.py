"""The parts of WhatsGate's webhooks, each with only the fields that we read."""

from datetime import datetime

from pydantic import AliasChoices, Field

from bot.events import Chat
from bot.gateways.base import EventFields, JsonObject
from bot.gateways.numbers import chat_of
from bot.gateways.reading import Payload, Text, Time, digest, fold_key, read_time
from bot.gateways.wwebjs import CHOSEN, LongId, read_long_id


class Quoted(Payload):
    """The message that another one answers."""

    short_id: Text = Field(default=None, validation_alias="_id")
    id: object = None
    sender: Text = Field(default=None, validation_alias="from")
    type: Text = None
    body: Text = None

    @property
    def external_id(self) -> str | None:
        """Return the id under which the quoted message is in the history."""
        return self.short_id or read_long_id(self.id).short


class Place(Payload):
    """Where a location is, as whatsapp-web.js nests it."""

    latitude: float | None = Field(default=None, allow_inf_nan=False)
    longitude: float | None = Field(default=None, allow_inf_nan=False)
    name: Text = Field(default=None, validation_alias=AliasChoices("name", "description"))
    address: Text = None


class Message(Payload):
    """A message of either direction."""

    short_id: Text = Field(default=None, validation_alias="_id")
    id: object = None
    ack: Text = None
    has_media: bool = Field(default=False, validation_alias="hasMedia")
    media_key: Text = Field(default=None, validation_alias="mediaKey")
    body: Text = None
    type: Text = None
    timestamp: Time = None
    sender: Text = Field(default=None, validation_alias="from")
    recipient: Text = Field(default=None, validation_alias="to")
    author: Text = Field(default=None, validation_alias=AliasChoices("author", "participant"))
    name: Text = Field(
        default=None, validation_alias=AliasChoices("from_name", "notifyName", "pushname")
    )
    forwarded: bool = Field(default=False, validation_alias="isForwarded")
    mimetype: Text = None
    filename: Text = None
    latitude: float | None = Field(default=None, allow_inf_nan=False)
    longitude: float | None = Field(default=None, allow_inf_nan=False)
    location: Place = Place()
    button_id: Text = Field(default=None, validation_alias=AliasChoices(*CHOSEN))
    cards: tuple[str, ...] = Field(default=(), validation_alias="vCards")
    quoted: Quoted = Quoted()

    @property
    def long_id(self) -> LongId:
        """Return the id that quoting and fetching media need, in its parts."""
        return read_long_id(self.id)

    @property
    def external_id(self) -> str | None:
        """Return the short id, which is the same however the chat is named at the moment."""
        return self.short_id or self.long_id.short or self.long_id.text

    def chat(self, *, outgoing: bool) -> str | None:
        """Return the JID of the chat: the other side, or the group wherever it is named."""
        other = self.recipient if outgoing else self.sender
        places = (other, self.long_id.chat, self.recipient, self.sender)
        shared = (jid for jid in places if jid and chat_of(jid) is not Chat.PRIVATE)
        return next(shared, None) or other or self.long_id.chat or None


class Account(Payload):
    """The account that a device is connected to, or why it is no longer."""

    number: Text = None
    pushname: Text = None
    reason: Text = None
    id: Text = None


class Envelope(Payload):
    """What stands around `event_data`."""

    id: Text = None
    device: Text = Field(default=None, validation_alias="whatsapp_id")
    action: Text = Field(default=None, validation_alias="event_action")
    date: Text = Field(default=None, validation_alias="event_date")
    status_code: Text = None


class Webhook:
    """One webhook with its one event: the fields, and the body that holds them."""

    def __init__(self, fields: JsonObject, raw: bytes) -> None:
        self.raw = raw
        self.fields = fields
        self.envelope = Envelope.model_validate(fields)
        self.action = self.envelope.action or ""
        content = fields.get("event_data")
        self.content: JsonObject = content if isinstance(content, dict) else {}
        message = self.content.get("message")
        self.message = Message.model_validate(message) if isinstance(message, dict) else None

    def common(
        self, key: str | None = None, *, address: str | None = None, time: datetime | None = None
    ) -> EventFields:
        """Return what an event has in common with every other; `key` is its own dedupe key.

        `event_date` names no time zone, so it is no time unless WhatsGate adds one.
        """
        return EventFields(
            gateway="whatsgate",
            device=self.envelope.device or "",
            key=fold_key(key or self._key()),
            address=address,
            occurred_at=time or read_time(self.envelope.date),
            raw=self.raw,
        )

    def digest(self) -> str:
        """Return what tells this webhook from others when it has no id."""
        return digest(self.fields)

    def _key(self) -> str:
        if not self.action or not self.envelope.id:
            return self.digest()
        return f"{self.action}:{self.envelope.id}:{self.envelope.date or ''}"
