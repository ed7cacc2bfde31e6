"""Give an event another try: one that failed, or one that no module could read when it came."""

from datetime import datetime

from sqlalchemy import Engine, update

from bot.events import Kind
from bot.gateways import GATEWAYS
from bot.gateways.base import WebhookRequest
from bot.gateways.errors import Unreadable
from bot.inbox.append import insert_large
from bot.inbox.arrivals import arrival
from bot.inbox.parts import read_payload
from models import Event, reading, writing


class NotReplayable(Exception):
    """Another try would change nothing, or answer twice."""


def replay(engine: Engine, event_id: int, *, now: datetime) -> set[int]:
    """Make an event due again and return the inbox lanes to wake. Raises NotReplayable."""
    with reading(engine) as session:
        event = session.get(Event, event_id)
        if event is None:
            raise NotReplayable("there is no such event")
        payload = read_payload(session, event) if event.kind == Kind.UNPARSED else b""
    if event.kind == Kind.UNPARSED:
        return _parse_again(engine, event, payload, now=now)
    if event.processed_at is not None:
        raise NotReplayable("it was processed: another try could answer twice")
    with writing(engine) as session:
        session.execute(
            update(Event)
            .where(Event.id == event_id, Event.processed_at.is_(None))
            .values(error=None, due_at=now)
        )
    return {event.lane}


def _parse_again(engine: Engine, event: Event, payload: bytes, *, now: datetime) -> set[int]:
    """Append what the body says to today's module; its keys keep that from happening twice."""
    try:
        events = GATEWAYS[event.gateway]([]).parse(WebhookRequest(body=payload))
    except Unreadable as error:
        raise NotReplayable(str(error)) from None
    rows = [arrival(found, received_at=event.received_at, due_at=now) for found in events]
    insert_large(engine, rows)
    return {row.lane for row in rows}
