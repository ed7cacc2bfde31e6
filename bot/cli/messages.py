"""flask messages: look at the history and the outbox, and send again what was given up."""

from collections.abc import Mapping
from datetime import UTC, datetime

import click
from flask.cli import AppGroup
from sqlalchemy import and_, select
from sqlalchemy.exc import SQLAlchemyError

from bot import effects
from bot.cli.common import LIMIT, DatabaseProblem, printable, runtime, shown, table, wake
from bot.cli.contents import lines_of
from bot.content import NotContent, Text, choices_of, from_json
from bot.effects import EffectKind, NewEffect
from bot.gateways import GATEWAYS
from bot.lanes import EFFECTS, OUTBOX, lane_name
from bot.outbox.claim import blockers
from bot.outbox.retry import NotRetryable, retry
from models import Conversation, Device, Media, Message, MessageStatus, reading, writing

messages = AppGroup("messages", help="Look at messages; retry the ones that were given up.")


@messages.command("list")
@click.option("--status", type=click.Choice([str(status) for status in MessageStatus]))
@click.option("--gateway", help="Only messages of this gateway.")
@LIMIT
def list_messages(status: str | None, gateway: str | None, limit: int) -> None:
    """List the latest messages. Texts are not shown."""
    query = (
        select(Message, Device)
        .outerjoin(Device, and_(Device.gateway == Message.gateway, Device.device == Message.device))
        .order_by(Message.id.desc())
        .limit(limit)
    )
    if status:
        query = query.where(Message.status == status)
    if gateway:
        query = query.where(Message.gateway == gateway)
    try:
        with reading(runtime().engine) as session:
            found = session.execute(query).all()
            ids = [message.id for message, _ in found]
            ahead = blockers(session, ids, now=datetime.now(UTC))
            rows = [
                (
                    message.id,
                    message.direction,
                    message.gateway,
                    message.kind,
                    message.status,
                    message.rule,
                    message.attempts,
                    shown(message.created_at),
                    _reason(message, device, ahead.get(message.id)),
                )
                for message, device in found
            ]
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    headings = ("ID", "DIR", "GATEWAY", "KIND", "STATUS", "RULE", "ATTEMPTS", "CREATED", "REASON")
    table(headings, rows)


@messages.command("show")
@click.argument("message_id", type=int)
def show_message(message_id: int) -> None:
    """Show one message with its text, its way so far, and why it was answered as it was."""
    try:
        with reading(runtime().engine) as session:
            found = session.execute(
                select(Message, Conversation, Media)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .outerjoin(Media, Media.id == Message.media_id)
                .where(Message.id == message_id)
            ).one_or_none()
            ahead = blockers(session, [message_id], now=datetime.now(UTC)).get(message_id)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    if found is None:
        raise click.ClickException(f"there is no message {message_id}")
    message, conversation, media = found
    for name, value in (
        ("id", message.id),
        ("direction", message.direction),
        ("gateway", message.gateway),
        ("device", message.device),
        ("address", conversation.address),
        ("contact", conversation.name or "-"),
        ("event", message.event_id or "-"),
        ("external id", message.external_id or "-"),
        ("ticket", message.ticket or "-"),
        ("kind", message.kind),
        ("status", message.status),
        ("rule", message.rule or "-"),
        ("why", why(message.explanation)),
        ("attempts", message.attempts),
        ("reason", message.error or "-"),
        ("waits for", f"message {ahead}, which goes first" if ahead else "-"),
        ("created", shown(message.created_at)),
        ("due", shown(message.due_at)),
        ("sent", shown(message.sent_at)),
        ("delivered", shown(message.delivered_at)),
        ("read", shown(message.read_at)),
        ("failed", shown(message.failed_at)),
        ("file", _file(message, media)),
        ("replies to", (message.details or {}).get("quoted_id") or "-"),
        ("pressed", _pressed(message)),
    ):
        click.echo(f"{name:12} {printable(value)}")
    for name, text in (("text", message.text), *(("content", line) for line in _content(message))):
        # Indented, or a line of a text could pass for a line of ours.
        shown_text = printable(text, lines=True).replace("\n", "\n" + " " * 13)
        click.echo(f"{name:12} {shown_text}")


def _file(message: Message, media: Media | None) -> str:
    """Return which file came or goes with a message, or why there is none."""
    if media is not None:
        return f"{media.mimetype}, {media.size} bytes, sha256 {media.sha256}"
    return f"none: {message.media_problem}" if message.media_problem else "-"


def _pressed(message: Message) -> str:
    button = (message.details or {}).get("button")
    return f"{button.get('title')} ({button.get('id')})" if isinstance(button, dict) else "-"


def _content(message: Message) -> list[str]:
    """Return what the message looks like, where it is more than its text."""
    if message.content is None:
        return []
    try:
        content = from_json(message.content)
    except NotContent as error:
        return [f"unreadable: {error}"]
    if isinstance(content, Text):
        choices = enumerate(choices_of(content), start=1)
        return [f"{number} stands for {choice.id}" for number, choice in choices]
    return lines_of(content, with_ids=True)


def why(explanation: Mapping[str, object] | None) -> str:
    """Return in words why a message was answered, or not."""
    parts = []
    for name, value in (explanation or {}).items():
        if isinstance(value, dict):
            value = ", ".join(f"{rule} ({reason})" for rule, reason in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        parts.append(f"{name}: {value}")
    return "; ".join(parts) or "-"


def _reason(message: Message, device: Device | None, ahead: int | None) -> str:
    """Return the last error, for how long the device rests, or what the message waits behind."""
    until = device.paused_until if device else None
    if device and until and until > datetime.now(UTC) and message.status == MessageStatus.QUEUED:
        return f"device rests until {shown(until)} ({device.pause_reason})"
    return f"waits behind {ahead}" if ahead else message.error or ""


@messages.command("escalate")
@click.argument("message_id", type=int)
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
            raise click.ClickException(f"there is no message {message_id}")
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


@messages.command("retry")
@click.argument("message_ids", type=int, nargs=-1, required=True)
def retry_messages(message_ids: tuple[int, ...]) -> None:
    """Send again: dead and failed messages, and `unknown` ones, which may then arrive twice."""
    for message_id in message_ids:
        try:
            lane = retry(runtime().engine, message_id, now=datetime.now(UTC))
        except NotRetryable as error:
            raise click.ClickException(f"message {message_id}: {error}") from None
        except SQLAlchemyError as error:
            raise DatabaseProblem(error) from None
        wake({lane_name(OUTBOX, lane)})
        click.echo(f"message {message_id} is queued again")
