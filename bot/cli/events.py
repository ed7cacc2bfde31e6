"""flask events: look at what came in, and give what failed another try."""

from datetime import UTC, datetime

import click
from flask.cli import AppGroup
from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.common import LIMIT, DatabaseProblem, printable, runtime, shown, table, wake
from bot.inbox.parts import read_payload
from bot.inbox.replay import NotReplayable, replay
from bot.lanes import INBOX, lane_name
from models import Event, Message, reading
from models.base import UtcDateTime

events = AppGroup("events", help="Look at events; replay the ones that failed.")

_IS_OPEN = (Event.processed_at.is_(None), Event.error.is_(None))
_NOW = bindparam("now", type_=UtcDateTime)
STATES = {
    "waiting": (*_IS_OPEN, Event.received_at <= _NOW),
    # Our own events for a time to come.
    "later": (*_IS_OPEN, Event.received_at > _NOW),
    "failed": (Event.processed_at.is_(None), Event.error.is_not(None)),
    "processed": (Event.processed_at.is_not(None),),
    "unparsed": (Event.kind == "unparsed",),
}


@events.command("list")
@click.option("--state", type=click.Choice(list(STATES)), help="Only events in this state.")
@click.option("--gateway", help="Only events of this gateway.")
@LIMIT
def list_events(state: str | None, gateway: str | None, limit: int) -> None:
    """List the latest events. Texts and addresses are not shown."""
    query = select(Event).order_by(Event.id.desc()).limit(limit)
    if state:
        query = query.where(*STATES[state])
    if gateway:
        query = query.where(Event.gateway == gateway)
    try:
        with reading(runtime().engine) as session:
            rows = [
                (
                    event.id,
                    event.gateway,
                    event.device,
                    event.kind,
                    shown(event.received_at),
                    _state(event),
                )
                for event in session.scalars(query, {"now": datetime.now(UTC)})
            ]
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    table(("ID", "GATEWAY", "DEVICE", "KIND", "RECEIVED", "STATE"), rows)


@events.command("show")
@click.argument("event_id", type=int)
@click.option("--payload", is_flag=True, help="Print the stored body too: it holds people's words.")
def show_event(event_id: int, *, payload: bool) -> None:
    """Show one event, and the messages that belong to it."""
    try:
        with reading(runtime().engine) as session:
            event = session.get(Event, event_id)
            if event is None:
                raise click.ClickException(f"there is no event {event_id}")
            body = read_payload(session, event) if payload else b""
            messages = session.scalars(
                select(Message).where(Message.event_id == event_id).order_by(Message.id)
            ).all()
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    for name, value in (
        ("id", event.id),
        ("gateway", event.gateway),
        ("device", event.device),
        ("kind", event.kind),
        ("key", event.key),
        ("lane", event.lane),
        ("occurred", shown(event.occurred_at)),
        ("received", shown(event.received_at)),
        ("processed", shown(event.processed_at)),
        ("state", _state(event)),
        ("error", event.error or "-"),
        ("messages", ", ".join(f"{m.id} ({m.direction}, {m.status})" for m in messages) or "-"),
    ):
        click.echo(f"{name:10} {printable(value)}")
    if payload:
        click.echo(printable(body.decode("utf-8", "replace"), lines=True))


@events.command("replay")
@click.argument("event_ids", type=int, nargs=-1, required=True)
def replay_events(event_ids: tuple[int, ...]) -> None:
    """Process failed events again, and parse unparsed ones again. Nothing is answered twice."""
    lanes: set[int] = set()
    for event_id in event_ids:
        try:
            found = replay(runtime().engine, event_id, now=datetime.now(UTC))
        except NotReplayable as error:
            raise click.ClickException(f"event {event_id}: {error}") from None
        except SQLAlchemyError as error:
            raise DatabaseProblem(error) from None
        lanes |= found
        click.echo(f"event {event_id} is due again")
    wake({lane_name(INBOX, lane) for lane in lanes})


def _state(event: Event) -> str:
    if event.processed_at:
        return "processed"
    if event.error:
        return "failed"
    return "waiting" if event.received_at <= datetime.now(UTC) else "later"
