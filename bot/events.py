"""The vocabulary of what gateways say: words only, no I/O, nothing of ours imported.

A gateway's `parse` turns the bytes of a webhook into these events, one for each thing that the
gateway says. Event (gateway, device, key, address, occurred_at, raw) is the common part::

    MessageReceived   a contact (or a group, a status, a channel) wrote to a device
    MessageEcho       something was sent from the device's own number: by us or by a human
    StatusChanged     one of our messages was sent, delivered, read, played, or failed
    CallReceived      somebody called the device
    DeviceChanged     the device connected, disconnected, or shows a QR code
    GroupChanged      members or settings of a group changed
    Notice            news about the account or a message template
    UnknownEvent      authentic, but not (yet) understood; kept as it came
    InternalEvent     said by ourselves: a timeout, a finished effect, a failed send

Addresses are opaque: whatever the gateway takes as a recipient (a number, a JID, a conversation
id, a business-scoped user id). A phone number is a separate, optional field: digits with the
country code and no plus sign.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an event is about: the `kind` column, and the word after `event:` in rules."""

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_ECHO = "message.echo"
    MESSAGE_STATUS = "message.status"
    CALL_RECEIVED = "call.received"
    DEVICE_CONNECTED = "device.connected"
    DEVICE_DISCONNECTED = "device.disconnected"
    DEVICE_QR = "device.qr"
    GROUP_CHANGED = "group.changed"
    ACCOUNT_NOTICE = "account.notice"
    TEMPLATE_NOTICE = "template.notice"
    UNKNOWN = "unknown"
    UNPARSED = "unparsed"

    # Said by ourselves.
    FLOW_TIMEOUT = "flow.timeout"
    EFFECT_DONE = "effect.done"
    HANDOVER_ENDED = "handover.ended"
    QUOTA_LOW = "quota.low"
    INBOUND_SILENT = "inbound.silent"
    SEND_FAILED = "send.failed"


INTERNAL_KINDS = frozenset(
    {
        Kind.FLOW_TIMEOUT,
        Kind.EFFECT_DONE,
        Kind.HANDOVER_ENDED,
        Kind.QUOTA_LOW,
        Kind.INBOUND_SILENT,
        Kind.SEND_FAILED,
    }
)


class MessageType(StrEnum):
    """What a message holds. What no gateway module knows is `unsupported`."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    BUTTON = "button"
    FORM = "form"
    REACTION = "reaction"
    ORDER = "order"
    POLL = "poll"
    WELCOME = "welcome"
    EDIT = "edit"
    REVOKE = "revoke"
    SYSTEM = "system"
    UNSUPPORTED = "unsupported"


MEDIA_TYPES = frozenset(
    {
        MessageType.IMAGE,
        MessageType.VIDEO,
        MessageType.AUDIO,
        MessageType.VOICE,
        MessageType.DOCUMENT,
        MessageType.STICKER,
    }
)

# Nobody types these as a message to be answered, whatever they carry.
NEVER_ANSWERED_TYPES = frozenset(
    {MessageType.REACTION, MessageType.SYSTEM, MessageType.EDIT, MessageType.REVOKE}
)


class Chat(StrEnum):
    """Where a message was written."""

    PRIVATE = "private"
    GROUP = "group"
    STATUS = "status"
    BROADCAST = "broadcast"
    NEWSLETTER = "newsletter"


class Author(StrEnum):
    """Who sent a message that a gateway echoes."""

    OWNER = "owner"
    AGENT = "agent"
    AI = "ai"
    US = "us"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What a gateway says became of one of our messages."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"


class DeviceState(StrEnum):
    """What a gateway says about a device."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    QR = "qr"


class Topic(StrEnum):
    """What a notice is about."""

    ACCOUNT = "account"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """The button or list row that a contact pressed. `id` is ours, `title` is what was read."""

    id: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReference:
    """Where the bytes of a message's media are: an id or URL at the gateway, or inline in `raw`.

    `sha256` is hexadecimal, `size` in bytes.
    """

    id: str | None = None
    url: str | None = field(default=None, repr=False)
    inline: bool = False
    mimetype: str | None = None
    filename: str | None = field(default=None, repr=False)
    sha256: str | None = None
    size: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a gateway says.

    `device` is "" when the webhook names none. `key` is the dedupe key within (gateway, device).
    `address` is the conversation's address, None for what belongs to no conversation.
    `occurred_at` is aware; None when the webhook gives no readable time.
    `raw` is the smallest webhook body for which the gateway's `parse` returns exactly this event.
    """

    gateway: str
    device: str
    key: str
    address: str | None = field(default=None, repr=False)
    occurred_at: datetime | None = None
    raw: bytes = field(repr=False)

    @property
    def kind(self) -> Kind:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Event):
    """The common part of a message received and an echo.

    `text` is what a person typed or the caption of media ("" when there is none).
    `sender` is who wrote it inside a group, otherwise the address.
    `details` keeps what only this type of message has, as plain JSON values.
    """

    external_id: str | None = None
    type: MessageType = MessageType.TEXT
    text: str = field(default="", repr=False)
    chat: Chat = Chat.PRIVATE
    sender: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    quoted_id: str | None = None
    button: Button | None = field(default=None, repr=False)
    media: MediaReference | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Message):
    """A contact wrote to a device. `needs_human` is set where the gateway says so (CSKU)."""

    needs_human: bool = False

    @property
    def kind(self) -> Kind:
        return Kind.MESSAGE_RECEIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEcho(Message):
    """A message went out from the device's number. Never answered."""

    author: Author = Author.UNKNOWN

    @property
    def kind(self) -> Kind:
        return Kind.MESSAGE_ECHO


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(Event):
    """One of our messages moved on. A status in words of the gateway's own is `word`, kept as text.

    `status` is None for a word that is not in the vocabulary. `reference` is our own message id
    where the gateway gives it back. `error` is the gateway's code and title, without any text of
    the message.
    """

    external_id: str
    status: Status | None
    word: str = ""
    recipient: str | None = field(default=None, repr=False)
    reference: str | None = None
    error: str | None = None

    @property
    def kind(self) -> Kind:
        return Kind.MESSAGE_STATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReceived(Event):
    """Somebody called the device."""

    call_id: str | None = None
    video: bool = False
    status: str = ""
    phone: str | None = field(default=None, repr=False)

    @property
    def kind(self) -> Kind:
        return Kind.CALL_RECEIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanged(Event):
    """A device connected, disconnected, or waits for its QR code to be scanned."""

    state: DeviceState
    reason: str = ""
    phone: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)

    @property
    def kind(self) -> Kind:
        return Kind(f"device.{self.state}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChanged(Event):
    """Members or settings of a group changed; `address` is the group."""

    action: str
    participants: tuple[str, ...] = field(default=(), repr=False)

    @property
    def kind(self) -> Kind:
        return Kind.GROUP_CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """News about the account or a template. `name` is the gateway's word for it."""

    topic: Topic
    name: str
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> Kind:
        return Kind.TEMPLATE_NOTICE if self.topic is Topic.TEMPLATE else Kind.ACCOUNT_NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(Event):
    """Authentic, but of a kind or shape that we do not know; `name` is the gateway's word."""

    name: str = ""

    @property
    def kind(self) -> Kind:
        return Kind.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalEvent(Event):
    """Something that we say to ourselves, as a row like any other event."""

    name: Kind
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> Kind:
        return self.name


def canonical(value: object) -> bytes:
    """Return `value` as sorted compact JSON: the same element gives the same bytes in any batch."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode("ascii")
