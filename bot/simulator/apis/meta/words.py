"""The words in which Meta refuses."""

from bot.gateways.base import JsonObject
from bot.simulator.calls import Refusal, Reply, reply_json

Problem = str


def invalid(problem: str) -> Reply:
    """Say that a parameter is not valid."""
    return error(400, 100, problem)


def no_such_object() -> Reply:
    """Say that what the URL names does not exist, or belongs to somebody else."""
    return error(400, 100, "unsupported request", type_="GraphMethodException", subcode=33)


def error(
    status: int,
    code: int,
    message: str,
    *,
    type_: str = "OAuthException",
    subcode: int | None = None,
) -> Reply:
    """Return an error as Meta writes it."""
    told: JsonObject = {
        "message": f"(#{code}) {message}",
        "type": type_,
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": message},
        "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUv0",
    }
    if subcode is not None:
        told["error_subcode"] = subcode
    return reply_json(status, {"error": told})


def _refusal(status: int, code: int, message: str) -> Refusal:
    return lambda _call: error(status, code, message)


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
