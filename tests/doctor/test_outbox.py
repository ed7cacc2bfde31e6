"""What will not go out by itself is looked at."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from bot.doctor.devices import judge_device
from bot.doctor.outbox import check_outbox
from bot.doctor.verdicts import Level
from bot.outbox.stops import UNTIL_RESUMED
from models import Breaker, Device, Held, Message, writing
from tests.doctor.test_surroundings import levels, scene_of
from tests.making import arrivals, process_all, receive
from tests.teluk import NAME

NOW = datetime.now(UTC)
HOST = "teluk.example"


@pytest.fixture
def outbox(engine: Engine) -> Engine:
    """Give a database with one message that is to be sent."""
    receive(engine, arrivals())
    process_all(engine)
    return engine


def test_what_goes_out_by_itself_is_good(outbox: Engine) -> None:
    assert levels(check_outbox(scene_of(outbox))) == [Level.GOOD]


@pytest.mark.parametrize(
    ("values", "words", "advice"),
    [
        ({"status": "unknown"}, "evidence may still come", "--state unknown"),
        ({"status": "unknown", "held": Held.UNKNOWN}, "wait for a person", "resolve"),
        ({"held": Held.WINDOW}, "wait for their contacts to write", "META_WINDOW_TEMPLATE"),
        ({"status": "dead", "failed_at": NOW - timedelta(days=1)}, "are dead", "retry"),
        ({"status": "failed", "failed_at": NOW}, "not delivered", "--state failed"),
    ],
)
def test_what_waits_for_somebody_is_told(
    outbox: Engine, values: dict[str, object], words: str, advice: str
) -> None:
    with writing(outbox) as session:
        session.execute(update(Message).where(Message.direction == "out").values(**values))

    [verdict] = check_outbox(scene_of(outbox))

    assert verdict.level is Level.WARNING
    assert verdict.what.startswith("1 messages")
    assert words in verdict.what
    assert advice in verdict.advice


def test_what_died_long_ago_is_not_told(outbox: Engine) -> None:
    values = {"status": "dead", "failed_at": NOW - timedelta(days=9)}
    with writing(outbox) as session:
        session.execute(update(Message).where(Message.direction == "out").values(**values))

    assert levels(check_outbox(scene_of(outbox))) == [Level.GOOD]


def test_a_gateway_that_is_down_is_told_until_it_is_probed(engine: Engine) -> None:
    with writing(engine) as session:
        for host, hours in ((HOST, 1), ("lama.example", 1)):
            until = NOW + timedelta(hours=hours)
            row = Breaker(gateway=NAME, host=host, paused_until=until, pause_reason="Unreachable")
            session.add(row)

    [verdict] = check_outbox(scene_of(engine))
    with writing(engine) as session:
        session.execute(update(Breaker).values(paused_until=NOW - timedelta(hours=1)))

    assert (verdict.level, verdict.part) == (Level.WARNING, NAME)
    assert HOST in verdict.what
    assert levels(check_outbox(scene_of(engine))) == [Level.GOOD]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"stopped_until": UNTIL_RESUMED}, "nothing is sent until it is resumed"),
        ({"stopped_until": NOW + timedelta(hours=1)}, "a person has stopped it"),
        ({"paused_until": NOW + timedelta(hours=1), "pause_reason": "NotAuthorised: x"}, "rests"),
    ],
)
def test_how_to_let_a_device_go_on_is_told(values: dict[str, datetime], words: str) -> None:
    row = Device(gateway="meta", device="1002", **values)

    [verdict] = judge_device(row, now=NOW)

    assert verdict.level is Level.WARNING
    assert words in verdict.what
    assert verdict.advice.endswith("flask devices resume meta 1002")


def test_a_device_that_goes_on_by_itself_is_left_alone() -> None:
    rests = {"paused_until": NOW + timedelta(hours=1), "pause_reason": "RateLimited: x"}

    [verdict] = judge_device(Device(gateway="meta", device="1002", **rests), now=NOW)

    assert "resume" not in verdict.advice
    assert not [*judge_device(Device(gateway="meta", device="1002", stopped_until=NOW), now=NOW)]
