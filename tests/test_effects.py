"""Effects are put down once, claimed by one, and come back when their process is gone."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from bot.client import CONNECT_SECONDS
from bot.effects import (
    HEAVY_LEASE,
    LEASE,
    SLOW_LEASE,
    ClaimedEffect,
    EffectKind,
    NewEffect,
    add,
    claim,
    finish,
    postpone,
    waiting_lanes,
)
from bot.lanes import LANES, lane_of
from bot.performing import asking
from bot.rules.compiling.actions import LONGEST_TIMEOUT
from models import Effect, reading, writing

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
LANE = lane_of("rijan", "device_melati", None)


def effect(key: str = "1", **changes: object) -> NewEffect:
    values: dict[str, object] = {
        "kind": EffectKind.RESTART_DEVICE,
        "key": key,
        "gateway": "rijan",
        "device": "device_melati",
    }
    return NewEffect(**{**values, **changes})  # type: ignore[arg-type] # as the fields say


def put(engine: Engine, *effects: NewEffect) -> set[int]:
    with writing(engine) as session:
        return add(session, effects, now=NOW)


def take(engine: Engine, *, now: datetime = NOW, limit: int = 10) -> list[ClaimedEffect]:
    return claim(engine, LANE, limit=limit, now=now)


def still_open(engine: Engine) -> int:
    with reading(engine) as session:
        rows = select(func.count()).select_from(Effect).where(Effect.done_at.is_(None))
        return session.scalar(rows) or 0


def test_is_put_down_and_claimed_with_its_details(engine: Engine) -> None:
    lanes = put(engine, effect(details={"ticket": "msg_1"}))

    [taken] = take(engine)

    assert lanes == {LANE}
    assert (taken.kind, taken.gateway, taken.device) == ("restart_device", "rijan", "device_melati")
    assert taken.details == {"ticket": "msg_1"}
    assert taken.attempts == 1


def test_of_two_with_one_key_the_second_is_dropped(engine: Engine) -> None:
    put(engine, effect("a"), effect("b"))
    put(engine, effect("a"), effect("a", kind=EffectKind.REPORT_DEVICE))

    assert still_open(engine) == 3


def test_is_not_claimed_twice(engine: Engine) -> None:
    put(engine, *(effect(str(number)) for number in range(40)))
    taken: list[int] = []
    gate = threading.Barrier(4)

    def run() -> None:
        gate.wait()
        for _ in range(10):
            taken.extend(each.id for each in take(engine, limit=3))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(set(taken))
    taken.extend(each.id for each in take(engine, limit=100))
    assert len(taken) == len(set(taken)) == 40


def test_is_not_claimed_before_it_is_due(engine: Engine) -> None:
    put(engine, effect(due_at=NOW + timedelta(seconds=30)))

    assert take(engine) == []
    assert len(take(engine, now=NOW + timedelta(seconds=31))) == 1


def test_belongs_to_one_lane(engine: Engine) -> None:
    put(engine, effect())

    others = [lane for lane in range(LANES) if lane != LANE]

    assert [claim(engine, lane, limit=5, now=NOW) for lane in others] == [[]] * len(others)


def test_comes_back_when_the_lease_of_its_process_is_over(engine: Engine) -> None:
    put(engine, effect())
    [lost] = take(engine)
    later = NOW + LEASE + timedelta(seconds=1)

    assert take(engine, now=NOW + timedelta(seconds=20)) == []
    [again] = take(engine, now=later)

    assert again.attempts == 2
    # What the first process says now concerns nobody any more.
    with writing(engine) as session:
        assert not finish(session, lost, now=later)
        assert finish(session, again, now=later)
    assert still_open(engine) == 0


def test_a_file_is_given_more_time(engine: Engine) -> None:
    put(engine, effect(kind=EffectKind.FETCH_MEDIA))
    take(engine)

    assert take(engine, now=NOW + LEASE + timedelta(seconds=1)) == []
    assert len(take(engine, now=NOW + HEAVY_LEASE + timedelta(seconds=1))) == 1


def test_what_a_newer_version_put_down_stands_in_nobody_s_way(engine: Engine) -> None:
    put(engine, effect("baru"), effect("lama"))
    with writing(engine) as session:
        session.execute(update(Effect).where(Effect.key == "baru").values(kind="teleport"))

    assert [each.kind for each in take(engine)] == [EffectKind.RESTART_DEVICE]
    with reading(engine) as session:
        assert waiting_lanes(session, now=NOW + timedelta(seconds=10)) == []


def test_is_done_once_and_for_all(engine: Engine) -> None:
    put(engine, effect())
    [taken] = take(engine)
    with writing(engine) as session:
        assert finish(session, taken, error="gave up " * 100, now=NOW)
    put(engine, effect())

    assert take(engine, now=NOW + timedelta(days=1)) == []
    with reading(engine) as session:
        [row] = session.query(Effect).all()
    assert len(row.error or "") == 200


def test_waits_when_it_is_postponed(engine: Engine) -> None:
    put(engine, effect())
    [taken] = take(engine)
    with writing(engine) as session:
        due_at = NOW + timedelta(seconds=9)
        assert postpone(session, taken, due_at=due_at, error="not yet", now=NOW)

    assert take(engine) == []
    [again] = take(engine, now=NOW + timedelta(seconds=10))
    assert again.attempts == 2


@pytest.mark.parametrize(("seconds", "lanes"), [(2, []), (4, [LANE])])
def test_the_sweep_finds_what_waited_too_long(
    engine: Engine, seconds: int, lanes: list[int]
) -> None:
    put(engine, effect())

    with reading(engine) as session:
        assert waiting_lanes(session, now=NOW + timedelta(seconds=seconds)) == lanes


def test_the_sweep_leaves_alone_what_is_under_way(engine: Engine) -> None:
    put(engine, effect())
    take(engine)

    with reading(engine) as session:
        assert waiting_lanes(session, now=NOW + timedelta(seconds=20)) == []
        assert waiting_lanes(session, now=NOW + LEASE + timedelta(seconds=4)) == [LANE]


@pytest.mark.parametrize(
    "kind", [EffectKind.ASK_ADDRESS, EffectKind.RUN_TASK, EffectKind.TELL_LISTENER]
)
def test_what_waits_for_the_user_has_longer(engine: Engine, kind: EffectKind) -> None:
    put(engine, effect(kind=kind))
    take(engine)

    assert take(engine, now=NOW + LEASE + timedelta(seconds=1)) == []
    assert len(take(engine, now=NOW + SLOW_LEASE + timedelta(seconds=1))) == 1


def test_a_task_ends_before_its_lease_does() -> None:
    longest = max(asking.TASK_SECONDS, LONGEST_TIMEOUT.total_seconds() + CONNECT_SECONDS)

    assert longest + 15 < SLOW_LEASE.total_seconds()


def test_what_people_said_is_in_no_representation(engine: Engine) -> None:
    wanted = effect(details={"body": "rahasia"})
    put(engine, wanted)

    assert "rahasia" not in f"{wanted} {take(engine)}"
