"""Nudges are cheap and may be lost; a wake that somebody counts on is never swallowed."""

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway

from bot import jobs, lanes
from bot.lanes import INBOX, LANES, OUTBOX, Lanes, Waker, lane_name, lane_of
from tests.conftest import Valkey

NAME = "inbox:7"


@pytest.fixture
def here(redis: Redis) -> Lanes:
    return Lanes(redis)


@pytest.fixture
def soon() -> Callable[[Callable[[], bool]], bool]:
    """Give a way to wait until something holds."""

    def wait(predicate: Callable[[], bool]) -> bool:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if predicate():
                return True
            time.sleep(0.01)
        return False

    return wait


def queued(here: Lanes, box: str = INBOX) -> list[object]:
    return [job.args[0] for job in here.queue(box).get_jobs()]


def lose_jobs(here: Lanes) -> None:
    here.queue(INBOX).empty()  # type: ignore[no-untyped-call] # RQ gives it no types


def test_a_conversation_has_one_lane_for_ever() -> None:
    assert lane_of("meta", "100200300400500", "6281200000001") == 7
    assert lane_of("meta", "100200300400500", None) == lane_of("meta", "100200300400500", "")


def test_conversations_spread_over_all_lanes() -> None:
    found = {lane_of("meta", "1", f"62812000{number:05}") for number in range(500)}

    assert found == set(range(LANES))


def test_wakes_a_lane_once_while_a_job_is_coming(here: Lanes) -> None:
    here.wake([NAME, NAME, "outbox:3"])
    here.wake([NAME])

    assert (queued(here), queued(here, OUTBOX)) == ([NAME], ["outbox:3"])


def test_wakes_again_when_the_job_was_lost(here: Lanes, redis: Redis) -> None:
    here.wake([NAME])
    assert 0 < redis.ttl(f"balas:lane:{NAME}:due") <= lanes.FLAG_SECONDS

    redis.flushall()
    here.wake([NAME])

    assert queued(here) == [NAME]


def test_wakes_nothing_for_no_lanes(here: Lanes, redis: Redis) -> None:
    here.wake([])

    assert redis.keys() == []


def test_drains_and_is_done(here: Lanes, redis: Redis) -> None:
    here.wake([NAME])
    lose_jobs(here)
    drained = iter([False])

    here.run(NAME, lambda: next(drained))

    assert list(drained) == []
    assert queued(here) == []
    assert redis.keys("balas:lane:*") == []


def test_comes_again_when_rows_are_left(here: Lanes) -> None:
    here.run(NAME, lambda: True)

    assert queued(here) == [NAME]


def test_comes_again_when_woken_while_it_drains(here: Lanes) -> None:
    def drain() -> bool:
        here.wake([NAME])
        lose_jobs(here)
        return False

    here.run(NAME, drain)

    assert queued(here) == [NAME]


def test_a_wake_during_a_held_lock_is_left_for_its_holder(here: Lanes, redis: Redis) -> None:
    """The job of the wake finds the lock taken: it must not clear the flag that it leaves."""
    inside, may_end = threading.Event(), threading.Event()

    def stall() -> bool:
        inside.set()
        may_end.wait(5)
        return False

    holder = threading.Thread(target=here.run, args=(NAME, stall))
    holder.start()
    inside.wait(5)
    here.wake([NAME])
    lose_jobs(here)
    here.run(NAME, lambda: pytest.fail("two jobs drain one lane"))
    flag = redis.exists(f"balas:lane:{NAME}:due")
    may_end.set()
    holder.join()

    assert flag
    assert queued(here) == [NAME]


def test_clears_the_flag_before_it_drains(here: Lanes, redis: Redis) -> None:
    """A wake that comes while rows are read must be able to set it again."""
    here.wake([NAME])

    here.run(NAME, lambda: bool(redis.exists(f"balas:lane:{NAME}:due")) and pytest.fail("late"))


def test_gives_the_lock_back_when_draining_fails(here: Lanes, redis: Redis) -> None:
    def fail() -> bool:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        here.run(NAME, fail)

    assert redis.keys("balas:lane:*") == []


