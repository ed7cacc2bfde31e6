"""The names that texts may use, for each kind of event; docs/rules.md lists them.

A name that is known but has no value (a contact without a name) is written as "".
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.events import (
    MEDIA_TYPES,
    CallReceived,
    DeviceChanged,
    Event,
    GroupChanged,
    InternalEvent,
    Kind,
    Message,
    Notice,
)

# Name → the names inside it, () for a name that is a value itself.
Names = Mapping[str, tuple[str, ...]]

_ANY: Names = {"device": ("id",), "gateway": ()}
_CONTACT: Names = {**_ANY, "contact": ("name", "phone")}
MESSAGE: Names = {**_CONTACT, "message": ("text", "type"), "caption": ()}
NAMES: Mapping[Kind, Names] = {
    Kind.MESSAGE_RECEIVED: MESSAGE,
    Kind.CALL_RECEIVED: _CONTACT,
    Kind.DEVICE_CONNECTED: {**_ANY, "reason": ()},
    Kind.DEVICE_DISCONNECTED: {**_ANY, "reason": ()},
    Kind.DEVICE_QR: {**_ANY, "reason": ()},
    Kind.GROUP_CHANGED: {**_ANY, "action": ()},
    Kind.ACCOUNT_NOTICE: {**_ANY, "notice": ("name",)},
    Kind.TEMPLATE_NOTICE: {**_ANY, "notice": ("name",)},
    Kind.QUOTA_LOW: {**_ANY, "quota": ("remaining", "limit", "resets_at")},
    Kind.INBOUND_SILENT: {**_ANY, "hours": ()},
    Kind.SEND_FAILED: {**_CONTACT, "reason": ()},
}
RESERVED = frozenset(
    {name for names in NAMES.values() for name in names} | {"vars", "loop", "range"}
)

_SAMPLES: Mapping[str, object] = {
    "name": "Siti",
    "phone": "6281200000017",
    "text": "halo kak",
    "type": "text",
    "remaining": 90,
    "limit": 1000,
    "resets_at": "2026-01-06 00:00",
    "hours": 6,
}
# What people wrote is cut, so that quoting it cannot make a reply too long to send.
MAX_TEXT = 2000
MAX_NAME = 100


def values(
    event: Event, *, name: str | None, phone: str | None, timezone: str
) -> dict[str, object]:
    """Return what the names stand for in one event; times are written as in `timezone`."""
    contact = {"name": (name or "")[:MAX_NAME], "phone": phone or ""}
    common: dict[str, object] = {"device": {"id": event.device}, "gateway": event.gateway}
    match event:
        case Message():
            text = event.text[:MAX_TEXT]
            return common | {
                "contact": contact,
                "message": {"text": text, "type": event.type.value},
                "caption": text if event.type in MEDIA_TYPES else "",
            }
        case CallReceived():
            return common | {"contact": contact}
        case DeviceChanged():
            return common | {"reason": event.reason}
        case GroupChanged():
            return common | {"action": event.action}
        case Notice():
            return common | {"notice": {"name": event.name}}
        case InternalEvent():
            return common | {"contact": contact} | _internal(event, timezone)
    return common


def _internal(event: InternalEvent, timezone: str) -> dict[str, object]:
    told = event.details
    match event.name:
        case Kind.QUOTA_LOW:
            return {
                "quota": {
                    "remaining": _value(told.get("remaining")),
                    "limit": _value(told.get("limit")),
                    "resets_at": _local(told.get("resets_at"), timezone),
                }
            }
        case Kind.INBOUND_SILENT:
            return {"hours": _value(told.get("hours"))}
        case Kind.SEND_FAILED:
            return {"reason": _value(told.get("reason"))}
    return {}


def _value(told: object) -> str | int | float:
    return told if isinstance(told, str | int | float) else ""


def _local(told: object, timezone: str) -> str:
    """Return a time for people, "" for none."""
    try:
        time = datetime.fromisoformat(told) if isinstance(told, str) else None
        return f"{time.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}" if time else ""
    except (ValueError, OverflowError):
        return ""


def samples(names: Names) -> dict[str, object]:
    """Return a plausible value for every name, to try a text when the file is read."""
    return {
        name: {inner: _sample(inner) for inner in inside} if inside else _sample(name)
        for name, inside in names.items()
    }


def _sample(name: str) -> object:
    return _SAMPLES.get(name, name)
