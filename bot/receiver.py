"""The HTTP face of the inbox: verify, parse, keep, acknowledge; nothing else is waited for.

A webhook is acknowledged only when it is kept. Every refusal has a status, and a reason as JSON.
Every address answers with and without a slash at its end, never with a redirect: a gateway follows
one with an empty GET, and takes its 200 for a delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from flask import Blueprint, Flask, Response, current_app, g, request
from werkzeug.exceptions import Forbidden, HTTPException

from bot.answers import answer, explain, refuse
from bot.bodies import RETRY_AFTER_SECONDS, Bodies
from bot.callers import Callers, NotAllowed
from bot.counting import EVENTS, REPEATS, WEBHOOKS, Answer, Counts
from bot.events import Event, Kind
from bot.gateway_settings import secret_variable
from bot.gateways import GATEWAYS
from bot.gateways.accounts import Accounts
from bot.gateways.base import Gateway, WebhookRequest
from bot.gateways.errors import Forged, NotSupported, Unreadable
from bot.inbox import Inbox, NotKept
from bot.inbox.arrivals import Arrival, arrival, unparsed
from bot.rotation import Rotation
from bot.sightings import Sightings

logger = structlog.get_logger("balas.receiver")


blueprint = Blueprint("webhooks", __name__)


@dataclass(frozen=True, slots=True)
class Receiver:
    """What the routes need: where events are kept, who may post, how bodies are read."""

    inbox: Inbox
    gateways: Mapping[str, Gateway]
    callers: Callers
    sightings: Sightings
    rotation: Rotation
    bodies: Bodies
    counts: Counts


def init_app(app: Flask, receiver: Receiver) -> None:
    """Add the webhook routes to the app."""
    app.extensions["balas.receiver"] = receiver
    app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, explain)


@blueprint.post("/webhook/<gateway_name>")
@blueprint.post("/webhook/<gateway_name>/<path:token>")
def receive(gateway_name: str, token: str = "") -> Response:
    """Take a webhook at the gateway's own address."""
    if gateway_name not in GATEWAYS:
        return refuse(404, f"unknown gateway: use one of {', '.join(GATEWAYS)}")
    return _receive(gateway_name, token)


@blueprint.post("/webhook")
@blueprint.post("/webhook/whatsapp")
@blueprint.post("/webhook/whatsapp/<path:token>")
def receive_shared(token: str = "") -> Response:
    """Take a webhook at an address that all gateways share."""
    name = _gateway_of_request(token)
    if name is None:
        _admit(None)
        return refuse(401, "no signature of a gateway")
    return _receive(name, token)


@blueprint.get("/webhook")
@blueprint.get("/webhook/whatsapp")
def challenge_shared() -> Response:
    """Answer Meta's challenge at an address that all gateways share."""
    return challenge("meta")


@blueprint.get("/webhook/<gateway_name>")
def challenge(gateway_name: str) -> Response:
    """Answer a gateway's question whether this address is ours."""
    if gateway_name not in GATEWAYS:
        return refuse(404, f"unknown gateway: use one of {', '.join(GATEWAYS)}")
    _admit(gateway_name)
    gateway = _receiver().gateways.get(gateway_name) or GATEWAYS[gateway_name]([])
    if type(gateway).challenge is Gateway.challenge:
        return refuse(405, f"{gateway.title} has no challenge: use POST", {"Allow": "POST"})
    if not gateway.accounts:
        return _not_configured(gateway_name)
    try:
        return answer(gateway.challenge(_request("", b"")))
    except Forged as error:
        return refuse(403, str(error))
    except NotSupported as error:
        return refuse(503, str(error))


@blueprint.after_request
def count(response: Response) -> Response:
    """Count what became of a webhook."""
    if request.method == "POST":
        answers = {200: g.get("answer", ""), 401: Answer.FORGED}
        word = answers.get(response.status_code, Answer.REFUSED)
        _receiver().counts.count(WEBHOOKS, g.get("gateway", ""), word)
    return response


@blueprint.after_request
def _tally(response: Response) -> Response:
    """Tally what a gateway was answered, whoever answered: some give up after several refusals.

    What is not signed at all is no gateway's, and what is signed speaks for its own devices only.
    """
    gateway: Gateway | None = g.pop("admitted", None)
    accounts, devices = g.pop("accounts", None), g.pop("devices", ())
    if gateway is not None and _is_signed(gateway):
        sightings = _receiver().sightings
        refused = partial(sightings.refused, is_forged=response.status_code == 401)
        count = sightings.taken if response.status_code < 300 else refused
        count(gateway, devices, _headers(), accounts=accounts)
    return response


def _receive(name: str, token: str) -> Response:
    g.gateway = name
    _admit(name)
    gateway = _receiver().gateways.get(name)
    if gateway is None:
        return _not_configured(name)
    g.admitted = gateway
    try:
        if not gateway.signs_body or not _is_signed(gateway):
            # Nothing in a body could make this request authentic, so it is not read yet.
            gateway.verify(_request(token, b""))
        with _receiver().bodies.within(gateway.max_body) as body:
            return _take(gateway, _request(token, body))
    except Forged as error:
        logger.warning("forged webhook", gateway=name, reason=str(error))
        if _claims_to_be(gateway, token):
            _receiver().sightings.forged(gateway, _headers(), now=datetime.now(UTC))
        return refuse(401, str(error))


