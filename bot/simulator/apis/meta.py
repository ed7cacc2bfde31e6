"""Meta's send API, as its users meet it.

Stricter than Meta in one point: it takes a `to` without "+", but may then deliver to a stranger
(it puts the business number's country code before it), so here that is refused.
"""

import re
from collections.abc import Callable

from bot.gateways.base import JsonObject
from bot.simulator.calls import (
    Call,
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

TEXT_LIMIT = 4096
BUTTONS_BODY_LIMIT = 1024
BUTTONS_LIMIT = 3
BUTTON_TITLE_LIMIT = 20
ROWS_LIMIT = 10
ROW_TITLE_LIMIT = 24
MEDIA = ("image", "video", "audio", "document", "sticker")

_PATH = re.compile(r"/v\d+\.\d+/([^/]+)/messages/?")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call of `/v<NN>.0/<phone number id>/messages`."""
    token = bearer(call)
    if not token:
        return _error(401, 0, "AuthException", "an access token is required")
    customer = situation.customer(token)
    if customer is None:
        return _error(401, 190, "OAuthException", "the access token cannot be read")
    path = _PATH.fullmatch(call.path)
    if call.method != "POST" or path is None or not customer.owns(path[1]):
        return _error(400, 100, "GraphMethodException", "unsupported request", subcode=33)
    fields = read_fields(call) if is_json(call) else None
    if fields is None:
        return _invalid("the body must be a JSON object")
    if fields.get("messaging_product") != "whatsapp":
        return _invalid("messaging_product must be whatsapp")
    if fields.get("status") == "read":
        return _mark_read(fields)
    return _message_problem(fields) or _accept(fields, call, situation=situation, device=path[1])


def _mark_read(fields: JsonObject) -> Reply:
    if not text_in(fields, "message_id").startswith("wamid."):
        return _error(400, 131009, "OAuthException", "message_id is not valid")
    return reply_json(200, {"success": True})


def _message_problem(fields: JsonObject) -> Reply | None:
    return _recipient_problem(fields) or _content_problem(fields)


def _recipient_problem(fields: JsonObject) -> Reply | None:
    to, user_id = text_in(fields, "to"), text_in(fields, "recipient")
    if fields.get("recipient_type", "individual") not in ("individual", "group"):
        return _invalid("recipient_type must be individual or group")
    if not to and not user_id:
        return _error(400, 131008, "OAuthException", "to is required")
    if user_id and not _USER_ID.fullmatch(user_id):
        return _invalid("recipient is not a business-scoped user id")
    if to and fields.get("recipient_type") != "group" and not _NUMBER.fullmatch(to):
        return _invalid("to needs a plus sign, the country code and digits")
    return None


def _content_problem(fields: JsonObject) -> Reply | None:
    type_ = fields.get("type", "text")
    check = _CONTENT.get(type_) if isinstance(type_, str) else None
    if check is None:
        return _error(400, 131051, "OAuthException", "the message type is not supported")
    content = object_in(fields, str(type_))
    if not content:
        return _error(400, 131008, "OAuthException", f"{type_} is required")
    problem = check(content)
    return _invalid(problem) if problem else None


def _text_problem(content: JsonObject) -> str:
    return _length_problem(content, "body", limit=TEXT_LIMIT)


def _template_problem(content: JsonObject) -> str:
    named = text_in(content, "name") and text_in(object_in(content, "language"), "code")
    return "" if named else "a template needs a name and a language"


def _media_problem(content: JsonObject) -> str:
    return "" if text_in(content, "id") or text_in(content, "link") else "id or link is required"


def _interactive_problem(content: JsonObject) -> str:
    action = object_in(content, "action")
    match content.get("type"):
        case "button":
            return _length_problem(
                object_in(content, "body"), "text", limit=BUTTONS_BODY_LIMIT
            ) or _buttons_problem(action.get("buttons"))
        case "list":
            return (
                _length_problem(object_in(content, "body"), "text", limit=TEXT_LIMIT)
                or _length_problem(action, "button", limit=BUTTON_TITLE_LIMIT)
                or _sections_problem(action.get("sections"))
            )
    return "interactive type must be button or list"


def _buttons_problem(buttons: object) -> str:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS_LIMIT:
        return "between one and three buttons are allowed"
    replies = [object_in(each, "reply") if isinstance(each, dict) else {} for each in buttons]
    return _choices_problem(replies, title_limit=BUTTON_TITLE_LIMIT)


def _sections_problem(sections: object) -> str:
    if not isinstance(sections, list):
        return "sections are required"
    rows = [
        row if isinstance(row, dict) else {}
        for section in sections
        if isinstance(section, dict) and isinstance(section.get("rows"), list)
        for row in section["rows"]
    ]
    if not 1 <= len(rows) <= ROWS_LIMIT:
        return "between one and ten rows are allowed in all"
    return _choices_problem(rows, title_limit=ROW_TITLE_LIMIT)


def _choices_problem(choices: list[JsonObject], *, title_limit: int) -> str:
    ids = [text_in(choice, "id") for choice in choices]
    if not all(ids) or len(set(ids)) < len(ids):
        return "every choice needs an id of its own"
    problems = (_length_problem(choice, "title", limit=title_limit) for choice in choices)
    return next(filter(None, problems), "")


def _length_problem(fields: JsonObject, name: str, *, limit: int) -> str:
    return (
        "" if 1 <= len(text_in(fields, name)) <= limit else f"{name} needs 1 to {limit} characters"
    )


_CONTENT: dict[str, Callable[[JsonObject], str]] = {
    "text": _text_problem,
    "interactive": _interactive_problem,
    "template": _template_problem,
    **dict.fromkeys(MEDIA, _media_problem),
}


def _accept(fields: JsonObject, call: Call, *, situation: Situation, device: str) -> Reply:
    to = text_in(fields, "to") or text_in(fields, "recipient")
    message_id = situation.fresh_id()
    content = object_in(fields, fields.get("type", "text"))
    sent = Sent(
        gateway="meta",
        device=device,
        to=to,
        text=text_in(content, "body")
        or text_in(content, "caption")
        or text_in(object_in(content, "body"), "text"),
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


def _invalid(problem: str) -> Reply:
    return _error(400, 100, "OAuthException", problem)


def _error(
    status: int, code: int, type_: str, message: str, *, subcode: int | None = None
) -> Reply:
    error: JsonObject = {
        "message": f"(#{code}) {message}",
        "type": type_,
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": message},
        "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUv0",
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return reply_json(status, {"error": error})


def _refusal(status: int, code: int, message: str) -> Refusal:
    return lambda _call: _error(status, code, "OAuthException", message)


REFUSALS: dict[str, Refusal] = {
    "rate limit": _refusal(400, 130429, "throughput reached"),
    "pair rate": _refusal(400, 131056, "too many messages to this recipient"),
    "call limit": _refusal(400, 80007, "too many calls of this account"),
    "unauthorised": _refusal(401, 190, "the access token has expired"),
    "window closed": _refusal(400, 131047, "more than 24 hours since the last message"),
    "rejected": _refusal(400, 131026, "undeliverable"),
    "account locked": _refusal(403, 131031, "the account is locked"),
    "server error": _refusal(500, 131000, "something went wrong"),
    "unavailable": _refusal(503, 2, "the service is down"),
}
