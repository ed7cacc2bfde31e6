"""Each device is asked about once in a while, whoever sweeps."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, select

from bot.config import ConfigError, read_settings
from bot.draining import sweep
from bot.effects import FORGOTTEN_AFTER, FORGOTTEN_PAGE, forget_done
from bot.lanes import OUTBOX, Lanes, lane_of
from bot.polling import poll
from bot.runtime import Runtime
from models import Effect, reading, writing
from tests.conftest import Valkey
from tests.teluk import NAME, teluk

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


def runtime(engine: Engine, valkey: Valkey, **environ: str) -> Runtime:
    found = Runtime(
        settings=read_settings({"REDIS_URL": valkey.url, **environ}),
        gateways={NAME: teluk({"device": "toko-1"}, {"device": "toko-2"})},
    )
    found.__dict__["engine"] = engine
    return found


def effects(engine: Engine) -> Sequence[Effect]:
    with reading(engine) as session:
        return session.scalars(select(Effect).order_by(Effect.id)).all()


def test_puts_a_question_down_for_each_device_and_wakes_its_lane(
    engine: Engine, shared_valkey: Valkey, redis: Redis
) -> None:
    lanes = Lanes(redis)

    poll(runtime(engine, shared_valkey), lanes, now=NOW)

    found = effects(engine)
    assert [(each.kind, each.device) for each in found] == [
        ("report_device", "toko-1"),
        ("report_device", "toko-2"),
    ]
    jobs: list[Any] = lanes.queue(OUTBOX).jobs
    assert {job.args[0] for job in jobs} == {f"effects:{each.lane}" for each in found}
    assert found[0].lane == lane_of(NAME, "toko-1", None)


def test_asks_once_in_each_slot(engine: Engine, shared_valkey: Valkey, redis: Redis) -> None:
    running, lanes = runtime(engine, shared_valkey), Lanes(redis)

    poll(running, lanes, now=NOW)
    poll(running, lanes, now=NOW + timedelta(seconds=299))
    assert len(effects(engine)) == 2

    poll(running, lanes, now=NOW + timedelta(seconds=300))
    assert len(effects(engine)) == 4


def test_asks_once_though_redis_forgot(engine: Engine, shared_valkey: Valkey, redis: Redis) -> None:
    running, lanes = runtime(engine, shared_valkey), Lanes(redis)

    poll(running, lanes, now=NOW)
    redis.flushall()
    poll(running, lanes, now=NOW)

    assert len(effects(engine)) == 2


def test_asks_nothing_when_it_is_switched_off(
    engine: Engine, shared_valkey: Valkey, redis: Redis
) -> None:
    poll(runtime(engine, shared_valkey, DEVICE_POLL_SECONDS="0"), Lanes(redis), now=NOW)

    assert effects(engine) == []


@pytest.mark.parametrize("seconds", ["-1", "sering", "100000"])
def test_a_time_that_makes_no_sense_is_a_mistake(seconds: str) -> None:
    with pytest.raises(ConfigError, match="DEVICE_POLL_SECONDS"):
        read_settings({"DEVICE_POLL_SECONDS": seconds})


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_sweep_polls(engine: Engine, shared_valkey: Valkey, redis: Redis) -> None:
    sweep(runtime(engine, shared_valkey), Lanes(redis), now=NOW)

    assert len(effects(engine)) == 2


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_sweep_forgets_old_effects(engine: Engine, shared_valkey: Valkey, redis: Redis) -> None:
    add(engine, 3, done_at=NOW - FORGOTTEN_AFTER - timedelta(seconds=1))

    sweep(runtime(engine, shared_valkey, DEVICE_POLL_SECONDS="0"), Lanes(redis), now=NOW)

    assert effects(engine) == []


def add(engine: Engine, count: int, *, done_at: datetime | None, start: int = 0) -> None:
    with writing(engine) as session:
        session.add_all(
            Effect(
                kind="mark_read",
                key=str(start + number),
                gateway=NAME,
                device="toko-1",
                lane=1,
                created_at=NOW,
                due_at=NOW,
                done_at=done_at,
            )
            for number in range(count)
        )


def test_forgets_what_was_done_long_ago_and_nothing_else(engine: Engine) -> None:
    add(engine, 2, done_at=None)
    add(engine, 3, done_at=NOW - FORGOTTEN_AFTER - timedelta(seconds=1), start=10)
    add(engine, 1, done_at=NOW - FORGOTTEN_AFTER, start=20)

    assert forget_done(engine, now=NOW) == 3
    assert [each.key for each in effects(engine)] == ["0", "1", "20"]


def test_forgets_more_than_a_page(engine: Engine) -> None:
    add(engine, FORGOTTEN_PAGE + 1, done_at=NOW - FORGOTTEN_AFTER - timedelta(seconds=1))

    assert forget_done(engine, now=NOW) == FORGOTTEN_PAGE + 1
