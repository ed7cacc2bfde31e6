"""flask send: put a message into the outbox."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot import outbox, rules
from bot.cli.attaching import Attached, attached
from bot.cli.common import DatabaseProblem, client, runtime, wake
from bot.cli.composing import Written, compose
from bot.cli.contents import with_article
from bot.cli.outside import warn_of_window
from bot.cli.sender import Target, check_sendable, target_of
from bot.content import MEDIA_KINDS, Content, Media, Text
from bot.extend import beside
from bot.gateways import GATEWAYS
from bot.gateways.errors import GatewayError
from bot.gateways.numbers import normalise
from bot.gateways.reading import clean
from bot.inbox.conversations import ensure_conversation
from bot.lanes import OUTBOX, lane_name
from bot.outbox.adapt import adapt
from bot.outbox.outcome import reason
from bot.rules import RulesError
from models import Message, writing

SEVERAL = "Several may be given."

Command = TypeVar("Command", bound=Callable[..., Any])


def media_options(command: Command) -> Command:
    """Add one option for each kind of media."""
    for kind in reversed(MEDIA_KINDS):
        option = click.option(f"--{kind}", metavar="LINK|FILE", help=f"Send this {kind}.")
        command = option(command)
    return command


@click.command()
@click.argument("gateway", type=click.Choice(list(GATEWAYS)))
@click.argument("to")
@click.argument("text", default="")
@click.option("--device", help="The device to send from; needed where several are configured.")
@media_options
@click.option("--filename", default="", help="What a document is called.")
@click.option("--button", multiple=True, metavar="ID=TITLE", help=f"A button. {SEVERAL}")
@click.option("--list", "label", metavar="LABEL", help="A list behind a button of this name.")
@click.option("--row", multiple=True, metavar="ID=TITLE[=MORE]", help=f"Its row. {SEVERAL}")
@click.option("--header", default="", help="A line above a menu.")
@click.option("--footer", default="", help="A line below a menu.")
@click.option("--template", metavar="NAME:LANGUAGE", help="A text that was approved before.")
@click.option("--parameter", multiple=True, help=f"What fills it. {SEVERAL}")
@click.option("--location", metavar="LATITUDE,LONGITUDE[,NAME]", help="A place on the map.")
@click.option("--contact", multiple=True, metavar="NAME:NUMBER", help=f"A card. {SEVERAL}")
@click.option("--react", metavar="MESSAGE:EMOJI", help="An emoji on a message, by external id.")
@click.option("--reply-to", metavar="MESSAGE", help="Quote a message, by its external id.")
@click.option("--check", is_flag=True, help="Ask first whether the number is on WhatsApp.")
@with_appcontext
def send(gateway: str, to: str, text: str, device: str | None, **options: Any) -> None:
    """Send TEXT to the number or address TO, through the outbox like any reply.

    With media, TEXT is the caption. What the gateway cannot show is put in other words.
    """
    if not to.strip():
        raise click.ClickException("nobody to send to")
    content = compose(_written(clean(text), options))
    target = target_of(gateway, clean(to), device)
    if options["reply_to"] and not target.abilities.quotes:
        raise click.ClickException(f"{target.gateway.title} cannot quote: leave out --reply-to")
    _parts(content, target)  # whatever cannot be sent is refused before a file is kept
    if options["check"]:
        _check_number(target, to)
    file = attached(content, target.gateway, target.abilities)
    parts = _parts(file.content, target)
    warn_of_window(parts, target)
    ids, lanes = _queue(parts, target, file, quoted_id=options["reply_to"])
    wake({lane_name(OUTBOX, lane) for lane in lanes})
    if parts != [file.content]:
        kinds = ", then ".join(_named(part) for part in parts)
        click.echo(f"{target.gateway.title} takes this as {kinds}")
    named = " and ".join(map(str, ids))
    click.echo(f"queued as {named}: `flask messages show {ids[-1]}`")


def _written(text: str, options: dict[str, Any]) -> Written:
    return Written(
        text=text,
        media={kind: options[kind] for kind in MEDIA_KINDS if options[kind]},
        filename=options["filename"],
        buttons=options["button"],
        label=options["label"],
        rows=options["row"],
        header=options["header"],
        footer=options["footer"],
        template=options["template"],
        parameters=options["parameter"],
        location=options["location"],
        contacts=options["contact"],
        reaction=options["react"],
    )


def _parts(content: Content, target: Target) -> list[Content]:
    """Return what the gateway gets. Raises ClickException for what it cannot be given."""
    is_file = isinstance(content, Media) and not content.link
    parts = list(adapt(content, target.abilities, language=_language()))
    for part in parts:
        check_sendable(part, target, is_file=is_file)
    return parts


def _language() -> str:
    try:
        path = runtime().settings.rules_file
        return rules.load(path, extend=beside(path)).settings.language
    except RulesError:
        return "id"


def _named(part: Content) -> str:
    return (
        "a text with numbers"
        if isinstance(part, Text) and part.choices
        else with_article(part.kind)
    )


def _check_number(target: Target, to: str) -> None:
    number = normalise(to)
    if number is None:
        raise click.ClickException("--check asks about phone numbers, and this is none")
    try:
        is_there = client().perform(target.gateway.check_number(target.place[1], number))
    except GatewayError as error:
        raise click.ClickException(f"the number was not checked: {reason(error)}") from None
    if not is_there:
        raise click.ClickException("this number is not on WhatsApp: nothing was queued")


def _queue(
    parts: list[Content], target: Target, file: Attached, *, quoted_id: str | None
) -> tuple[list[int], set[int]]:
    """Queue what is to be sent; return the ids of the messages, and the lanes to wake."""
    now = datetime.now(UTC)
    try:
        with writing(runtime().engine) as session:
            file.register(session, now=now)
            conversation = ensure_conversation(session, target.place, now=now)
            messages = [
                outbox.NewMessage(
                    conversation_id=conversation,
                    place=target.place,
                    content=part,
                    position=position,
                    quoted_id=quoted_id if position == 0 else None,
                )
                for position, part in enumerate(parts)
            ]
            lanes = outbox.add(session, messages, now=now)
            queued = session.scalars(
                select(Message.id)
                .where(
                    Message.conversation_id == conversation,
                    Message.created_at == now,
                    Message.event_id.is_(None),
                )
                .order_by(Message.id)
            )
            return list(queued), lanes
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
