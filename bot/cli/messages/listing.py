"""flask messages list: many messages, a line each."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.common import LIMIT, DatabaseProblem, runtime, shown, table
from bot.cli.messages.choosing import STATES, Choice, chosen_by
from bot.cli.messages.group import messages
from bot.cli.messages.waiting import Surroundings, reasons, surroundings
from models import Message, reading

HEADINGS = (
    "ID",
    "DIR",
    "GATEWAY",
    "DEVICE",
    "KIND",
    "STATUS",
    "RULE",
    "ATTEMPTS",
    "CREATED",
    "REASON",
)


@messages.command("list")
@chosen_by(STATES)
@LIMIT
def list_messages(limit: int, **options: Any) -> None:
    """List the latest messages. Texts are not shown.

    `held` waits for a contact to write or for a person to decide, `waiting` for all else.
    """
    now = datetime.now(UTC)
    query = (
        select(Message)
        .where(*Choice(**options).conditions(now=now))
        .order_by(Message.id.desc())
        .limit(limit)
    )
    try:
        with reading(runtime().engine) as session:
            found = session.scalars(query).all()
            around = surroundings(session, found, now=now)
            rows = [_row(message, around[message.id], now=now) for message in found]
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    table(HEADINGS, rows)


def _row(message: Message, around: Surroundings, *, now: datetime) -> tuple[object, ...]:
    waits_for = next(reasons(message, around, now=now), None)
    return (
        message.id,
        message.direction,
        message.gateway,
        message.device or None,
        message.kind,
        f"{message.status}, held" if message.held else message.status,
        message.rule,
        message.attempts,
        shown(message.created_at),
        f"waits for {waits_for}" if waits_for else message.error or "",
    )
