"""Carry a decision of a person out on one message or on many, and tell how it went."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import click
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.common import DatabaseProblem, runtime, wake
from bot.cli.messages.choosing import Choice
from bot.lanes import OUTBOX, lane_name
from bot.outbox.settling import AT_ONCE, Settled
from models import Direction, Message, MessageStatus, reading

UNDER_WAY = (MessageStatus.CLAIMED, MessageStatus.SENDING)

Act = Callable[[Collection[int], ColumnElement[bool] | None], Settled]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done to messages, in words, and by what."""

    act: Act
    asks: str
    done: str
    # Whether what may have gone out goes out once more.
    doubles: bool = False


def change_chosen(
    change: Change,
    ids: tuple[int, ...],
    choice: Choice,
    *,
    may: ColumnElement[bool],
    is_sure: bool,
    now: datetime,
) -> None:
    """Change the messages that a person named, or else all that may be and that were described."""
    if ids and choice:
        raise click.UsageError("choose messages by id or by options, not by both")
    if not ids and not choice:
        raise click.UsageError("name messages by id, or choose them by options such as --reason")
    if ids:
        change_each(change, ids)
    else:
        where = and_(may, *choice.conditions(now=now))
        _change_many(change, where, is_sure=is_sure)


def change_each(change: Change, ids: tuple[int, ...]) -> None:
    """Change messages that a person named; tell of each how it went."""
    wanted = list(dict.fromkeys(ids))
    settled = _carry_out(change, wanted)
    refused = [message_id for message_id in wanted if message_id not in settled]
    for message_id in wanted:
        if message_id in settled:
            click.echo(f"message {message_id} is {change.done}")
    for message_id, why in _refusals(refused):
        click.echo(f"Error: message {message_id}: {why}", err=True)
    if refused:
        raise click.exceptions.Exit(1)


def _change_many(change: Change, where: ColumnElement[bool], *, is_sure: bool) -> None:
    """Change all messages that are as `where` says, after asking; tell how many."""
    found = _found(where)
    if not found:
        click.echo("nothing")
        return
    counts = Counter(found.values())
    click.echo(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    if change.doubles and counts[MessageStatus.UNKNOWN]:
        click.echo("those that are unknown may arrive twice")
    if not is_sure:
        click.confirm(f"{change.asks} ({len(found)})?", abort=True)
    settled = _carry_out(change, list(found), where)
    click.echo(f"{change.done}: {len(settled)}")
    if len(settled) < len(found):
        click.echo(f"changed meanwhile, left alone: {len(found) - len(settled)}")


def _carry_out(
    change: Change, ids: Sequence[int], where: ColumnElement[bool] | None = None
) -> set[int]:
    """Change messages, the oldest first and a batch at a time; return those that were changed."""
    ordered, done, lanes = sorted(ids), set[int](), set[int]()
    try:
        for start in range(0, len(ordered), AT_ONCE):
            settled = change.act(ordered[start : start + AT_ONCE], where)
            done |= settled.ids
            lanes |= settled.lanes
    except SQLAlchemyError as error:
        if done:
            click.echo(f"{change.done}: {len(done)}, then the database broke off")
        raise DatabaseProblem(error) from None
    finally:
        wake({lane_name(OUTBOX, lane) for lane in lanes})
    return done


def _found(where: ColumnElement[bool]) -> dict[int, str]:
    """Return the messages that are as `where` says, with their status."""
    query = select(Message.id, Message.status).where(Message.direction == Direction.OUT, where)
    try:
        with reading(runtime().engine) as session:
            return {row.id: row.status for row in session.execute(query)}
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None


def _refusals(ids: Sequence[int]) -> list[tuple[int, str]]:
    """Return why each message was not changed."""
    if not ids:
        return []
    try:
        with reading(runtime().engine) as session:
            rows = session.execute(
                select(Message.id, Message.status).where(
                    Message.id.in_(ids), Message.direction == Direction.OUT
                )
            )
            known = {row.id: row.status for row in rows}
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    return [(message_id, _refusal(known.get(message_id))) for message_id in ids]


def _refusal(status: str | None) -> str:
    if status is None:
        return "there is no such outgoing message"
    if status in UNDER_WAY:
        return f"it is {status}, so it may be leaving right now: look again in a minute"
    return f"it is {status}"
