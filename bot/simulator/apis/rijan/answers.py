"""The form of Rijan's answers, and its refusals: 500 INTERNAL_ERROR for many errors of the caller.

A route that it does not have is answered by its HTTP library, in another form.
"""

from collections.abc import Mapping

from bot.gateways.base import KIB, JsonObject
from bot.simulator.calls import Call, Refusal, Reply, always, is_json, read_fields, reply_json

MAX_BODY = 1024 * KIB
TEXTS_PER_MINUTE = 60

Types = type | tuple[type, ...]


class Refused(Exception):
    """The call is refused with `reply`."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def error(status: int, code: str, message: str | None, **headers: str) -> Reply:
    """Return a refusal as the program writes it; header names are written with underscores."""
    told: JsonObject = {"code": code} | ({"message": message} if message is not None else {})
    body = {"success": False, "error": told, "requestId": "req-simulator"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return reply_json(status, body, headers=named)


def internal(message: str | None, **headers: str) -> Reply:
    """Return the error that the program makes of nearly everything."""
    return error(500, "INTERNAL_ERROR", message, **headers)


def no_route(call: Call) -> Reply:
    """Return what its HTTP library says of an unknown route."""
    message = f"Route {call.method}:{call.path} not found"
    return reply_json(404, {"message": message, "error": "Not Found", "statusCode": 404})


def wrapped(fields: JsonObject) -> Reply:
    """Return a success in the form of the device routes, and of the older guide."""
    return reply_json(200, {"success": True, "data": fields, "requestId": "req-simulator"})


def read_body(call: Call) -> JsonObject:
    """Return the JSON object in the body. Raises Refused."""
    if not is_json(call):
        raise Refused(internal("Unsupported Media Type"))
    if len(call.body) > MAX_BODY:
        raise Refused(internal("Request body is too large"))
    fields = read_fields(call)
    if fields is None:
        raise Refused(internal("Body is not valid JSON"))
    return fields


def check_types(
    fields: JsonObject, *, required: Mapping[str, Types], optional: Mapping[str, Types]
) -> None:
    """Refuse a body with a field missing, of another type, or that the route does not know.

    The program ignores unknown fields; here they are mistakes that nobody would notice there.
    """
    for name in required:
        if name not in fields:
            raise Refused(internal(f"body must have required property '{name}'"))
    types = {**required, **optional}
    for name, value in fields.items():
        if name not in types:
            raise Refused(internal(f"body must NOT have additional properties ({name})"))
        if not isinstance(value, types[name]) or (
            isinstance(value, bool) and types[name] is not bool
        ):
            raise Refused(internal(f"body/{name} must be of another type"))


def offline() -> Reply:
    """Refuse because the device is not connected."""
    return error(400, "VALIDATION_ERROR", "Device is not connected")


OVER_LIMIT = internal(
    "Rate limit exceeded for text messages",
    Retry_After="30",
    X_RateLimit_Limit=str(TEXTS_PER_MINUTE),
    X_RateLimit_Remaining="0",
    X_RateLimit_Reset="30",
)
REFUSALS: dict[str, Refusal] = {
    "rate limit": always(OVER_LIMIT),
    "global limit": always(internal(None, Retry_After="60")),
    "device offline": always(offline()),
    "unauthorised": always(error(401, "INVALID_API_KEY", "the API key is not valid")),
    "rejected": always(error(400, "VALIDATION_ERROR", "Invalid JID format")),
    "server error": always(internal("Internal server error")),
}
