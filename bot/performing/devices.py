"""Effects about devices: ask how they are, connect them anew."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import effects
from bot.devices import keep_report
from bot.effects import ClaimedEffect
from bot.events import DeviceState
from bot.inbox.errands import RESTART_SECONDS, new_restart
from bot.lanes import EFFECTS, lane_name
from bot.performing.desk import Desk, Record, nothing
from models import Device, Effect, reading


def report_device(effect: ClaimedEffect, desk: Desk) -> Record:
    """Ask the gateway how a device is, and keep the answer."""
    asked_at = desk.now()
    gateway = desk.gateway(effect)
    report = desk.client.perform(gateway.device_report(effect.device))

    def record(session: Session) -> set[str]:
        now = desk.now()
        state = keep_report(
            session, effect.gateway, effect.device, report, asked_at=asked_at, now=now
        )
        account = gateway.account(effect.device)
        if state is not DeviceState.DISCONNECTED or not account or not account.restarts_device:
            return set()
        # Not every loss of a connection comes as a webhook.
        wanted = new_restart(effect.gateway, effect.device, at=now)
        lanes = effects.add(session, [wanted], now=now)
        return {lane_name(EFFECTS, lane) for lane in lanes}

    return record


def restart_device(effect: ClaimedEffect, desk: Desk) -> Record:
    """Connect a device anew, unless it is connected by now or was restarted a moment ago."""
    with reading(desk.engine) as session:
        if _is_connected(session, effect) or _was_restarted(session, effect):
            return nothing
    desk.client.perform(desk.gateway(effect).restart_device(effect.device))
    return nothing


def _is_connected(session: Session, effect: ClaimedEffect) -> bool:
    state = session.scalar(
        select(Device.state).where(Device.gateway == effect.gateway, Device.device == effect.device)
    )
    return state == DeviceState.CONNECTED


def _was_restarted(session: Session, effect: ClaimedEffect) -> bool:
    """Return whether another restart lies too near: two slots of time meet somewhere."""
    row = session.get(Effect, effect.id)
    if row is None:
        return False
    period = timedelta(seconds=RESTART_SECONDS)
    earlier = new_restart(effect.gateway, effect.device, at=row.created_at - period)
    return bool(
        session.scalar(
            select(Effect.id).where(
                Effect.kind == earlier.kind,
                Effect.key == earlier.key,
                Effect.id != effect.id,
                Effect.created_at > row.created_at - period,
            )
        )
    )
