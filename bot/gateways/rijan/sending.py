"""Writes what Rijan is asked to send, and reads what it says of it.

The fields are those of the program's own routes:
https://github.com/teguh02/rijan_wa/blob/main/src/http/routes/messages.ts
"""

import re
from urllib.parse import urlsplit

from bot import content
from bot.gateways.base import (
    Attachment,
    HttpRequest,
    HttpResponse,
    JsonObject,
    OutgoingMessage,
    Rate,
    SentMessage,
)
from bot.gateways.errors import NotSupported, Rejected, Scope
from bot.gateways.numbers import number_in
from bot.gateways.responses import judge_status
from bot.gateways.rijan.account import Api
from bot.gateways.rijan.refusals import TITLE, accepted, rest_after
from bot.gateways.vcards import write_vcard

# What Rijan calls each kind of media; a voice note is a sound with `ptt`.
MEDIA_TYPES = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "voice": "audio",
    "document": "document",
}
# Rijan downloads no more; what is larger it takes and never sends.
MEDIA_LIMIT = 50 * 1024 * 1024
# For a device, by what is sent. And a Rijan takes 100 requests a minute from one address, whatever
# they are: the questions for the ids of messages take their tokens from these, too.
RATES = (
    Rate(times=95, seconds=60, scope=Scope.GATEWAY),
    Rate(times=60, seconds=60, kinds=frozenset({"text"})),
    Rate(times=30, seconds=60, kinds=frozenset(MEDIA_TYPES)),
    Rate(times=40, seconds=60, kinds=frozenset({"location", "contacts"})),
    Rate(times=100, seconds=60, kinds=frozenset({"reaction"})),
)
VOICE_TYPE = "audio/ogg; codecs=opus"
# Hosts that Rijan refuses to download from, when it is too late to tell us.
PRIVATE_HOST = re.compile(
    r"|localhost|127\.0\.0\.1|0\.0\.0\.0|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|169\.254\..*"
)


def compose(message: OutgoingMessage, *, api: Api, device: str) -> HttpRequest:
    """Return the request that sends a message. Raises Rejected, NotSupported."""
    to = recipient(message.address)
    route, fields = _fields(message)
    body = {"to": to, **_filled(fields), "idempotencyKey": message.idempotency_key}
    return api.request("POST", f"/v1/devices/{device}/messages/{route}", body)


def recipient(address: str) -> str:
    """Return the JID of an address: Rijan takes only those of phone numbers and groups."""
    user, _, server = address.partition("@")
    if server == "g.us" and user:
        return address
    if server == "lid":
        raise Rejected("cannot send to a hidden @lid address", scope=Scope.RECIPIENT)
    number = number_in(address)
    if number is None:
        raise Rejected("the address is no phone number or group", scope=Scope.RECIPIENT)
    return f"{number}@s.whatsapp.net"


def read_sent(response: HttpResponse, *, kind: str) -> SentMessage:
    """Return the ticket for what Rijan queued. It tells the WhatsApp id only later."""
    body, rest = accepted(response), rest_after(response)
    ticket = body.get("messageId") or body.get("id")
    if kind == "reaction" and (ticket or body.get("status")):
        # Its id is made up and can be asked for nowhere.
        return SentMessage(rest_seconds=rest)
    if isinstance(ticket, str) and ticket:
        return SentMessage(ticket=ticket, rest_seconds=rest)
    if kind in ("location", "contacts") and body.get("status"):
        return SentMessage(rest_seconds=rest)
    raise judge_status(TITLE, response)


def _fields(message: OutgoingMessage) -> tuple[str, JsonObject]:
    """Return the last part of the path, and the fields that only this kind of message has."""
    # The program ignores it so far.
    quote = {"quotedMessageId": message.quoted_id}
    match message.content:
        case content.Text() as text:
            return "text", {"text": text.text, **quote}
        case content.Media() as media if media.kind in MEDIA_TYPES:
            return "media", {**_media(media, message.attachment), **quote}
        case content.Location() as place:
            degrees = {"latitude": place.latitude, "longitude": place.longitude}
            return "location", {**degrees, "name": place.name, "address": place.address, **quote}
        case content.Contacts() as contacts:
            return "contact", {"contacts": _cards(contacts), **quote}
        case content.Reaction() as reaction:
            # Without `fromMe` the program takes the message for one of ours.
            fields = {"messageId": reaction.message_id, "emoji": reaction.emoji, "fromMe": False}
            return "reaction", fields
        case other:
            raise NotSupported(f"Rijan does not send the kind {other.kind}")


def _media(media: content.Media, attachment: Attachment | None) -> JsonObject:
    link = attachment.link if attachment else None
    if not attachment or not link:
        raise Rejected("Rijan takes media by a link only")
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or PRIVATE_HOST.fullmatch(parts.hostname or ""):
        raise Rejected("Rijan reads media from no private address")
    is_voice = media.kind == "voice"
    return {
        "mediaType": MEDIA_TYPES[media.kind],
        "mediaUrl": link,
        "mimeType": _mimetype(attachment.mimetype or media.mimetype, is_voice=is_voice),
        "caption": media.text,
        "fileName": attachment.filename or media.filename,
        "ptt": is_voice or None,
    }


def _mimetype(mimetype: str, *, is_voice: bool) -> str:
    # WhatsApp plays a voice note only where the codec is named.
    plain_ogg = mimetype.partition(";")[0].strip().lower() in ("audio/ogg", "")
    return VOICE_TYPE if is_voice and plain_ogg else mimetype


def _cards(contacts: content.Contacts) -> list[JsonObject]:
    if not contacts.cards:
        raise Rejected("a message of contacts without a contact")
    return [{"displayName": card.name, "vcard": write_vcard(card)} for card in contacts.cards]


def _filled(fields: JsonObject) -> JsonObject:
    """Leave out what is empty, except for the text and the emoji, which may be."""
    needed = ("text", "emoji")
    return {
        name: value for name, value in fields.items() if name in needed or value not in (None, "")
    }
