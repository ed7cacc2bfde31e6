"""flask devices: how the devices are, and connect one anew."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.acting import gateway_named, gateways
from bot.cli.common import DatabaseProblem, client, printable, runtime, shown, table
from bot.client import Client
from bot.devices import Asked, DeviceKey, ask, configured, keep_report
from bot.gateways import GATEWAYS
from bot.gateways.base import Gateway, Quota
from bot.gateways.errors import GatewayError
from bot.outbox.outcome import reason
from models import Device, reading, writing

AT_ONCE = 8
ANY = "(any)"

ASK = click.option("--ask", "live", is_flag=True, help="Ask the gateways now, quota included.")


@click.group("devices", cls=AppGroup, invoke_without_command=True)
@ASK
@click.pass_context
@with_appcontext
def devices(context: click.Context, *, live: bool) -> None:
    """List the devices and how they are; show one, or connect one anew."""
    if context.invoked_subcommand:
        return
    asked = _ask_and_keep(_keys(_known())) if live else {}
    known = _known()
    table(
        ("GATEWAY", "DEVICE", "STATE", "SINCE", "PHONE", "NAME", "LAST WEBHOOK", "NOTE"),
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
    key = (gateway, device)
    known = _known()
    if key not in known and key not in _keys(known):
        raise click.ClickException(f"{gateway} has no device {printable(device)}: `flask devices`")
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
        ("problem", row.problem),
        ("problem at", shown(row.problem_at)),
        ("quota", _quota(answer.quota) if answer.quota else None),
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
    asking = [key for key in keys if _serves(key)]
    shared, served = client(), gateways()
    asked_at = datetime.now(UTC)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda key: _ask(shared, served[key[0]], key[1]), asking))
    try:
        with writing(runtime().engine) as session:
            for (gateway, device), answer in zip(asking, answers, strict=True):
                if answer.report:
                    now = datetime.now(UTC)
                    keep_report(session, gateway, device, answer.report, asked_at=asked_at, now=now)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    return {
        (gateway, device or (answer.report.device if answer.report else "")): answer
        for (gateway, device), answer in zip(asking, answers, strict=True)
    }


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
        "; ".join(_notes(key, row, asked)),
    )


def _notes(key: DeviceKey, row: Device, asked: Asked | None) -> list[str]:
    notes = [] if _serves(key) else ["not configured here"]
    if row.paused_until and row.paused_until > datetime.now(UTC):
        notes.append(f"rests until {shown(row.paused_until)} ({row.pause_reason})")
    if row.forged_at:
        notes.append(f"bad signature {shown(row.forged_at)}")
    if row.problem:
        notes.append(f"problem {shown(row.problem_at)}: {row.problem}")
    if asked and asked.quota:
        notes.append(f"quota {_quota(asked.quota)}")
    if asked and asked.problem:
        notes.append(f"cannot be asked: {asked.problem}")
    return notes


def _quota(quota: Quota) -> str:
    until = f" until {shown(quota.resets_at)}" if quota.resets_at else ""
    return f"{quota.remaining} of {quota.limit} left{until}"
