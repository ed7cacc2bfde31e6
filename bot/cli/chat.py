"""flask chat: type as a customer, against the running system or the rules file alone."""

import time
from pathlib import Path

import click
import requests
from flask.cli import with_appcontext
from sqlalchemy import select

from bot.cli.common import printable, runtime
from bot.cli.contents import below, lines_of
from bot.cli.customer import TIMEOUT_SECONDS, signed, web_url
from bot.cli.offline import converse
from bot.cli.rules.group import path_of
from bot.content import Content, NotContent, Text, from_json
from bot.gateways import GATEWAYS
from bot.simulator.compose import NAME, SENDER, address_of
from models import Conversation, Direction, Message, reading

REPLY_SECONDS = 10.0
# After a reply, this long for another one.
MORE_SECONDS = 0.5
POLL_SECONDS = 0.05


@click.command()
@click.option("--gateway", type=click.Choice(list(GATEWAYS)), default="wagate", show_default=True)
@click.option("--from", "sender", default=SENDER, show_default=True, help="The customer's number.")
@click.option("--name", default=NAME, show_default=True, help="The customer's name.")
@click.option("--real", is_flag=True, help="Talk through a configured gateway: replies go out.")
@click.option("--offline", is_flag=True, help="Talk to the rules file alone: nothing need run.")
@click.option("--file", type=click.Path(path_type=Path), help="The rules file, with --offline.")
@click.option("--tasks", is_flag=True, help="Run the tasks of your own module, with --offline.")
def chat(
    gateway: str,
    *,
    sender: str,
    name: str,
    real: bool,
    offline: bool,
    file: Path | None,
    tasks: bool,
) -> None:
    """Talk to the bot as a customer would. Ctrl-D ends it.

    Below buttons or a list, a number presses one. With --offline, /help lists what else can happen.
    """
    if offline:
        converse(path_of(file), gateway=gateway, runs_tasks=tasks)
        return
    for option, given in (("--file", file), ("--tasks", tasks)):
        if given:
            raise click.UsageError(f"{option} needs --offline")
    _against_the_system(gateway, sender=sender, name=name, real=real)


@with_appcontext
def _against_the_system(gateway: str, *, sender: str, name: str, real: bool) -> None:
    """Write to the running system. An empty line or Ctrl-D ends it.

    Below real buttons or a list, a number presses one.
    """
    click.echo(f"You are {name}, writing through {gateway}. An empty line ends the chat.")
    address = address_of(gateway, sender)
    last: Content | None = None
    while text := _typed(name):
        seen = _latest(gateway, address)
        typed = below(text, last)
        webhook = signed(
            gateway,
            typed.case,
            real=real,
            sender=sender,
            name=name,
            text=typed.text,
            button=typed.button,
        )
        try:
            answer = requests.post(
                web_url() + webhook.path,
                data=webhook.body,
                headers={"Content-Type": "application/json", **webhook.headers},
                timeout=TIMEOUT_SECONDS,
            )
        except requests.RequestException as error:
            raise click.ClickException(f"Balas does not answer ({type(error).__name__})") from None
        if not answer.ok:
            raise click.ClickException(f"Balas answers {answer.status_code}: {answer.text}")
        last = _print_replies(gateway, address, seen) or last


def _typed(name: str) -> str:
    try:
        text: str = click.prompt(name, prompt_suffix="> ", default="", show_default=False)
    except click.Abort:
        click.echo()
        return ""
    return text.strip()


def _print_replies(gateway: str, address: str, seen: int) -> Content | None:
    """Print replies as they are sent, and return the last one."""
    started = time.monotonic()
    end = started + REPLY_SECONDS
    shown: dict[int, str] = {}
    last: Content | None = None
    while time.monotonic() < end:
        for message in _outgoing(gateway, address, seen):
            if message.id not in shown and message.status not in ("queued", "claimed", "sending"):
                shown[message.id] = message.status
                took = (time.monotonic() - started) * 1000
                note = "" if message.sent_at else f", {message.status}: {message.error}"
                last = _content(message)
                click.secho(f"Balas> {_shown(last)}", fg="green")
                click.secho(f"       ({message.rule}, {took:.0f} ms{note})", dim=True)
                end = min(end, time.monotonic() + MORE_SECONDS)
        if not shown and (unanswered := _unanswered(gateway, address, seen)):
            guard = (unanswered.explanation or {}).get("guard")
            why = f"{guard}, " if guard else ""
            see = f"see `flask messages show {unanswered.id}`"
            click.secho(f"       (no reply: {why}{see})", dim=True)
            return None
        time.sleep(POLL_SECONDS)
    if not shown:
        click.secho(f"       (no reply within {REPLY_SECONDS:.0f} s)", dim=True)
    return last


def _content(message: Message) -> Content:
    try:
        return from_json(message.content) if message.content else Text(text=message.text)
    except NotContent:
        return Text(text=message.text)


def _shown(content: Content) -> str:
    return f"\n{' ' * len('Balas> ')}".join(map(printable, lines_of(content)))


def _latest(gateway: str, address: str) -> int:
    with reading(runtime().engine) as session:
        return (
            session.scalar(
                select(Message.id)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(Conversation.gateway == gateway, Conversation.address == address)
                .order_by(Message.id.desc())
                .limit(1)
            )
            or 0
        )


def _outgoing(gateway: str, address: str, since: int) -> list[Message]:
    return _messages(gateway, address, since, Direction.OUT)


def _unanswered(gateway: str, address: str, since: int) -> Message | None:
    """Return our message if it was processed without an answer."""
    incoming = _messages(gateway, address, since, Direction.IN)
    return incoming[-1] if incoming and not _outgoing(gateway, address, since) else None


def _messages(gateway: str, address: str, since: int, direction: Direction) -> list[Message]:
    with reading(runtime().engine) as session:
        return list(
            session.scalars(
                select(Message)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(
                    Conversation.gateway == gateway,
                    Conversation.address == address,
                    Message.id > since,
                    Message.direction == direction,
                )
                .order_by(Message.id)
            )
        )
