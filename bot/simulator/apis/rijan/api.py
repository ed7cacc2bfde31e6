"""Who may call Rijan, and which of its routes a call is for."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from bot.simulator.apis.rijan import devices, messages, statuses, webhooks
from bot.simulator.apis.rijan.answers import Refused, error, no_route
from bot.simulator.calls import Call, Customer, Reply, Situation, bearer

DeviceRoute = Callable[[Call, Situation, str, str], Reply]
WebhookRoute = Callable[[Call, Situation, Customer, str], Reply]

# Below a device: its id, then perhaps one more.
DEVICE_ROUTES: tuple[tuple[str, re.Pattern[str], DeviceRoute], ...] = (
    ("POST", re.compile(r"/v1/devices/([^/]+)/messages/([^/]+)"), messages.send),
    ("GET", re.compile(r"/v1/devices/([^/]+)/messages/([^/]+)/status"), statuses.tell),
    ("POST", re.compile(r"/v1/devices/([^/]+)/chats/([^/]+)/mark-read"), devices.mark_read),
    ("POST", re.compile(r"/v1/devices/([^/]+)/presence()"), devices.show_presence),
    ("POST", re.compile(r"/v1/devices/([^/]+)/start()"), devices.start),
    ("GET", re.compile(r"/v1/devices/([^/]+)/media/([^/]+)"), devices.give_file),
    ("GET", re.compile(r"/v1/devices/([^/]+)()"), devices.describe),
)
WEBHOOK_ROUTES: tuple[tuple[str, re.Pattern[str], WebhookRoute], ...] = (
    ("POST", re.compile(r"/v1/webhooks()"), webhooks.create),
    ("GET", re.compile(r"/v1/webhooks()"), webhooks.list_all),
    ("GET", re.compile(r"/v1/webhooks/(failed)"), webhooks.list_failed),
    ("POST", re.compile(r"/v1/webhooks/failed/([^/]+)/retry"), webhooks.retry),
    ("POST", re.compile(r"/v1/webhooks/([^/]+)/test"), webhooks.post_test),
    ("GET", re.compile(r"/v1/webhooks/([^/]+)"), webhooks.show),
    ("PUT", re.compile(r"/v1/webhooks/([^/]+)"), webhooks.change),
    ("DELETE", re.compile(r"/v1/webhooks/([^/]+)"), webhooks.delete),
)


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call below `/v1`."""
    token = bearer(call) or call.headers.get("x-api-key", "")
    if not token:
        return error(401, "UNAUTHORIZED", "an API key is required")
    customer = situation.customer(token)
    if customer is None:
        return error(401, "INVALID_API_KEY", "the API key is not valid")
    try:
        return _route(call, situation, customer)
    except Refused as refused:
        return refused.reply


def _route(call: Call, situation: Situation, customer: Customer) -> Reply:
    for method, path, route in DEVICE_ROUTES:
        found = path.fullmatch(call.path) if call.method == method else None
        if found:
            device, inner = map(unquote, found.groups())
            if not customer.owns(device):
                return error(404, "NOT_FOUND", "Device not found or access denied")
            return route(call, situation, device, inner)
    for method, path, about_webhooks in WEBHOOK_ROUTES:
        found = path.fullmatch(call.path) if call.method == method else None
        if found:
            return about_webhooks(call, situation, customer, unquote(found[1]))
    return no_route(call)
