"""How long the oldest waits that is due, in each box. Pure."""

from datetime import datetime

from bot.metrics.standing import DeviceRow, Standing
from models import MessageStatus

INBOX = "inbox"
OUTBOX = "outbox"
RESTING = "outbox_resting"
EFFECTS = "effects"
BOXES = (INBOX, OUTBOX, RESTING, EFFECTS)


def ages(standing: Standing) -> dict[str, float]:
    """Return the ages in seconds, by box; 0 where nothing is due.

    Messages of devices that send nothing now are in a box of their own: they wait for something.
    """
    since = {INBOX: standing.events_due_since, EFFECTS: standing.effects_due_since}
    idle, in_reserve = _idle(standing), _in_reserve(standing)
    for row in standing.messages:
        if row.status != MessageStatus.QUEUED or row.held or row.due_since is None:
            continue
        key = (row.gateway, row.device)
        waits = key in idle or (row.automatic and key in in_reserve)
        box = RESTING if waits else OUTBOX
        since[box] = min(row.due_since, since.get(box) or row.due_since)
    return {box: _seconds(since.get(box), standing.at) for box in BOXES}


def is_stopped(device: DeviceRow, now: datetime) -> bool:
    """Return whether a person has stopped a device."""
    return device.stopped_until is not None and device.stopped_until > now


def _idle(standing: Standing) -> set[tuple[str, str]]:
    """Return the devices that send nothing: they rest, were stopped, or their gateway is away."""
    away = {(row.gateway, row.host) for row in standing.breakers}
    idle = {
        (row.gateway, row.device)
        for row in standing.devices
        # A rest that is over goes on until a probe was taken.
        if row.paused_until is not None or is_stopped(row, standing.at)
    }
    return idle | {
        (row.gateway, row.device)
        for row in standing.messages
        if (gateway := standing.gateways.get(row.gateway))
        and (row.gateway, gateway.host(row.device)) in away
    }


def _in_reserve(standing: Standing) -> set[tuple[str, str]]:
    """Return the devices whose last quota is not for automatic messages."""
    return {
        (row.gateway, row.device)
        for row in standing.devices
        if row.quota_remaining is not None
        and row.quota_reserve is not None
        and row.quota_remaining <= row.quota_reserve
    }


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
