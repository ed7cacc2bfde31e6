"""flask rules explain: which rule answers a text, and why the others do not."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bot.cli.explaining import explained
from bot.cli.rules.group import book_in, rules
from bot.gateways import GATEWAYS
from bot.rehearsal import Contact, Heard, NoSuchQuestion, Rehearsal, fill_in
from bot.rehearsal.usual import local
from bot.rules import Book, trace
from bot.rules.schema import TYPES
from bot.rules.values import read_moment

AN_HOUR = timedelta(hours=1)


@rules.command()
@click.argument("text", default="")
@click.option("--file", type=click.Path(path_type=Path), help="The rules file.")
@click.option(
    "--gateway",
    "--as",
    "gateway",
    type=click.Choice(list(GATEWAYS)),
    default="wagate",
    show_default=True,
    help="The gateway at which it comes in.",
)
@click.option("--device", default="", help="The device that the message comes in at.")
@click.option("--at", help='When, in the time zone of the file: "2026-01-04 20:00".')
@click.option("--in", "question", help="The question that is open: order.jumlah.")
@click.option("--form", multiple=True, help="An answer before it: produk=kopi. May be repeated.")
@click.option("--button", help="The id of the button that is pressed.")
@click.option("--type", "type_", type=click.Choice(TYPES), help="What the message holds.")
@click.option("--name", default="Siti", show_default=True, help="The contact's name.")
@click.option("--tag", multiple=True, help="A tag of the contact. May be repeated.")
@click.option("--first", is_flag=True, help="The contact has never written before.")
@click.option("--opted-out", is_flag=True, help="The contact wants no automatic replies.")
@click.option("--taken-over", is_flag=True, help="A person has just written from the device.")
@click.option("--handed-over", is_flag=True, help="A rule has just left the chat to a person.")
@click.option("--all", "shows_all", is_flag=True, help="Show every rule, however many there are.")
def explain(
    text: str,
    *,
    file: Path | None,
    gateway: str,
    device: str,
    at: str | None,
    question: str | None,
    form: tuple[str, ...],
    button: str | None,
    type_: str | None,
    name: str,
    tag: tuple[str, ...],
    first: bool,
    opted_out: bool,
    taken_over: bool,
    handed_over: bool,
    shows_all: bool,
) -> None:
    """Tell which rule answers TEXT, and why the others do not."""
    book = book_in(file)
    rehearsal = Rehearsal(
        book,
        gateway=gateway,
        device=device,
        at=_time(at, book),
        first=first,
        tags=frozenset(tag),
        contact=Contact(name=name),
        pace=timedelta(),
    )
    talk, now = rehearsal.talk, rehearsal.now
    talk.opted_out_at = now if opted_out else None
    talk.human_at = now if taken_over else None
    talk.handover_until = now + AN_HOUR if handed_over else None
    if question:
        _open(rehearsal, question, _answers(form))
    heard = _happen(rehearsal, text, button=button, type_=type_)
    turn = heard.turns[0][0]
    for line in explained(trace(book, turn), heard, shows_all=shows_all):
        click.echo(line)


def _happen(rehearsal: Rehearsal, text: str, *, button: str | None, type_: str | None) -> Heard:
    if button:
        return rehearsal.press(button, title=text)
    return rehearsal.send(type_, text) if type_ else rehearsal.say(text)


def _open(rehearsal: Rehearsal, question: str, form: Mapping[str, str]) -> None:
    try:
        fill_in(rehearsal, question, form)
    except NoSuchQuestion as error:
        raise click.BadParameter(str(error), param_hint="--in") from None


def _answers(form: tuple[str, ...]) -> dict[str, str]:
    pairs = [answer.partition("=") for answer in form]
    for step, sign, _ in pairs:
        if not sign:
            hint = f'write it as produk=kopi, not "{step}"'
            raise click.BadParameter(hint, param_hint="--form")
    return {step: answer for step, _, answer in pairs}


def _time(at: str | None, book: Book) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        return local(book, read_moment(at))
    except ValueError:
        raise click.BadParameter(f'write it as "2026-01-04 20:00", not "{at}"') from None
