"""flask messages show: all that is known of one message."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.common import DatabaseProblem, printable, runtime, shown
from bot.cli.contents import lines_of
from bot.cli.messages.group import MESSAGE_ID, messages, no_message
from bot.cli.messages.waiting import reasons, surroundings
from bot.content import NotContent, Text, choices_of, from_json
from models import Conversation, Media, Message, SendAttempt, reading


@messages.command("show")
@click.argument("message_id", type=MESSAGE_ID)
def show_message(message_id: int) -> None:
    """Show one message with its text, its way so far, and why it was answered as it was."""
    now = datetime.now(UTC)
    try:
        with reading(runtime().engine) as session:
            found = session.execute(
                select(Message, Conversation, Media)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .outerjoin(Media, Media.id == Message.media_id)
                .where(Message.id == message_id)
            ).one_or_none()
            if found is None:
                raise no_message(message_id)
            message, conversation, media = found
            around = surroundings(session, [message], now=now)[message_id]
            waits_for = "; ".join(reasons(message, around, now=now))
            attempts = session.scalars(
                select(SendAttempt)
                .where(SendAttempt.message_id == message_id)
                .order_by(SendAttempt.id)
            ).all()
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    for name, value in (
        *_what(message, conversation),
        *_way(message, waits_for),
        ("file", _file(message, media)),
        ("replies to", (message.details or {}).get("quoted_id")),
        ("pressed", _pressed(message)),
        *_history(attempts),
    ):
        click.echo(f"{name:12} {printable(value or '-')}")
    for name, text in (
        ("text", message.text),
        *(("content", line) for line in _content(message)),
        *(("sent as", line) for line in _sent_as(message)),
    ):
        # Indented, or a line of a text could pass for a line of ours.
        shown_text = printable(text, lines=True).replace("\n", "\n" + " " * 13)
        click.echo(f"{name:12} {shown_text}")


def why(explanation: Mapping[str, object] | None) -> str:
    """Return in words why a message was answered, or not."""
    parts = []
    for name, value in (explanation or {}).items():
        if isinstance(value, dict):
            value = ", ".join(f"{rule} ({reason})" for rule, reason in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        parts.append(f"{name}: {value}")
    return "; ".join(parts)


def _what(message: Message, conversation: Conversation) -> Iterator[tuple[str, object]]:
    yield "id", message.id
    yield "direction", message.direction
    yield "gateway", message.gateway
    yield "device", message.device
    yield "address", conversation.address
    yield "contact", conversation.name
    yield "event", message.event_id
    yield "external id", message.external_id
    yield "ticket", message.ticket
    yield "kind", message.kind
    yield "status", message.status
    yield "rule", message.rule
    yield "why", why(message.explanation)
    yield "automatic", "yes" if message.automatic else "no"


def _way(message: Message, waits_for: str) -> Iterator[tuple[str, object]]:
    yield "attempts", str(message.attempts)
    yield "reason", message.error
    yield "held", f"{message.held}, since {shown(message.held_at)}" if message.held else None
    yield "waits for", waits_for
    yield "created", shown(message.created_at)
    yield "due", shown(message.due_at)
    yield "expires", shown(message.expires_at)
    yield "attempted", shown(message.attempted_at)
    yield "sent", shown(message.sent_at)
    yield "delivered", shown(message.delivered_at)
    yield "read", shown(message.read_at)
    yield "failed", shown(message.failed_at)


def _history(attempts: Sequence[SendAttempt]) -> Iterator[tuple[str, str]]:
    for attempt in attempts:
        reason = f": {attempt.error}" if attempt.error else ""
        told = f"{shown(attempt.ended_at)} {attempt.outcome}{reason}"
        yield f"attempt {attempt.number}", told


def _file(message: Message, media: Media | None) -> str | None:
    """Return which file came or goes with a message, or why there is none."""
    if media is not None:
        return f"{media.mimetype}, {media.size} bytes, sha256 {media.sha256}"
    return f"none: {message.media_problem}" if message.media_problem else None


def _pressed(message: Message) -> str | None:
    button = (message.details or {}).get("button")
    return f"{button.get('title')} ({button.get('id')})" if isinstance(button, dict) else None


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


def _sent_as(message: Message) -> list[str]:
    """Return what went in place of the message, if anything did."""
    instead = (message.details or {}).get("sent_instead")
    if not isinstance(instead, dict):
        return []
    try:
        return lines_of(from_json(instead), with_ids=True)
    except NotContent as error:
        return [f"unreadable: {error}"]
