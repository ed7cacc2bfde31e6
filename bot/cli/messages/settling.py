"""flask messages retry, discard and resolve: a person decides what becomes of messages."""

from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import or_

from bot.cli.common import runtime
from bot.cli.messages.changing import Change, change_chosen, change_each
from bot.cli.messages.choosing import HELD, WAITING, Choice, chosen_by
from bot.cli.messages.group import MESSAGE_ID, messages
from bot.outbox.retry import IS_HELD_BACK, IS_RETRYABLE, confirm_not_sent, retry_all
from bot.outbox.settling import IS_DISCARDABLE, confirm_sent, discard
from models import Message, MessageStatus, status_is

RETRYABLE = (
    MessageStatus.DEAD,
    MessageStatus.FAILED,
    MessageStatus.UNKNOWN,
    MessageStatus.CANCELLED,
    HELD,
)
DISCARDABLE = (
    MessageStatus.QUEUED,
    MessageStatus.UNKNOWN,
    MessageStatus.DEAD,
    MessageStatus.FAILED,
    HELD,
    WAITING,
)
# What many are sent again of unless a state is named: nothing that may arrive twice, and nothing
# that a person took back.
IS_GIVEN_UP = or_(status_is(Message, MessageStatus.DEAD, MessageStatus.FAILED), IS_HELD_BACK)

IDS = click.argument("message_ids", type=MESSAGE_ID, nargs=-1)
YES = click.option("--yes", is_flag=True, help="Do not ask before many are changed.")


@messages.command("retry")
@IDS
@chosen_by(RETRYABLE)
@YES
def retry_messages(message_ids: tuple[int, ...], *, yes: bool, **options: Any) -> None:
    """Send again: dead and failed messages, those that are held, and others by their state.

    What is `unknown` may then arrive twice. Messages are chosen by id, or all those that the
    options describe.
    """
    now = datetime.now(UTC)
    change = Change(
        act=lambda ids, where: retry_all(runtime().engine, ids, where=where, now=now),
        asks="send them again",
        done="queued again",
        doubles=True,
    )
    choice = Choice(**options)
    may = IS_RETRYABLE if choice.state else IS_GIVEN_UP
    change_chosen(change, message_ids, choice, may=may, is_sure=yes, now=now)


@messages.command("discard")
@IDS
@chosen_by(DISCARDABLE)
@YES
def discard_messages(message_ids: tuple[int, ...], *, yes: bool, **options: Any) -> None:
    """Cancel messages that were not sent: those with MESSAGE_IDS, or all that options describe."""
    now = datetime.now(UTC)
    change = Change(
        act=lambda ids, where: discard(runtime().engine, ids, where=where),
        asks="discard them",
        done="discarded",
    )
    choice = Choice(**options)
    change_chosen(change, message_ids, choice, may=IS_DISCARDABLE, is_sure=yes, now=now)


@messages.command("resolve")
@click.argument("message_ids", type=MESSAGE_ID, nargs=-1, required=True)
@click.option("--sent/--not-sent", default=None, help="Whether they have gone out.")
def resolve_messages(message_ids: tuple[int, ...], *, sent: bool | None) -> None:
    """Say whether messages of unknown outcome have gone out. Those that have not are sent again."""
    if sent is None:
        raise click.UsageError("say --sent or --not-sent: the chat on the phone shows it")
    now = datetime.now(UTC)
    settle = confirm_sent if sent else confirm_not_sent
    change = Change(
        act=lambda ids, _where: settle(runtime().engine, ids, now=now),
        asks="resolve them",
        done="sent" if sent else "queued again",
    )
    change_each(change, message_ids)
