"""A large payload is kept in parts, before its event, so that small webhooks get their turn."""

import sqlite3
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from redis import Redis
from sqlalchemy import Connection, Engine, event, select, text

from bot.inbox import Inbox, NotKept, Spool
from bot.inbox.arrivals import Arrival
from bot.inbox.parts import (
    LARGEST_WHOLE,
    PART,
    read_payload,
    replace_payload,
    sweep_orphans,
    write_parts,
)
from bot.inbox.spool import STREAM
from models import Event, EventPart, make_engine, reading, writing
from tests.making import all_events, arrivals
from tests.waiting import wait_until


def ignore(_names: Iterable[str]) -> None:
    """Wake nobody."""


def nowhere() -> Engine:
    """Return the engine of a database that is not there."""
    return make_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")


@pytest.fixture
def spool(redis: Redis) -> Spool:
    return Spool(redis, "auto")


def large(message_id: str, size: int = 3 * PART + 7) -> list[Arrival]:
    """Return a row whose payload lies in parts; no two bytes of it can change places unseen."""
    payload = b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]
    return [replace(arrivals(message_id=message_id)[0], payload=payload)]


def limit_growth(engine: Engine, size: int) -> None:
    """Let an SQLite database grow by so many bytes, and then say that it is full."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with engine.connect() as connection:
        page_size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + size // page_size
    engine.dispose()
    event.listen(engine, "connect", limit)


def is_locked_out(engine: Engine) -> bool:
    """Return whether a session of PostgreSQL waits for a lock."""
    with engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return bool(connection.execute(text(waiting)).scalar_one())


def parts_of(engine: Engine) -> list[tuple[str, int]]:
    with reading(engine) as session:
        rows = session.execute(select(EventPart.body_id, EventPart.number))
        return sorted((row.body_id, row.number) for row in rows)


def payload_of(engine: Engine, key: str) -> bytes:
    with reading(engine) as session:
        event = session.scalars(select(Event).where(Event.key.endswith(key))).one()
        return read_payload(session, event)


@pytest.mark.parametrize("size", [LARGEST_WHOLE, LARGEST_WHOLE + 1, PART, PART + 1, 3 * PART])
def test_a_payload_of_any_size_is_read_as_it_was_written(
    engine: Engine, spool: Spool, size: int
) -> None:
    rows = large("A", size)

    assert Inbox(engine, spool, ignore).append(rows) == 1

    assert payload_of(engine, "A") == rows[0].payload


def test_a_large_payload_lies_in_parts_and_a_small_one_with_its_event(
    engine: Engine, spool: Spool
) -> None:
    inbox = Inbox(engine, spool, ignore)
    inbox.append(large("A"))
    inbox.append(arrivals(message_id="B"))

    big, small = all_events(engine)
    assert (big.payload, small.body_id) == (b"", None)
    assert parts_of(engine) == [(big.body_id, number) for number in range(4)]


def test_a_repeat_of_a_large_webhook_is_not_written_again(engine: Engine, spool: Spool) -> None:
    inbox = Inbox(engine, spool, ignore)
    rows = large("A")

    assert [inbox.append(rows), inbox.append(rows)] == [1, 0]

    assert len(parts_of(engine)) == 4
    assert len(all_events(engine)) == 1


def test_a_large_webhook_that_comes_often_in_parallel_is_one_row(
    engine: Engine, spool: Spool
) -> None:
    inboxes = [Inbox(engine, spool, ignore) for _ in range(3)]
    rows = large("A")
    with ThreadPoolExecutor(6) as pool:
        new = list(pool.map(lambda number: inboxes[number % 3].append(rows), range(6)))

    assert sum(new) == 1
    assert payload_of(engine, "A") == rows[0].payload
    assert len(parts_of(engine)) == 4


def test_a_webhook_with_large_and_small_rows_is_kept_whole(engine: Engine, spool: Spool) -> None:
    rows = [*large("A"), *arrivals(message_id="B"), *large("C")]

    assert Inbox(engine, spool, ignore).append(rows) == 3

    assert [payload_of(engine, key) for key in "ABC"] == [row.payload for row in rows]


def test_small_webhooks_are_kept_while_a_large_one_is_written(engine: Engine, spool: Spool) -> None:
    inbox = Inbox(engine, spool, ignore)
    rows = large("BESAR", 30 * 1024 * 1024)
    between = 0
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(inbox.append, rows)
        while not future.done():
            inbox.append(arrivals(message_id=f"K{between}"))
            between += 1

    assert future.result() == 1
    # In one transaction, the first would have waited for all of it.
    assert between > 10


def test_what_a_process_left_that_died_is_swept(engine: Engine, spool: Spool) -> None:
    Inbox(engine, spool, ignore).append(large("A"))
    kept = parts_of(engine)
    now = datetime.now(UTC)
    write_parts(engine, b"x" * (20 * PART), now=now)
    later = now + timedelta(hours=2)

    assert sweep_orphans(engine, now=now) == 0
    assert sweep_orphans(engine, now=later) == 20
    assert sweep_orphans(engine, now=later) == 0

    assert parts_of(engine) == kept


def test_parts_are_swept_once_something_smaller_took_their_place(
    engine: Engine, spool: Spool
) -> None:
    Inbox(engine, spool, ignore).append(large("A"))
    [event] = all_events(engine)
    with writing(engine) as session:
        replace_payload(session, event.id, b"{}")

    assert payload_of(engine, "A") == b"{}"
    assert sweep_orphans(engine, now=datetime.now(UTC) + timedelta(hours=2)) == 4
    assert payload_of(engine, "A") == b"{}"


def test_a_large_webhook_that_does_not_fit_leaves_the_room_to_small_ones(
    sqlite_engine: Engine, redis: Redis
) -> None:
    limit_growth(sqlite_engine, PART * 6)
    inbox = Inbox(sqlite_engine, Spool(redis, "off"), ignore)

    with pytest.raises(NotKept):
        inbox.append(large("A", 20 * PART))

    assert parts_of(sqlite_engine) == []
    assert [inbox.append(arrivals(message_id=f"K{number}")) for number in range(50)] == [1] * 50


def test_what_fitted_of_a_webhook_is_deleted_when_the_rest_does_not_fit(
    sqlite_engine: Engine, redis: Redis
) -> None:
    limit_growth(sqlite_engine, PART * 6)
    inbox = Inbox(sqlite_engine, Spool(redis, "off"), ignore)

    with pytest.raises(NotKept):
        inbox.append([*large("A"), *large("B", 20 * PART)])

    assert parts_of(sqlite_engine) == []


def test_parts_are_deleted_when_their_event_cannot_be_inserted(
    clean_postgres: Engine, spool: Spool
) -> None:
    [row] = large("A")
    with pytest.raises(NotKept):
        Inbox(clean_postgres, spool, ignore).append([replace(row, kind="not \0 storable")])

    assert parts_of(clean_postgres) == []


def test_parts_stay_where_nobody_knows_whether_their_event_was_committed(
    clean_postgres: Engine, spool: Spool
) -> None:
    def break_off(connection: Connection) -> None:
        # The fifth transaction that commits is that of the event.
        if next(commits) == 5:
            connection.connection.driver_connection.close()  # type: ignore[union-attr] # psycopg's

    commits = count(1)
    event.listen(clean_postgres, "commit", break_off)
    try:
        with pytest.raises(NotKept):
            Inbox(clean_postgres, spool, ignore).append(large("A"))
    finally:
        event.remove(clean_postgres, "commit", break_off)

    assert len(parts_of(clean_postgres)) == 4


def test_a_large_webhook_waits_in_no_longer_line_than_it_may(
    clean_postgres: Engine, spool: Spool
) -> None:
    inbox = Inbox(clean_postgres, spool, ignore, large_in_line=1)
    with ThreadPoolExecutor(1) as pool:
        with clean_postgres.begin() as connection:
            connection.execute(text("LOCK TABLE event_parts IN EXCLUSIVE MODE"))
            first = pool.submit(inbox.append, large("A"))
            wait_until(lambda: is_locked_out(clean_postgres))
            since = time.monotonic()
            with pytest.raises(NotKept):
                inbox.append(large("B"))
            assert time.monotonic() - since < 1
        assert first.result(10) == 1
    assert inbox.append(large("B")) == 1


def test_a_large_webhook_is_refused_while_the_database_is_away(spool: Spool, redis: Redis) -> None:
    inbox = Inbox(nowhere(), spool, ignore)
    for _ in range(2):
        with pytest.raises(NotKept):
            inbox.append(large("A"))
    assert inbox.has_refused(within=1)
    assert redis.xlen(STREAM) == 0
