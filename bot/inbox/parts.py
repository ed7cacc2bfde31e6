"""Keep a large payload in parts, in short transactions: small webhooks get their turn in between.

A part belongs to a body that has a fresh name. The event that names it is inserted after the last
part, so an event is never there without its payload; parts without an event are swept.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from io import BytesIO
from typing import Protocol

from sqlalchemy import ColumnElement, Engine, delete, func, insert, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models import Event, EventPart, reading, writing

# What one transaction writes: some milliseconds of SQLite's only writer.
PART = 512 * 1024
# Payloads above this lie in parts.
LARGEST_WHOLE = 256 * 1024
# An event follows its parts within seconds; the clocks of two machines may differ by more.
ORPHAN_AFTER = timedelta(hours=1)
SWEPT_AT_ONCE = 8
TIME_DIGITS = 12


class Stored(Protocol):
    """The columns of an event that hold its payload, or tell where it is."""

    @property
    def payload(self) -> bytes: ...
    @property
    def body_id(self) -> str | None: ...


def write_parts(engine: Engine, payload: bytes, *, now: datetime) -> str:
    """Commit a payload part by part and return the name of the body, or leave none of its parts.

    Raises SQLAlchemyError.
    """
    body_id = _time_of(now) + uuid.uuid4().hex[TIME_DIGITS:]
    view = memoryview(payload)
    with ExitStack() as on_failure:
        on_failure.callback(drop_orphans, engine, [body_id])
        for number, start in enumerate(range(0, len(view), PART)):
            part = {
                "body_id": body_id,
                "number": number,
                "content": bytes(view[start : start + PART]),
            }
            with writing(engine) as session:
                session.execute(insert(EventPart).values(part))
        on_failure.pop_all()
    return body_id


def read_payload(session: Session, event: Stored) -> bytes:
    """Return the payload of an event, wherever it lies."""
    if event.body_id is None:
        return event.payload
    contents = session.scalars(
        select(EventPart.content)
        .where(EventPart.body_id == event.body_id)
        .order_by(EventPart.number)
        # One at a time: all of them beside the whole would take the memory twice.
        .execution_options(yield_per=1)
    )
    whole = BytesIO()
    for content in contents:
        whole.write(content)
    return whole.getvalue()


def payload_size(session: Session, event: Stored) -> int:
    """Return about how many bytes `read_payload` would return, rounded up to whole parts."""
    if event.body_id is None:
        return len(event.payload)
    parts = select(func.count()).where(EventPart.body_id == event.body_id)
    return PART * (session.scalar(parts) or 0)


def replace_payload(session: Session, event_id: int, payload: bytes) -> None:
    """Put a smaller payload into the place of a large one, whose parts are swept later."""
    session.execute(update(Event).where(Event.id == event_id).values(payload=payload, body_id=None))


def drop_orphans(engine: Engine, body_ids: Sequence[str]) -> None:
    """Delete the parts of those of one's own bodies that no event names; if not, they are swept."""
    with suppress(SQLAlchemyError):
        _delete_orphans(engine, EventPart.body_id.in_(body_ids))


def sweep_orphans(engine: Engine, *, now: datetime) -> int:
    """Delete parts that no event names any more, or never did, and return how many."""
    return _delete_orphans(engine, EventPart.body_id < _time_of(now - ORPHAN_AFTER))


def _delete_orphans(engine: Engine, among: ColumnElement[bool]) -> int:
    has_event = select(Event.id).where(Event.body_id == EventPart.body_id).exists()
    with reading(engine) as session:
        parts = session.execute(
            select(EventPart.body_id, EventPart.number).where(among, ~has_event)
        ).all()
    keys = [(part.body_id, part.number) for part in parts]
    for some in _slices(keys):
        with writing(engine) as session:
            session.execute(
                delete(EventPart).where(tuple_(EventPart.body_id, EventPart.number).in_(some))
            )
    return len(keys)


def _time_of(at: datetime) -> str:
    return f"{int(at.timestamp() * 1000):0{TIME_DIGITS}x}"


def _slices(keys: list[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    for start in range(0, len(keys), SWEPT_AT_ONCE):
        yield keys[start : start + SWEPT_AT_ONCE]
