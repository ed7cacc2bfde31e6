"""Events are durable before they are acknowledged, and a repeat is one row."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine, text

from bot.inbox import Inbox, NotKept, Spool
from bot.inbox.append import insert, insert_batch
from bot.inbox.spool import DEAD_STREAM, STREAM
from models import make_engine
from tests.conftest import Valkey
from tests.making import all_events, arrivals


def ignore(_names: Iterable[str]) -> None:
    """Wake nobody."""


def nowhere(tmp_path: Path) -> Engine:
    """Return the engine of a database that is not there."""
    return make_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")


@pytest.fixture
def spool(redis: Redis) -> Spool:
    return Spool(redis, "auto")


def test_a_repeat_is_not_new(engine: Engine) -> None:
    rows = arrivals(message_id="A")
    assert insert_batch(engine, [rows, rows, arrivals(message_id="B")]) == [1, 0, 1]
    assert insert_batch(engine, [rows]) == [0]
    assert len(all_events(engine)) == 2


def test_the_same_key_on_another_device_is_another_event(engine: Engine) -> None:
    assert insert(engine, arrivals(message_id="A", device="wa-1")) == 1
    assert insert(engine, arrivals(message_id="A", device="wa-2")) == 1


def test_a_webhook_that_comes_fifty_times_in_parallel_is_one_row(
    engine: Engine, spool: Spool
) -> None:
    inboxes = [Inbox(engine, spool, ignore) for _ in range(2)]
    rows = arrivals(message_id="A")
    with ThreadPoolExecutor(16) as pool:
        new = list(pool.map(lambda number: inboxes[number % 2].append(rows), range(50)))
    assert sum(new) == 1
    assert len(all_events(engine)) == 1


def test_two_writers_with_the_same_rows_in_opposite_order_do_not_lock_each_other(
    engine: Engine,
) -> None:
    batches = [arrivals(message_id=f"M{number}") for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        orders = [batches if number % 2 else batches[::-1] for number in range(8)]
        counts = list(pool.map(lambda order: sum(insert_batch(engine, order)), orders))
    assert sum(counts) == 60


def test_wakes_the_lanes_of_new_rows_only(engine: Engine, spool: Spool) -> None:
    woken: list[set[str]] = []
    inbox = Inbox(engine, spool, lambda names: woken.append(set(names)))
    rows = arrivals(message_id="A")
    inbox.append(rows)
    inbox.append(rows)
    assert woken == [{f"inbox:{rows[0].lane}"}]


def test_a_row_that_cannot_be_kept_harms_no_neighbour(clean_postgres: Engine, spool: Spool) -> None:
    bad = [replace(arrivals(message_id="X")[0], device="not \0 storable")]
    inbox = Inbox(clean_postgres, spool, ignore)
    with ThreadPoolExecutor(8) as pool:
        good = [pool.submit(inbox.append, arrivals(message_id=f"G{n}")) for n in range(10)]
        with pytest.raises(NotKept):
            pool.submit(inbox.append, bad).result()
    assert [future.result() for future in good] == [1] * 10


def test_a_durable_spool_keeps_rows_while_the_database_is_away(
    tmp_path: Path, engine: Engine, spool: Spool, redis: Redis
) -> None:
    inbox = Inbox(nowhere(tmp_path), spool, ignore)
    rows = arrivals(message_id="A")
    assert inbox.append(rows) == 1
    assert redis.xlen(STREAM) == 1
    assert spool.drain(lambda found: insert(engine, found)) == 1
    assert spool.drain(lambda found: insert(engine, found)) == 0
    assert [event.payload for event in all_events(engine)] == [rows[0].payload]
    assert redis.xlen(STREAM) == 0


def test_a_spooled_row_that_is_drained_twice_is_one_row(engine: Engine, spool: Spool) -> None:
    rows = arrivals(message_id="A")
    spool.add(rows)
    spool.add(rows)
    insert(engine, rows)
    spool.drain(lambda found: insert(engine, found))
    assert len(all_events(engine)) == 1


def test_nothing_is_kept_where_redis_may_forget(tmp_path: Path, redis: Redis) -> None:
    redis.config_set("appendfsync", "everysec")
    try:
        inbox = Inbox(nowhere(tmp_path), Spool(redis, "auto"), ignore)
        with pytest.raises(NotKept):
            inbox.append(arrivals())
        assert Inbox(nowhere(tmp_path), Spool(redis, "on"), ignore).append(arrivals()) == 1
    finally:
        redis.config_set("appendfsync", "always")


def test_nothing_is_kept_where_redis_may_evict(tmp_path: Path, redis: Redis) -> None:
    redis.config_set("maxmemory", "100mb")
    redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(NotKept):
            Inbox(nowhere(tmp_path), Spool(redis, "auto"), ignore).append(arrivals())
    finally:
        redis.config_set("maxmemory", "0")
        redis.config_set("maxmemory-policy", "noeviction")


def test_nothing_is_kept_with_the_spool_off(tmp_path: Path, redis: Redis) -> None:
    with pytest.raises(NotKept):
        Inbox(nowhere(tmp_path), Spool(redis, "off"), ignore).append(arrivals())


def test_nothing_is_kept_when_redis_is_away_too(tmp_path: Path, own_valkey: Valkey) -> None:
    spool = Spool(Redis.from_url(own_valkey.url), "auto")
    own_valkey.kill()
    with pytest.raises(NotKept):
        Inbox(nowhere(tmp_path), spool, ignore).append(arrivals())


def test_a_large_row_is_never_spooled(tmp_path: Path, spool: Spool, redis: Redis) -> None:
    large = [replace(arrivals()[0], payload=b"x" * 300_000)]
    with pytest.raises(NotKept):
        Inbox(nowhere(tmp_path), spool, ignore).append(large)
    assert redis.xlen(STREAM) == 0


def test_a_spooled_row_that_cannot_be_inserted_goes_to_the_dead_spool(
    clean_postgres: Engine, spool: Spool, redis: Redis
) -> None:
    spool.add([replace(arrivals(message_id="X")[0], device="not \0 storable")])
    spool.add(arrivals(message_id="A"))
    assert spool.drain(lambda found: insert(clean_postgres, found)) == 2
    assert redis.xlen(DEAD_STREAM) == 1
    assert redis.xlen(STREAM) == 0
    assert len(all_events(clean_postgres)) == 1


def test_a_database_that_is_silent_does_not_hold_a_webhook(
    clean_postgres: Engine, spool: Spool, redis: Redis
) -> None:
    """The rows are spooled when their commit takes too long, and are still one row in the end."""
    inbox = Inbox(clean_postgres, spool, ignore)
    released = threading.Event()
    with clean_postgres.begin() as connection:
        connection.execute(text("LOCK TABLE events IN EXCLUSIVE MODE"))
        assert inbox.append(arrivals(message_id="A")) == 1
        assert redis.xlen(STREAM) >= 1
        released.set()
    spool.drain(lambda found: insert(clean_postgres, found))
    assert len(all_events(clean_postgres)) == 1
