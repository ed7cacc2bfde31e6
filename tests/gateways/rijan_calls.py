"""What the tests of Rijan's outgoing side share: one account, and exchanges on prepared answers."""

import json
from typing import Any

from bot import content
from bot.content import Content
from bot.gateways.base import Attachment, Exchange, HttpRequest, HttpResponse, OutgoingMessage
from bot.gateways.exchange import T
from bot.gateways.rijan import Rijan
from tests.gateways.contract import account_of, answer, drive

SECRET = "rahasia-rijan"
URL = "http://rijan.contoh.invalid"
PERSON, GROUP = "6281200000011@s.whatsapp.net", "120363040000000021@g.us"
DEVICE = "toko 1/a"
DEVICE_URL = f"{URL}/v1/devices/toko%201%2Fa"
NO_ROUTE = answer(404, {"message": "Route GET:/x not found", "error": "Not Found"})


def rijan(**fields: Any) -> Rijan:
    """Return a gateway with one account that may send."""
    named = {"api_key": "kunci-api", "api_url": f"{URL}/", **fields}
    return Rijan([account_of("rijan", SECRET, **named)])


def outgoing(
    what: Content | None = None,
    *,
    address: str = PERSON,
    device: str = DEVICE,
    attachment: Attachment | None = None,
    quoted_id: str | None = None,
) -> OutgoingMessage:
    """Return a message of ours, a text unless told otherwise."""
    return OutgoingMessage(
        device=device,
        address=address,
        content=what or content.Text(text="Siap ☕"),
        reference="42",
        idempotency_key="42-1",
        attachment=attachment,
        quoted_id=quoted_id,
    )


def send(*responses: HttpResponse, message: OutgoingMessage | None = None) -> Any:
    """Return the result of sending, and its requests."""
    return drive(rijan().send(message or outgoing()), responses)


def ask(exchange: Exchange[T], *responses: HttpResponse) -> Any:
    """Return the result of any other exchange, and its requests."""
    return drive(exchange, responses)


def fields_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON body of a request."""
    fields: dict[str, Any] = json.loads(request.body)
    return fields


def failure(status: int, message: str = "", code: str = "INTERNAL_ERROR", **headers: str) -> Any:
    """Return an error as the program writes it."""
    error = {"code": code, "message": message}
    return answer(status, {"success": False, "error": error, "requestId": "r1"}, **headers)
