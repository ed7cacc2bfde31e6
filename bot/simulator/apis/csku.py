"""CSKU's REST API, as far as it is documented.

The address and the body of a send are not: this double takes what CSKU_SEND_PATH names (or any
address that speaks of messages), with a conversation and a text in one of the usual places.
"""

import base64
import binascii
import re

from bot.gateways.base import JsonObject
from bot.simulator.calls import (
    Call,
    Customer,
    Refusal,
    Reply,
    Sent,
    Situation,
    bearer,
    is_json,
    object_in,
    read_fields,
    reply_json,
    text_in,
)


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call of CSKU's REST API."""
    customer = _customer(call, situation)
    if customer is None:
        return _error(401, "credentials are missing or not valid")
    if call.path == "/version" and call.method == "GET":
        return reply_json(200, {"status": 1, "message": "Sukses", "data": {"version": "1.3"}})
    hands_over = call.path == "/v1/conversation/need-human"
    if not hands_over and not _sends(call.path, customer):
        return _error(404, "no such address")
    if call.method != "POST":
        return _error(400, "use POST")
    fields = read_fields(call) if is_json(call) else None
    if fields is None:
        return _error(400, "the body must be a JSON object")
    if not text_in(fields, "conversation_id"):
        return _error(400, "conversation_id is required")
    if hands_over:
        return reply_json(200, {"status": 1, "message": "Sukses"})
    return _send(fields, call, situation=situation, customer=customer)


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
    if not customer.send_path:
        return "message" in path
    pattern = re.escape(customer.send_path.strip("/"))
    pattern = pattern.replace(re.escape("{conversation_id}"), "[^/]+")
    return re.fullmatch(pattern, path.strip("/")) is not None


def _send(fields: JsonObject, call: Call, *, situation: Situation, customer: Customer) -> Reply:
    text = (
        text_in(fields, "text")
        or text_in(fields, "message")
        or text_in(object_in(fields, "content"), "text")
        or text_in(object_in(fields, "message"), "text")
    )
    if not text:
        return _error(400, "the text is required")
    if customer.business_id in situation.offline:
        return _offline(call)
    message_id = situation.fresh_id()
    sent = Sent(
        gateway="csku",
        device=customer.business_id,
        to=text_in(fields, "conversation_id"),
        text=text,
        external_id=message_id,
        whatsapp_id=message_id,
        at=call.now,
    )
    body = {"status": 1, "message": "Sukses", "data": {"id": message_id}}
    return reply_json(200, body, recipient=sent.to, sent=sent)


def _error(status: int, message: str) -> Reply:
    return reply_json(status, {"status": 0, "rc": status, "error_msg": message})


def _offline(_call: Call) -> Reply:
    return _error(400, "the device is not connected")


def _refusal(status: int, message: str) -> Refusal:
    return lambda _call: _error(status, message)


REFUSALS: dict[str, Refusal] = {
    "rate limit": _refusal(429, "too many requests"),
    "device offline": _offline,
    "unauthorised": _refusal(401, "credentials are missing or not valid"),
    "rejected": _refusal(404, "no such conversation"),
    "refused with 200": lambda _call: reply_json(
        200, {"status": 0, "rc": 400, "error_msg": "the request is not valid"}
    ),
    "server error": _refusal(500, "server error"),
}
