"""The events themselves, and the one way to write a JSON element canonically."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.events.words import Author, Chat, DeviceState, Kind, MessageType, Status, Topic


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
    the message. `details` keep what else it tells, such as the price, as plain JSON values.
    """

    external_id: str
    status: Status | None
    word: str = ""
    recipient: str | None = field(default=None, repr=False)
    reference: str | None = None
    error: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

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
