"""flask send: put a message into the outbox."""

from datetime import UTC, datetime

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from bot import outbox
from bot.cli.common import DatabaseProblem, runtime, wake
from bot.cli.customer import simulator_url
from bot.content import Text
from bot.gateways import GATEWAYS
from bot.gateways.reading import clean
from bot.inbox.conversations import ensure_conversation
from bot.lanes import OUTBOX, lane_name
from bot.simulator.compose import DEVICES
from models import writing


@click.command()
@click.argument("gateway", type=click.Choice(list(GATEWAYS)))
@click.argument("to")
@click.argument("text")
@click.option("--device", help="The device to send from; needed where several are configured.")
@with_appcontext
def send(gateway: str, to: str, text: str, device: str | None) -> None:
    """Send TEXT to the number or address TO, through the outbox like any reply."""
    if not (to.strip() and text.strip()):
        raise click.ClickException("nobody to send to, or nothing to send")
    place, text = _place(gateway, clean(to), device), clean(text)
    now = datetime.now(UTC)
    try:
        with writing(runtime().engine) as session:
            message = outbox.NewMessage(
                conversation_id=ensure_conversation(session, place, now=now),
                place=place,
                content=Text(text=text),
            )
            lanes = outbox.add(session, [message], now=now)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    wake({lane_name(OUTBOX, lane) for lane in lanes})
    click.echo("queued: see `flask messages list`")


def _place(name: str, to: str, device: str | None) -> tuple[str, str, str]:
    gateway = runtime().gateways.get(name)
    if gateway is None:
        simulator_url(name)
        return (name, device or DEVICES[name], GATEWAYS[name]([]).address(to))
    account = gateway.account(device or "")
    if account is None:
        devices = ", ".join(account.device for account in gateway.accounts)
        raise click.ClickException(f"--device must be one of {devices}")
    if not account.can_send:
        raise click.ClickException("; ".join(gateway.warnings()))
    return (name, device or account.sends_from, gateway.address(to))
