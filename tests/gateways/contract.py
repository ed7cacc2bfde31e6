"""What the contract tests share: payload files, signed requests, and exchanges driven by hand."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.events import Event
from bot.gateways import GATEWAYS
from bot.gateways.accounts import Account
from bot.gateways.base import Exchange, Gateway, HttpRequest, HttpResponse, WebhookRequest
from bot.gateways.errors import SendError
from bot.simulator.signers import SIGNERS, SignedWebhook

T = TypeVar("T")

PAYLOADS = Path(__file__).parents[1] / "payloads"
CURRENT, NEXT, WRONG = "rahasia-lama-1", "rahasia-baru-2", "rahasia-orang-lain"

# What stands in the place of each value in turn.
WRONG_VALUES: tuple[Any, ...] = (None, 0, "x", [], {}, True, -1.5, 10**400, float("nan"))


def payload_files(gateway: str) -> list[Path]:
    """Return the payload files of one gateway; none when it has no folder yet."""
    files = sorted((PAYLOADS / gateway).glob("*.json"))
    return [file for file in files if not file.name.endswith(".expected.json")]


CASES = [(name, file) for name in GATEWAYS for file in payload_files(name)]
CASE_IDS = [f"{name}-{file.stem}" for name, file in CASES]
# The others send a secret that says who posts, not what.
SIGNED_CASES = [(name, file) for name, file in CASES if name in ("meta", "wagate", "rijan")]
SIGNED_IDS = [f"{name}-{file.stem}" for name, file in SIGNED_CASES]
WITH_PAYLOADS = [name for name in GATEWAYS if payload_files(name)]


def account_of(name: str, *secrets: str, **fields: Any) -> Account:
    """Return an account of a gateway, for all its devices, with these webhook secrets."""
    account_type = GATEWAYS[name].account_type
    return account_type.model_validate({account_type.secret_field: ",".join(secrets), **fields})


def gateway_of(name: str, *secrets: str) -> Gateway:
    """Return a gateway with one account, for all its devices."""
    return GATEWAYS[name]([account_of(name, *(secrets or (CURRENT, NEXT)))])


def signed_request(name: str, body: bytes, secret: str = CURRENT) -> WebhookRequest:
    """Return a body as the gateway would post it, signed with `secret`."""
    return to_request(SIGNERS[name](account_of(name, secret), body))


def to_request(webhook: SignedWebhook) -> WebhookRequest:
    """Return what the receiver would make of a signed webhook."""
    url = urlsplit(webhook.path)
    segments = [unquote(segment) for segment in url.path.split("/")]
    return WebhookRequest(
        path=url.path,
        token="/".join(segments[3:]),
        query=dict(parse_qsl(url.query)),
        headers={key.lower(): value for key, value in webhook.headers.items()},
        body=webhook.body,
    )


def parse(gateway: Gateway, body: bytes) -> list[Event]:
    """Parse a body that nobody signed, as the worker does."""
    return gateway.parse(WebhookRequest(body=body))


def describe(event: Event) -> dict[str, Any]:
    """Return an event as plain JSON values, as the `.expected.json` files write it."""
    fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    plain: dict[str, Any] = json.loads(json.dumps(fields, default=_plain))
    return {"kind": event.kind.value, **plain}


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def differences(expected: Any, actual: Any, where: str = "") -> list[str]:
    """Return where `actual` is not as expected; keys that are not expected are not compared."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [
            line
            for key, value in expected.items()
            for line in differences(value, actual.get(key, "<missing>"), f"{where}.{key}")
        ]
    if expected == actual and type(expected) is type(actual):
        return []
    return [f"{where}: expected {expected!r}, got {actual!r}"]


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value inside a JSON value, the outermost left out."""
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield (*path, key)
        yield from paths(child, (*path, key))


def at(value: Any, path: Sequence[str | int]) -> Any:
    """Return what stands at a path inside a JSON value."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: Sequence[str | int], new: Any) -> Any:
    """Return a copy of a JSON value with another value at `path`."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def strings_in(value: object) -> Iterator[str]:
    """Yield every string that an event would write into a text column."""
    if isinstance(value, Event):
        for field in dataclasses.fields(value):
            if field.name != "raw":
                yield from strings_in(getattr(value, field.name))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from strings_in(getattr(value, field.name))
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, child in value.items():
            yield key
            yield from strings_in(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from strings_in(child)


def scalars_in(value: Any) -> Iterator[tuple[type, Any]]:
    """Yield every text, number and truth value inside a JSON value, with its type."""
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from scalars_in(inner)
    elif value is not None:
        yield type(value), value


def drive(
    exchange: Exchange[T], responses: Sequence[HttpResponse]
) -> tuple[T | SendError, list[HttpRequest]]:
    """Run an exchange on prepared responses; return its result or SendError, and its requests."""
    requests: list[HttpRequest] = []
    remaining = iter(responses)
    try:
        requests.append(next(exchange))
        while True:
            requests.append(exchange.send(next(remaining)))
    except StopIteration as stop:
        result: T = stop.value
        return result, requests
    except SendError as error:
        return error, requests


def answer(status: int, body: Any = None, **headers: str) -> HttpResponse:
    """Return a response with a JSON body; header names are written with underscores."""
    return HttpResponse(
        status=status,
        headers={name.replace("_", "-").lower(): value for name, value in headers.items()},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )
