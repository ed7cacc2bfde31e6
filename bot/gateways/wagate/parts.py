"""The parts of WAGate's webhooks, under whatever name they come.

Only the data of `message` and `ready` are documented. The rest is looked for under the names that
whatsapp-web.js and Baileys use, on which such gateways are built, also in objects further inside.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from bot.gateways.base import JsonObject
from bot.gateways.errors import Unreadable
from bot.gateways.reading import Payload, Text, Time, clean, digest, fold_key, read_object
from bot.gateways.wagate.large import LONG, shortened
from bot.gateways.wwebjs import LongId, read_long_id

Levels = Sequence[JsonObject]

# Objects that may hold what is expected beside them, and how deep they are looked for.
INSIDE = ("data", "message", "msg", "key", "ack", "update", "payload")
DEEPEST = 3

PLAIN = (str, int, float)
# Field → its names, the documented one first.
NAMES: Mapping[str, tuple[str, ...]] = {
    "sender": ("from", "sender", "sender_id", "senderId"),
    "to": ("to", "recipient"),
    "chat": ("group_id", "groupId", "chat_id", "chatId", "remoteJid", "remote"),
    "member": ("participant", "author"),
    "text": ("message", "body", "text", "caption", "conversation"),
    "name": ("name", "pushname", "pushName", "notifyName", "sender_name"),
    "type": ("type", "message_type", "messageType"),
    "vcard": ("vcard", "vCard"),
    "emoji": ("emoji", "reaction"),
    # Of message_ack.
    "status": ("status", "ack", "ack_status", "ackStatus", "state"),
    "error": ("error_code", "errorCode", "error", "code"),
    # Of the device's own events.
    "phone_number": ("phone_number", "phoneNumber", "phone", "number"),
    "device_name": ("device_name", "deviceName", "pushname", "name"),
    "reason": ("reason", "message", "error"),
}
TIMES = ("timestamp", "messageTimestamp", "t", "time")
FLAGS: Mapping[str, tuple[str, ...]] = {
    "from_me": ("fromMe", "from_me", "is_from_me", "isFromMe"),
    "in_group": ("isGroup", "is_group", "isGroupMsg"),
    "is_voice": ("ptt", "is_voice", "isVoice"),
}
IDS = ("message_id", "messageId", "id", "msg_id", "msgId")
QUOTED = ("quoted", "quoted_message", "quotedMsg", "quotedMessage", "context", "reply_to")
QUOTED_IDS = ("quoted_message_id", "quotedMessageId", "quoted_id", "quotedStanzaID", "stanzaId")
EVENTS = ("event", "event_type", "eventType")
DEVICES = ("device_id", "deviceId", "session_id", "sessionId", "device", "session")


class Place(Payload):
    """A place on the map."""

    latitude: float | None = Field(None, allow_inf_nan=False)
    longitude: float | None = Field(None, allow_inf_nan=False)
    name: Text = None
    address: Text = None


class Content(Payload):
    """The `data` of any event, under the names of NAMES, TIMES and FLAGS."""

    sender: Text = None
    to: Text = None
    chat: Text = None
    member: Text = None
    text: Text = None
    name: Text = None
    type: Text = None
    vcard: Text = None
    emoji: Text = None
    status: Text = None
    error: Text = None
    phone_number: Text = None
    device_name: Text = None
    reason: Text = None
    timestamp: Time = None
    from_me: bool = False
    in_group: bool = False
    is_voice: bool = False


@dataclass(frozen=True, slots=True)
class MessageId:
    """The id of a message: as it came, its own part (which is the same everywhere), and its chat.

    whatsapp-web.js writes `true_6281200000001@c.us_3EB0…` where WAGate's samples have `3EB0…`.
    """

    given: str
    short: str
    chat: str | None = None
    is_ours: bool = False

    @classmethod
    def read(cls, value: object) -> Self | None:
        """Return the id in a string, a number, or the object that whatsapp-web.js makes of it."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        long = read_long_id(value)
        given = long.text or long.short
        if not given:
            return None
        return cls(given, long.short or given, long.chat, _is_ours(value, long))


