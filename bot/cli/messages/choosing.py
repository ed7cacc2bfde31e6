"""The messages that a command is about: the options to choose them by, and what they mean."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

import click
from sqlalchemy import ColumnElement, and_

from bot.cli.durations import DURATION
from bot.gateways import GATEWAYS
from models import Message, MessageStatus, status_is

HELD = "held"
WAITING = "waiting"

STATES: dict[str, ColumnElement[bool]] = {
    **{str(status): status_is(Message, status) for status in MessageStatus},
    # For a contact to write, or for a person to decide.
    HELD: Message.held.is_not(None),
    # For nothing that does not come by itself.
    WAITING: and_(status_is(Message, MessageStatus.QUEUED), Message.held.is_(None)),
}

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person wants of messages; None is anything."""

    state: str | None = None
    gateway: str | None = None
    device: str | None = None
    rule: str | None = None
    reason: str | None = None
    older_than: timedelta | None = None
    newer_than: timedelta | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) is not None for each in fields(self))

    def conditions(self, *, now: datetime) -> list[ColumnElement[bool]]:
        """Return what a message must be like."""
        found = []
        if self.state is not None:
            found.append(STATES[self.state])
        if self.gateway is not None:
            found.append(Message.gateway == self.gateway)
        if self.device is not None:
            found.append(Message.device == self.device)
        if self.rule is not None:
            # A message that several rules made names them all.
            rules = "," + Message.rule + ","
            found.append(rules.contains(f",{self.rule},", autoescape=True))
        if self.reason is not None:
            found.append(Message.error.icontains(self.reason, autoescape=True))
        if self.older_than is not None:
            found.append(Message.created_at < now - self.older_than)
        if self.newer_than is not None:
            found.append(Message.created_at > now - self.newer_than)
        return found


def chosen_by(states: Collection[str]) -> Callable[[Command], Command]:
    """Give a command the options of a Choice, with these states to choose from."""
    options = (
        # Two names for one thing: the column is called status.
        click.option("--state", "--status", "state", type=click.Choice([*map(str, states)])),
        click.option("--gateway", type=click.Choice(list(GATEWAYS)), help="Of this gateway."),
        click.option("--device", help="Of this device."),
        click.option("--rule", help="Made by this rule."),
        click.option("--reason", metavar="TEXT", help="With this in their reason."),
        click.option("--older-than", type=DURATION, help="Made longer ago: 2h, 1d."),
        click.option("--newer-than", type=DURATION, help="Made since then: 2h, 1d."),
    )

    def choose(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return choose
