"""Reads Rijan's messages: raw Baileys messages, and the flat ones of its older guide."""

from collections.abc import Callable
from functools import partial

from bot.events import (
    MEDIA_TYPES,
    Author,
    Chat,
    Event,
    MediaReference,
    MessageEcho,
    MessageReceived,
    MessageType,
)
from bot.gateways.numbers import chat_of, phone_of, without_device
from bot.gateways.rijan.baileys import read_content
from bot.gateways.rijan.baileys_parts import WebMessage
from bot.gateways.rijan.parts import PlainMessage, Webhook, answerable

PLAIN_TYPES = {
    **{kind.value: kind for kind in MessageType},
    "ptt": MessageType.VOICE,
    "contact": MessageType.CONTACTS,
}
NO_FILE = "the webhook names no file"


def read_message(webhook: Webhook) -> Event | None:
    """Return a message or an echo, None when nobody could tell which chat it is in."""
    if isinstance(webhook.data_object.get("key"), dict):
        return _read_web_message(webhook)
    return _read_plain_message(webhook)


def _read_web_message(webhook: Webhook) -> Event | None:
    message = WebMessage.read(webhook.data_object)
    key = message.key
    if not key.remote_jid:
        return None
    jid = without_device(key.remote_jid)
    chat = chat_of(jid)
    address = answerable(jid, key.remote_jid_alt)
    # A private message carries an empty participant.
    author = without_device(key.participant or "") or address
    sender = address if chat is Chat.PRIVATE else author
    content = read_content(message.message, stub=message.message_stub_type)
    details = dict(content.details) if address == jid else {**content.details, "lid": jid}
    # What we sent comes back with another id than the one that sending returned, so an echo alone
    # does not tell whether a human wrote it.
    create = _creator(from_me=key.from_me, author=Author.UNKNOWN)
    return create(
        **webhook.common(
            _key(webhook, jid, key.id), address=address, time=message.message_timestamp
        ),
        external_id=key.id or None,
        type=content.type,
        text=content.text,
        chat=chat,
        sender=sender,
        name=message.push_name or message.verified_biz_name or None,
        phone=phone_of(sender) or phone_of(key.participant_alt or "@"),
        quoted_id=content.quoted_id,
        button=content.button,
        media=content.media,
        details=details,
    )


def _read_plain_message(webhook: Webhook) -> Event | None:
    message = PlainMessage.model_validate(webhook.data_object)
    jid = message.chat or message.sender
    if not jid:
        return None
    chat = chat_of(jid)
    sender = jid if chat is Chat.PRIVATE else message.sender or jid
    text = message.text or message.caption or ""
    kind = _plain_type(message.type, text=text)
    create = _creator(from_me=message.from_me, author=Author.OWNER)
    return create(
        **webhook.common(_key(webhook, jid, message.id), address=jid, time=message.timestamp),
        external_id=message.id or None,
        type=kind,
        text=text,
        chat=chat,
        sender=sender,
        name=message.name or None,
        phone=phone_of(sender),
        media=_plain_media(message) if kind in MEDIA_TYPES else None,
    )


def _plain_media(message: PlainMessage) -> MediaReference:
    return MediaReference(
        url=message.media_url or None,
        mimetype=message.mimetype or None,
        filename=message.filename or None,
        problem=None if message.media_url else NO_FILE,
    )


def _plain_type(word: str | None, *, text: str) -> MessageType:
    if word:
        return PLAIN_TYPES.get(word, MessageType.UNSUPPORTED)
    return MessageType.TEXT if text else MessageType.UNSUPPORTED


def _creator(*, from_me: bool, author: Author) -> Callable[..., Event]:
    return partial(MessageEcho, author=author) if from_me else MessageReceived


def _key(webhook: Webhook, jid: str, message_id: str | None) -> str:
    # A backfill sends the same message again with less in it, so its content does not count.
    return f"message:{jid}:{message_id}" if message_id else webhook.digest()
