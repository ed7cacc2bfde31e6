"""Rijan's webhooks as its API keeps them: written, read, and what the program does not have.

Its older guide (the flat shape, `data` around everything) has a test, and a queue of failed
webhooks; the program itself has neither.
https://github.com/teguh02/rijan_wa/blob/main/docs/en/19-webhooks-configuration.md
"""

from collections.abc import Sequence

from pydantic import AliasChoices, Field

from bot.gateways.base import Exchange, FailedWebhook, JsonObject, Webhook
from bot.gateways.errors import NotSupported, Rejected, Unreadable
from bot.gateways.reading import Payload, Text, Time, clean, read_json
from bot.gateways.responses import segment
from bot.gateways.rijan.account import Api
from bot.gateways.rijan.refusals import accepted, is_unknown_webhook, refuse_missing_route

PATH = "/v1/webhooks"
# What Balas understands. `message.status` stands for the three events about statuses; the last two
# are those of the older guide.
EVENTS = (
    "message.received",
    "message.status",
    "device.connected",
    "device.disconnected",
    "group.updated",
    "participant.added",
    "participant.removed",
    "call.received",
    "group.join",
)
KNOWN_EVENTS = frozenset(
    {
        *EVENTS,
        "message.updated",
        "message.deleted",
        "receipt.delivery",
        "receipt.read",
        "group.created",
        "group.deleted",
        "contact.updated",
    }
)
NO_TEST = (
    "this Rijan cannot test a webhook (its program has no such address, only its guide has): "
    "write to the device from a phone, or use `flask payload rijan`"
)
NO_QUEUE = (
    "this Rijan shows no failed webhooks (its program has no such address, only its guide has): "
    "what it gave up lies in the table `dlq` of its own database"
)


class Kept(Payload):
    """A webhook as either version writes it."""

    id: Text = Field(default=None, validation_alias=AliasChoices("id", "webhook_id"))
    url: Text = None
    events: object = None
    enabled: bool | None = None
    status: Text = None
    secret: Text = None

    @property
    def webhook(self) -> Webhook:
        events = self.events if isinstance(self.events, list) else []
        known = {"active": True, "inactive": False, "disabled": False}.get(self.status or "")
        return Webhook(
            id=self.id or "",
            url=self.url or "",
            events=tuple(clean(name) for name in events if isinstance(name, str)),
            active=known if self.enabled is None else self.enabled,
            secret=self.secret or None,
        )


class Failed(Payload):
    """A webhook in the queue of the failed ones."""

    id: Text = Field(default=None, validation_alias=AliasChoices("event_id", "id"))
    event: Text = Field(default=None, validation_alias=AliasChoices("event", "eventType"))
    error: Text = Field(default=None, validation_alias=AliasChoices("error", "reason"))
    attempts: int | None = None
    at: Time = Field(default=None, validation_alias=AliasChoices("last_attempt", "createdAt"))


def register(api: Api, url: str, events: Sequence[str], *, secret: str) -> Exchange[Webhook]:
    """Register a URL with our secret; one that is registered already is renewed."""
    wanted = _known(events or EVENTS)
    existing = yield from list_all(api)
    same = next((webhook for webhook in existing if webhook.url == url and webhook.id), None)
    if same:
        fields = {"events": wanted, "secret": secret, "enabled": True}
        return (yield from _change(api, same.id, fields))
    body = {"url": url, "events": wanted, "secret": secret}
    response = yield api.request("POST", PATH, body, is_safe=True)
    return _read_one(accepted(response))


def list_all(api: Api) -> Exchange[list[Webhook]]:
    """Return the webhooks, which the program tells without their secrets."""
    response = yield api.request("GET", PATH)
    accepted(response)
    rows = _rows(response.body, "webhooks")
    return [Kept.model_validate(row).webhook for row in rows]


def show(api: Api, webhook_id: str) -> Exchange[Webhook]:
    """Return one webhook with its secret."""
    response = yield api.request("GET", f"{PATH}/{segment(webhook_id)}")
    return _read_one(accepted(response))


def update(
    api: Api, webhook_id: str, *, url: str | None, events: Sequence[str], active: bool | None
) -> Exchange[Webhook]:
    """Change what is given."""
    named = {"url": url, "events": _known(events) or None, "enabled": active}
    fields = {name: value for name, value in named.items() if value is not None}
    if not fields:
        raise Rejected("nothing to change")
    return (yield from _change(api, webhook_id, fields))


def delete(api: Api, webhook_id: str) -> Exchange[None]:
    """Delete a webhook."""
    accepted((yield api.request("DELETE", f"{PATH}/{segment(webhook_id)}", is_safe=True)))


def post_test(api: Api, webhook_id: str) -> Exchange[str]:
    """Let Rijan post a test, where it can."""
    response = yield api.request("POST", f"{PATH}/{segment(webhook_id)}/test", is_safe=True)
    refuse_missing_route(response, NO_TEST)
    return _words(accepted(response), "a test was posted")


def list_failed(api: Api) -> Exchange[list[FailedWebhook]]:
    """Return the queue of failed webhooks, where there is one."""
    response = yield api.request("GET", f"{PATH}/failed")
    refuse_missing_route(response, NO_QUEUE)
    # The program looks for a webhook whose id is "failed".
    if is_unknown_webhook(response):
        raise NotSupported(NO_QUEUE)
    accepted(response)
    rows = _rows(response.body, "failed_events")
    return [failed for failed in map(_read_failed, rows) if failed.id]


def retry(api: Api, failed_id: str) -> Exchange[str]:
    """Let Rijan post a failed webhook again, where it can."""
    path = f"{PATH}/failed/{segment(failed_id)}/retry"
    response = yield api.request("POST", path, is_safe=True)
    refuse_missing_route(response, NO_QUEUE)
    return _words(accepted(response), "it is posted again")


def _change(api: Api, webhook_id: str, fields: JsonObject) -> Exchange[Webhook]:
    path = f"{PATH}/{segment(webhook_id)}"
    response = yield api.request("PUT", path, fields, is_safe=True)
    return _read_one(accepted(response))


def _known(events: Sequence[str]) -> list[str]:
    """Refuse what the program would accept and never post, such as `*`."""
    unknown = sorted(set(events) - KNOWN_EVENTS)
    if unknown:
        raise Rejected(f"Rijan posts no event named {', '.join(unknown)}; name them one by one")
    return list(events)


def _read_one(body: JsonObject) -> Webhook:
    inner = body.get("data")
    return Kept.model_validate(inner if isinstance(inner, dict) else body).webhook


def _read_failed(row: JsonObject) -> FailedWebhook:
    failed = Failed.model_validate(row)
    return FailedWebhook(
        id=failed.id or "",
        event=failed.event or "",
        error=failed.error or "",
        attempts=failed.attempts,
        at=failed.at,
    )


def _rows(body: bytes, name: str) -> list[JsonObject]:
    """Return the objects in an answer that is a list, or has one in `data` or its field `name`."""
    try:
        answer = read_json(body)
    except Unreadable:
        answer = None
    inner = answer.get("data", answer) if isinstance(answer, dict) else answer
    rows = inner.get(name) if isinstance(inner, dict) else inner
    if not isinstance(rows, list):
        raise Rejected("this does not answer like a Rijan: look at RIJAN_API_URL")
    return [row for row in rows if isinstance(row, dict)]


def _words(body: JsonObject, otherwise: str) -> str:
    inner = body.get("data", body)
    message = inner.get("message") if isinstance(inner, dict) else None
    return clean(message) if isinstance(message, str) and message else otherwise
