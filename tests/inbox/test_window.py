"""When a contact last wrote, and what was held until then."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from bot.inbox.arrivals import arrival
from bot.lanes import lane_of
from models import Conversation, Message, reading, writing
from tests.making import (
    NOW,
    arrivals,
    events,
    outgoing,
    process_all,
    receive,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def wrote_at(engine: Engine) -> object:
    with reading(engine) as session:
        return session.query(Conversation).one().wrote_at


@pytest.mark.parametrize("case", ["text", "reaction", "call", "button"])
def test_a_contact_wrote_when_the_gateway_says_so(engine: Engine, case: str) -> None:
    receive(engine, [replace(row, received_at=NOW + HOUR) for row in arrivals("meta", case)])
    process_all(engine, now=NOW + HOUR)

    assert wrote_at(engine) == NOW


def test_a_contact_never_wrote_in_the_future(engine: Engine) -> None:
    rows = arrivals("meta", now=NOW + HOUR)
    receive(engine, [replace(row, received_at=NOW, due_at=NOW) for row in rows])
    process_all(engine)

    assert wrote_at(engine) == NOW


def test_an_older_message_that_comes_later_changes_nothing(engine: Engine) -> None:
    receive(engine, arrivals("meta", message_id="A"))
    process_all(engine)
    rows = arrivals("meta", message_id="B", now=NOW - HOUR)
    receive(engine, [replace(row, received_at=NOW + MINUTE, due_at=NOW) for row in rows])
    process_all(engine, now=NOW + MINUTE)

    assert wrote_at(engine) == NOW


def test_a_contact_without_a_time_wrote_when_the_webhook_came(engine: Engine) -> None:
    [event] = events("wagate")
    timeless = event.raw.replace(b'"timestamp"', b'"zeit"')
    assert timeless != event.raw
    receive(engine, [replace(arrival(event, received_at=NOW), payload=timeless)])
    process_all(engine)

    assert wrote_at(engine) == NOW


@pytest.mark.parametrize("case", ["status", "create"])
def test_what_is_said_of_our_messages_is_nothing_that_the_contact_wrote(
    engine: Engine, case: str
) -> None:
    receive(engine, arrivals("whatsgate", case))
    process_all(engine)

    with reading(engine) as session:
        assert [row.wrote_at for row in session.query(Conversation)] in ([], [None])


def hold(engine: Engine, reason: str) -> Message:
    """Let an answer be held, and return it."""
    receive(engine, arrivals("meta", message_id="A"))
    process_all(engine)
    with writing(engine) as session:
        session.execute(
            update(Message)
            .where(Message.direction == "out")
            .values(held=reason, held_at=NOW, due_at=NOW + HOUR, error="OutsideWindow: wait")
        )
    return outgoing(engine)[0]


@pytest.mark.parametrize("case", ["text", "call"])
def test_what_is_held_until_the_contact_writes_is_let_go_then(engine: Engine, case: str) -> None:
    held = hold(engine, "window")
    later = NOW + 3 * MINUTE
    receive(engine, arrivals("meta", case, message_id="B", now=later))
    done = process_all(engine, now=later)

    freed = outgoing(engine)[0]
    assert (freed.held, freed.held_at, freed.error, freed.due_at) == (None, None, None, later)
    assert held.lane in {lane for each in done for lane in each.outbox_lanes}


def test_what_is_held_for_a_person_stays_so(engine: Engine) -> None:
    hold(engine, "unknown")
    receive(engine, arrivals("meta", message_id="B", now=NOW + MINUTE))
    process_all(engine, now=NOW + MINUTE)

    assert outgoing(engine)[0].held == "unknown"


def test_what_another_contact_writes_lets_nothing_go(engine: Engine) -> None:
    held = hold(engine, "window")
    sender = "6281200000002"
    receive(engine, arrivals("meta", "call", sender=sender, now=NOW + MINUTE))
    done = process_all(engine, now=NOW + MINUTE)

    assert outgoing(engine)[0].held == "window"
    other = lane_of("meta", held.device, sender)
    assert {lane for each in done for lane in each.outbox_lanes} <= {other}
