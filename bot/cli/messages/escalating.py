"""flask messages escalate: let a gateway's own people take a conversation over."""

from datetime import UTC, datetime

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot import effects
from bot.cli.common import DatabaseProblem, runtime, wake
from bot.cli.messages.group import MESSAGE_ID, messages, no_message
from bot.effects import EffectKind, NewEffect
from bot.gateways import GATEWAYS
from bot.lanes import EFFECTS, lane_name
from models import Conversation, Message, reading, writing


@messages.command("escalate")
@click.argument("message_id", type=MESSAGE_ID)
def escalate(message_id: int) -> None:
    """Ask the gateway's own people to take over the conversation of a message (CSKU)."""
    try:
        with reading(runtime().engine) as session:
            found = session.execute(
                select(Message.gateway, Message.device, Conversation.address)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(Message.id == message_id)
            ).one_or_none()
        if found is None:
            raise no_message(message_id)
        gateway = runtime().gateways.get(found.gateway) or GATEWAYS[found.gateway]([])
        if not gateway.has("call_human"):
            raise click.ClickException(f"{gateway.title} has no people of its own to call")
        now = datetime.now(UTC)
        call = NewEffect(
            kind=EffectKind.CALL_HUMAN,
            key=f"{message_id}:{int(now.timestamp())}",
            gateway=found.gateway,
            device=found.device,
            address=found.address,
            message_id=message_id,
        )
        with writing(runtime().engine) as session:
            lanes = effects.add(session, [call], now=now)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    wake({lane_name(EFFECTS, lane) for lane in lanes})
    click.echo(f"{gateway.title} is asked to call a person")
