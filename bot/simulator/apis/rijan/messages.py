"""What Rijan is asked to send. The device is looked at before the recipient."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.gateways.base import JsonObject
from bot.simulator.apis.rijan.answers import (
    Refused,
    check_types,
    error,
    internal,
    no_route,
    offline,
    read_body,
)
from bot.simulator.calls import Call, Reply, Sent, Situation, reply_json, text_in

MEDIA_TYPES = ("image", "video", "audio", "document")
# Texts of the recipient's own that every route takes.
COMMON = {"quotedMessageId": str, "idempotencyKey": str}

_JID = re.compile(r"\d+@s\.whatsapp\.net|[\d-]+@g\.us")
_PRIVATE = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a body asks for, in the words of a `Sent`."""

    kind: str
    text: str = field(repr=False)
    media: str = field(default="", repr=False)
    # The program hands the key on for these only, and tells an id for these only.
    is_tracked: bool = False


def send(call: Call, situation: Situation, device: str, route: str) -> Reply:
    """Take a message into the outbox."""
    read = READERS.get(route)
    if read is None:
        return no_route(call)
    fields = read_body(call)
    asked = read(fields)
    if device in situation.offline:
        return offline()
    to = text_in(fields, "to")
    if not _JID.fullmatch(to):
        # The program lets locations and contacts pass here, and then sends them to nobody.
        return error(400, "VALIDATION_ERROR", "Invalid JID format")
    key = text_in(fields, "idempotencyKey") or call.headers.get("idempotency-key", "")
    earlier = situation.sent_with_key(device, key) if key and asked.is_tracked else None
    if earlier is not None:
        return reply_json(200, _queued(earlier), recipient=to)
    whatsapp_id = situation.fresh_id()
    # The program pays no heed to quotedMessageId, so it is no more than a detail.
    named = ("to", "text", "caption", "idempotencyKey", "mediaUrl")
    sent = Sent(
        gateway="rijan",
        device=device,
        to=to,
        text=asked.text,
        kind=asked.kind,
        media=asked.media,
        details={name: value for name, value in fields.items() if name not in named},
        external_id=f"msg_{whatsapp_id.lower()}" if asked.is_tracked else "",
        whatsapp_id=whatsapp_id,
        idempotency_key=key if asked.is_tracked else "",
        at=call.now,
    )
    return reply_json(200, _told(sent), recipient=to, sent=sent)


def _told(sent: Sent) -> JsonObject:
    if sent.kind == "reaction":
        made_up = sent.whatsapp_id.lower()
        stamp = int(sent.at.timestamp() * 1000)
        return {"id": made_up, "messageId": made_up, "status": "sent", "timestamp": stamp}
    return _queued(sent) if sent.external_id else {"status": "queued"}


def _queued(sent: Sent) -> JsonObject:
    told: JsonObject = {
        "id": sent.external_id,
        "messageId": sent.external_id,
        "status": "queued",
        "timestamp": int(sent.at.timestamp() * 1000),
    }
    return told | ({"idempotencyKey": sent.idempotency_key} if sent.idempotency_key else {})


def _read_text(fields: JsonObject) -> Asked:
    check_types(fields, required={"to": str, "text": str}, optional=COMMON | {"mentions": list})
    return Asked(kind="text", text=fields["text"], is_tracked=True)


def _read_media(fields: JsonObject) -> Asked:
    texts = dict.fromkeys(("mediaType", "mediaUrl", "mimeType", "caption", "fileName"), str)
    check_types(fields, required={"to": str}, optional={**COMMON, **texts, "ptt": bool})
    kind, url = text_in(fields, "mediaType"), text_in(fields, "mediaUrl")
    if kind not in MEDIA_TYPES:
        raise Refused(internal("body/mediaType must be equal to one of the allowed values"))
    if not url:
        raise Refused(internal("Either mediaUrl or mediaBuffer must be provided"))
    # The program may notice these two only later, and then the message is lost.
    if _PRIVATE.match(url):
        raise Refused(internal("Private IP ranges are not allowed"))
    if not url.startswith(("https://", "http://")):
        raise Refused(internal("Only HTTP/HTTPS URLs are allowed"))
    if fields.get("ptt"):
        kind = "voice"
    return Asked(kind=kind, text=text_in(fields, "caption"), media=url, is_tracked=True)


def _read_location(fields: JsonObject) -> Asked:
    number = (int, float)
    check_types(
        fields,
        required={"to": str, "latitude": number, "longitude": number},
        optional={**COMMON, "name": str, "address": str},
    )
    words = (text_in(fields, "name"), text_in(fields, "address"))
    return Asked(kind="location", text="\n".join(filter(None, words)))


def _read_contact(fields: JsonObject) -> Asked:
    check_types(fields, required={"to": str, "contacts": list}, optional=COMMON)
    cards = fields["contacts"]
    if not cards:
        raise Refused(internal("At least one contact must be provided"))
    for card in cards:
        if not isinstance(card, dict) or not text_in(card, "vcard").startswith("BEGIN:VCARD"):
            raise Refused(internal("body/contacts/0 must be a contact"))
    return Asked(kind="contacts", text="\n".join(text_in(card, "displayName") for card in cards))


def _read_reaction(fields: JsonObject) -> Asked:
    texts = dict.fromkeys(("to", "messageId", "emoji"), str)
    optional = {"fromMe": bool, "participant": str, "idempotencyKey": str}
    check_types(fields, required=texts, optional=optional)
    return Asked(kind="reaction", text=fields["emoji"])


READERS: dict[str, Callable[[JsonObject], Asked]] = {
    "text": _read_text,
    "media": _read_media,
    "location": _read_location,
    "contact": _read_contact,
    "reaction": _read_reaction,
}
