"""What WAGate says of a device, in the words of its `GET /device` and of every answer to a send."""

from datetime import datetime
from typing import Any

from bot.events import DeviceState
from bot.gateways.base import DeviceReport, Finding, HttpResponse, JsonObject, Quota
from bot.gateways.errors import DeviceOffline, TransientError
from bot.gateways.numbers import normalise
from bot.gateways.reading import Payload, Text
from bot.gateways.responses import read_response
from bot.gateways.wagate.answers import judge_question

STATES = {
    "connected": DeviceState.CONNECTED,
    "ready": DeviceState.CONNECTED,
    "authenticated": DeviceState.CONNECTED,
    "active": DeviceState.CONNECTED,
    "online": DeviceState.CONNECTED,
    "open": DeviceState.CONNECTED,
    "disconnected": DeviceState.DISCONNECTED,
    "not_connected": DeviceState.DISCONNECTED,
    "logged_out": DeviceState.DISCONNECTED,
    "inactive": DeviceState.DISCONNECTED,
    "offline": DeviceState.DISCONNECTED,
    "closed": DeviceState.DISCONNECTED,
    "qr": DeviceState.QR,
    "scan_qr": DeviceState.QR,
    "qr_required": DeviceState.QR,
    "waiting_qr": DeviceState.QR,
    "pairing": DeviceState.QR,
}


class Described(Payload):
    """A device."""

    id: Text = None
    status: Text = None
    phone_number: Text = None
    name: Text = None
    device_name: Text = None


def judge_report(device: str, response: HttpResponse) -> DeviceReport:
    """Return how a device is, or raise why that cannot be told."""
    try:
        judge_question(response)
    except DeviceOffline as refusal:
        return DeviceReport(device=device, state=DeviceState.DISCONNECTED, reason=refusal.reason)
    told = Described.model_validate(_device_in(read_response(response)))
    word = told.status or ""
    if not word:
        raise TransientError("the answer does not say how the device is")
    return DeviceReport(
        device=device or told.id or "",
        state=STATES.get(word.strip().lower().replace(" ", "_").replace("-", "_")),
        reason=word,
        phone=normalise(told.phone_number),
        name=told.device_name or told.name,
    )


def look_at_device(report: DeviceReport) -> Finding:
    """Return whether a device can send and receive."""
    what = f"the device is {report.reason or report.state}"
    if report.state in (DeviceState.DISCONNECTED, DeviceState.QR):
        return Finding(ok=False, what=what, advice="scan its QR code in the dashboard")
    return Finding(ok=True, what=what)


def look_at_quota(quota: Quota) -> Finding:
    """Return whether messages can still go out and come in."""
    if quota.limit <= 0:
        return Finding(ok=True, what="it tells no limit of messages")
    what = f"{quota.remaining} of {quota.limit} messages are left"
    if quota.remaining > 0:
        return Finding(ok=True, what=what)
    until = f" or wait until {_day(quota.resets_at)}" if quota.resets_at else ""
    advice = f"upgrade the plan{until}: without quota WAGate sends nothing and posts no webhooks"
    return Finding(ok=False, what=what, advice=advice)


def _device_in(body: JsonObject) -> Any:
    """Return the object that says how the device is, however deep it stands."""
    inside = body.get("data") if isinstance(body.get("data"), dict) else {}
    places = (inside.get("device") if inside else None, inside, body.get("device"), body)
    return next((one for one in places if isinstance(one, dict) and "status" in one), {})


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d}"
