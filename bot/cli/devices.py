"""flask devices: how the devices are; connect one anew, pause and resume one."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.cli.acting import gateway_named, gateways
from bot.cli.common import DatabaseProblem, client, printable, runtime, shown, table, wake
from bot.cli.durations import DURATION
from bot.cli.messages.waiting import stopped
from bot.client import Client
from bot.devices import (
    Asked,
    DeviceKey,
    ask,
    asking,
    configured,
    keep_quota,
    keep_report,
)
from bot.gateways import GATEWAYS
from bot.gateways.base import Gateway
from bot.gateways.errors import GatewayError
from bot.lanes import LANES, OUTBOX, lane_name
from bot.outbox.outcome import reason
from bot.outbox.stops import UNTIL_RESUMED, let_go_on, stop
from bot.quotas import Asking
from models import Device, reading, writing

AT_ONCE = 8
ANY = "(any)"

ASK = click.option("--ask", "live", is_flag=True, help="Ask the gateways now, quota included.")


@click.group("devices", cls=AppGroup, invoke_without_command=True)
@ASK
@click.pass_context
@with_appcontext
def devices(context: click.Context, *, live: bool) -> None:
    """List the devices and how they are; show one, connect one anew, pause and resume one."""
    if context.invoked_subcommand:
        return
    asked = _ask_and_keep(_keys(_known())) if live else {}
    known = _known()
    table(
        (
            *("GATEWAY", "DEVICE", "STATE", "SINCE", "PHONE", "NAME", "LAST WEBHOOK"),
            *("QUOTA", "QUOTA ASKED", "NOTE"),
        ),
        [_row(key, known.get(key) or Device(), asked.get(key)) for key in _keys(known)],
    )
    if any(answer.problem for answer in asked.values()):
        raise click.exceptions.Exit(1)


@devices.command("show")
@click.argument("gateway", type=click.Choice(list(GATEWAYS)))
@click.argument("device")
@ASK
def show_device(gateway: str, device: str, *, live: bool) -> None:
    """Show all that is known of one device."""
    key = _named(gateway, device)
    asked = _ask_and_keep([key]) if live else {}
    known = _known()
    row, answer = known.get(key) or Device(), asked.get(key, Asked())
    for name, value in (
        ("gateway", gateway),
        ("device", device),
        ("configured", "yes" if _serves(key) else "no"),
        ("state", row.state),
        ("since", shown(row.changed_at)),
        ("reason", row.reason),
        ("phone", row.phone),
        ("name", row.name),
        ("last asked", shown(row.reported_at)),
        ("last webhook", shown(row.webhook_at)),
        ("bad signature", shown(row.forged_at)),
        ("rests until", shown(row.paused_until)),
        ("why", row.pause_reason),
        ("stopped", stopped(row, now=datetime.now(UTC))),
        ("problem", row.problem),
        ("problem at", shown(row.problem_at)),
        ("quota", _quota(row)),
        ("resets at", shown(row.quota_resets_at)),
        ("quota asked", shown(row.quota_at)),
        ("reserve", row.quota_reserve and f"{row.quota_reserve} for what people write"),
    ):
        click.echo(f"{name:14} {printable(value or '-')}")
    if answer.problem:
        raise click.ClickException(f"{gateway} cannot be asked: {answer.problem}")


@devices.command("restart")
@click.argument("gateway", type=click.Choice(list(GATEWAYS)))
@click.argument("device")
def restart_device(gateway: str, device: str) -> None:
    """Let a gateway connect a device anew."""
    try:
        client().perform(gateway_named(gateway).restart_device(device))
    except GatewayError as error:
        raise click.ClickException(reason(error)) from None
    click.echo("it connects anew: `flask devices --ask` tells how it is")


@devices.command("pause")
@click.argument("gateway", type=click.Choice(list(GATEWAYS)))
@click.argument("device")
@click.option("--for", "duration", type=DURATION, help="30m, 2h, 1d; else until it is resumed.")
def pause_device(gateway: str, device: str, duration: timedelta | None) -> None:
    """Send nothing from a device; what is to be sent waits. It still receives."""
    name = _named(gateway, device)[1]
    until = datetime.now(UTC) + duration if duration else UNTIL_RESUMED
    try:
        with writing(runtime().engine) as session:
            stop(session, gateway, name, until=until)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    told = f"until {shown(until)}" if duration else "until it is resumed"
    click.echo(f"nothing is sent from it {told}: `flask devices resume` ends that")


@devices.command("resume")
@click.argument("gateway", type=click.Choice(list(GATEWAYS)))
@click.argument("device")
def resume_device(gateway: str, device: str) -> None:
    """Let a device send again, whether a person stopped it or it rests."""
    name = _named(gateway, device)[1]
    try:
        with writing(runtime().engine) as session:
            was_still = let_go_on(session, gateway, name)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    wake({lane_name(OUTBOX, lane) for lane in range(LANES)})
    click.echo("it sends again" if was_still else "it was neither stopped nor resting")


def _named(gateway: str, device: str) -> DeviceKey:
    """Return the device that is meant, or raise ClickException."""
    known, key = _known(), (gateway, "" if device == ANY else device)
    if key not in known and key not in _keys(known):
        raise click.ClickException(f"{gateway} has no device {printable(device)}: `flask devices`")
    return key


def _known() -> dict[DeviceKey, Device]:
    try:
        with reading(runtime().engine) as session:
            return {(row.gateway, row.device): row for row in session.scalars(select(Device))}
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None


def _keys(known: Mapping[DeviceKey, Device]) -> list[DeviceKey]:
    """Return the devices to list; an account for any device only while none is known."""
    named = {key for key, _ in configured(gateways()) if key[1]}
    listed = {*known, *named}
    for (gateway, device), account in configured(gateways()):
        served = [key for key in listed if key[0] == gateway and _account(key) is account]
        if not device and not served:
            listed.add((gateway, ""))
    return sorted(listed)


def _account(key: DeviceKey) -> object:
    gateway = gateways().get(key[0])
    return gateway and gateway.account(key[1])


def _serves(key: DeviceKey) -> bool:
    return _account(key) is not None


def _ask_and_keep(keys: Sequence[DeviceKey]) -> dict[DeviceKey, Asked]:
    """Ask the gateways, write down what they say of the devices, and return it."""
    wanted = [key for key in keys if _serves(key)]
    shared, served, engine = client(), gateways(), runtime().engine
    asked_at = datetime.now(UTC)
    try:
        with reading(engine) as session:
            before = [asking(session, *key, now=asked_at) for key in wanted]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda key: _ask(shared, served[key[0]], key[1]), wanted))
        lanes: set[str] = set()
        with writing(engine) as session:
            for key, answer, known in zip(wanted, answers, before, strict=True):
                lanes |= _keep(session, key, answer, known)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    wake(lanes)
    return {
        (gateway, device or (answer.report.device if answer.report else "")): answer
        for (gateway, device), answer in zip(wanted, answers, strict=True)
    }


def _keep(session: Session, key: DeviceKey, answer: Asked, before: Asking) -> set[str]:
    """Write down what a gateway says of a device and return the lanes to wake."""
    gateway, device = key
    now = datetime.now(UTC)
    if answer.report:
        keep_report(session, gateway, device, answer.report, asked_at=before.at, now=now)
        device = device or answer.report.device
    if not answer.quota:
        return set()
    percent = runtime().settings.quota_reserve_percent
    return keep_quota(
        session, gateway, device, answer.quota, asking=before, reserve_percent=percent, now=now
    )


def _ask(shared: Client, gateway: Gateway, device: str) -> Asked:
    account = gateway.account(device)
    # What only receives has nothing to ask with.
    return ask(shared, gateway, device) if account and account.can_send else Asked()


def _row(key: DeviceKey, row: Device, asked: Asked | None) -> tuple[object, ...]:
    gateway, device = key
    return (
        gateway,
        device or ANY,
        row.state,
        shown(row.changed_at),
        row.phone,
        row.name,
        shown(row.webhook_at),
        _quota(row),
        shown(row.quota_at),
        "; ".join(_notes(key, row, asked)),
    )


def _notes(key: DeviceKey, row: Device, asked: Asked | None) -> list[str]:
    notes = [] if _serves(key) else ["not configured here"]
    until = stopped(row, now=datetime.now(UTC))
    if until:
        notes.append(f"stopped by a person {until}")
    if row.paused_until and row.paused_until > datetime.now(UTC):
        notes.append(f"rests until {shown(row.paused_until)} ({row.pause_reason})")
    if row.forged_at:
        notes.append(f"bad signature {shown(row.forged_at)}")
    if row.problem:
        notes.append(f"problem {shown(row.problem_at)}: {row.problem}")
    if asked and asked.problem:
        notes.append(f"cannot be asked: {asked.problem}")
    return notes


def _quota(row: Device) -> str | None:
    if row.quota_remaining is None:
        return None
    return f"{row.quota_remaining} of {row.quota_limit} left"
