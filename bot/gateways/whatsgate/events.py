"""Reads WhatsGate's webhooks into events. https://whatsgate.org/docs/api/webhook

`event_action` alone says which way a message went: the documented samples contradict each other
about `from`, `to` and the prefix of the id.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.events import (
    MEDIA_TYPES,
    Author,
    Button,
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
)
from bot.gateways.base import MessageFields
from bot.gateways.numbers import chat_of, normalise, phone_of, without_device
from bot.gateways.reading import clean, read_object
from bot.gateways.vcards import read_vcard
from bot.gateways.whatsgate.media import BY_KEY
from bot.gateways.whatsgate.parts import Account, Message, Webhook
from bot.gateways.wwebjs import ACKS, TYPES

NO_LONG_ID = "without its long id a file cannot be fetched"
_CARD = re.compile(r"BEGIN:VCARD.*?END:VCARD", re.IGNORECASE | re.DOTALL)
# In their `body` stands a thumbnail, a contact card, an emoji: nothing that somebody typed.
NOT_TYPED = frozenset({MessageType.LOCATION, MessageType.CONTACTS, MessageType.REACTION})
# An error may name the number that it is about, and quotes nothing shorter.
_LONG_NUMBER = re.compile(r"\d{6,}")
LONGEST_ERROR = 120


def read_event(body: bytes) -> Event:
    """Return the event in a webhook's body."""
    webhook = Webhook(read_object(body), body)
    read = READERS.get(webhook.action)
    event = read(webhook) if read else None
    return event or UnknownEvent(**webhook.common(), name=webhook.action)


def _read_received(webhook: Webhook) -> Event | None:
    message = webhook.message
    chat = message.chat(outgoing=False) if message else None
    if message is None or chat is None:
        return None
    sender = _sender(message, chat)
    return MessageReceived(
        **_shared(webhook, message, chat),
        sender=sender,
        name=message.name,
        phone=phone_of(sender),
    )


def _read_media(webhook: Webhook) -> Event | None:
    """Read what is told once a file has arrived, where it says of which message.

    Its form is documented nowhere. It is the same message as the one that was told before, if one
    was, and without that message's own id nothing could know that.
    """
    message = webhook.message
    if message is None or not message.external_id or not _media(message, _type(message)):
        return None
    return _read_received(webhook)


def _read_created(webhook: Webhook) -> Event | None:
    # Ours too come as `create`; whoever reads it knows our ids and takes those out.
    return _read_echo(webhook, Author.OWNER)


def _read_sent(webhook: Webhook) -> Event | None:
    """Read that a queued message went out: its id and its text tell which one of ours it was."""
    return _read_echo(webhook, Author.US)


def _read_echo(webhook: Webhook, author: Author) -> Event | None:
    message = webhook.message
    chat = message.chat(outgoing=True) if message else None
    if message is None or chat is None:
        return None
    return MessageEcho(
        **_shared(webhook, message, chat),
        sender=chat,
        phone=phone_of(chat),
        author=author,
    )


def _read_ack(webhook: Webhook) -> Event | None:
    message = webhook.message
    if message is None or not message.ack or not message.external_id:
        return None
    word, status = ACKS.get(message.ack, (message.ack, None))
    chat = message.chat(outgoing=True)
    return StatusChanged(
        # The message's own timestamp says when it was sent, not when this became of it.
        **webhook.common(f"ack:{message.external_id}:{message.ack}", address=chat),
        external_id=message.external_id,
        status=status,
        word=word,
        recipient=chat,
    )


def _read_ready(webhook: Webhook) -> Event:
    account = Account.model_validate(webhook.content)
    return DeviceChanged(
        **webhook.common(),
        state=DeviceState.CONNECTED,
        phone=normalise(account.number) or phone_of(account.id or "@"),
        name=account.pushname,
    )


def _read_disconnect(webhook: Webhook) -> Event:
    reason = Account.model_validate(webhook.content).reason or ""
    return DeviceChanged(**webhook.common(), state=DeviceState.DISCONNECTED, reason=reason)


