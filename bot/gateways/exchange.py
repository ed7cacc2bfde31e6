"""Requests and responses as plain values, and the generator that a gateway makes of them."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bot.gateways.capabilities import MIB

LARGEST_RESPONSE = 4 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request that a gateway module wants made. `body` is sent as it is.

    `is_safe`: carried out or not, nobody is reached by it (an upload, a question), so that a break
    on the way leaves nothing in doubt. A GET always is.
    `media`: the answer may be a large file from a host that the gateway named; only addresses
    that `Gateway.media_hosts` allows are asked, and none inside our own network.
    `patience`: how many seconds the answer may be on its way, where that is more than usual.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    is_safe: bool = False
    media: bool = False
    patience: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


T = TypeVar("T")
Exchange = Generator[HttpRequest, HttpResponse, T]


def header(response: HttpResponse, name: str) -> str:
    """Return a response header, "" when it is absent."""
    return response.headers.get(name.lower(), "")