def test_takes_no_lock_from_its_next_holder(here: Lanes, redis: Redis) -> None:
    def outlive_the_lock() -> bool:
        redis.set(f"balas:lane:{NAME}:lock", "somebody else")
        return False

    here.run(NAME, outlive_the_lock)

    assert redis.get(f"balas:lane:{NAME}:lock") == b"somebody else"


def test_a_lock_ends_by_itself(here: Lanes, redis: Redis) -> None:
    def look() -> bool:
        ttl.append(redis.pttl(f"balas:lane:{NAME}:lock"))
        return False

    ttl: list[int] = []
    here.run(NAME, look)

    assert 0 < ttl[0] <= lanes.LOCK_MILLISECONDS


def test_sweeps_whatever_the_flags_say(here: Lanes) -> None:
    here.wake([NAME])
    lose_jobs(here)

    here.sweep([NAME, "outbox:1"])

    assert (queued(here), queued(here, OUTBOX)) == ([NAME], ["outbox:1"])


def test_sweeps_no_endless_queue(here: Lanes) -> None:
    for _ in range(lanes.QUEUE_LIMIT + 5):
        here.sweep([NAME])

    assert here.queue(INBOX).count == lanes.QUEUE_LIMIT


def test_holds_for_one_at_a_time(here: Lanes) -> None:
    assert here.hold("sweep", seconds=5)
    assert not here.hold("sweep", seconds=5)


def test_a_job_holds_nothing_but_the_lane(here: Lanes) -> None:
    here.wake([NAME])

    [job] = here.queue(INBOX).get_jobs()
    assert (job.func_name, job.args, job.kwargs) == (lanes.JOB, [NAME], {})
    assert (job.timeout, job.result_ttl) == (-1, 0)


def test_a_waker_wakes_from_its_own_thread(
    here: Lanes, soon: Callable[[Callable[[], bool]], bool]
) -> None:
    Waker(here).wake([NAME])

    assert soon(lambda: queued(here) == [NAME])


def test_a_waker_waits_as_long_as_it_is_told(
    here: Lanes, soon: Callable[[Callable[[], bool]], bool]
) -> None:
    waker = Waker(here)
    waker.wake([NAME], after=0.3)
    waker.wake(["inbox:1"])

    assert soon(lambda: queued(here) == ["inbox:1"])
    assert soon(lambda: queued(here) == ["inbox:1", NAME])


def test_a_waker_works_in_a_forked_child(here: Lanes, shared_valkey: Valkey) -> None:
    waker = Waker(Lanes(Redis.from_url(shared_valkey.url)))
    waker.wake(["inbox:1"])
    child = os.fork()
    if not child:
        waker.wake([NAME])
        time.sleep(0.5)
        os._exit(0)
    os.waitpid(child, 0)

    assert NAME in queued(here)


def test_a_waker_never_waits_for_redis_and_works_again_when_it_is_back(
    own_valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
    soon: Callable[[Callable[[], bool]], bool],
) -> None:
    monkeypatch.setattr(lanes, "SKIP_SECONDS", 0.1)
    own_valkey.kill()
    here = Lanes(Redis.from_url(own_valkey.url, socket_timeout=0.3))
    waker = Waker(here)

    started = time.monotonic()
    for _ in range(100):
        waker.wake([NAME])
    took = time.monotonic() - started
    own_valkey.start()

    def is_woken() -> bool:
        waker.wake([NAME])
        return queued(here) == [NAME]

    assert took < 0.5
    assert soon(is_woken)


@pytest.fixture
def prepared(here: Lanes) -> Iterator[list[int]]:
    drained: list[int] = []

    def drain(lane: int) -> bool:
        drained.append(lane)
        if lane == 13:
            raise RedisAway("away")
        if lane == 14:
            raise KeyError("kata-rahasia")
        return False

    jobs.prepare(here, {INBOX: drain})
    yield drained
    jobs.prepare(here, {})


def test_a_job_drains_its_lane(prepared: list[int]) -> None:
    jobs.run_lane(lane_name(INBOX, 7))

    assert prepared == [7]


@pytest.mark.parametrize("lane", [13, 14])
def test_a_job_leaves_no_traceback_to_rq(
    prepared: list[int], capsys: pytest.CaptureFixture[str], lane: int
) -> None:
    jobs.run_lane(lane_name(INBOX, lane))

    assert prepared == [lane]
    assert "kata-rahasia" not in capsys.readouterr().err
