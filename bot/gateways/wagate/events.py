"""Read what WAGate says: one event in every body."""

from collections.abc import Mapping
from typing import Any

from bot.events import (
    MEDIA_TYPES,
    Author,
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
from bot.gateways import wwebjs
from bot.gateways.base import EventFields, MessageFields
from bot.gateways.numbers import normalise
from bot.gateways.reading import clean, fold_key
from bot.gateways.responses import code_of
from bot.gateways.vcards import read_vcard
from bot.gateways.wagate.addresses import kind_of_chat, phone_in
from bot.gateways.wagate.choices import button_of, names_button
from bot.gateways.wagate.media import MISSING, media_of
from bot.gateways.wagate.parts import Content, Webhook, pick

GATEWAY = "wagate"
TYPES = {
    **wwebjs.TYPES,
    "text": MessageType.TEXT,
    "voice": MessageType.VOICE,
    "file": MessageType.DOCUMENT,
    # A mimetype where a type should stand.
    "application": MessageType.DOCUMENT,
    "contact": MessageType.CONTACTS,
    "contacts": MessageType.CONTACTS,
    "button": MessageType.BUTTON,
    "buttonsresponsemessage": MessageType.BUTTON,
    "listresponsemessage": MessageType.BUTTON,
    "templatebuttonreplymessage": MessageType.BUTTON,
}
# whatsapp-web.js puts something else into the text of these: a card, a thumbnail, an emoji.
NOT_TYPED = frozenset({MessageType.CONTACTS, MessageType.LOCATION, MessageType.REACTION})
STATUSES: Mapping[str, Status | None] = {
    "sent": Status.SENT,
    "server": Status.SENT,
    "delivered": Status.DELIVERED,
    "device": Status.DELIVERED,
    "received": Status.DELIVERED,
    "read": Status.READ,
    "seen": Status.READ,
    "viewed": Status.READ,
    "played": Status.PLAYED,
    "failed": Status.FAILED,
    "error": Status.FAILED,
    **{number: status for number, (_, status) in wwebjs.ACKS.items()},
}
# Baileys counts otherwise; only its own `update` around a number tells them apart.
BAILEYS_STATUSES: Mapping[str, Status | None] = {
    "0": Status.FAILED,
    "2": Status.SENT,
    "3": Status.DELIVERED,
    "4": Status.READ,
    "5": Status.PLAYED,
}
STATES = {
    "ready": DeviceState.CONNECTED,
    "disconnected": DeviceState.DISCONNECTED,
    "qr": DeviceState.QR,
}


def event_of(raw: bytes) -> Event:
    """Return the event that a body tells; what we do not understand is an UnknownEvent."""
    webhook = Webhook.read(raw)
    event: Event | None = None
    if webhook.event == "message" and webhook.has_data:
        event = _message(webhook)
    elif webhook.event == "message_ack" and webhook.has_data:
        event = _status(webhook)
    elif webhook.event in STATES:
        event = _device(webhook)
    return event or UnknownEvent(**_common(webhook, webhook.hashed_key()), name=webhook.event)


def _common(webhook: Webhook, key: str) -> EventFields:
    return EventFields(
        gateway=GATEWAY,
        device=webhook.device,
        key=key,
        address=None,
        occurred_at=webhook.timestamp,
        raw=webhook.raw,
    )


def _message(webhook: Webhook) -> Event | None:
    content, message_id = webhook.content, webhook.message_id
    from_me = content.from_me or (message_id is not None and message_id.is_ours)
    other = content.to if from_me else content.sender
    where = _where(content.chat, message_id.chat if message_id else None, other)
    if not where:
        return None
    phone = phone_in(where)
    media = media_of(webhook.levels)
    type_ = _type(webhook, media)
    if media is None and type_ in MEDIA_TYPES:
        media = MediaReference(problem=MISSING)
    text = "" if type_ in NOT_TYPED else content.text or ""
    button = button_of(webhook.levels, text) if type_ is MessageType.BUTTON else None
    fields: MessageFields = {
        **_common(webhook, _message_key(webhook)),
        "address": phone or where,
        # The gateway's own sample has an envelope that is two years younger than its message.
        "occurred_at": content.timestamp or webhook.timestamp,
        "external_id": message_id.short if message_id else None,
        "type": MessageType.UNSUPPORTED if type_ is MessageType.BUTTON and not button else type_,
        "text": text or (button.title if button else ""),
        "chat": Chat.GROUP if content.in_group else kind_of_chat(where),
        "quoted_id": webhook.quoted_id,
        "button": button,
        "media": media,
        "details": _details(webhook, type_),
    }
    if from_me:
        return MessageEcho(**fields, phone=phone, author=Author.UNKNOWN)
    sender = phone or where
    if fields["chat"] is not Chat.PRIVATE:
        member = content.member or (content.sender if content.sender != where else None)
        phone = phone_in(member)
        sender = phone or member or sender
    return MessageReceived(**fields, sender=sender, name=content.name, phone=phone)


def _where(told: str | None, in_id: str | None, other: str | None) -> str | None:
    """Return the chat: a group goes before its member, under whichever name each comes."""
    groups = (one for one in (told, in_id, other) if one and kind_of_chat(one) is not Chat.PRIVATE)
    return next(groups, None) or other or told or in_id


def _message_key(webhook: Webhook) -> str:
    if webhook.message_id is None:
        return webhook.digest()
    return fold_key(f"message:{webhook.message_id.given}")


def _type(webhook: Webhook, media: MediaReference | None) -> MessageType:
    content = webhook.content
    word = content.type or ((media.mimetype or "document") if media else "")
    word = word.lower().partition("/")[0]
    if not word:
        if names_button(webhook.levels):
            return MessageType.BUTTON
        if webhook.place:
            return MessageType.LOCATION
        return MessageType.TEXT if content.text else MessageType.UNSUPPORTED
    found = TYPES.get(word, MessageType.UNSUPPORTED)
    return MessageType.VOICE if found is MessageType.AUDIO and content.is_voice else found


def _details(webhook: Webhook, type_: MessageType) -> Mapping[str, Any]:
    text = webhook.content.text or ""
    match type_:
        case MessageType.LOCATION if webhook.place:
            return webhook.place.model_dump(exclude_none=True)
        case MessageType.CONTACTS:
            card = webhook.content.vcard or text
            return {"contacts": [read_vcard(card)]} if "BEGIN:VCARD" in card else {}
        case MessageType.REACTION:
            return {"emoji": webhook.content.emoji or text}
    return {}


def _status(webhook: Webhook) -> Event | None:
    content, message_id = webhook.content, webhook.message_id
    if message_id is None:
        return None
    word = content.status or ""
    recipient = content.to or content.chat or message_id.chat or content.sender
    recipient = phone_in(recipient) or recipient
    status = _meaning(word, webhook)
    fields: EventFields = {
        **_common(webhook, fold_key(f"message_ack:{message_id.given}:{word}")),
        "address": recipient,
        "occurred_at": content.timestamp or webhook.timestamp,
    }
    return StatusChanged(
        **fields,
        external_id=message_id.short,
        status=status,
        word=word,
        recipient=recipient,
        error=code_of(content.error) if status is Status.FAILED else None,
    )


def _meaning(word: str, webhook: Webhook) -> Status | None:
    if word.isdecimal() and pick(webhook.levels, ("update",), (dict,)):
        return BAILEYS_STATUSES.get(word)
    return STATUSES.get(word.lower().removeprefix("ack_"))


def _device(webhook: Webhook) -> Event:
    content = webhook.content if webhook.has_data else Content()
    said = webhook.body.get("data")
    return DeviceChanged(
        **_common(webhook, webhook.hashed_key()),
        state=STATES[webhook.event],
        reason=_reason(content, said) if webhook.event == "disconnected" else "",
        phone=normalise(content.phone_number),
        name=content.device_name,
    )


def _reason(content: Content, said: object) -> str:
    return content.reason or (clean(said) if isinstance(said, str) else "")
