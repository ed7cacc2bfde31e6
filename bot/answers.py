"""HTTP answers of the receiver: acknowledgements, and refusals that say why as JSON."""

from collections.abc import Mapping

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException

from bot.gateways.base import Acknowledgement

REASONS = {
    404: "nothing is here: webhooks are posted to /webhook/<gateway>; /health tells how Balas is",
    405: "this address takes another method: see the header Allow",
}


def answer(acknowledgement: Acknowledgement) -> Response:
    """Return an acknowledgement as it goes out."""
    return Response(
        acknowledgement.body,
        status=acknowledgement.status,
        content_type=acknowledgement.content_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )


def refuse(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a refusal and its reason."""
    response = jsonify(error=reason)
    response.status_code = status
    response.headers.update(headers or {})
    return response


def explain(error: HTTPException) -> Response:
    """Answer in JSON like everything else, with the headers that the status needs (Allow)."""
    kept = {
        name: value
        for name, value in error.get_headers()
        if name.lower() not in ("content-type", "content-length")
    }
    reason = REASONS.get(error.code or 500, error.description or error.name)
    return refuse(error.code or 500, reason, kept)
