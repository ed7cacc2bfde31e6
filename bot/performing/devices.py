"""Effects about devices: ask how they are, connect them anew."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.effects import ClaimedEffect
from bot.events import DeviceState
from bot.gateways.base import DeviceReport
from bot.gateways.reading import clean
from bot.outbox.record import resume
from bot.performing.desk import Desk, Record, nothing
from models import Device

TEXT_LIMIT = 255


def report_device(effect: ClaimedEffect, desk: Desk) -> Record:
    """Ask the gateway how a device is, and keep the answer."""
    report = desk.client.perform(desk.gateway(effect).device_report(effect.device))

    def record(session: Session) -> set[str]:
        keep_report(session, effect.gateway, effect.device, report, desk=desk)
        return set()

    return record


def restart_device(effect: ClaimedEffect, desk: Desk) -> Record:
    """Connect a device anew."""
    desk.client.perform(desk.gateway(effect).restart_device(effect.device))
    return nothing


def keep_report(
    session: Session, gateway: str, device: str, report: DeviceReport, *, desk: Desk
) -> None:
    """Write down how a device is."""
    values: dict[str, object] = {"reported_at": desk.now()}
    if report.state:
        values |= {"state": report.state, "reason": clean(report.reason)[:TEXT_LIMIT] or None}
    if report.phone:
        values["phone"] = report.phone
    if report.name:
        values["name"] = clean(report.name)[:TEXT_LIMIT]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Device)
        .values(gateway=gateway, device=device, **values)
        .on_conflict_do_update(index_elements=["gateway", "device"], set_=values)
    )
    if report.state is DeviceState.CONNECTED:
        resume(session, gateway, device)
