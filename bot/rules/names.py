"""The names that texts may use, for each kind of event; docs/rules-reference.md lists them.

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
    StatusChanged,
)
from bot.rules.languages import Language

# Name → a plausible value, to try texts with when the file is read. A mapping is a group of names.
Names = Mapping[str, object]

_NOW = {"date": "5 Januari 2026", "time": "10:00", "day": "Senin", "greeting": "pagi"}
_ANY: Names = {"device": {"id": "toko-1"}, "gateway": "wagate", "now": _NOW}
CONTACT: Names = {**_ANY, "contact": {"name": "Siti", "phone": "6281200000017"}}
MESSAGE: Names = {
    **CONTACT,
    "message": {"text": "halo kak", "type": "text"},
    "caption": "ini buktinya",
}
NAMES: Mapping[Kind, Names] = {
    Kind.MESSAGE_RECEIVED: MESSAGE,
    Kind.CALL_RECEIVED: CONTACT,
    Kind.DEVICE_CONNECTED: {**_ANY, "reason": "logout"},
    Kind.DEVICE_DISCONNECTED: {**_ANY, "reason": "logout"},
    Kind.DEVICE_QR: {**_ANY, "reason": "logout"},
    Kind.GROUP_CHANGED: {**_ANY, "action": "add"},
    Kind.MESSAGE_STATUS: {**CONTACT, "status": "failed", "reason": "131026: undeliverable"},
    Kind.ACCOUNT_NOTICE: {**_ANY, "notice": {"name": "account_update"}},
    Kind.TEMPLATE_NOTICE: {**_ANY, "notice": {"name": "approved"}},
    Kind.QUOTA_LOW: {
        **_ANY,
        "quota": {"remaining": 90, "limit": 1000, "resets_at": "2026-01-06 00:00"},
    },
    Kind.INBOUND_SILENT: {**_ANY, "silent_hours": 6},
    Kind.SEND_FAILED: {**CONTACT, "reason": "the gateway refused it"},
    Kind.HANDOVER_ENDED: CONTACT,
    Kind.FLOW_TIMEOUT: CONTACT,
    Kind.EFFECT_DONE: CONTACT,
}
# What every text has besides: the sections of the file, and what a flow or a pattern has heard.
SECTIONS = ("vars", "hours", "tables", "form", "captured")
RESERVED = frozenset(
    {name for names in NAMES.values() for name in names} | {*SECTIONS, "loop", "range", "self"}
)

# A flow may go on without a message: its timeout, a call.
_NO_MESSAGE: Names = {"message": {"text": "", "type": ""}, "caption": ""}
# What people wrote is cut, so that quoting it cannot make a reply too long to send.
MAX_TEXT = 2000
MAX_NAME = 100


def values(
    event: Event,
    *,
    name: str | None,
    phone: str | None,
    now: datetime,
    zone: ZoneInfo,
    language: Language,
) -> dict[str, object]:
    """Return what the names stand for in one event; times are written as in `zone`."""
    contact = {"name": (name or "")[:MAX_NAME], "phone": phone or ""}
    common: dict[str, object] = {
        "device": {"id": event.device},
        "gateway": event.gateway,
        "now": Now(now, zone, language),
    }
    match event:
        case Message():
            text = event.text[:MAX_TEXT]
            return common | {
                "contact": contact,
                "message": {"text": text, "type": event.type.value},
                "caption": text if event.type in MEDIA_TYPES else "",
            }
        case CallReceived():
            return {**common, "contact": contact, **_NO_MESSAGE}
        case DeviceChanged():
            return common | {"reason": event.reason}
        case GroupChanged():
            return common | {"action": event.action}
        case StatusChanged():
            status = event.status.value if event.status else event.word
            return common | {"contact": contact, "status": status, "reason": event.error or ""}
        case Notice():
            return common | {"notice": {"name": event.name}}
        case InternalEvent():
            return {**common, "contact": contact, **_NO_MESSAGE, **_internal(event, zone)}
    return common


class Now(dict[str, str]):
    """The time of a turn in words, each worked out only when it is asked for."""

    __slots__ = ("_language", "_now", "_zone")

    def __init__(self, now: datetime, zone: ZoneInfo, language: Language) -> None:
        super().__init__()
        self._now, self._zone, self._language = now, zone, language

    def __missing__(self, name: str) -> str:
        local = self._now.astimezone(self._zone)
        match name:
            case "date":
                return (
                    f"{local.day} {self._language.months[local.month - 1][0].title()} {local.year}"
                )
            case "time":
                return f"{local:%H:%M}"
            case "day":
                return self._language.days[local.weekday()][0].title()
            case "greeting":
                begun = [hour for hour in self._language.greetings if hour <= local.hour]
                return self._language.greetings[max(begun)] if begun else ""
        raise KeyError(name)


def _internal(event: InternalEvent, zone: ZoneInfo) -> dict[str, object]:
    told = event.details
    match event.name:
        case Kind.QUOTA_LOW:
            return {
                "quota": {
                    "remaining": _value(told.get("remaining")),
                    "limit": _value(told.get("limit")),
                    "resets_at": _local(told.get("resets_at"), zone),
                }
            }
        case Kind.INBOUND_SILENT:
            return {"silent_hours": _value(told.get("hours"))}
        case Kind.SEND_FAILED:
            return {"reason": _value(told.get("reason"))}
    return {}


def _value(told: object) -> str | int | float:
    return told if isinstance(told, str | int | float) else ""


def _local(told: object, zone: ZoneInfo) -> str:
    """Return a time for people, "" for none."""
    try:
        time = datetime.fromisoformat(told) if isinstance(told, str) else None
        return f"{time.astimezone(zone):%Y-%m-%d %H:%M}" if time else ""
    except (ValueError, OverflowError):
        return ""