def _take(gateway: Gateway, webhook: WebhookRequest) -> Response:
    """Verify a webhook and keep what it says. Raises Forged."""
    accounts = g.accounts = gateway.verify(webhook)
    now = datetime.now(UTC)
    try:
        events = gateway.parse(webhook)
    except Unreadable as error:
        logger.warning(
            "unreadable webhook", gateway=gateway.name, reason=str(error), size=len(webhook.body)
        )
        return _keep(gateway, webhook, [_unparsed(gateway, webhook, now)], accounts)
    except Exception as error:  # noqa: BLE001 - authentic: whatever a module's defect, it is kept
        logger.error("a gateway module raised", gateway=gateway.name, error=type(error).__name__)
        return _keep(gateway, webhook, [_unparsed(gateway, webhook, now)], accounts)
    devices = {event.device for event in events}
    if foreign := {device for device in devices if not gateway.serves(accounts, device)}:
        logger.warning("webhook signed with another device's secret", gateway=gateway.name)
        _receiver().sightings.forged_for(gateway, foreign, now=now)
        return refuse(401, "signed with the secret of another device")
    g.devices = devices
    _receiver().sightings.webhook(gateway.name, devices, now=now)
    return _keep(gateway, webhook, _rows(events, now), accounts)


def _admit(name: str | None) -> None:
    """Refuse who may not post, before anything else of the request is looked at."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    try:
        _receiver().callers.admit(name, peer=request.remote_addr, forwarded=forwarded)
    except NotAllowed as error:
        logger.warning("webhook from a foreign address", gateway=name, reason=str(error))
        raise Forbidden(str(error)) from None


def _is_signed(gateway: Gateway) -> bool:
    return not gateway.signature_header or gateway.signature_header in request.headers


def _claims_to_be(gateway: Gateway, token: str) -> bool:
    """Return whether a request brings what should prove it: a stranger's at random does not."""
    if gateway.signature_header:
        return gateway.signature_header in request.headers
    return bool(token.removesuffix("/") or request.args.get("token"))


def _rows(events: list[Event], now: datetime) -> list[Arrival]:
    """Return the rows; a microsecond apart, so that one body's events keep their order."""
    return [
        arrival(event, received_at=now + timedelta(microseconds=index))
        for index, event in enumerate(events)
    ]


def _unparsed(gateway: Gateway, webhook: WebhookRequest, now: datetime) -> Arrival:
    return unparsed(gateway.name, webhook.body, received_at=now)


def _keep(
    gateway: Gateway, webhook: WebhookRequest, rows: list[Arrival], accounts: Accounts
) -> Response:
    try:
        new = _receiver().inbox.append(rows)
    except NotKept as error:
        logger.error("webhook not kept", gateway=gateway.name, reason=str(error))
        return refuse(
            503, "cannot be kept now, send it again", {"Retry-After": str(RETRY_AFTER_SECONDS)}
        )
    _count_events(gateway.name, rows, new)
    position = _receiver().rotation.position(gateway.name, accounts, webhook)
    secret = {} if position is None else {"secret": position}
    logger.info("webhook kept", gateway=gateway.name, events=len(rows), new=new, **secret)
    return answer(gateway.acknowledge(webhook, duplicate=not new))


def _count_events(gateway: str, rows: list[Arrival], new: int) -> None:
    counts = _receiver().counts
    for row in rows:
        counts.count(EVENTS, gateway, row.kind)
    if new < len(rows):
        counts.count(REPEATS, gateway, times=len(rows) - new)
    g.answer = Answer.REPEAT if rows and not new else Answer.KEPT
    if any(row.kind == Kind.UNPARSED for row in rows):
        g.answer = Answer.UNREADABLE


def _gateway_of_request(token: str) -> str | None:
    """Return the gateway that the request's signature header belongs to; a configured one first."""
    named = [
        name
        for name, gateway in GATEWAYS.items()
        if gateway.signature_header and gateway.signature_header in request.headers
    ]
    configured = [name for name in named if name in _receiver().gateways]
    if configured or named:
        return (configured or named)[0]
    has_token = bool(token or request.args.get("token"))
    return "whatsgate" if has_token and "whatsgate" in _receiver().gateways else None


def _request(token: str, body: bytes) -> WebhookRequest:
    return WebhookRequest(
        method=request.method,
        path=request.path,
        # A token may hold slashes; the one at the end of an address is not its own.
        token=token.removesuffix("/"),
        query=request.args.to_dict(),
        headers=_headers(),
        body=body,
    )


def _headers() -> dict[str, str]:
    return {key.lower(): value for key, value in request.headers.items()}


def _receiver() -> Receiver:
    receiver: Receiver = current_app.extensions["balas.receiver"]
    return receiver


def _not_configured(name: str) -> Response:
    return refuse(503, f"{name} is not configured here: set {secret_variable(name)}")
