"""Make events durable before they are acknowledged: one insert and one disk sync for many webhooks.

A repeat is a conflict of the unique key in that same insert, so there is no moment in which an
event is known as seen but could still be lost. A large payload is committed in parts before that.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from sqlalchemy import Engine, select, tuple_
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.batches import Batcher
from bot.inbox.arrivals import Arrival
from bot.inbox.parts import LARGEST_WHOLE, drop_orphans, write_parts
from bot.inbox.spool import Spool, SpoolUnavailable
from bot.lanes import INBOX, lane_name
from models import Event, insert_into, reading, writing
from models.faults import Fault, judge

logger = structlog.get_logger("balas.inbox")

# How long a webhook waits for its commit before it looks for another way out.
PATIENCE_SECONDS = 3.0
# Webhooks with a large payload, or with many events, go by themselves, so many at a time: small
# webhooks do not wait for them. Each one in line holds a thread that small ones may need.
LARGE_AT_ONCE = 2
LARGE_IN_LINE = 16
# After the database was found away, rows go straight to the spool for this long.
AWAY_SECONDS = 1.0
TRIES = 3

Rows = Sequence[Arrival]
Result = TypeVar("Result")


class NotKept(Exception):
    """Neither the database nor the spool could keep the rows; the gateway must send them again."""


class Inbox:
    """The way into `events`. `wake` is told the lanes that have something new."""

    def __init__(
        self,
        engine: Engine,
        spool: Spool,
        wake: Callable[[Iterable[str]], None],
        *,
        large_in_line: int = LARGE_IN_LINE,
    ) -> None:
        self._engine = engine
        self._spool = spool
        self._wake = wake
        self._writer: Batcher[Rows, int] = Batcher("inbox", self._commit)
        self._line = threading.Semaphore(large_in_line)
        self._large = threading.Semaphore(LARGE_AT_ONCE)
        self._away_until = 0.0
        # A database that is too full for a large webhook may well take small ones.
        self._large_away_until = 0.0
        self._refused_at: float | None = None

    def has_refused(self, *, within: float) -> bool:
        """Return whether the last webhook could not be kept, and that not long ago."""
        refused_at = self._refused_at
        return refused_at is not None and time.monotonic() - refused_at < within

    def append(self, rows: Rows) -> int:
        """Keep rows and return how many were new. Raises NotKept."""
        try:
            new = self._keep(rows)
        except NotKept:
            self._refused_at = time.monotonic()
            raise
        self._refused_at = None
        if new:
            self._wake({lane_name(INBOX, row.lane) for row in rows})
        return new

    def _keep(self, rows: Rows) -> int:
        if sum(len(row.payload) for row in rows) > LARGEST_WHOLE:
            return self._keep_large(rows)
        if self._writer.stuck(PATIENCE_SECONDS):
            return self._spool_rows(rows)
        try:
            return self._writer.submit(rows).result(PATIENCE_SECONDS)
        except NotInTime:
            logger.warning("the database does not answer in time")
            return self._spool_rows(rows)

    def _keep_large(self, rows: Rows) -> int:
        if not self._line.acquire(blocking=False):
            raise NotKept("too many large webhooks at once")
        try:
            return self._keep_in_turn(rows)
        finally:
            self._line.release()

    def _keep_in_turn(self, rows: Rows) -> int:
        if not self._large.acquire(timeout=PATIENCE_SECONDS):
            raise NotKept("the large webhooks before it take too long")
        try:
            if any(_is_large(row) for row in rows):
                return self._commit_in_parts(rows)
            return _value(self._commit([rows])[0])
        finally:
            self._large.release()

    def _commit_in_parts(self, rows: Rows) -> int:
        """Commit large payloads before their events. They are too large for the spool."""
        if time.monotonic() < max(self._away_until, self._large_away_until):
            raise NotKept("the database is away")
        try:
            return insert_large(self._engine, rows)
        except SQLAlchemyError as error:
            fault = judge(error)
            logger.warning("a large webhook was not kept", fault=fault, error=type(error).__name__)
            if fault is not Fault.ROW:
                self._large_away_until = time.monotonic() + AWAY_SECONDS
            raise NotKept("the database cannot keep a large webhook now") from error

    def _commit(self, batch: Sequence[Rows]) -> Sequence[int | Exception]:
        if time.monotonic() < self._away_until:
            return [self._spooled(rows) for rows in batch]
        try:
            return insert_batch(self._engine, batch)
        except SQLAlchemyError as error:
            fault = judge(error)
            logger.warning("a batch was not committed", fault=fault, error=type(error).__name__)
            if fault is not Fault.ROW:
                self._away_until = time.monotonic() + AWAY_SECONDS
                return [self._spooled(rows) for rows in batch]
        return [self._commit_alone(rows) for rows in batch]

    def _commit_alone(self, rows: Rows) -> int | Exception:
        """Insert one webhook row by row: a row that cannot be kept harms no other."""
        new, refused = 0, 0
        for row in rows:
            try:
                new += insert_batch(self._engine, [[row]])[0]
            except SQLAlchemyError as error:
                logger.error("a row cannot be kept", gateway=row.gateway, fault=judge(error))
                refused += 1
        return NotKept(f"{refused} rows cannot be kept") if refused else new

    def _spooled(self, rows: Rows) -> int | Exception:
        try:
            return self._spool_rows(rows)
        except NotKept as error:
            return error

    def _spool_rows(self, rows: Rows) -> int:
        try:
            self._spool.add(rows)
        except SpoolUnavailable as error:
            raise NotKept(str(error)) from error
        return len(rows)


def insert_batch(engine: Engine, batch: Sequence[Rows]) -> list[int]:
    """Insert the rows of many webhooks in one transaction; return how many of each were new.

    Retried when another process was in the way. Raises SQLAlchemyError.
    """
    return _retried(lambda: _insert_once(engine, batch))


def insert_large(engine: Engine, rows: Rows) -> int:
    """Insert the rows of one webhook, large payloads in parts; return how many were new.

    Raises SQLAlchemyError. What a repeat says already is not written once more.
    """
    known = _retried(lambda: _known(engine, rows))
    kept: list[Arrival] = []
    try:
        for row in rows:
            if _key(row) not in known:
                kept.append(_in_parts(engine, row))  # noqa: PERF401 - kept is read when one fails
        new = insert(engine, kept)
    except SQLAlchemyError as error:
        # After a broken connection the event may yet appear, so then its parts must stay.
        if not _is_broken_off(error):
            _drop_parts(engine, kept)
        raise
    if new < len(kept):
        _drop_parts(engine, kept)
    return new


def insert(engine: Engine, rows: Rows) -> int:
    """Insert rows in one transaction and return how many were new. Raises SQLAlchemyError."""
    return insert_batch(engine, [rows])[0]


def _in_parts(engine: Engine, row: Arrival) -> Arrival:
    if not _is_large(row):
        return row
    # The clock's own time: parts that look old already would be swept before their event is there.
    body_id = _retried(lambda: write_parts(engine, row.payload, now=datetime.now(UTC)))
    return replace(row, payload=b"", body_id=body_id)


def _drop_parts(engine: Engine, rows: Rows) -> None:
    drop_orphans(engine, [row.body_id for row in rows if row.body_id is not None])


def _is_broken_off(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _is_large(row: Arrival) -> bool:
    return len(row.payload) > LARGEST_WHOLE


def _known(engine: Engine, rows: Rows) -> set[tuple[str, str, str]]:
    columns = (Event.gateway, Event.device, Event.key)
    keys = [_key(row) for row in rows if _is_large(row)]
    with reading(engine) as session:
        found = session.execute(select(*columns).where(tuple_(*columns).in_(keys)))
        return {(row.gateway, row.device, row.key) for row in found}


def _retried(write: Callable[[], Result]) -> Result:
    for remaining in reversed(range(TRIES)):
        try:
            return write()
        except SQLAlchemyError as error:
            if judge(error) is not Fault.TRANSIENT or not remaining:
                raise
    raise AssertionError("unreachable")


def _insert_once(engine: Engine, batch: Sequence[Rows]) -> list[int]:
    # One order for all writers, so that two of them never wait for each other in a circle.
    first = {_key(row): row for rows in reversed(batch) for row in reversed(rows)}
    values = [_columns(first[key]) for key in sorted(first)]
    if not values:
        return [0 for _ in batch]
    statement = (
        insert_into(engine, Event)
        .on_conflict_do_nothing(index_elements=["gateway", "device", "key"])
        .returning(Event.gateway, Event.device, Event.key)
    )
    with writing(engine) as session:
        fresh = {tuple(found) for found in session.execute(statement, values)}
    counts = []
    for rows in batch:
        keys = {_key(row) for row in rows}
        counts.append(len(keys & fresh))
        fresh -= keys
    return counts


def _key(row: Arrival) -> tuple[str, str, str]:
    return (row.gateway, row.device, row.key)


def _columns(row: Arrival) -> dict[str, object]:
    return {name: getattr(row, name) for name in Arrival.__slots__}


def _value(result: int | Exception) -> int:
    if isinstance(result, Exception):
        raise result
    return result
