"""The vocabulary of whatsapp-web.js, which some gateways are built on: ids, types and acks.

A message id is `<from me>_<chat JID>_<id>[_<author JID>]`, for instance
`false_6281200000001@c.us_3EB0436AE1E682FF3A37`; since July 2026 it may be missing or an object.
https://docs.wwebjs.dev/global.html#MessageTypes https://docs.wwebjs.dev/global.html#MessageAck
"""

from dataclasses import dataclass

from bot.events import MessageType, Status
from bot.gateways.reading import clean

TYPES = {
    "chat": MessageType.TEXT,
    "hsm": MessageType.TEXT,
    "image": MessageType.IMAGE,
    "video": MessageType.VIDEO,
    "gif": MessageType.VIDEO,
    "ptv": MessageType.VIDEO,
    "audio": MessageType.AUDIO,
    "ptt": MessageType.VOICE,
    "document": MessageType.DOCUMENT,
    "sticker": MessageType.STICKER,
    "location": MessageType.LOCATION,
    "live_location": MessageType.LOCATION,
    "vcard": MessageType.CONTACTS,
    "multi_vcard": MessageType.CONTACTS,
    "list_response": MessageType.BUTTON,
    "buttons_response": MessageType.BUTTON,
    "template_button_reply": MessageType.BUTTON,
    "reaction": MessageType.REACTION,
    "order": MessageType.ORDER,
    "poll_creation": MessageType.POLL,
    "poll_update": MessageType.POLL,
    "revoked": MessageType.REVOKE,
    # The frame around pictures that each come as a message of their own.
    "album": MessageType.SYSTEM,
    "e2e_notification": MessageType.SYSTEM,
    "notification": MessageType.SYSTEM,
    "notification_template": MessageType.SYSTEM,
    "broadcast_notification": MessageType.SYSTEM,
    "newsletter_notification": MessageType.SYSTEM,
    "pinned_message": MessageType.SYSTEM,
    "protocol": MessageType.SYSTEM,
    "debug": MessageType.SYSTEM,
    "gp2": MessageType.SYSTEM,
    "call_log": MessageType.SYSTEM,
}
ACKS: dict[str, tuple[str, Status | None]] = {
    "-1": ("error", Status.FAILED),
    "0": ("pending", None),
    "1": ("sent", Status.SENT),
    "2": ("delivered", Status.DELIVERED),
    "3": ("read", Status.READ),
    "4": ("played", Status.PLAYED),
}
# Where the id of a pressed button or a chosen row stands.
CHOSEN = ("selectedButtonId", "selectedRowId")


@dataclass(frozen=True, slots=True, kw_only=True)
class LongId:
    """A long message id and the parts of it that are there."""

    text: str | None = None
    chat: str | None = None
    short: str | None = None
    author: str | None = None


def read_long_id(value: object) -> LongId:
    """Return the parts of a long id, all None when it is missing or has another form."""
    if isinstance(value, dict):
        return _read_key(value)
    if not isinstance(value, str):
        return LongId()
    text = clean(value)
    parts = [*text.split("_", 3), "", "", ""]
    if parts[0] not in ("true", "false") or "@" not in parts[1]:
        return LongId(text=text or None)
    return LongId(text=text, chat=parts[1], short=parts[2] or None, author=parts[3] or None)


def _read_key(key: dict[str, object]) -> LongId:
    """Read the object from which whatsapp-web.js makes its ids."""
    for name in ("_serialized", "$1"):
        if isinstance(key.get(name), str):
            return read_long_id(key[name])
    chat, short, author = (_jid(key.get(name)) for name in ("remote", "id", "participant"))
    return LongId(chat=chat, short=short, author=author)


def _jid(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("_serialized") or value.get("$1")
    return clean(value) or None if isinstance(value, str) else None
