"""Drain one lane of the inbox: read a batch, fold it, write everything in one transaction.

PostgreSQL locks the lane for the whole transaction with an advisory lock, which dies with its
connection. SQLite has one writer: the batch is read and folded outside the write transaction,
which then checks that nobody else has processed these events meanwhile.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.failures import describe
from bot.inbox.changes import Incoming, Pending
from bot.inbox.collapse import collapse, gathers
from bot.inbox.conversations import create_conversations, missing_conversations
from bot.inbox.due import next_due, read_due, read_said
from bot.inbox.echoes import judge_echoes
from bot.inbox.fold import Responder, fold
from bot.inbox.loading import load_known, load_memories, load_talks
from bot.inbox.menus import load_menus
from bot.inbox.pace import TooSlow, in_time
from bot.inbox.reread import reread
from bot.inbox.statuses import hush_statuses
from bot.inbox.store import store
from models import Event, reading, writing
from models.faults import Fault, judge

logger = structlog.get_logger("balas.inbox")

BATCH = 100
TRIES = 3
# The first key of PostgreSQL's two-key advisory locks: this one means "a lane of the inbox".
LOCK_CLASS = 7001


class Superseded(Exception):
    """Somebody else processed the batch meanwhile; nothing was written."""


@dataclass(slots=True, kw_only=True)
class Processed:
    """What one batch did: how many rows, whether some are left, which lanes to wake.

    `guards`: how many messages each guard has stopped.
    """

    count: int = 0
    is_left: bool = False
    inbox_lanes: set[int] = field(default_factory=set)
    outbox_lanes: set[int] = field(default_factory=set)
    effect_lanes: set[int] = field(default_factory=set)
    retry_at: datetime | None = None
    guards: Counter[str] = field(default_factory=Counter)


def process(engine: Engine, lane: int, responder: Responder, *, now: datetime) -> Processed:
    """Process the due events of a lane, at most one batch. Raises SQLAlchemyError.

    When a value cannot be stored, or the turns take too long, each event gets a transaction of its
    own, and only the one at fault becomes failed.
    """
    for remaining in reversed(range(TRIES)):
        try:
            return _process_batch(engine, lane, responder, now=now, limit=BATCH)
        except Superseded:
            return Processed(is_left=True)
        except SQLAlchemyError as error:
            fault = judge(error)
            if fault is Fault.ROW:
                break
            if fault is Fault.AWAY or not remaining:
                raise
        except Exception as error:  # noqa: BLE001 - a defect must not stop the whole lane for ever
            logger.error("a batch broke off", lane=lane, error=describe(error))
            break
    return _process_one_by_one(engine, lane, responder, now=now)


def _process_one_by_one(
    engine: Engine, lane: int, responder: Responder, *, now: datetime
) -> Processed:
    total = Processed(is_left=True)
    for _ in range(BATCH):
        with reading(engine) as session:
            event_id = next_due(session, lane, now=now)
        if event_id is None:
            total.is_left = False
            break
        try:
            done = _process_batch(engine, lane, responder, now=now, limit=1, only=event_id)
        except Superseded:
            break
        except Exception as error:
            if isinstance(error, SQLAlchemyError) and judge(error) is not Fault.ROW:
                raise
            _fail(engine, event_id, error)
            done = Processed(count=1)
        if not done.count:
            break
        total.count += done.count
        total.inbox_lanes |= done.inbox_lanes
        total.outbox_lanes |= done.outbox_lanes
        total.effect_lanes |= done.effect_lanes
        total.guards += done.guards
    return total


def _fail(engine: Engine, event_id: int, error: Exception) -> None:
    logger.error("an event cannot be processed", event_id=event_id, error=type(error).__name__)
    found = f"TooSlow: {error}" if isinstance(error, TooSlow) else describe(error)
    with writing(engine) as session:
        session.execute(
            update(Event)
            .where(Event.id == event_id, Event.processed_at.is_(None))
            .values(error=found)
        )


def _process_batch(
    engine: Engine,
    lane: int,
    responder: Responder,
    *,
    now: datetime,
    limit: int,
    only: int | None = None,
) -> Processed:
    with _lane_session(engine, lane) as (session, has_lock):
        if not has_lock:
            return Processed()
        # One by one, nothing else can be at fault.
        collapses = only is None and bool(responder.book.settings.collapse)
        due = read_due(session, lane, now=now, limit=limit, only=only, and_what_waits=not collapses)
        if not due.events:
            return Processed()
        batch, unreadable = reread(due.events)
        if collapses:
            batch = _with_what_was_said(session, lane, batch)
        looked_at = {event.id for event in due.events} | {pending.id for pending in batch}
        places = sorted({pending.place for pending in batch if pending.place})
        if missing := missing_conversations(session, places):
            with _writer(engine, session) as writer:
                create_conversations(writer, missing, now=now)
        talks = load_talks(session, places)
        load_menus(session, batch, talks, now=now)
        judge_echoes(session, batch, talks, now=now)
        batch = hush_statuses(session, batch, responder.book, now=now)
        memories = load_memories(session, batch)
        known = load_known(session, batch, talks)
        waits: dict[int, datetime] = {}
        with in_time(session):
            if collapses:
                batch, waits = collapse(batch, talks, known, responder, now=now)
            changes = fold(batch, talks, memories, known, responder, now=now)
        changes.waits = waits
        changes.failed.extend(unreadable)
        with _writer(engine, session) as writer:
            if writer is not session:
                _require_open(writer, looked_at)
            stored = store(writer, lane, changes, now=now)
    return Processed(
        count=len(due.events),
        is_left=due.is_left,
        inbox_lanes=stored.inbox_lanes,
        outbox_lanes=stored.outbox_lanes,
        effect_lanes=stored.effect_lanes,
        retry_at=stored.retry_at,
        guards=_guards(changes.incoming),
    )


def _with_what_was_said(session: Session, lane: int, batch: list[Pending]) -> list[Pending]:
    """Return the batch with what else was said in its conversations, in its order."""
    places = {pending.place for pending in batch if pending.place and gathers(pending)}
    if not places:
        return batch
    said = read_said(session, lane, places, but=[pending.id for pending in batch])
    more, _ = reread(said)
    return sorted([*batch, *more], key=lambda pending: (pending.received_at, pending.id))


def _guards(incoming: Iterable[Incoming]) -> Counter[str]:
    guards = (item.explanation.get("guard") for item in incoming)
    return Counter(guard for guard in guards if isinstance(guard, str))


@contextmanager
def _lane_session(engine: Engine, lane: int) -> Iterator[tuple[Session, bool]]:
    if engine.dialect.name == "sqlite":
        with reading(engine) as session:
            yield session, True
        return
    with writing(engine) as session:
        locked = session.scalar(
            text("SELECT pg_try_advisory_xact_lock(:class, :lane)"),
            {"class": LOCK_CLASS, "lane": lane},
        )
        yield session, bool(locked)


@contextmanager
def _writer(engine: Engine, session: Session) -> Iterator[Session]:
    """Give the session to write with: the same on PostgreSQL, a short one of its own on SQLite."""
    if engine.dialect.name != "sqlite":
        yield session
        return
    session.rollback()
    with writing(engine) as writer:
        yield writer


def _require_open(session: Session, ids: Collection[int]) -> None:
    still_open = session.scalar(
        select(func.count())
        .select_from(Event)
        .where(Event.id.in_(ids), Event.processed_at.is_(None), Event.error.is_(None))
    )
    if still_open != len(ids):
        raise Superseded
