"""The spool: a Redis stream that keeps webhooks while the database is away.

Used only where Redis itself loses nothing: each write on disk before it is answered, nothing
evicted. Everything is repeatable: an entry leaves the stream after its row is committed, and a row
that comes twice conflicts with itself.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.inbox.arrivals import Arrival, dump, load
from models.faults import Fault, judge

logger = structlog.get_logger("balas.spool")

STREAM = "balas:spool"
DEAD_STREAM = "balas:spool:dead"
LARGEST = 256 * 1024
BATCH = 200
# How long a look at Redis's configuration is believed.
PROOF_SECONDS = 10


Fields = dict[bytes, bytes]
Entry = tuple[bytes, Fields]


class SpoolUnavailable(Exception):
    """The spool may not or cannot keep these rows."""


class Spool:
    """`mode` is auto (only where Redis is proven durable), on, or off."""

    def __init__(self, redis: Redis, mode: str) -> None:
        self._redis = redis
        self._mode = mode
        self._proven_until = 0.0

    def add(self, rows: Sequence[Arrival]) -> None:
        """Keep rows, all or none, or raise SpoolUnavailable."""
        if any(len(row.payload) > LARGEST for row in rows):
            raise SpoolUnavailable("the body is too large for the spool")
        try:
            self._require_durable()
            with self._redis.pipeline() as pipeline:
                for row in rows:
                    pipeline.xadd(STREAM, {b"row": dump(row)})
                pipeline.execute()
        except RedisError as error:
            self._proven_until = 0.0
            raise SpoolUnavailable("Redis is away") from error
        logger.warning("database away, rows spooled", rows=len(rows))

    def is_durable(self) -> bool:
        """Return whether the spool could keep a row now."""
        try:
            self._require_durable()
        except (SpoolUnavailable, RedisError):
            return False
        return True

    def drain(self, insert: Callable[[Sequence[Arrival]], object]) -> int:
        """Move every entry into the database, oldest first, and return how many. Raises RedisError.

        A database that is away ends it with the rest still spooled; an entry that cannot be
        inserted even alone goes to the dead spool.
        """
        moved = 0
        while entries := self._entries():
            done = self._insert(entries, insert)
            if done:
                self._redis.xdel(STREAM, *done)
            moved += len(done)
            if len(done) < len(entries):
                break
        return moved

    def size(self) -> int:
        """Return how many rows wait in the spool. Raises RedisError."""
        return int(self._redis.xlen(STREAM))

    def _entries(self) -> list[Entry]:
        found: Any = self._redis.xrange(STREAM, count=BATCH)  # its types allow decoded text
        return list(found)

    def _insert(
        self,
        entries: Sequence[Entry],
        insert: Callable[[Sequence[Arrival]], object],
    ) -> list[bytes]:
        readable: list[tuple[bytes, Fields, Arrival]] = []
        done: list[bytes] = []
        for entry_id, fields in entries:
            try:
                readable.append((entry_id, fields, load(fields[b"row"])))
            except (ValueError, KeyError, TypeError) as error:
                done.append(self._bury(entry_id, fields, error))
        try:
            insert([row for _, _, row in readable])
            return done + [entry_id for entry_id, _, _ in readable]
        except SQLAlchemyError as error:
            if judge(error) is not Fault.ROW:
                logger.warning("database still away", error=type(error).__name__)
                return done
        for entry_id, fields, row in readable:
            try:
                insert([row])
                done.append(entry_id)
            except SQLAlchemyError as error:
                if judge(error) is not Fault.ROW:
                    return done
                done.append(self._bury(entry_id, fields, error))
        return done

    def _bury(self, entry_id: bytes, fields: Fields, error: Exception) -> bytes:
        self._redis.xadd(DEAD_STREAM, fields)  # type: ignore[arg-type] # bytes keys are allowed
        logger.error("a spooled row cannot be inserted", error=type(error).__name__)
        return entry_id

    def _require_durable(self) -> None:
        if self._mode == "off":
            raise SpoolUnavailable("SPOOL=off")
        if self._mode == "on" or time.monotonic() < self._proven_until:
            return
        if not self._is_proven():
            raise SpoolUnavailable("Redis is not proven durable")
        self._proven_until = time.monotonic() + PROOF_SECONDS

    def _is_proven(self) -> bool:
        names = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")
        try:
            found = self._redis.config_get(*names)
        except RedisError:
            return False
        values = {_text(name): _text(value) for name, value in found.items()}
        evicts = values.get("maxmemory", "0") != "0" and values.get(
            "maxmemory-policy", ""
        ).startswith("allkeys")
        return (
            values.get("appendonly") == "yes"
            and values.get("appendfsync") == "always"
            and not evicts
        )


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
