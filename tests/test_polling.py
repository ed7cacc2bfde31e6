"""Each device is asked about once in a while, whoever sweeps."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, select

from bot.config import ConfigError, read_settings
from bot.effects import FORGOTTEN_AFTER, FORGOTTEN_PAGE, forget_done
from bot.lanes import INBOX, OUTBOX, Lanes, lane_of
from bot.polling import poll, poll_quotas
from bot.runtime import Runtime
from bot.sweeping import sweep
from models import Device, Effect, reading, writing
from tests.conftest import Valkey
from tests.making import all_events, gateways
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


def quota_runtime(engine: Engine, valkey: Valkey, **environ: str) -> Runtime:
    found = Runtime(
        settings=read_settings({"REDIS_URL": valkey.url, **environ}),
        gateways=gateways(),
    )
    found.__dict__["engine"] = engine
    return found


def know(engine: Engine, **values: object) -> None:
    known = {
        "gateway": "wagate",
        "device": "wa-melati",
        "webhook_at": NOW,
        "quota_limit": 1000,
        "quota_remaining": 500,
        "quota_reserve": 20,
        "quota_at": NOW - timedelta(minutes=2),
        "quota_resets_at": NOW + timedelta(days=9),
    }
    with writing(engine) as session:
        session.add(Device(**{**known, **values}))


def asked(engine: Engine) -> list[str]:
    return [f"{each.gateway}/{each.device}" for each in effects(engine)]


NEVER = {"DEVICE_POLL_SECONDS": "0"}
DECISIVE: dict[str, dict[str, object]] = {
    "in its reserve": {"quota_remaining": 20},
    "used up": {"quota_remaining": 0, "quota_reserve": None},
    "refused": {"pause_reason": "QuotaExhausted: no quota is left"},
    "refused, and not known": {
        "pause_reason": "QuotaExhausted: none",
        "quota_at": None,
        "quota_remaining": None,
    },
    "back by now": {"quota_resets_at": NOW, "quota_at": NOW - timedelta(seconds=1)},
}


@pytest.mark.parametrize("case", DECISIVE)
def test_asks_before_its_turn_where_messages_wait_for_quota(
    case: str, engine: Engine, shared_valkey: Valkey, redis: Redis
) -> None:
    know(engine, **DECISIVE[case])
    lanes = Lanes(redis)

    poll_quotas(quota_runtime(engine, shared_valkey, **NEVER), lanes, now=NOW)

    assert asked(engine) == ["wagate/wa-melati"]
    jobs: list[Any] = lanes.queue(OUTBOX).jobs
    assert [job.args[0] for job in jobs] == [f"effects:{effects(engine)[0].lane}"]


IN_NO_HURRY: dict[str, dict[str, object]] = {
    "enough left": {},
    "asked a moment ago": {"quota_remaining": 20, "quota_at": NOW - timedelta(seconds=59)},
    "asked since it was to be back": {
        "quota_resets_at": NOW - timedelta(minutes=5),
        "quota_at": NOW - timedelta(minutes=4),
    },
    "another rest": {"pause_reason": "DeviceOffline: not connected"},
    "not told by its gateway": {"gateway": "meta", "quota_remaining": 0},
    "nobody's": {"gateway": "teluk", "quota_remaining": 0},
}


@pytest.mark.parametrize("case", IN_NO_HURRY)
def test_asks_in_its_turn_where_nothing_waits(
    case: str, engine: Engine, shared_valkey: Valkey, redis: Redis
) -> None:
    know(engine, **IN_NO_HURRY[case])

    poll_quotas(quota_runtime(engine, shared_valkey), Lanes(redis), now=NOW)

    assert asked(engine) == []


def test_asks_once_a_minute_while_messages_wait_for_quota(
    engine: Engine, shared_valkey: Valkey, redis: Redis
) -> None:
    know(engine, quota_remaining=0, quota_at=NOW - timedelta(hours=1))
    running, lanes = quota_runtime(engine, shared_valkey), Lanes(redis)

    for seconds in (0, 3, 57):
        poll_quotas(running, lanes, now=NOW + timedelta(seconds=seconds))
    redis.flushall()
    poll_quotas(running, lanes, now=NOW + timedelta(seconds=58))
    assert len(effects(engine)) == 1

    poll_quotas(running, lanes, now=NOW + timedelta(seconds=60))
    assert len(effects(engine)) == 2


def test_asks_a_new_device_at_once(engine: Engine, shared_valkey: Valkey, redis: Redis) -> None:
    know(engine, quota_at=None, quota_remaining=None)
    running, lanes = quota_runtime(engine, shared_valkey), Lanes(redis)

    for seconds in (0, 3, 200):
        poll_quotas(running, lanes, now=NOW + timedelta(seconds=seconds))

    assert asked(engine) == ["wagate/wa-melati"]


def test_asks_no_new_device_when_it_is_switched_off(
    engine: Engine, shared_valkey: Valkey, redis: Redis
) -> None:
    know(engine, quota_at=None, quota_remaining=None)

    poll_quotas(quota_runtime(engine, shared_valkey, **NEVER), Lanes(redis), now=NOW)

    assert asked(engine) == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_sweep_asks_what_is_left_and_tells_what_is_low(
    engine: Engine, shared_valkey: Valkey, redis: Redis
) -> None:
    know(engine, quota_remaining=0, webhook_at=None)
    running, lanes = quota_runtime(engine, shared_valkey, **NEVER), Lanes(redis)

    sweep(running, lanes, now=NOW)

    [low] = all_events(engine)
    jobs: list[Any] = lanes.queue(INBOX).jobs
    assert (asked(engine), low.kind) == (["wagate/wa-melati"], "quota.low")
    assert [job.args[0] for job in jobs] == [f"inbox:{low.lane}"]


@pytest.mark.parametrize("name", ["QUOTA_LOW_PERCENT", "QUOTA_RESERVE_PERCENT"])
@pytest.mark.parametrize("percent", ["-1", "101", "sedikit"])
def test_a_share_that_makes_no_sense_is_a_mistake(name: str, percent: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read_settings({name: percent})
