"""Write what a batch tells of devices, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.orm import Session

from bot import outbox, quotas
from bot.events import DeviceChanged, DeviceState
from bot.gateways.reading import clean, cleaned
from bot.inbox.arrivals import ADDRESS_LIMIT, KEY_LIMIT, folded
from bot.inbox.changes import Changes, DeviceKey
from models import Device, insert_into


def store_devices(session: Session, changes: Changes, *, now: datetime) -> None:
    """Write how the devices are, what they have left, and what the rules remember of them."""
    received = _received(changes)
    # One order for all that is written of them, see the outbox.
    for gateway, device in sorted(
        {*changes.devices, *changes.memories, *changes.switched, *received}
    ):
        if (gateway, device) in changes.memories:
            memory = changes.memories[(gateway, device)].as_json()
            _put(session, gateway, device, memory=cleaned(memory))
        if (gateway, device) in changes.switched:
            _put(session, gateway, device, off_until=changes.switched[(gateway, device)])
        event = changes.devices.get((gateway, device))
        if event is not None:
            _change_device(session, event, now=now)
        if times := received.get((gateway, device)):
            key = (gateway, folded(device, KEY_LIMIT))
            quotas.spend(session, {key: len(times)}, at=max(times))


def _put(session: Session, gateway: str, device: str, **values: object) -> None:
    session.execute(
        insert_into(session, Device)
        .values(gateway=gateway, device=folded(device, KEY_LIMIT), **values)
        .on_conflict_do_update(index_elements=["gateway", "device"], set_=values)
    )


def _received(changes: Changes) -> dict[DeviceKey, list[datetime]]:
    """Return when each message came that its gateway counts."""
    received: dict[DeviceKey, list[datetime]] = {}
    for item in changes.incoming:
        event = item.pending.event
        if quotas.is_metered(event.gateway):
            times = received.setdefault((event.gateway, event.device), [])
            times.append(item.pending.received_at)
    return received


def _change_device(session: Session, event: DeviceChanged, *, now: datetime) -> None:
    """Write down how a device is, unless something newer is known: events come late."""
    key = {"gateway": event.gateway, "device": folded(event.device, KEY_LIMIT)}
    values = _device(event, now=now)
    newest = session.scalars(
        insert_into(session, Device)
        .values(**key, **values)
        .on_conflict_do_update(
            index_elements=["gateway", "device"],
            set_=values,
            where=or_(
                Device.changed_at.is_(None),
                Device.changed_at <= values["changed_at"],
                # Nothing is known of the future: some clock was wrong.
                Device.changed_at > now,
            ),
        )
        .returning(Device.id)
    ).all()
    if newest and event.state is DeviceState.CONNECTED:
        outbox.resume(session, event.gateway, key["device"])


def _device(event: DeviceChanged, *, now: datetime) -> dict[str, object]:
    values: dict[str, object] = {
        "state": event.state,
        "reason": clean(event.reason)[:ADDRESS_LIMIT] or None,
        "changed_at": min(event.occurred_at or now, now),
    }
    if event.phone:
        values["phone"] = event.phone
    if event.name:
        values["name"] = clean(event.name)[:ADDRESS_LIMIT]
    return values
