"""WAGate's send, quota and device APIs, as its users meet them.

Two ways to send: `/v1/send-message` (documented with the API) and `/webhook/send/<session>`
(documented with the webhooks). They name the same fields differently and refuse an empty quota
differently. Only the first takes media, by their address.

`/v1/files/<kind>` stands for whatever address a webhook may name instead of holding a file.
"""

import re
from dataclasses import replace

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
    read_fields,
    reply_json,
    text_in,
)
from bot.simulator.compose import DEVICES
from bot.simulator.files import file_asked_for

TEXT_LIMIT = 5000
MEDIA_TYPES = ("image", "video", "document", "audio")
FIELDS = {
    "recipient": {"recipient", "message", "media_url", "media_type", "show_typing"},
    "to": {"to", "message"},
}
# Where the token is not bound to a device: the one that the sample webhooks come from.
DEFAULT_DEVICE = DEVICES["wagate"]

_SESSION_PATH = re.compile(r"/api/webhook/send/([^/]+)")
_NUMBER = re.compile(r"[1-9]\d{6,14}")
_ADDRESS = re.compile(r"https?://\S+")


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call below `/api`."""
    customer = situation.customer(bearer(call))
    if customer is None:
        return UNAUTHORISED
    session = _SESSION_PATH.fullmatch(call.path)
    if session and not customer.owns(session[1]):
        return _failure(404, "no such session")
    file = file_asked_for(call, below="/api/v1")
    if file is not None:
        return file
    device = next(iter(customer.devices), session[1] if session else DEFAULT_DEVICE)
    match call.method, "session" if session else call.path:
        case "GET", "/api/webhook/quota":
            return _quota(situation)
        case "GET", "/api/v1/device":
            return reply_json(200, {"success": True, "data": _device(device, situation)})
        case "POST", "session":
            return _send(call, situation, customer=customer, device=device, to_field="to")
        case "POST", "/api/v1/send-message":
            return _send(call, situation, customer=customer, device=device, to_field="recipient")
    return _failure(404, "no such address")


def _send(
    call: Call, situation: Situation, *, customer: Customer, device: str, to_field: str
) -> Reply:
    fields = (read_fields(call) if is_json(call) else None) or {}
    problems = _problems(fields, to_field)
    if problems:
        return _not_valid(problems)
    if situation.offline & {device, *customer.devices}:
        return OFFLINE
    if situation.quota.remaining <= 0:
        return _no_quota(call)
    return _accept(fields, call, situation=situation, device=device, to_field=to_field)


def _problems(fields: JsonObject, to_field: str) -> dict[str, list[str]]:
    problems = {name: ["no such field"] for name in sorted(fields.keys() - FIELDS[to_field])}
    if not _NUMBER.fullmatch(text_in(fields, to_field)):
        problems[to_field] = ["digits with the country code and no plus sign are required"]
    if not 1 <= len(text_in(fields, "message").strip()) <= TEXT_LIMIT:
        problems["message"] = [f"between 1 and {TEXT_LIMIT} characters are required"]
    if not isinstance(fields.get("show_typing", False), bool):
        problems["show_typing"] = ["true or false is required"]
    if "media_url" in fields or "media_type" in fields:
        if not _ADDRESS.fullmatch(text_in(fields, "media_url")):
            problems["media_url"] = ["the address of a file is required"]
        if fields.get("media_type") not in MEDIA_TYPES:
            problems["media_type"] = [f"one of {', '.join(MEDIA_TYPES)} is required"]
    return problems


def _accept(
    fields: JsonObject, call: Call, *, situation: Situation, device: str, to_field: str
) -> Reply:
    to = text_in(fields, to_field)
    message_id = situation.fresh_id()
    # The older answer of `/v1/send-message` has no id; the one that knows show_typing has.
    tells_id = to_field == "to" or "show_typing" in fields
    told: JsonObject = {to_field: to, "device": _device(device, situation)}
    told |= {"message_id": message_id} if tells_id else {"queued_at": call.now.isoformat()}
    sent = Sent(
        gateway="wagate",
        device=device,
        to=to,
        text=text_in(fields, "message"),
        kind=text_in(fields, "media_type") or "text",
        media=text_in(fields, "media_url"),
        details={name: fields[name] for name in ("show_typing",) if name in fields},
        external_id=message_id if tells_id else "",
        whatsapp_id=message_id,
        at=call.now,
    )
    body = {"success": True, "message": "queued, it will be sent shortly", "data": told}
    return reply_json(200, body, recipient=to, sent=sent)


def _quota(situation: Situation) -> Reply:
    quota = situation.quota
    used = quota.limit - quota.remaining
    numbers = {
        "quota_limit": quota.limit,
        "quota_used": used,
        "quota_remaining": quota.remaining,
        "quota_sent": used - situation.quota_received,
        "quota_received": situation.quota_received,
        "quota_reset_at": quota.resets_at.isoformat().replace("+00:00", "Z")
        if quota.resets_at
        else None,
    }
    return reply_json(200, {"success": True, "data": numbers})


def _device(device: str, situation: Situation) -> JsonObject:
    status = "disconnected" if device in situation.offline else "connected"
    return {"id": device, "phone_number": "6281200000099", "status": status}


def _failure(status: int, message: str, **more: object) -> Reply:
    return reply_json(status, {"success": False, "message": message, **more})


def _not_valid(problems: dict[str, list[str]]) -> Reply:
    return _failure(422, "the given fields are not valid", errors=problems)


def _no_quota(call: Call) -> Reply:
    if _SESSION_PATH.fullmatch(call.path):
        return _failure(429, "the quota is used up")
    return _failure(403, "the quota is used up", remaining_quota=0)


OFFLINE = _failure(403, "the device is not connected", device_status="disconnected")
UNAUTHORISED = _failure(401, "the token is missing or not valid")
REFUSALS: dict[str, Refusal] = {
    "rate limit": always(
        replace(_failure(429, "too many attempts"), headers={"Retry-After": "60"})
    ),
    "quota": _no_quota,
    "device offline": always(OFFLINE),
    "unauthorised": always(UNAUTHORISED),
    "rejected": always(_not_valid({"recipient": ["not on WhatsApp"]})),
    "server error": always(_failure(500, "server error")),
}
