"""flask send: put a message into the outbox."""

from datetime import UTC, datetime

import click
from flask.cli import with_appcontext
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot import outbox
from bot.cli.common import DatabaseProblem, runtime
from bot.cli.customer import simulator_url
from bot.gateways import GATEWAYS
from bot.inbox.conversations import ensure_conversation
from bot.lanes import OUTBOX, Lanes, lane_name
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
    place = _place(gateway, to, device)
    now = datetime.now(UTC)
    try:
        with writing(runtime().engine) as session:
            message = outbox.NewMessage(
                conversation_id=ensure_conversation(session, place, now=now), place=place, text=text
            )
            lanes = outbox.add(session, [message], now=now)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    _wake({lane_name(OUTBOX, lane) for lane in lanes})
    click.echo("queued: see `flask messages list`")


def _place(name: str, to: str, device: str | None) -> tuple[str, str, str]:
    gateway = runtime().gateways.get(name)
    if gateway is None:
        simulator_url(name)
        return (name, device or DEVICES[name], GATEWAYS[name]([]).address(to))
    account = gateway.account(device or "") or gateway.accounts[0]
    if not account.can_send:
        raise click.ClickException("; ".join(gateway.warnings()))
    return (name, device or account.sends_from, gateway.address(to))


def _wake(names: set[str]) -> None:
    """Wake at once if Redis answers; otherwise the sweep will."""
    try:
        Lanes(runtime().redis).wake(names)
    except RedisError:
        click.echo("Redis does not answer: the message goes out when it does", err=True)
