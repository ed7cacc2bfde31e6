"""Effects about devices: ask how they are and what they have left, connect them anew."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import effects
from bot.devices import asking, keep_quota, keep_report
from bot.effects import ClaimedEffect
from bot.events import DeviceState
from bot.gateways.base import DeviceReport, Gateway, Quota
from bot.gateways.errors import GatewayError, NotSupported
from bot.inbox.errands import RESTART_SECONDS, new_restart
from bot.lanes import EFFECTS, lane_name
from bot.outbox.outcome import reason
from bot.performing.desk import Desk, Record, nothing
from models import Device, Effect, reading

logger = structlog.get_logger("balas.effects")


def report_device(effect: ClaimedEffect, desk: Desk) -> Record:
    """Ask the gateway how a device is and what it has left, and keep the answers."""
    asked_at = desk.now()
    gateway = desk.gateway(effect)
    report = None
    if gateway.has("device_report"):
        report = desk.client.perform(gateway.device_report(effect.device))
    with reading(desk.engine) as session:
        before = asking(session, effect.gateway, effect.device, now=desk.now())
    quota = _quota(gateway, effect, desk, is_all=report is None)

    def record(session: Session) -> set[str]:
        now, lanes = desk.now(), set()
        if report:
            lanes |= _keep_report(session, effect, report, gateway, asked_at=asked_at, now=now)
        if quota:
            lanes |= keep_quota(
                session,
                effect.gateway,
                effect.device,
                quota,
                asking=before,
                reserve_percent=desk.quota_reserve_percent,
                now=now,
            )
        return lanes

    return record


def restart_device(effect: ClaimedEffect, desk: Desk) -> Record:
    """Connect a device anew, unless it is connected by now or was restarted a moment ago."""
    with reading(desk.engine) as session:
        if _is_connected(session, effect) or _was_restarted(session, effect):
            return nothing
    desk.client.perform(desk.gateway(effect).restart_device(effect.device))
    return nothing


def _quota(gateway: Gateway, effect: ClaimedEffect, desk: Desk, *, is_all: bool) -> Quota | None:
    """Return what is left. `is_all`: there is no other answer that a refusal would lose."""
    if not gateway.has("quota"):
        return None
    try:
        return desk.client.perform(gateway.quota(effect.device))
    except NotSupported:
        return None
    except GatewayError as error:
        if is_all:
            raise
        logger.warning("a quota is not told", gateway=effect.gateway, reason=reason(error))
        return None


def _keep_report(
    session: Session,
    effect: ClaimedEffect,
    report: DeviceReport,
    gateway: Gateway,
    *,
    asked_at: datetime,
    now: datetime,
) -> set[str]:
    state = keep_report(session, effect.gateway, effect.device, report, asked_at=asked_at, now=now)
    account = gateway.account(effect.device)
    if state is not DeviceState.DISCONNECTED or not account or not account.restarts_device:
        return set()
    # Not every loss of a connection comes as a webhook.
    wanted = new_restart(effect.gateway, effect.device, at=now)
    return {lane_name(EFFECTS, lane) for lane in effects.add(session, [wanted], now=now)}


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
