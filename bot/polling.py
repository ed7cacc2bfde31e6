"""Put down the question how each device is, once in a while: not every gateway tells by itself."""

from datetime import datetime

from bot import effects
from bot.devices import DeviceKey, askable
from bot.effects import EffectKind, NewEffect
from bot.inbox.arrivals import KEY_LIMIT, folded
from bot.lanes import EFFECTS, Lanes, lane_name
from bot.runtime import Runtime
from models import reading, writing


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
    if not devices:
        return
    questions = [_question(device, slot) for device in devices]
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
