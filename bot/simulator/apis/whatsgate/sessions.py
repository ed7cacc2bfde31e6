"""What the simulated WhatsGate tells of an account: its sessions, its webhooks, its past events."""

import json
from collections.abc import Sequence
from typing import Any

from bot.gateways.base import JsonObject
from bot.simulator.apis.whatsgate.words import accept, refuse
from bot.simulator.calls import Call, Reply, Situation, text_in
from bot.simulator.compose import OWN_NUMBER

LARGEST_PAGE = 100
USUAL_PAGE = 10
STATUS_NAMES = {"READY": "Working", "AUTH": "Authorization", "PENDING": "Starting"}


def set_hook(fields: JsonObject, _call: Call, situation: Situation) -> Reply:
    """Set the URL that a session posts to; an empty one switches its webhook off."""
    url = fields.get("callback")
    if not isinstance(url, str) or (url and not url.startswith(("http://", "https://"))):
        return refuse("Bad Request", "callback must be a URL")
    situation.memory.setdefault("callbacks", {})[text_in(fields, "WhatsappID")] = url
    return accept()


def sessions_get(fields: JsonObject, call: Call, situation: Situation) -> Reply:
    """List the sessions of an account."""
    customer = situation.customer(call.headers.get("x-api-key", ""))
    wanted = text_in(fields, "WhatsappID")
    devices = (customer.devices if customer else ()) or ((wanted,) if wanted else ())
    listed = [
        _session(number, device, situation)
        for number, device in enumerate(dict.fromkeys(devices), start=151)
        if wanted in ("", device)
    ]
    return _page(fields, listed)


def events_get(fields: JsonObject, _call: Call, situation: Situation) -> Reply:
    """List what was posted, or would have been, since a date."""
    told = [json.loads(body) for body in situation.memory.get("posted", ())]
    filters = {
        "whatsapp_id": text_in(fields, "WhatsappID"),
        "event_action": text_in(fields, "action"),
    }
    since = text_in(fields, "date")
    listed = [
        event
        for event in told
        if str(event.get("event_date", "")) >= since
        and all(not value or event.get(name) == value for name, value in filters.items())
    ]
    return _page(fields, listed)


def _session(number: int, device: str, situation: Situation) -> JsonObject:
    usual = "AUTH" if device in situation.offline else "READY"
    status = situation.memory.get("statuses", {}).get(device, usual)
    is_ready = status == "READY"
    return {
        "id": number,
        "name": "Toko Melati",
        "unique_id": device,
        "status": status,
        "callback": situation.memory.get("callbacks", {}).get(device, ""),
        "date_add": "2026-03-01 10:00:00",
        "status_name": STATUS_NAMES.get(status, status),
        "pushname": "Toko Melati" if is_ready else None,
        "wid": f"{OWN_NUMBER}@c.us" if is_ready else None,
        "qr_link": "" if is_ready else f"https://whatsgate.org/qr/{device}",
    }


def _page(fields: JsonObject, elements: Sequence[Any]) -> Reply:
    size, page = (_number(fields, name) for name in ("page_cnt", "page"))
    if size > LARGEST_PAGE:
        return refuse("Bad Request", "page_cnt is at most 100")
    size, page = size or USUAL_PAGE, page or 1
    return accept(
        pages=max(1, -(-len(elements) // size)),
        elements=len(elements),
        page=page,
        data=list(elements[(page - 1) * size : page * size]),
    )


def _number(fields: JsonObject, name: str) -> int:
    """Return a number, which the documents write as a text; 0 where there is none."""
    value = str(fields.get(name, ""))
    return int(value) if value.isdecimal() and len(value) < 6 else 0
