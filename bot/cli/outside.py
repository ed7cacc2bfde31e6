"""Tell before a message is queued that it would wait for its contact to write."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.acting import simulating_run
from bot.cli.common import DatabaseProblem, runtime
from bot.cli.sender import Target
from bot.content import Content, Template
from bot.gateways.errors import OutsideWindow
from bot.outbox.windows import sendable_now
from models import Conversation, reading


def warn_of_window(parts: Iterable[Content], target: Target) -> None:
    """Say which messages will be held, or replaced, because the contact has not written lately."""
    name, device, address = target.place
    window = target.gateway.window(device, address)
    if window is None:
        return
    wrote_at, now = _wrote_at(target.place), datetime.now(UTC)
    for part in parts:
        try:
            sent = sendable_now(
                part, target.gateway, device=device, address=address, wrote_at=wrote_at, now=now
            )
        except OutsideWindow:
            _warn(f"{_why(target, window)} This one is held until then.")
            click.echo(f"  {_advice(name, address)}", err=True)
            return
        if isinstance(sent, Template) and sent is not part:
            _warn(f"{_why(target, window)} The template {sent.name} goes instead.")
            return


def _wrote_at(place: tuple[str, str, str]) -> datetime | None:
    gateway, device, address = place
    try:
        with reading(runtime().engine) as session:
            return session.scalar(
                select(Conversation.wrote_at).where(
                    Conversation.gateway == gateway,
                    Conversation.device == device,
                    Conversation.address == address,
                )
            )
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None


def _warn(line: str) -> None:
    click.secho(line, fg="yellow", err=True)


def _why(target: Target, window: timedelta) -> str:
    hours = window // timedelta(hours=1)
    return (
        f"{target.gateway.title} takes only templates until a contact writes, and from {hours} "
        "hours after that."
    )


def _advice(name: str, address: str) -> str:
    if simulating_run():
        return f"Let them write first: flask chat --gateway {name} --from {address}"
    return "A template goes at any time (--template NAME:LANGUAGE), see docs/gateways.md"
