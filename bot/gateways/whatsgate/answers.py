"""What WhatsGate's API answers. https://whatsgate.org/docs/api/request

Every error comes as 500, so only its words tell what it means: its `name` is the name of an HTTP
status (or only "Exception"), its `message` may come from WhatsApp Web underneath.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from bot.gateways.base import HttpResponse, JsonObject
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    OutcomeUnknown,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from bot.gateways.responses import code_of, judge_status, read_response

NAMED_STATUSES = {
    "bad request": 400,
    "forbidden": 403,
    "not found": 404,
    "method not allowed": 405,
    "unsupported media type": 415,
    "unprocessable entity": 422,
    "too many requests": 429,
}
# What WhatsApp Web says when it cannot find the message to reply to; it has sent nothing then.
NO_SUCH_QUOTE = re.compile(r"quoted message", re.IGNORECASE)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _no_such_recipient(code: str | None) -> SendError:
    reason = "WhatsApp or the plan does not let us write to this recipient"
    return Rejected(reason, code=code, scope=Scope.RECIPIENT)


# The first that is found in the name and the message tells what an error means.
MEANINGS: tuple[tuple[re.Pattern[str], Callable[[str | None], SendError]], ...] = (
    (
        _words(r"unauthorized|invalid credentials"),
        lambda code: NotAuthorised("WhatsGate refuses our API key", code=code),
    ),
    (
        _words(
            r"session.{0,40}(not ready|not found|not connected|not exist|closed)"
            r"|not authenticated|client disconnected"
        ),
        lambda code: DeviceOffline("the session is not ready", code=code),
    ),
    (
        _words(
            r"not in your contact list|invalid wid|no lid for user|number .{0,40}not (exist|reg)"
        ),
        _no_such_recipient,
    ),
    (
        _words(r"message.{0,20}(not found|not exist)|(no|without) media|media.{0,20}not found"),
        lambda code: Rejected("WhatsGate has no such message, or no media of it", code=code),
    ),
)


def read_answer(response: HttpResponse, *, is_safe: bool = True) -> JsonObject:
    """Return the body of an answer, or raise what its error means.

    `is_safe`: nobody is reached by the command, so one that failed may be given again.
    """
    body = read_response(response)
    if not 200 <= response.status < 300 or "name" in body:
        raise _refusal(response, body, is_safe=is_safe)
    if is_safe and body.get("result") != "OK":
        raise TransientError("WhatsGate answers something else than its documents say")
    return body


def refuses_quote(response: HttpResponse) -> bool:
    """Return whether a message was not sent because the one that it answers is not found."""
    message = read_response(response).get("message")
    return isinstance(message, str) and bool(NO_SUCH_QUOTE.search(message))


def _refusal(response: HttpResponse, body: JsonObject, *, is_safe: bool) -> SendError:
    name, message = (_text(body.get(field)) for field in ("name", "message"))
    code = code_of(body.get("code")) if body.get("code") else code_of(name)
    for pattern, meaning in MEANINGS:
        if pattern.search(f"{name} {message}"):
            return meaning(code)
    status = NAMED_STATUSES.get(name.lower()) or _client_error(body.get("status"))
    error = judge_status(
        "WhatsGate", replace(response, status=status or response.status), code=code
    )
    if is_safe and isinstance(error, OutcomeUnknown):
        return TransientError(error.reason, code=error.code)
    return error


def _client_error(status: object) -> int | None:
    is_one = isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 500
    return status if isinstance(status, int) and is_one else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
