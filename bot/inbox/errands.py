"""What an event makes us do at its gateway besides answering: fetch, mark, restart."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.effects import EffectKind, NewEffect
from bot.events import DeviceChanged, DeviceState, MessageReceived
from bot.gateways.base import Gateway
from bot.inbox.arrivals import ADDRESS_LIMIT, KEY_LIMIT, folded
from bot.inbox.changes import Pending

# A monitor may tell of the same disconnection every half minute.
RESTART_SECONDS = 600
# What disconnected so long ago has connected since, or is in somebody's hands.
STALE = timedelta(seconds=RESTART_SECONDS)


def errands(
    pending: Pending,
    gateway: Gateway | None,
    *,
    is_answered: bool,
    marks_read: bool,
    shows_typing: bool,
) -> Iterator[NewEffect]:
    """Yield what a message makes us do. Media are fetched whether or not it is answered."""
    message = pending.event
    if gateway is None or not isinstance(message, MessageReceived):
        return
    if message.media and not message.media.problem:
        yield _effect(EffectKind.FETCH_MEDIA, pending)
    if not (is_answered and message.external_id):
        return
    if shows_typing and gateway.has("show_typing"):
        yield _effect(EffectKind.SHOW_TYPING, pending, message_id=message.external_id)
    elif marks_read and gateway.has("mark_read"):
        yield _effect(EffectKind.MARK_READ, pending, message_id=message.external_id)


def restart(pending: Pending, event: DeviceChanged, gateway: Gateway | None) -> Iterator[NewEffect]:
    """Yield the restart of a device that disconnected, where its account asks for that."""
    account = gateway and gateway.account(event.device)
    if event.state is not DeviceState.DISCONNECTED or not account or not account.restarts_device:
        return
    told_late = event.occurred_at and pending.received_at - event.occurred_at > STALE
    if not told_late:
        yield new_restart(event.gateway, event.device, at=pending.received_at)


def new_restart(gateway: str, device: str, *, at: datetime) -> NewEffect:
    """Return the restart of a device: the same one for everybody who wants it at this time."""
    device = folded(device, KEY_LIMIT)
    slot = int(at.timestamp()) // RESTART_SECONDS
    return NewEffect(
        kind=EffectKind.RESTART_DEVICE,
        key=folded(f"{gateway}/{device}:{slot}", KEY_LIMIT),
        gateway=gateway,
        device=device,
    )


def _effect(kind: EffectKind, pending: Pending, **details: str) -> NewEffect:
    event = pending.event
    return NewEffect(
        kind=kind,
        key=str(pending.id),
        gateway=event.gateway,
        device=folded(event.device, KEY_LIMIT),
        address=event.address and folded(event.address, ADDRESS_LIMIT),
        event_id=pending.id,
        details=details,
    )
