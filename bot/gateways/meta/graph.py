"""Requests to Meta's Graph API, and what its answers are worth.

https://developers.facebook.com/documentation/business-messaging/whatsapp/
"""

from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from bot.gateways.base import HttpRequest, HttpResponse, JsonObject
from bot.gateways.errors import NotAuthorised, OutcomeUnknown, TransientError
from bot.gateways.meta.account import Account
from bot.gateways.meta.errors import Refusal, failed, refused
from bot.gateways.responses import post_json, read_response, segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The API as one account may use it. `device` is the phone number id, "" if none is known."""

    account: Account = field(repr=False)
    device: str

    @property
    def headers(self) -> dict[str, str]:
        """Return what lets us in."""
        token = self.account.access_token
        return {"Authorization": f"Bearer {token.get_secret_value() if token else ''}"}

    def url(self, *path: str, **query: str) -> str:
        """Return the address of a node and its edges."""
        asked = f"?{urlencode(query)}" if query else ""
        return "/".join((self.account.api_url, *map(segment, path))) + asked

    def get(self, *path: str, **query: str) -> HttpRequest:
        """Return a question."""
        return HttpRequest(method="GET", url=self.url(*path, **query), headers=self.headers)

    def post(self, *path: str, body: JsonObject, is_safe: bool = False) -> HttpRequest:
        """Return a request with a JSON body."""
        return replace(post_json(self.url(*path), body, **self.headers), is_safe=is_safe)

    def delete(self, *path: str) -> HttpRequest:
        """Return a request to delete, which may be repeated."""
        url = self.url(*path)
        return HttpRequest(method="DELETE", url=url, headers=self.headers, is_safe=True)

    def number(self) -> str:
        """Return the phone number id. Raises NotAuthorised where none is known."""
        if not self.device:
            raise NotAuthorised("META_PHONE_NUMBER_ID is not set")
        return self.device


def read(response: HttpResponse, *, missing: Refusal | None = None) -> JsonObject:
    """Return the answer to a message, or raise what Meta refused; `missing`: see `refused`."""
    body = read_response(response)
    error = body.get("error")
    if isinstance(error, dict):
        raise refused(response, error, missing=missing)
    if not 200 <= response.status < 300:
        raise failed(response)
    return body


def read_safe(response: HttpResponse, *, missing: Refusal | None = None) -> JsonObject:
    """Return the answer to a request that may be repeated; see `read`."""
    try:
        return read(response, missing=missing)
    except OutcomeUnknown as error:
        # Nobody was reached, so nothing is in doubt.
        raise TransientError(error.reason, code=error.code, scope=error.scope) from None
