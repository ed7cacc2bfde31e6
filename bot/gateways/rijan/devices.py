"""Reads how a Rijan device is."""

from pydantic import AliasChoices, Field

from bot.events import DeviceState
from bot.gateways.base import DeviceReport, HttpResponse
from bot.gateways.numbers import normalise, phone_of, without_device
from bot.gateways.reading import Payload, Text
from bot.gateways.rijan.refusals import accepted

# `connecting` is neither: the next question will tell.
STATES = {
    "connected": DeviceState.CONNECTED,
    "disconnected": DeviceState.DISCONNECTED,
    "failed": DeviceState.DISCONNECTED,
    "pairing": DeviceState.QR,
    "needs_pairing": DeviceState.QR,
}


class Described(Payload):
    """A device as the program describes it."""

    label: Text = None
    status: Text = None
    phone_number: Text = Field(
        default=None, validation_alias=AliasChoices("phone_number", "phoneNumber")
    )
    wa_jid: Text = Field(default=None, validation_alias=AliasChoices("wa_jid", "waJid"))


def read_report(response: HttpResponse, *, device: str) -> DeviceReport:
    """Return how a device is."""
    body = accepted(response)
    outer = body.get("data")
    inner = outer.get("device") if isinstance(outer, dict) else None
    found = next(part for part in (inner, outer, body) if isinstance(part, dict))
    described = Described.model_validate(found)
    state = STATES.get(described.status or "")
    return DeviceReport(
        device=device,
        state=state,
        reason="" if state is DeviceState.CONNECTED else described.status or "",
        phone=normalise(described.phone_number)
        or phone_of(without_device(described.wa_jid or "@")),
        name=described.label or None,
    )
