"""Rijan's send and status APIs, as the program was measured to behave.

It says 500 INTERNAL_ERROR for many errors of the caller, and checks that the device is connected
before it looks at the recipient.
"""

import re

from bot.gateways.base import KIB, JsonObject
from bot.simulator.calls import (
    Call,
    Refusal,
    Reply,
    Sent,
    Situation,
    bearer,
    is_json,
    read_fields,
    reply_json,
    text_in,
)

MAX_BODY = 1024 * KIB
TEXTS_PER_MINUTE = 60

_SEND_PATH = re.compile(r"/v1/devices/([^/]+)/messages/text")
_STATUS_PATH = re.compile(r"/v1/devices/([^/]+)/messages/([^/]+)/status")
_JID = re.compile(r"\d+@s\.whatsapp\.net|[\d-]+@g\.us")


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call below `/v1/devices/<device>/messages`."""
    token = bearer(call) or call.headers.get("x-api-key", "")
    if not token:
        return _error(401, "UNAUTHORIZED", "an API key is required")
    customer = situation.customer(token)
    if customer is None:
        return _error(401, "INVALID_API_KEY", "the API key is not valid")
    sending = _SEND_PATH.fullmatch(call.path) if call.method == "POST" else None
    asking = _STATUS_PATH.fullmatch(call.path) if call.method == "GET" else None
    path = sending or asking
    if path is None:
        return _error(404, "NOT_FOUND", "no such route")
    problem = _body_problem(call) if sending else ""
    if problem:
        return _error(500, "INTERNAL_ERROR", problem)
    if not customer.owns(path[1]):
        return _error(404, "NOT_FOUND", "Device not found")
    if asking:
        return _status(situation.sent_with_id(asking[2]))
    return _send(call, situation, device=path[1])


def _body_problem(call: Call) -> str:
    if not is_json(call):
        return "Unsupported Media Type"
    if len(call.body) > MAX_BODY:
        return "Request body is too large"
    fields = read_fields(call)
    if fields is None:
        return "Body is not valid JSON"
    for name in ("to", "text"):
        if not isinstance(fields.get(name), str):
            return f"body must have required property '{name}'"
    return ""


def _send(call: Call, situation: Situation, *, device: str) -> Reply:
    fields = read_fields(call) or {}
    to = text_in(fields, "to")
    key = text_in(fields, "idempotencyKey") or call.headers.get("idempotency-key", "")
    if device in situation.offline:
        return _offline(call)
    if not _JID.fullmatch(to):
        return _error(400, "VALIDATION_ERROR", "Invalid JID format")
    earlier = situation.sent_with_key(device, key) if key else None
    if earlier is not None:
        return reply_json(200, _queued(earlier), recipient=to)
    whatsapp_id = situation.fresh_id()
    sent = Sent(
        gateway="rijan",
        device=device,
        to=to,
        text=text_in(fields, "text"),
        external_id=f"msg_{whatsapp_id.lower()}",
        whatsapp_id=whatsapp_id,
        idempotency_key=key,
        at=call.now,
    )
    return reply_json(200, _queued(sent), recipient=to, sent=sent)


def _queued(sent: Sent) -> JsonObject:
    told: JsonObject = {
        "id": sent.external_id,
        "messageId": sent.external_id,
        "status": "queued",
        "timestamp": int(sent.at.timestamp() * 1000),
    }
    return told | ({"idempotencyKey": sent.idempotency_key} if sent.idempotency_key else {})


def _status(sent: Sent | None) -> Reply:
    if sent is None:
        return _error(404, "NOT_FOUND", "Message not found")
    told = {"messageId": sent.external_id, "status": "sent", "waMessageId": sent.whatsapp_id}
    return reply_json(200, told)


def _error(status: int, code: str, message: str | None, **headers: str) -> Reply:
    error = {"code": code} | ({"message": message} if message is not None else {})
    body = {"success": False, "error": error, "requestId": "req-simulator"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return reply_json(status, body, headers=named)


def _offline(_call: Call) -> Reply:
    return _error(400, "VALIDATION_ERROR", "Device is not connected")


def _over_limit(_call: Call) -> Reply:
    return _error(
        500,
        "INTERNAL_ERROR",
        "Rate limit exceeded for text messages",
        Retry_After="30",
        X_RateLimit_Limit=str(TEXTS_PER_MINUTE),
        X_RateLimit_Remaining="0",
    )


REFUSALS: dict[str, Refusal] = {
    "rate limit": _over_limit,
    "global limit": lambda _call: _error(500, "INTERNAL_ERROR", None, Retry_After="60"),
    "device offline": _offline,
    "unauthorised": lambda _call: _error(401, "INVALID_API_KEY", "the API key is not valid"),
    "rejected": lambda _call: _error(400, "VALIDATION_ERROR", "Invalid JID format"),
    "server error": lambda _call: _error(500, "INTERNAL_ERROR", "Internal server error"),
}
