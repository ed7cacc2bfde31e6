"""Rijan's webhooks as its program keeps them; with `memory["guide"]` as its older guide tells.

`memory["webhooks"]` holds them by id. Only with the guide there are a test and a queue of failed
webhooks: `memory["failed"]`, a list of the objects in it; `memory["tested"]` and
`memory["retried"]` list what was asked for.
"""

from typing import Any

from bot.gateways.base import JsonObject
from bot.simulator.apis.rijan.answers import (
    Refused,
    check_types,
    error,
    internal,
    no_route,
    read_body,
    wrapped,
)
from bot.simulator.calls import Call, Customer, Reply, Situation, reply_json

OPTIONAL = {"secret": str, "retryCount": int, "timeout": int}
LISTED = ("id", "url", "events", "enabled")


def create(call: Call, situation: Situation, customer: Customer, _none: str) -> Reply:
    """Keep a webhook. Any name of an event is taken."""
    fields = read_body(call)
    check_types(fields, required={"url": str, "events": list}, optional=OPTIONAL)
    if not fields["url"] or not fields["events"]:
        return internal("url and events are required")
    now = int(call.now.timestamp())
    webhook = {
        "id": f"wh_{situation.fresh_id().lower()}",
        "tenantId": "tenant_melati",
        "secret": situation.fresh_id(),
        "enabled": True,
        "retryCount": 3,
        "timeout": 5000,
        "createdAt": now,
        "updatedAt": now,
        **fields,
    }
    _kept(situation)[webhook["id"]] = {**webhook, "customer": customer.token}
    if _follows_guide(situation):
        return wrapped(_as_guide(webhook))
    return reply_json(201, {name: webhook[name] for name in LISTED})


def list_all(_call: Call, situation: Situation, customer: Customer, _none: str) -> Reply:
    """List what is switched on, without secrets."""
    own = [each for each in _kept(situation).values() if each["customer"] == customer.token]
    enabled = [each for each in own if each["enabled"]]
    if _follows_guide(situation):
        return wrapped({"webhooks": [_as_guide(each) for each in enabled]})
    return reply_json(200, [{name: each[name] for name in LISTED} for each in enabled])


def show(_call: Call, situation: Situation, customer: Customer, webhook_id: str) -> Reply:
    """Show one with its secret."""
    return reply_json(200, _plain(_find(situation, customer, webhook_id)))


def change(call: Call, situation: Situation, customer: Customer, webhook_id: str) -> Reply:
    """Change the fields that are given."""
    fields = read_body(call)
    types = {"url": str, "events": list, "enabled": bool, **OPTIONAL}
    check_types(fields, required={}, optional=types)
    webhook = _find(situation, customer, webhook_id)
    webhook.update(fields)
    if _follows_guide(situation):
        return wrapped(_as_guide(webhook))
    return reply_json(200, _plain(webhook))


def delete(_call: Call, situation: Situation, customer: Customer, webhook_id: str) -> Reply:
    """Forget one."""
    _find(situation, customer, webhook_id)
    del _kept(situation)[webhook_id]
    return Reply(status=204, body=b"")


def post_test(call: Call, situation: Situation, customer: Customer, webhook_id: str) -> Reply:
    """Promise to post a test, where the guide holds."""
    if not _follows_guide(situation):
        return no_route(call)
    _find(situation, customer, webhook_id)
    situation.memory.setdefault("tested", []).append(webhook_id)
    return wrapped({"message": "Test event sent"})


def list_failed(call: Call, situation: Situation, customer: Customer, _name: str) -> Reply:
    """List what could not be posted, where the guide holds; else `failed` is an unknown id."""
    if not _follows_guide(situation):
        return show(call, situation, customer, "failed")
    failed = situation.memory.get("failed", [])
    return wrapped({"failed_events": failed, "total": len(failed)})


def retry(call: Call, situation: Situation, _customer: Customer, event_id: str) -> Reply:
    """Promise to post a failed webhook again, where the guide holds."""
    if not _follows_guide(situation):
        return no_route(call)
    failed = situation.memory.get("failed", [])
    if event_id not in [each.get("event_id") for each in failed]:
        return error(404, "NOT_FOUND", "Event not found")
    situation.memory.setdefault("retried", []).append(event_id)
    return wrapped({"message": "Event queued for retry"})


def _follows_guide(situation: Situation) -> bool:
    return bool(situation.memory.get("guide"))


def _kept(situation: Situation) -> dict[str, JsonObject]:
    kept: dict[str, JsonObject] = situation.memory.setdefault("webhooks", {})
    return kept


def _find(situation: Situation, customer: Customer, webhook_id: str) -> JsonObject:
    webhook = _kept(situation).get(webhook_id)
    if webhook is None or webhook["customer"] != customer.token:
        raise Refused(internal("Webhook not found"))
    return webhook


def _plain(webhook: JsonObject) -> JsonObject:
    return {name: value for name, value in webhook.items() if name != "customer"}


def _as_guide(webhook: JsonObject) -> dict[str, Any]:
    return {
        "webhook_id": webhook["id"],
        "url": webhook["url"],
        "events": webhook["events"],
        "status": "active" if webhook["enabled"] else "inactive",
        "created_at": webhook["createdAt"],
    }
