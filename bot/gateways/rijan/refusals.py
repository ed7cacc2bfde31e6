"""Judges what Rijan refuses. Most errors come as 500, so the words go before the status.

Measured on the program itself: {"success":false,"error":{"code","message"}}; a route that it does
not have is {"statusCode":404,"error":"Not Found","message"}.
"""

import re

from bot.gateways.base import HttpResponse, JsonObject, header
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    NotSupported,
    RateLimited,
    Rejected,
    Scope,
    SendError,
)
from bot.gateways.reading import read_retry_after
from bot.gateways.responses import code_of, judge_status, read_response

TITLE = "Rijan"
OFFLINE = re.compile(
    r"not connected|socket not available|connection closed|^device not found$", re.IGNORECASE
)
RATE_LIMIT = re.compile(r"rate limit exceeded", re.IGNORECASE)
LIMIT_PERIOD = 60.0
NOT_FOUND = re.compile(r"^\w+ not found$", re.IGNORECASE)
# Mistakes of the request, which the program answers with 500 like everything else.
OUR_MISTAKE = re.compile(
    r"must have required property|must be |^body\b|not valid json|unsupported media type"
    r"|too large|invalid jid|must be provided|can be provided|is required|not allowed"
    r"|invalid media url",
    re.IGNORECASE,
)


def accepted(response: HttpResponse) -> JsonObject:
    """Return the fields of an answer that says yes, or raise what a refusal means."""
    body = read_response(response)
    if 200 <= response.status < 300 and body.get("success") is not False and not body.get("error"):
        return body
    raise refusal(response)


def refuse_missing_route(response: HttpResponse, reason: str) -> None:
    """Raise NotSupported where the program has no such route: its own 404s carry a code."""
    if response.status == 404 and not isinstance(read_response(response).get("error"), dict):
        raise NotSupported(reason)


def is_unknown_webhook(response: HttpResponse) -> bool:
    """Return whether an answer says that there is no webhook with the id asked for."""
    error = read_response(response).get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return response.status in (404, 500) and message == "Webhook not found"


def refusal(response: HttpResponse) -> SendError:
    """Return what an error means."""
    error = read_response(response).get("error")
    fields = error if isinstance(error, dict) else {}
    code, text = code_of(fields.get("code")), fields.get("message")
    message = text if isinstance(text, str) else ""
    # A device that nobody started is `Device not found`, too, but not with 404.
    if OFFLINE.search(message) and response.status != 404:
        return DeviceOffline("the device is not connected", code=code)
    if response.status == 429 or RATE_LIMIT.search(message):
        return _limited(response, code=code, scope=Scope.DEVICE)
    # The limit over all tenants has no words; other errors carry its X-RateLimit headers, too.
    if response.status == 500 and not message and header(response, "Retry-After"):
        return _limited(response, code=code, scope=Scope.GATEWAY)
    if code in ("UNAUTHORIZED", "INVALID_API_KEY"):
        return NotAuthorised("Rijan refuses our API key", code=code)
    if NOT_FOUND.search(message) and "device" not in message.lower():
        return Rejected("Rijan knows no such id", code=code)
    if response.status == 404:
        return Rejected("Rijan knows no such device", code=code, scope=Scope.DEVICE)
    if OUR_MISTAKE.search(message):
        return Rejected("Rijan refuses the request", code=code)
    return judge_status(TITLE, response, code=code)


def rest_after(response: HttpResponse) -> float | None:
    """Return for how long a success asks us to be quiet: it was the last of its minute.

    `X-RateLimit-Reset` counts seconds. Where it is no part of a minute, it means something else.
    """
    if header(response, "X-RateLimit-Remaining").strip() != "0":
        return None
    seconds = read_retry_after({"retry-after": header(response, "X-RateLimit-Reset")})
    return seconds if seconds is not None and 0 < seconds <= LIMIT_PERIOD else None


def _limited(response: HttpResponse, *, code: str | None, scope: Scope) -> RateLimited:
    reason = "Rijan asks us to slow down"
    return RateLimited(reason, code=code, scope=scope, retry_after=_wait(response))


def _wait(response: HttpResponse) -> float | None:
    """Return the seconds to wait; `X-RateLimit-Reset` tells them, too."""
    wait = read_retry_after(response.headers)
    if wait is not None:
        return wait
    return read_retry_after({"retry-after": header(response, "X-RateLimit-Reset")})
