"""Put down the question how each device is, once in a while: not every gateway tells by itself.

What is left of a quota is asked before its turn where messages wait for it.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot import effects
from bot.devices import DeviceKey, askable
from bot.effects import EffectKind, NewEffect
from bot.gateways.base import Gateway
from bot.gateways.errors import QuotaExhausted
from bot.inbox.arrivals import KEY_LIMIT, folded
from bot.lanes import EFFECTS, Lanes, lane_name
from bot.quotas import WAITING_SECONDS, is_metered, new_question, rests_for_quota
from bot.runtime import Runtime
from models import Device, reading, writing

# How often a gateway is asked once a quota should have returned.
RETURN_SECONDS = 15


def poll(runtime: Runtime, lanes: Lanes, *, now: datetime) -> None:
    """Let a worker ask about every device, once in DEVICE_POLL_SECONDS whoever calls this."""
    every = runtime.settings.device_poll_seconds
    if not every:
        return
    slot = int(now.timestamp()) // every
    if not lanes.hold(f"poll:{slot}", seconds=every):
        return
    with reading(runtime.engine) as session:
        devices = askable(session, runtime.gateways, now=now)
    _put(runtime, lanes, [_question(device, slot) for device in devices], now=now)


def poll_quotas(runtime: Runtime, lanes: Lanes, *, now: datetime) -> None:
    """Let a worker ask what is left where that decides what is sent, and where nobody knows yet.

    The first does not depend on DEVICE_POLL_SECONDS: what waits for quota would wait for ever.
    """
    every = runtime.settings.device_poll_seconds
    with reading(runtime.engine) as session:
        wanted = _decisive(session, runtime, now=now)
        if every:
            wanted += _unknown(session, runtime, now=now, every=every)
    fresh = [each for each in wanted if lanes.hold(f"ask:{each.key}", seconds=max(every, 60))]
    _put(runtime, lanes, fresh, now=now)


def _decisive(session: Session, runtime: Runtime, *, now: datetime) -> list[NewEffect]:
    """Return the questions about quotas that ran out or should be back."""
    rows = session.scalars(
        select(Device).where(
            or_(
                Device.quota_remaining <= Device.quota_reserve,
                Device.quota_remaining <= 0,
                Device.quota_resets_at <= now,
                Device.pause_reason.startswith(QuotaExhausted.__name__),
            ),
        )
    )
    return [
        new_question(row.gateway, row.device, at=now, every=every)
        for row in rows
        if _tells_quota(runtime.gateways.get(row.gateway), row.device)
        and (every := _every(row, now=now))
    ]


def _tells_quota(gateway: Gateway | None, device: str) -> bool:
    account = gateway.account(device) if gateway and gateway.has("quota") else None
    return account is not None and account.can_send


def _every(row: Device, *, now: datetime) -> int:
    """Return how often to ask what a device has left, 0 where it is not time yet."""
    asked_at, resets_at = row.quota_at, row.quota_resets_at
    if asked_at and resets_at and asked_at < resets_at <= now:
        return RETURN_SECONDS
    waits = (row.quota_remaining or 0) <= (row.quota_reserve or 0) or rests_for_quota(row)
    is_time = asked_at is None or asked_at <= now - timedelta(seconds=WAITING_SECONDS)
    return WAITING_SECONDS if waits and is_time else 0


def _unknown(session: Session, runtime: Runtime, *, now: datetime, every: int) -> list[NewEffect]:
    """Return the questions about devices that were never asked, such as new ones."""
    if not any(is_metered(name) for name in runtime.gateways):
        return []
    rows = session.execute(
        select(Device.gateway, Device.device).where(Device.quota_at.is_not(None))
    )
    known = {(gateway, device) for gateway, device in rows}
    return [
        new_question(gateway, device, at=now, every=every)
        for gateway, device in askable(session, runtime.gateways, now=now)
        if is_metered(gateway) and (gateway, device) not in known
    ]


def _put(runtime: Runtime, lanes: Lanes, questions: list[NewEffect], *, now: datetime) -> None:
    if not questions:
        return
    with writing(runtime.engine) as session:
        woken = effects.add(session, questions, now=now)
    lanes.wake(lane_name(EFFECTS, lane) for lane in woken)


def _question(key: DeviceKey, slot: int) -> NewEffect:
    gateway, device = key
    return NewEffect(
        kind=EffectKind.REPORT_DEVICE,
        key=folded(f"{slot}:{gateway}/{device}", KEY_LIMIT),
        gateway=gateway,
        device=device,
    )