def _is_ours(value: object, long: LongId) -> bool:
    if isinstance(value, dict) and value.get("fromMe") is True:
        return True
    return long.chat is not None and (long.text or "").startswith("true_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook's body, and what is read of it. Strings of files are in `body` only in part."""

    raw: bytes = field(repr=False)
    body: JsonObject = field(repr=False)
    event: str
    device: str
    timestamp: datetime | None
    levels: Levels = field(repr=False)
    content: Content = field(repr=False)
    message_id: MessageId | None

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Return the webhook in a body, whose long strings are read in part. Raises Unreadable."""
        body = read_object(shortened(raw))
        levels = levels_of(body)
        return cls(
            raw=raw,
            body=body,
            event=_text(pick([body], EVENTS, PLAIN)),
            device=_text(pick([body], DEVICES, PLAIN)),
            timestamp=Content(timestamp=pick([body], TIMES, (*PLAIN, dict))).timestamp,
            levels=levels,
            content=_read_content(levels),
            message_id=message_id_in(levels),
        )

    @property
    def has_data(self) -> bool:
        """Return whether the event tells anything."""
        return bool(self.levels)

    @property
    def quoted_id(self) -> str | None:
        """Return the id of the message that this one replies to."""
        quoted = pick(self.levels, QUOTED, (dict,))
        inner = [quoted] if isinstance(quoted, dict) else []
        found = _first_id(self.levels, QUOTED_IDS) or _first_id(inner, (*IDS, *QUOTED_IDS))
        return found.short if found else None

    @property
    def place(self) -> Place | None:
        """Return the place that a message tells, beside the rest or in an object of its own."""
        inner = pick(self.levels, ("location",), (dict,))
        for level in (*([inner] if isinstance(inner, dict) else ()), *self.levels):
            place = Place(
                latitude=pick([level], ("latitude", "lat", "degreesLatitude"), PLAIN),
                longitude=pick([level], ("longitude", "lng", "degreesLongitude"), PLAIN),
                name=pick([level], ("name", "description"), (str,)) if level is inner else None,
                address=pick([level], ("address",), (str,)),
            )
            if place.latitude is not None and place.longitude is not None:
                return place
        return None

    def digest(self) -> str:
        """Return the SHA-256 of the whole body: the key of what has no id."""
        body = self.body
        if len(self.raw) >= LONG:
            try:
                body = read_object(self.raw)
            except Unreadable:  # something is wrong inside a string that was read in part
                return hashlib.sha256(self.raw).hexdigest()
        return digest(body)

    def hashed_key(self) -> str:
        """Return the key of an event about no message."""
        return fold_key(f"{self.event or 'unknown'}:{self.digest()}")


def levels_of(body: JsonObject) -> Levels:
    """Return the objects in which the fields of an event may stand, the outermost first."""
    content = body.get("data")
    if isinstance(content, list) and len(content) == 1:
        content = content[0]
    if "data" not in body:
        content = body
    outermost = [content] if isinstance(content, dict) else []
    return [*outermost, *below(outermost, INSIDE, deepest=DEEPEST - 1)]


def below(levels: Levels, names: Sequence[str], *, deepest: int) -> Levels:
    """Return the objects under these names inside others, and inside those, so deep."""
    found: list[JsonObject] = []
    level = levels
    for _ in range(deepest):
        level = [
            inner for outer in level for name in names if isinstance(inner := outer.get(name), dict)
        ]
        found += level
    return found


def pick(levels: Levels, names: Sequence[str], kinds: tuple[type, ...]) -> Any:
    """Return the first value of one of these kinds under one of these names, None without one."""
    for name in names:
        for level in levels:
            value = level.get(name)
            if isinstance(value, kinds) and not isinstance(value, bool) and value != "":
                return value
    return None


def _read_content(levels: Levels) -> Content:
    texts = {name: pick(levels, spellings, PLAIN) for name, spellings in NAMES.items()}
    flags = {
        name: any(level.get(spelling) in (True, "true") for level in levels for spelling in names)
        for name, names in FLAGS.items()
    }
    return Content(**texts, **flags, timestamp=pick(levels, TIMES, (*PLAIN, dict)))


def message_id_in(levels: Levels) -> MessageId | None:
    """Return the id of the message that an event is about."""
    return _first_id(levels, IDS)


def _first_id(levels: Levels, names: Sequence[str]) -> MessageId | None:
    return MessageId.read(pick(levels, names, (str, int, dict)))


def _text(value: object) -> str:
    return clean(str(value)) if value is not None else ""
