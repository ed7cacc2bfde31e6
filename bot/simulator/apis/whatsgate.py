"""WhatsGate's send API, as its users meet it: every refusal is a 500, the name tells which."""

import re

from bot.gateways.base import JsonObject
from bot.simulator.calls import (
    Call,
    Refusal,
    Reply,
    Sent,
    Situation,
    is_json,
    object_in,
    read_fields,
    reply_json,
    text_in,
)

TYPES = ("text", "image", "sticker", "doc", "voice")

_JID = re.compile(r"[1-9]\d{6,14}@c\.us|[\d-]+@g\.us|\d+@lid")
_NUMBER = re.compile(r"[1-9]\d{6,14}")


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call of `/api/v1/send`."""
    customer = situation.customer(call.headers.get("x-api-key", ""))
    if customer is None:
        return _error("Unauthorized", "Your request was made with invalid credentials.")
    if call.method != "POST" or call.path != "/api/v1/send":
        return _error("Not Found", "no such command")
    fields = read_fields(call) if is_json(call) else None
    if fields is None:
        return _error("Bad Request", "the body must be a JSON object")
    device = text_in(fields, "WhatsappID")
    if not device or not customer.owns(device):
        return _error("Not Found", "no such WhatsappID")
    problem = _problem(fields)
    if problem:
        return _error("Bad Request", problem)
    if device in situation.offline:
        return _offline(call)
    return _accept(fields, call, situation=situation, device=device)


def _problem(fields: JsonObject) -> str:
    recipient, message = object_in(fields, "recipient"), object_in(fields, "message")
    # Its two documents disagree on what a missing flag means, so it must be there.
    if not isinstance(fields.get("async"), bool):
        return "async must be true or false"
    if not _chat(recipient):
        return "recipient needs an id of a chat, or a number and a type"
    if message.get("type") not in TYPES:
        return "the message type is not known"
    if message["type"] == "text" and not text_in(message, "body"):
        return "body is required"
    if message["type"] != "text" and not object_in(message, "media"):
        return "media is required"
    return ""


def _chat(recipient: JsonObject) -> str:
    jid, number = text_in(recipient, "id"), text_in(recipient, "number")
    if jid:
        return jid if _JID.fullmatch(jid) else ""
    if recipient.get("type") not in ("contact", "group") or not _NUMBER.fullmatch(number):
        return ""
    return f"{number}@{'g.us' if recipient['type'] == 'group' else 'c.us'}"


def _accept(fields: JsonObject, call: Call, *, situation: Situation, device: str) -> Reply:
    chat = _chat(object_in(fields, "recipient"))
    text = text_in(object_in(fields, "message"), "body")
    whatsapp_id = situation.fresh_id()
    later = fields["async"] is True
    sent = Sent(
        gateway="whatsgate",
        device=device,
        to=chat,
        text=text,
        external_id="" if later else whatsapp_id,
        whatsapp_id=whatsapp_id,
        at=call.now,
    )
    message = {
        "_id": whatsapp_id,
        "id": f"true_{chat}_{whatsapp_id}",
        "ack": 0,
        "hasMedia": False,
        "mediaKey": "",
        "body": text,
        "type": "chat",
        "timestamp": int(call.now.timestamp()),
        "from": "6281200000099@c.us",
        "to": chat,
        "isForwarded": False,
        "from_name": "Toko Melati",
    }
    return reply_json(200, {"result": "OK" if later else message}, recipient=chat, sent=sent)


def _error(name: str, message: str) -> Reply:
    return reply_json(500, {"name": name, "message": message, "code": 0, "status": 500})


def _offline(_call: Call) -> Reply:
    return _error("Exception", "the session is not ready")


def _refusal(name: str, message: str) -> Refusal:
    return lambda _call: _error(name, message)


REFUSALS: dict[str, Refusal] = {
    "rate limit": _refusal("Too Many Requests", "Rate limit exceeded."),
    "device offline": _offline,
    "unauthorised": _refusal("Unauthorized", "Your request was made with invalid credentials."),
    "rejected": _refusal("Exception", "Specified number not in your contact list"),
    "server error": _refusal(
        "Exception", "Evaluation failed: TypeError: reading 'serialize' of undefined"
    ),
}
