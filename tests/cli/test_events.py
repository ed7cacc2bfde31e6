"""flask events: what came in, and another try for what failed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from bot.lanes import INBOX, Lanes
from bot.rules import load
from models import Event, writing
from tests.cli.conftest import Flask
from tests.web import Web


def wait_until(is_true: Callable[[], bool]) -> None:
    """Wait for a thread that takes its time."""
    for _ in range(500):
        if is_true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def fail(web: Web) -> int:
    """Store one event that waits for a person, and return its id."""
    web.post_text("wagate")
    [event] = web.events()
    with writing(web.engine) as session:
        session.execute(update(Event).values(error="KeyError at bot/rules/turn.py:12"))
    return event.id


def test_an_empty_list_says_so(flask: Flask) -> None:
    assert flask("events", "list").output == "nothing\n"


def test_lists_what_came_without_addresses_and_texts(web: Web, flask: Flask) -> None:
    web.post_text("wagate", text="kata-rahasia")
    web.post_text("rijan")

    output = flask("events", "list").output

    assert output.count("message.received") == 2
    assert "6281200000001" not in output
    assert "kata-rahasia" not in output


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--gateway", "rijan"], 1),
        (["--state", "waiting"], 2),
        (["--state", "failed"], 0),
        (["--state", "processed"], 0),
        (["--state", "unparsed"], 1),
        (["--limit", "1"], 1),
    ],
)
def test_lists_a_part(web: Web, flask: Flask, options: list[str], count: int) -> None:
    web.post(web.sign("wagate", b"{"))
    web.post_text("rijan")

    output = flask("events", "list", *options).output

    assert len([line for line in output.splitlines()[1:] if line]) == count


def test_what_is_to_come_waits_for_nobody(web: Web, flask: Flask) -> None:
    web.post_text("wagate")
    with writing(web.engine) as session:
        session.execute(update(Event).values(received_at=datetime.now(UTC) + timedelta(hours=1)))

    assert "later" in flask("events", "list").output
    assert "later" in flask("events", "list", "--state", "later").output
    assert flask("events", "list", "--state", "waiting").output == "nothing\n"


def test_shows_one_event_and_its_messages(web: Web, flask: Flask) -> None:
    web.post_text("wagate", text="kata-rahasia")
    web.process(load("rules.yaml"))
    [event] = web.events()

    shown = flask("events", "show", str(event.id)).output
    with_payload = flask("events", "show", str(event.id), "--payload").output

    assert "(in, received)" in shown
    assert "kata-rahasia" not in shown
    assert "kata-rahasia" in with_payload


def test_knows_no_other_event(flask: Flask) -> None:
    assert "no event 99" in flask("events", "show", "99", code=1).output


def test_replays_what_failed(web: Web, flask: Flask) -> None:
    number = fail(web)

    flask("events", "replay", str(number))

    [event] = web.events()
    assert event.error is None
    assert web.process(load("rules.yaml")) == 1


def test_wakes_the_lane_of_a_replay_before_it_ends(web: Web, flask: Flask) -> None:
    """A command's process ends at once, so a thread of its own would be too late."""
    number = fail(web)
    queue = Lanes(web.runtime.redis).queue(INBOX)
    wait_until(lambda: queue.count == 1)  # the webhook's own wake, from its thread
    web.runtime.redis.flushall()

    flask("events", "replay", str(number))

    assert queue.count == 1


def test_replays_nothing_that_was_processed(web: Web, flask: Flask) -> None:
    web.post_text("wagate")
    web.process(load("rules.yaml"))
    [event] = web.events()

    output = flask("events", "replay", str(event.id), code=1).output

    assert "twice" in output
    assert len(web.messages()) == 2


def test_replays_nothing_unreadable(web: Web, flask: Flask) -> None:
    web.post(web.sign("wagate", b"{"))
    [event] = web.events()

    assert "not JSON" in flask("events", "replay", str(event.id), code=1).output


@pytest.mark.parametrize(
    "arguments", [["events", "list"], ["events", "show", "1"], ["events", "replay", "1"]]
)
def test_a_database_without_tables_is_one_sentence(
    web: Web, flask: Flask, arguments: list[str]
) -> None:
    with writing(web.engine) as session:
        session.execute(text("ALTER TABLE events RENAME TO hidden"))
    try:
        output = flask(*arguments, code=1).output
    finally:
        with writing(web.engine) as session:
            session.execute(text("ALTER TABLE hidden RENAME TO events"))

    assert "flask migrate" in output
    assert len(output.splitlines()) == 1
