"""The command `send` of the simulated WhatsGate."""

import binascii
import hashlib
from base64 import b64decode

from bot.gateways.base import MIB, JsonObject
from bot.simulator.apis.whatsgate.words import LONG_ID, chat_in, refuse
from bot.simulator.calls import Call, Reply, Sent, Situation, object_in, reply_json, text_in
from bot.simulator.compose import OWN_NUMBER

# Its types, and what WhatsApp then shows; and as what the message is told in webhooks.
KINDS = {
    "text": "text",
    "image": "image",
    "sticker": "sticker",
    "doc": "document",
    "voice": "voice",
}
TYPES = {"text": "chat", "doc": "document", "voice": "ptt"}
LARGEST_MEDIA = 10 * MIB
# So many files are kept, for whoever fetches what was sent.
KEPT_FILES = 50


def send(fields: JsonObject, call: Call, situation: Situation) -> Reply:
    """Take a message: at once, or for later where `async` says so."""
    wrong = _problem(fields)
    if wrong:
        return refuse("Bad Request", wrong)
    message, media = object_in(fields, "message"), object_in(fields, "message").get("media")
    chat, device = chat_in(fields), text_in(fields, "WhatsappID")
    quote, is_later = text_in(message, "quote"), fields["async"] is True
    quoted = LONG_ID.fullmatch(quote)
    whatsapp_id = situation.fresh_id()
    content = b64decode(media["data"]) if isinstance(media, dict) else b""
    sent = Sent(
        gateway="whatsgate",
        device=device,
        to=chat,
        text=text_in(message, "body"),
        kind=KINDS[message["type"]],
        media=hashlib.sha256(content).hexdigest() if content else "",
        quoted_id=quoted[1] if quoted else "",
        details={"async": is_later, "quote": quote},
        external_id="" if is_later else whatsapp_id,
        whatsapp_id=whatsapp_id,
        at=call.now,
    )
    if isinstance(media, dict):
        _keep(situation, whatsapp_id, media["mimetype"], content)
    result = "OK" if is_later else _told(sent, message["type"])
    return reply_json(200, {"result": result}, recipient=chat, sent=sent)


def _problem(fields: JsonObject) -> str:
    message = object_in(fields, "message")
    # Its two documents disagree on what a missing flag means, so it must be there.
    if not isinstance(fields.get("async"), bool):
        return "async must be true or false"
    if not chat_in(fields):
        return "recipient needs an id of a chat, or a number and a type"
    if message.get("type") not in KINDS:
        return "the message type is not known"
    if "quote" in message and not LONG_ID.fullmatch(text_in(message, "quote")):
        return "quote must be the long id of a message"
    if message["type"] == "text":
        return "" if text_in(message, "body") else "body is required"
    return _media_problem(object_in(message, "media"))


def _media_problem(media: JsonObject) -> str:
    missing = [name for name in ("mimetype", "data", "filename") if not text_in(media, name)]
    if missing:
        return f"media needs {missing[0]}"
    try:
        content = b64decode(media["data"], validate=True)
    except (binascii.Error, ValueError):
        return "the data are no base64"
    return "the file is too large" if len(content) > LARGEST_MEDIA else ""


def _told(sent: Sent, kind: str) -> JsonObject:
    return {
        "_id": sent.whatsapp_id,
        "id": f"true_{sent.to}_{sent.whatsapp_id}",
        "ack": 0,
        "hasMedia": kind != "text",
        "mediaKey": "",
        "body": sent.text,
        "type": TYPES.get(kind, kind),
        "timestamp": int(sent.at.timestamp()),
        "from": f"{OWN_NUMBER}@c.us",
        "to": sent.to,
        "isForwarded": False,
        "from_name": "Toko Melati",
    }


def _keep(situation: Situation, message_id: str, mimetype: str, content: bytes) -> None:
    kept = situation.memory.setdefault("media", {})
    kept[message_id] = (mimetype, content)
    for oldest in list(kept)[:-KEPT_FILES]:
        del kept[oldest]
