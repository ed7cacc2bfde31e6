"""Reads Rijan's webhooks into events, in both shapes that its documents show.

The program sends `eventType` with a raw Baileys message, update or receipt as `data`; its older
guide shows `event` with flat fields. Envelope and data are judged apart, so a mixture is read too.
https://github.com/teguh02/rijan_wa/blob/main/docs/en/19-webhooks-configuration.md
"""

from collections.abc import Callable, Mapping

from bot.events import (
    CallReceived,
    DeviceChanged,
    DeviceState,
    Event,
    GroupChanged,
    UnknownEvent,
    canonical,
)
from bot.gateways.numbers import normalise, phone_of, without_device
from bot.gateways.reading import read_object
from bot.gateways.rijan.messages import read_message
from bot.gateways.rijan.parts import Call, Device, Group, Webhook
from bot.gateways.rijan.statuses import read_status

# Receipts come as an array. Each of its elements gets an envelope of its own, with these fields.
ENVELOPE = (
    "id",
    "eventType",
    "event",
    "tenantId",
    "tenant_id",
    "deviceId",
    "device_id",
    "timestamp",
)
SPLIT = frozenset(
    {
        "message.received",
        "message.status",
        "message.updated",
        "receipt.delivery",
        "receipt.read",
        "call.received",
    }
)
DEVICE_STATES = {f"device.{state}": state for state in DeviceState}
# Demotions come as `participant.removed`, so the action in `data` goes before these.
GROUP_ACTIONS = {
    "group.updated": "update",
    "group.join": "add",
    "participant.added": "add",
    "participant.removed": "remove",
}


def read_events(body: bytes) -> list[Event]:
    """Return the events in a webhook's body: one, or one for every element of an array."""
    fields = read_object(body)
    whole = Webhook(fields, body)
    if whole.type not in SPLIT or not isinstance(whole.data, list) or len(whole.data) <= 1:
        return [_read(whole)]
    kept = {name: fields[name] for name in ENVELOPE if name in fields}
    # What else stands beside the array goes with its first element: nothing is lost, or doubled.
    around = [fields, *[kept] * (len(whole.data) - 1)]
    envelopes = [
        {**envelope, "data": [element]}
        for envelope, element in zip(around, whole.data, strict=True)
    ]
    return [_read(Webhook(envelope, canonical(envelope))) for envelope in envelopes]


def _read(webhook: Webhook) -> Event:
    read = READERS.get(webhook.type)
    event = read(webhook) if read else None
    return event or UnknownEvent(**webhook.common(), name=webhook.type)


def _read_device(webhook: Webhook) -> Event:
    device = Device.model_validate(webhook.data_object)
    return DeviceChanged(
        **webhook.common(),
        state=DEVICE_STATES[webhook.type],
        reason=device.reason or "",
        phone=normalise(device.phone_number) or phone_of(device.wa_jid),
    )


def _read_call(webhook: Webhook) -> Event | None:
    call = Call.model_validate(webhook.data_object)
    if not call.caller:
        return None
    return CallReceived(
        **webhook.common(address=without_device(call.caller)),
        call_id=call.id,
        video=call.video or call.type == "video",
        status=call.status or "",
        phone=phone_of(call.caller),
    )


def _read_group(webhook: Webhook) -> Event | None:
    group = Group.model_validate(webhook.data_object)
    if not group.id:
        return None
    return GroupChanged(
        **webhook.common(address=group.id),
        action=group.action or GROUP_ACTIONS[webhook.type],
        participants=group.participants,
    )


READERS: Mapping[str, Callable[[Webhook], Event | None]] = {
    "message.received": read_message,
    "message.status": read_status,
    "message.updated": read_status,
    "receipt.delivery": read_status,
    "receipt.read": read_status,
    "call.received": _read_call,
    **dict.fromkeys(DEVICE_STATES, _read_device),
    **dict.fromkeys(GROUP_ACTIONS, _read_group),
}
