"""Devices as they are written down: connected, not resting, not silent, not forged."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.gateways import judge_state
from bot.doctor.verdicts import Scene, Verdict, good, warning
from bot.events import DeviceState
from bot.gateways.errors import NotAuthorised
from bot.outbox.stops import UNTIL_RESUMED
from bot.quotas import is_low
from models import Device, reading

PART = "devices"
RECENT = timedelta(hours=24)
# A number of a shop that hears nothing for so long is more likely cut off than idle.
SILENT = timedelta(days=2)


def check_devices(scene: Scene) -> Sequence[Verdict]:
    """Look at the devices of the configured gateways."""
    try:
        with reading(scene.runtime.engine) as session:
            rows = session.scalars(select(Device).order_by(Device.gateway, Device.device)).all()
    except SQLAlchemyError:
        return []  # said of the database already
    now = scene.now()
    gateways = scene.runtime.gateways
    served = [
        row for row in rows if row.gateway in gateways and gateways[row.gateway].account(row.device)
    ]
    percent = scene.runtime.settings.quota_low_percent
    found = [
        verdict for row in served for verdict in judge_device(row, low_percent=percent, now=now)
    ]
    if found or not served:
        return found
    return [good(PART, f"nothing is wrong with the {len(served)} that are known")]


def judge_device(row: Device, *, low_percent: int = 0, now: datetime) -> Iterator[Verdict]:
    """Yield what is wrong with a device."""
    part = f"{row.gateway} {row.device}".strip()
    if row.state in (DeviceState.DISCONNECTED, DeviceState.QR):
        yield judge_state(part, DeviceState(row.state), row.reason or "")
    if row.stopped_until and row.stopped_until > now:
        until = f"{row.stopped_until:%Y-%m-%d %H:%M} UTC"
        when = "it is resumed" if row.stopped_until >= UNTIL_RESUMED else until
        what = f"a person has stopped it: nothing is sent until {when}"
        yield warning(part, what, f"flask devices resume {part}")
    if row.paused_until and row.paused_until > now:
        what = f"it rests until {row.paused_until:%Y-%m-%d %H:%M} UTC: {row.pause_reason}"
        refused = (row.pause_reason or "").startswith(NotAuthorised.__name__)
        advice = f"set a valid token and restart, then flask devices resume {part}"
        yield warning(part, what, advice if refused else "what waits goes out by itself then")
    if is_low(row, percent=low_percent, now=now):
        until = f" until {row.quota_resets_at:%Y-%m-%d %H:%M} UTC" if row.quota_resets_at else ""
        what = f"{row.quota_remaining} of {row.quota_limit} messages are left{until}"
        yield warning(part, what, _low_advice(row))
    if row.forged_at and now - row.forged_at < RECENT:
        what = f"a webhook was refused at {row.forged_at:%Y-%m-%d %H:%M} UTC: wrong signature"
        advice = "compare the secret here with the gateway's; or somebody is trying"
        yield warning(part, what, advice)
    if row.webhook_at and now - row.webhook_at > SILENT:
        what = f"no webhook came since {row.webhook_at:%Y-%m-%d %H:%M} UTC"
        yield warning(part, what, "look whether the gateway has switched the webhook off")
    if row.problem and row.problem_at and now - row.problem_at < RECENT:
        yield warning(part, f"it had a problem: {row.problem}", "flask devices show tells when")


def _low_advice(row: Device) -> str:
    if (row.quota_remaining or 0) <= (row.quota_reserve or 0):
        return "upgrade the plan: what is left is for people, automatic answers wait"
    return "upgrade the plan, or nothing goes out once it is used up"
