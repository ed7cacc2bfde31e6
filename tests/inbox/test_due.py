"""A batch is bounded by the bytes of its events, and has at least one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from bot.inbox.append import insert_large
from bot.inbox.arrivals import Arrival
from bot.inbox.due import LARGEST_BATCH, next_due, read_due
from bot.inbox.parts import PART
from bot.lanes import LANES
from models import reading
from tests.making import NOW, arrivals, incoming, process_all, receive

MIB = 1024 * 1024


def sized(number: int, size: int) -> Arrival:
    """Return a text from one contact whose body is filled up with space."""
    at = NOW + timedelta(seconds=number)
    row = arrivals(now=at, message_id=f"{number:03d}", text=f"pesan {number}")[0]
    return replace(row, payload=row.payload.ljust(size))


@pytest.mark.parametrize(
    ("sizes", "taken"),
    [
        ([100, 100, 100], 3),
        ([30 * MIB, 100], 1),
        ([100, 30 * MIB, 100], 1),
        ([3 * MIB] * 5, 2),
        ([200 * 1024] * 50, LARGEST_BATCH // (200 * 1024)),
        ([LARGEST_BATCH - PART, 100, 30 * MIB], 2),
    ],
)
def test_takes_as_many_events_as_fit(engine: Engine, sizes: list[int], taken: int) -> None:
    rows = [sized(number, size) for number, size in enumerate(sizes)]
    for row in rows:
        insert_large(engine, [row])

    with reading(engine) as session:
        due = read_due(session, rows[0].lane, now=NOW + timedelta(hours=1), limit=100)

    assert [event.payload for event in due.events] == [row.payload for row in rows[:taken]]
    assert due.is_left is (taken < len(rows))


def test_goes_on_until_every_large_event_is_processed(engine: Engine) -> None:
    for number in range(4):
        insert_large(engine, [sized(number, 5 * MIB)])

    counts = []
    for _ in range(4):
        counts += [done.count for done in process_all(engine, now=NOW + timedelta(minutes=1))]

    assert [count for count in counts if count] == [1, 1, 1, 1]
    assert [message.text for message in incoming(engine)] == [f"pesan {n}" for n in range(4)]


def test_names_the_event_that_is_next(engine: Engine) -> None:
    receive(engine, [sized(1, 300)], [sized(0, 300)])
    lane = sized(0, 300).lane

    with reading(engine) as session:
        first = next_due(session, lane, now=NOW + timedelta(minutes=1))
        nothing = [next_due(session, other, now=NOW) for other in range(LANES) if other != lane]

    assert first == 2
    assert set(nothing) == {None}
