"""Judge the responses to what we send, as far as it is the same at every gateway."""

import json
import re
from typing import Any
from urllib.parse import quote

from bot.events import MediaReference
from bot.gateways.base import FetchedMedia, HttpRequest, HttpResponse, JsonObject, header
from bot.gateways.errors import (
    NotAuthorised,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
    Unreadable,
)
from bot.gateways.reading import read_object, read_retry_after

# A word like INVALID_API_KEY or 131047; never a sentence, which could quote somebody.
_CODE = re.compile(r"[A-Za-z][A-Za-z_.-]{0,63}|-?\d{1,6}")


def segment(text: str) -> str:
    """Return text as one segment of a URL's path, or raise Rejected for one that would climb."""
    if text in (".", ".."):
        raise Rejected("an id of dots cannot stand in a URL")
    return quote(text, safe="")


def post_json(url: str, body: JsonObject, **headers: str) -> HttpRequest:
    """Return a request with a compact JSON body; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpRequest(
        method="POST",
        url=url,
        headers={"Content-Type": "application/json", **named},
        body=text.encode("utf-8", "replace"),
    )


def read_response(response: HttpResponse) -> JsonObject:
    """Return the JSON object in a response, an empty one when there is none."""
    try:
        return read_object(response.body)
    except Unreadable:
        return {}


def code_of(value: Any) -> str | None:
    """Return a gateway's error code when it is one, and nothing that could quote a message."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if _CODE.fullmatch(text) else None


def judge_status(title: str, response: HttpResponse, *, code: str | None = None) -> SendError:
    """Return what a response means whose body does not say it better.

    A server error may come after the message went out, so it proves nothing.
    """
    status = response.status
    code = code or str(status)
    if status == 429:
        return rate_limited(title, response, code=code)
    if status in (401, 403):
        return NotAuthorised(f"{title} refuses our credentials", code=code)
    if 300 <= status < 400:
        return TransientError(f"{title} redirects elsewhere", code=code, scope=Scope.GATEWAY)
    if 400 <= status < 500 and status != 408:
        return Rejected(f"{title} refuses the request with {status}", code=code)
    return OutcomeUnknown(f"{title} answers {status} and not what became of it", code=code)


def rate_limited(
    title: str,
    response: HttpResponse,
    *,
    code: str | None = None,
    scope: Scope = Scope.DEVICE,
) -> RateLimited:
    """Return that the gateway asks us to slow down, for as long as it says."""
    return RateLimited(
        f"{title} asks us to slow down",
        code=code,
        scope=scope,
        retry_after=read_retry_after(response.headers),
    )


def judge_file(title: str, response: HttpResponse, reference: MediaReference) -> FetchedMedia:
    """Return the file that was asked for, or raise why there is none."""
    if response.status == 200 and response.body:
        mimetype = reference.mimetype or header(response, "content-type") or None
        return FetchedMedia(content=response.body, mimetype=mimetype, filename=reference.filename)
    if response.status in (200, 404, 410):
        raise Rejected("the file is not there any more", code=str(response.status))
    refused = judge_status(title, response)
    if isinstance(refused, OutcomeUnknown):
        # A question can be asked again.
        refused = TransientError(refused.reason, code=refused.code)
    raise refused
