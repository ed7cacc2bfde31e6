"""CSKU's REST API, as far as it is documented.

The address and the body of a send are not: this double takes what CSKU_SEND_PATH names (or any
address that speaks of messages), with a conversation, and a text or the address of a file, in one
of the usual places. `/files/<kind>` stands for where the files of webhooks lie: whoever asks gets
one. The conversations that were told to need a person are in the memory, as `need_human`.
"""

import base64
import binascii
import re
from urllib.parse import unquote

from bot.gateways.base import JsonObject
from bot.simulator.calls import (
    Call,
    Customer,
    Refusal,
    Reply,
    Sent,
    Situation,
    always,
    bearer,
    is_json,
    object_in,
    read_fields,
    reply_json,
    text_in,
)
from bot.simulator.files import file_asked_for

MEDIA_TYPES = ("image", "video", "audio", "document")
TEXT_LIMIT = 4096
URLS = ("url", "link", "media_url", "file_url")
CAPTIONS = ("caption", "text", "message")

_ADDRESS = re.compile(r"https?://\S+")


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call of CSKU's REST API."""
    file = file_asked_for(call)
    if file is not None:
        return file
    customer = _customer(call, situation)
    if customer is None:
        return _error(401, "credentials are missing or not valid")
    if call.path == "/version" and call.method == "GET":
        return reply_json(200, {"status": 1, "message": "Sukses", "data": {"version": "v1.3"}})
    hands_over = call.path == "/v1/conversation/need-human"
    if not hands_over and not _sends(call.path, customer):
        return _error(404, "no such address")
    if call.method != "POST":
        return _error(400, "use POST")
    fields = read_fields(call) if is_json(call) else None
    if fields is None:
        return _error(400, "the body must be a JSON object")
    conversation = text_in(fields, "conversation_id") or _in_path(call.path, customer)
    if not conversation or (hands_over and not text_in(fields, "conversation_id")):
        return _error(400, "conversation_id is required")
    if hands_over:
        situation.memory.setdefault("need_human", []).append(conversation)
        return reply_json(200, {"status": 1, "message": "Sukses"})
    return _send(fields, call, to=conversation, situation=situation, customer=customer)


def _customer(call: Call, situation: Situation) -> Customer | None:
    business, secret = call.headers.get("business", ""), call.headers.get("secret", "")
    if not secret:
        business, secret = _credentials(bearer(call))
    customer = situation.customer(secret)
    return customer if customer is not None and customer.business_id == business else None


def _credentials(token: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    business, _, secret = text.partition(":")
    return business, secret


def _sends(path: str, customer: Customer) -> bool:
    return (
        "message" in path if not customer.send_path else _path_of(customer).match(path) is not None
    )


def _in_path(path: str, customer: Customer) -> str:
    found = _path_of(customer).match(path)
    return unquote(found["conversation_id"] or "") if found else ""


def _path_of(customer: Customer) -> re.Pattern[str]:
    """Return what matches the customer's own path, the conversation in it by its name."""
    before, place, after = customer.send_path.strip("/").partition("{conversation_id}")
    conversation = "[^/]+" if place else ""
    return re.compile(
        f"/*{re.escape(before)}(?P<conversation_id>{conversation}){re.escape(after)}/*$"
    )


def _send(
    fields: JsonObject, call: Call, *, to: str, situation: Situation, customer: Customer
) -> Reply:
    content = _content(fields)
    kind = text_in(content, "type") or text_in(fields, "type") or "text"
    text = next((found for name in CAPTIONS if (found := text_in(content, name))), "")
    link = next((found for name in URLS if (found := text_in(content, name))), "")
    if kind not in ("text", *MEDIA_TYPES):
        return _error(400, f"the type must be one of text, {', '.join(MEDIA_TYPES)}")
    if kind == "text" and (not text or link):
        return _error(400, "the text is required, and nothing else")
    if kind != "text" and not _ADDRESS.fullmatch(link):
        return _error(400, "the address of the file is required")
    if len(text) > TEXT_LIMIT:
        return _error(400, "the text is too long")
    if customer.business_id in situation.offline:
        return OFFLINE
    message_id = situation.fresh_id()
    sent = Sent(
        gateway="csku",
        device=customer.business_id,
        to=to,
        text=text,
        kind=kind,
        media=link,
        details={"filename": name} if (name := text_in(content, "filename")) else {},
        external_id=message_id,
        whatsapp_id=message_id,
        at=call.now,
    )
    body = {"status": 1, "message": "Sukses", "data": {"id": message_id}}
    return reply_json(200, body, recipient=sent.to, sent=sent)


def _content(fields: JsonObject) -> JsonObject:
    """Return what a message says: the fields beside it, the object inside, its first file."""
    inside = {**object_in(fields, "message"), **object_in(fields, "content")}
    files = inside.get("attachments") or fields.get("attachments")
    first = files[0] if isinstance(files, list) and files and isinstance(files[0], dict) else {}
    return {**fields, **inside, **first}


def _error(status: int, message: str) -> Reply:
    return reply_json(status, {"status": 0, "rc": status, "error_msg": message})


OFFLINE = _error(400, "the device is not connected")
REFUSALS: dict[str, Refusal] = {
    "rate limit": always(_error(429, "too many requests")),
    "device offline": always(OFFLINE),
    "unauthorised": always(_error(401, "credentials are missing or not valid")),
    "rejected": always(_error(404, "no such conversation")),
    "refused with 200": always(
        reply_json(200, {"status": 0, "rc": 400, "error_msg": "the request is not valid"})
    ),
    "server error": always(_error(500, "server error")),
}