def _read_error(webhook: Webhook) -> Event:
    """Read that an asynchronous send failed; which one, the webhook does not say."""
    code = _hidden(webhook.envelope.status_code or "")
    line = _hidden(_first_line(webhook.content.get("error")))
    message = webhook.message
    return StatusChanged(
        **webhook.common(),
        external_id=(message and message.external_id) or "",
        status=Status.FAILED,
        word="error",
        error=": ".join(part for part in (code, line) if part) or None,
        details={"status_code": code} if code else {},
    )


def _first_line(error: object) -> str:
    if isinstance(error, dict):
        error = error.get("message") or error.get("name")
    return clean(error).strip().partition("\n")[0] if isinstance(error, str) else ""


def _hidden(text: str) -> str:
    return _LONG_NUMBER.sub("…", text)[:LONGEST_ERROR]


READERS: Mapping[str, Callable[[Webhook], Event | None]] = {
    "message": _read_received,
    "media": _read_media,
    "create": _read_created,
    "sent": _read_sent,
    "ack": _read_ack,
    "ready": _read_ready,
    "disconnect": _read_disconnect,
    "error": _read_error,
}


def _key(webhook: Webhook, message: Message) -> str:
    if not message.external_id:
        return webhook.digest()
    return f"{webhook.action}:{message.external_id}"


def _sender(message: Message, chat: str) -> str:
    if chat_of(chat) is Chat.PRIVATE:
        return chat
    sender = message.sender if message.sender != chat else None
    return without_device(message.long_id.author or message.author or sender or chat)


def _shared(webhook: Webhook, message: Message, chat: str) -> MessageFields:
    """Return the fields that a message and an echo share."""
    kind = _type(message)
    text = "" if kind in NOT_TYPED else message.body or ""
    button = Button(id=message.button_id or text, title=text)
    return MessageFields(
        **webhook.common(_key(webhook, message), address=chat, time=message.timestamp),
        external_id=message.external_id,
        type=kind,
        text=text,
        chat=chat_of(chat),
        quoted_id=message.quoted.external_id,
        button=button if kind is MessageType.BUTTON else None,
        media=_media(message, kind),
        details=_details(message, kind),
    )


def _type(message: Message) -> MessageType:
    if not message.type:
        return MessageType.TEXT if message.body else MessageType.UNSUPPORTED
    kind = TYPES.get(message.type, MessageType.UNSUPPORTED)
    if kind is MessageType.BUTTON and not (message.button_id or message.body):
        return MessageType.UNSUPPORTED
    return kind


def _media(message: Message, kind: MessageType) -> MediaReference | None:
    # `hasMedia` can be false for a picture and is no reason to think that there is none.
    if kind not in MEDIA_TYPES and not message.has_media:
        return None
    # An older command fetches by the key, when WhatsApp Web fails to give the long id.
    key = BY_KEY + message.media_key if message.media_key else None
    found = message.long_id.text or key
    return MediaReference(
        id=found,
        mimetype=message.mimetype,
        filename=message.filename,
        problem=None if found else NO_LONG_ID,
    )


def _details(message: Message, kind: MessageType) -> dict[str, Any]:
    details: dict[str, Any] = {"long_id": message.long_id.text}
    if message.forwarded:
        details["forwarded"] = True
    if message.quoted.external_id:
        details["quoted"] = message.quoted.model_dump(exclude={"short_id", "id"}, exclude_none=True)
    match kind:
        case MessageType.LOCATION:
            details |= _place(message)
        case MessageType.CONTACTS:
            cards = message.cards or _CARD.findall(message.body or "") or [message.body or ""]
            details["contacts"] = [read_vcard(clean(card)) for card in cards]
        case MessageType.REACTION:
            details["emoji"] = message.body or ""
        case MessageType.SYSTEM:
            details["change"] = message.type
        case MessageType.UNSUPPORTED:
            details["name"] = message.type
    return {name: value for name, value in details.items() if value is not None}


def _place(message: Message) -> dict[str, Any]:
    place = message.location
    return {
        "latitude": place.latitude if message.latitude is None else message.latitude,
        "longitude": place.longitude if message.longitude is None else message.longitude,
        "name": place.name,
        "address": place.address,
    }
