"""The simulator's own addresses, below `/_simulator`: what was sent, and what shall go wrong.

::

    GET    /_simulator/sent?since=N     what was sent, without the first N
    DELETE /_simulator/sent             forget it
    POST   /_simulator/faults           {"gateway": …, "kind": …, and what a Fault takes}
    DELETE /_simulator/faults           forget what is planned (?gateway=… for one gateway)
    GET    /_simulator/quota            WAGate's quota
    POST   /_simulator/quota            {"limit": …, "sent": …, "received": …, "resets_in": 40}
    GET    /_simulator/refused          how often something came too fast (--strict-rates)
    POST   /_simulator/devices          {"gateway": …, "device": …, "offline": true}
    POST   /_simulator/webhooks         {"gateway": …, "case": "text", "text": …, "sender": …}
    POST   /_simulator/signed           the same, signed for whoever posts it, not posted
    GET    /_simulator/accounts         {gateway: [the settings of each account]}
    GET    /_simulator/health           {"status": "healthy"}
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from bot.events import Status
from bot.simulator.aftermath import Aftermath
from bot.simulator.calls import Reply, Sent, reply_json
from bot.simulator.compose import NAME, SENDER, compose
from bot.simulator.desk import Desk
from bot.simulator.faults import Fault
from bot.simulator.routes import Request

PREFIX = "/_simulator/"

Gateway = Literal["meta", "wagate", "rijan", "csku", "whatsgate"]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _FaultOrder(Fault):
    gateway: Gateway


class _QuotaOrder(_Order):
    limit: int | None = None
    sent: int | None = None
    received: int | None = None
    resets_in: float | None = Field(None, ge=0)


class _DeviceOrder(_Order):
    gateway: Gateway
    device: str
    offline: bool = True


class _WebhookOrder(_Order):
    gateway: Gateway
    case: str = "text"
    device: str = ""
    sender: str = SENDER
    text: str = "halo"
    name: str = NAME
    message_id: str | None = None
    status: Status = Status.DELIVERED
    button: str = "pesan"


def control(request: Request, desk: Desk, aftermath: Aftermath) -> Reply | None:
    """Answer a request to an address of the simulator's own, None when it is for a gateway."""
    if not request.path.startswith(PREFIX):
        return None
    # A web page in a browser on this machine must not reach what people wrote.
    if request.headers.get("host", "").partition(":")[0] not in ("127.0.0.1", "localhost"):
        return reply_json(403, {"error": "ask for 127.0.0.1"})
    if "origin" in request.headers:
        return reply_json(403, {"error": "not for web pages"})
    action = _ACTIONS.get((request.method, request.path.removeprefix(PREFIX)))
    if action is None:
        return reply_json(404, {"error": "no such address"})
    try:
        return action(request, desk, aftermath)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        return reply_json(400, {"error": f"{where}: {first['msg'].lower()}"})
    except (ValueError, KeyError) as error:
        return reply_json(400, {"error": str(error.args[0])})


def _show_sent(request: Request, desk: Desk, _aftermath: Aftermath) -> Reply:
    since = _query(request, "since") or "0"
    if not since.isdecimal():
        raise ValueError("since: a number is required")
    return reply_json(200, [_plain(sent) for sent in desk.record.all(int(since))])


def _plain(sent: Sent) -> dict[str, object]:
    return {**asdict(sent), "at": sent.at.isoformat()}


def _forget_sent(_request: Request, desk: Desk, _aftermath: Aftermath) -> Reply:
    desk.record.clear()
    return reply_json(200, {"status": "cleared"})


def _plan_fault(request: Request, desk: Desk, _aftermath: Aftermath) -> Reply:
    order = _FaultOrder.model_validate_json(request.body)
    desk.plan(order.gateway, Fault.model_validate(order.model_dump(exclude={"gateway"})))
    return reply_json(200, {"status": "planned"})


def _clear_faults(request: Request, desk: Desk, _aftermath: Aftermath) -> Reply:
    desk.faults.clear(_query(request, "gateway") or None)
    return reply_json(200, {"status": "cleared"})


def _show_quota(_request: Request, desk: Desk, _aftermath: Aftermath) -> Reply:
    counter, left = desk.quota, desk.quota.quota
    numbers = {"limit": counter.limit, "sent": counter.sent, "received": counter.received}
    told = {"remaining": left.remaining, "resets_at": counter.resets_at.isoformat()}
    return reply_json(200, {**numbers, **told})


def _set_quota(request: Request, desk: Desk, aftermath: Aftermath) -> Reply:
    order = _QuotaOrder.model_validate_json(request.body)
    for name, number in order.model_dump(exclude_none=True, exclude={"resets_in"}).items():
        setattr(desk.quota, name, number)
    if order.resets_in is not None:
        desk.quota.resets_at = datetime.now(UTC) + timedelta(seconds=order.resets_in)
    return _show_quota(request, desk, aftermath)


def _show_refused(_request: Request, desk: Desk, _aftermath: Aftermath) -> Reply:
    return reply_json(200, dict(desk.meter.refused))


def _set_device(request: Request, desk: Desk, _aftermath: Aftermath) -> Reply:
    order = _DeviceOrder.model_validate_json(request.body)
    desk.set_offline(order.gateway, order.device, offline=order.offline)
    return reply_json(200, {"status": "offline" if order.offline else "online"})


def _post_webhook(request: Request, _desk: Desk, aftermath: Aftermath) -> Reply:
    order = _WebhookOrder.model_validate_json(request.body)
    delivery = aftermath.post(order.gateway, _compose(order), device=order.device)
    told = {**asdict(delivery), "body": delivery.body.decode("utf-8", "replace")}
    return reply_json(200, told)


def _sign_webhook(request: Request, _desk: Desk, aftermath: Aftermath) -> Reply:
    order = _WebhookOrder.model_validate_json(request.body)
    signed = aftermath.sign(order.gateway, _compose(order), device=order.device)
    body = b64encode(signed.body).decode("ascii")
    return reply_json(200, {"path": signed.path, "headers": signed.headers, "body": body})


def _compose(order: _WebhookOrder) -> bytes:
    words = order.model_dump(exclude={"gateway", "case"})
    return compose(order.gateway, order.case, now=datetime.now(UTC), **words)


def _show_accounts(_request: Request, _desk: Desk, aftermath: Aftermath) -> Reply:
    """Tell the accounts with their secrets, which are worth nothing but at this simulator."""
    told = {
        gateway: [account.model_dump() for account in accounts]
        for gateway, accounts in aftermath.accounts.items()
    }
    return reply_json(200, json.loads(json.dumps(told, default=SecretStr.get_secret_value)))


def _show_health(_request: Request, _desk: Desk, _aftermath: Aftermath) -> Reply:
    return reply_json(200, {"status": "healthy"})


def _query(request: Request, name: str) -> str:
    return parse_qs(request.query).get(name, [""])[-1]


_ACTIONS: dict[tuple[str, str], Callable[[Request, Desk, Aftermath], Reply]] = {
    ("GET", "sent"): _show_sent,
    ("DELETE", "sent"): _forget_sent,
    ("POST", "faults"): _plan_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "quota"): _show_quota,
    ("POST", "quota"): _set_quota,
    ("GET", "refused"): _show_refused,
    ("POST", "devices"): _set_device,
    ("POST", "webhooks"): _post_webhook,
    ("POST", "signed"): _sign_webhook,
    ("GET", "accounts"): _show_accounts,
    ("GET", "health"): _show_health,
}
