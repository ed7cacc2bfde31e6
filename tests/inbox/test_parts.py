"""A large payload is kept in parts, before its event, so that small webhooks get their turn."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import Engine, select

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


def test_a_large_webhook_is_refused_while_the_database_is_away(spool: Spool, redis: Redis) -> None:
    inbox = Inbox(nowhere(), spool, ignore)
    for _ in range(2):
        with pytest.raises(NotKept):
            inbox.append(large("A"))
    assert inbox.has_refused(within=1)
    assert redis.xlen(STREAM) == 0
