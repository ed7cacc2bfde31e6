"""Messages: who they are for, what is accepted, and what is kept of them.

Stricter than Meta in one point: it takes a `to` without "+", but may then deliver to a stranger
(it puts the business number's country code before it), so here that is refused.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.gateways.base import JsonObject
from bot.simulator.apis.meta import media
from bot.simulator.apis.meta.contents import TYPES, content_problem
from bot.simulator.apis.meta.window import is_closed
from bot.simulator.apis.meta.words import error, invalid
from bot.simulator.calls import (
    Call,
    Reply,
    Sent,
    Situation,
    is_json,
    object_in,
    read_fields,
    reply_json,
    text_in,
)

MEDIA = ("image", "video", "audio", "document", "sticker")
REFERENCE_LIMIT = 512

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


def post(call: Call, situation: Situation, *, device: str) -> Reply:
    """Answer a call that sends a message, or marks one as read."""
    fields = read_fields(call) if is_json(call) else None
    if fields is None:
        return invalid("the body must be a JSON object")
    if fields.get("messaging_product") != "whatsapp":
        return invalid("messaging_product must be whatsapp")
    if "status" in fields:
        return _mark(fields, situation)
    return (
        _recipient_problem(fields)
        or _around_problem(fields)
        or _content_problem(fields, situation, device=device)
        or _window_problem(fields, call, situation=situation, device=device)
        or _accept(fields, call, situation=situation, device=device)
    )


def _mark(fields: JsonObject, situation: Situation) -> Reply:
    message_id = text_in(fields, "message_id")
    if fields["status"] != "read" or not message_id.startswith("wamid."):
        return error(400, 131009, "status or message_id is not valid")
    typing = fields.get("typing_indicator")
    if typing not in (None, {"type": "text"}):
        return invalid("typing_indicator must have the type text")
    situation.memory.setdefault("read", []).append(message_id)
    if typing:
        situation.memory.setdefault("typing", []).append(message_id)
    return reply_json(200, {"success": True})


def _recipient_problem(fields: JsonObject) -> Reply | None:
    to, user_id = text_in(fields, "to"), text_in(fields, "recipient")
    if fields.get("recipient_type", "individual") not in ("individual", "group"):
        return invalid("recipient_type must be individual or group")
    if not to and not user_id:
        return error(400, 131008, "to is required")
    if user_id and not _USER_ID.fullmatch(user_id):
        return invalid("recipient is not a business-scoped user id")
    if to and fields.get("recipient_type") != "group" and not _NUMBER.fullmatch(to):
        return invalid("to needs a plus sign, the country code and digits")
    return None


def _around_problem(fields: JsonObject) -> Reply | None:
    if "context" in fields and not text_in(object_in(fields, "context"), "message_id"):
        return invalid("context needs a message_id")
    reference = fields.get("biz_opaque_callback_data", "")
    if not isinstance(reference, str) or len(reference) > REFERENCE_LIMIT:
        return invalid("biz_opaque_callback_data is no text, or too long")
    return None


def _content_problem(fields: JsonObject, situation: Situation, *, device: str) -> Reply | None:
    type_ = text_in(fields, "type") if "type" in fields else "text"
    if type_ not in TYPES:
        return error(400, 131051, "the message type is not supported")
    if not fields.get(type_):
        return error(400, 131008, f"{type_} is required")
    problem = content_problem(type_, fields[type_])
    if problem:
        return invalid(problem)
    media_id = text_in(fields[type_], "id") if type_ in MEDIA else ""
    if media_id and not _may_send(media_id, situation, device=device):
        return error(400, 131009, "there are no such media")
    return None


def _may_send(media_id: str, situation: Situation, *, device: str) -> bool:
    kept = situation.memory.get("media", {}).get(media_id, {})
    return media.is_known(media_id, situation) and kept.get("device", device) == device


def _window_problem(
    fields: JsonObject, call: Call, *, situation: Situation, device: str
) -> Reply | None:
    to = text_in(fields, "to") or text_in(fields, "recipient")
    if fields.get("type") == "template" or not is_closed(
        situation.memory, device, to, now=call.now
    ):
        return None
    return error(400, 131047, "more than 24 hours since the last message")


def _accept(fields: JsonObject, call: Call, *, situation: Situation, device: str) -> Reply:
    to = text_in(fields, "to") or text_in(fields, "recipient")
    message_id = situation.fresh_id()
    type_ = fields.get("type", "text")
    content = fields[type_] if isinstance(fields[type_], dict) else {type_: fields[type_]}
    sent = Sent(
        gateway="meta",
        device=device,
        to=to,
        text=_words(type_, content),
        kind=_kind(type_, content),
        media=text_in(content, "link") or text_in(content, "id") if type_ in MEDIA else "",
        quoted_id=text_in(object_in(fields, "context"), "message_id"),
        details=content,
        external_id=message_id,
        whatsapp_id=message_id,
        reference=text_in(fields, "biz_opaque_callback_data"),
        at=call.now,
    )
    body = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": to.removeprefix("+")}],
        "messages": [{"id": message_id}],
    }
    return reply_json(200, body, recipient=to, sent=sent)


def _kind(type_: str, content: Mapping[str, Any]) -> str:
    if type_ == "interactive":
        return "buttons" if content["type"] == "button" else "list"
    return "voice" if type_ == "audio" and content.get("voice") else type_


def _words(type_: str, content: JsonObject) -> str:
    """Return what a person would read: text, caption, emoji, or the name of a place."""
    names = {"text": "body", "reaction": "emoji", "location": "name"}
    if type_ == "interactive":
        return text_in(object_in(content, "body"), "text")
    return text_in(content, names.get(type_, "caption"))
