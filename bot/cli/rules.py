"""flask rules: check the rules file, and explain what it answers."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bot.cli.contents import lines_of
from bot.config import ConfigError, environment, read_settings
from bot.events import Button, MessageReceived, MessageType
from bot.gateway_settings import read_gateways
from bot.gateways import GATEWAYS
from bot.gateways.capabilities import Capabilities, MediaBy
from bot.rules import (
    Book,
    ConversationView,
    RulesError,
    Trace,
    Turn,
    load,
    trace,
    unheard,
    warnings,
)
from bot.rules.schema import TYPES
from bot.rules.tracing import in_words

_TIME = "%Y-%m-%d %H:%M"


def _default_file() -> str:
    return os.environ.get("RULES_FILE") or "rules.yaml"


@click.group("rules")
def rules() -> None:
    """Check the rules file, and explain what it answers."""


@rules.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--file", "option", type=click.Path(path_type=Path), help="The same, as an option.")
def check(file: Path | None, option: Path | None) -> None:
    """Tell every mistake in the rules file, with its line."""
    book = _load(file or option)
    limits = _limits()
    for warning in warnings(book, limits=limits, folder=Path(book.name).parent):
        click.echo(f"! {warning}")
    for sentence in (*_out_of_reach(book, limits), *_unheard(book)):
        click.echo(f"! {book.name}: {sentence}")
    count = len(book.rules) + len(book.event_rules)
    click.echo(f"✓ {book.name}: {count} rules, {book.words} words, version {book.version}")


@rules.command()
@click.argument("text", default="")
@click.option("--file", type=click.Path(path_type=Path), help="The rules file.")
@click.option("--gateway", type=click.Choice(list(GATEWAYS)), default="wagate", show_default=True)
@click.option("--device", default="", help="The device that the message comes in at.")
@click.option("--at", help='When, in the time zone of the file: "2026-01-04 20:00".')
@click.option("--button", help="The id of the button that is pressed.")
@click.option("--type", "type_", type=click.Choice(TYPES), help="What the message holds.")
@click.option("--name", default="Siti", show_default=True, help="The contact's name.")
@click.option("--first", is_flag=True, help="The contact has never written before.")
@click.option("--opted-out", is_flag=True, help="The contact wants no automatic replies.")
@click.option("--taken-over", is_flag=True, help="A person has just written from the device.")
@click.option("--handed-over", is_flag=True, help="A rule has just left the chat to a person.")
def explain(
    text: str,
    *,
    file: Path | None,
    gateway: str,
    device: str,
    at: str | None,
    button: str | None,
    type_: str | None,
    name: str,
    first: bool,
    opted_out: bool,
    taken_over: bool,
    handed_over: bool,
) -> None:
    """Tell which rule answers TEXT, and why the others do not."""
    book = _load(file)
    now = _time(at, book)
    pressed = Button(id=button, title=text) if button else None
    kind = MessageType(type_) if type_ else MessageType.BUTTON if pressed else MessageType.TEXT
    turn = Turn(
        event=MessageReceived(
            gateway=gateway,
            device=device,
            key="explain",
            address="6281200000017",
            raw=b"",
            occurred_at=now,
            text=text,
            type=kind,
            button=pressed,
            phone="6281200000017",
            name=name,
        ),
        now=now,
        received_at=now,
        conversation=ConversationView(
            name=name,
            phone="6281200000017",
            first=first,
            last_inbound_at=None if first else now - timedelta(hours=1),
            opted_out=opted_out,
            human_at=now if taken_over else None,
            handover_until=now + timedelta(hours=1) if handed_over else None,
        ),
    )
    for line in _shown(trace(book, turn)):
        click.echo(line)


def _load(file: Path | None) -> Book:
    try:
        return load(file or _default_file(), gateways=GATEWAYS)
    except RulesError as error:
        count = len(error.problems)
        for problem in error.problems:
            click.echo(problem, err=True)
        click.echo(f"✗ {count} {'problem' if count == 1 else 'problems'}", err=True)
        raise click.exceptions.Exit(1) from None


def _limits() -> dict[str, Capabilities]:
    """Return what the configured gateways can do; where none is configured, what all can."""
    try:
        configured = read_gateways(environment())
    except ConfigError:
        configured = {}
    abilities = {
        name: gateway.abilities(gateway.accounts[0].device) for name, gateway in configured.items()
    }
    can_send = {name: found for name, found in abilities.items() if found.sends}
    return can_send or {name: gateway.capabilities for name, gateway in GATEWAYS.items()}


def _out_of_reach(book: Book, limits: Mapping[str, Capabilities]) -> Iterator[str]:
    """Yield which gateways cannot get the files of replies: they read them at an address of ours.

    Only configured gateways are meant, as only for them somebody has to set one.
    """
    fallback = [book.fallback] if book.fallback else []
    rules = (*book.rules, *book.event_rules, *fallback)
    media = [variant.wording.media for rule in rules for variant in rule.variants]
    if not any(found and found.file for found in media):
        return
    try:
        environ = environment()
        configured, public_url = read_gateways(environ), read_settings(environ).public_url
    except ConfigError:
        return
    for name in configured:
        ways = limits[name].media_by if name in limits else ()
        if ways and MediaBy.BYTES not in ways and not public_url:
            yield f"{name} takes files by address only: set PUBLIC_URL, or give links instead"


def _unheard(book: Book) -> Sequence[str]:
    """Return which of the configured gateways do not tell what a person writes."""
    try:
        configured = read_gateways(environment())
    except ConfigError:
        return ()
    echoes = {name: gateway.capabilities.echoes for name, gateway in configured.items()}
    return unheard(book, echoes=echoes)


def _time(at: str | None, book: Book) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        local = datetime.strptime(at, _TIME).replace(tzinfo=ZoneInfo(book.settings.timezone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f'write it as "2026-01-04 20:00", not "{at}"') from None


def _shown(traced: Trace) -> list[str]:
    answer = traced.answer
    lines = [
        f"words:   {traced.normal or '(none)'}",
        f"guards:  {answer.explanation.guard or 'none stops it'}",
        "rules:",
        *(f"  {line}" for line in traced.lines),
    ]
    lines.extend(f"effect:  {in_words(effect)}" for effect in answer.effects)
    for number, reply in enumerate(answer.replies, start=1):
        what = "" if reply.content.kind == "text" else f"{reply.content.kind}, "
        lines.append(
            f"reply {number}: from {', '.join(reply.rules)}, {what}{len(reply.text)} characters"
        )
        lines.extend(f"  │ {line}" for line in lines_of(reply.content, with_ids=True))
    if not answer.replies:
        lines.append("reply:   none")
    return lines
