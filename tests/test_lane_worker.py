"""The worker runs lane jobs, and nothing else that stands in its queue."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq.serializers import JSONSerializer

from bot import jobs
from bot.lane_worker import LaneWorker
from bot.lanes import Lanes

drained: list[int] = []


def drain(lane: int) -> bool:
    drained.append(lane)
    return False


@pytest.fixture
def lanes(redis: Redis) -> Iterator[Lanes]:
    lanes = Lanes(redis)
    drained.clear()
    jobs.prepare(lanes, {"inbox": drain})
    yield lanes
    jobs.prepare(lanes, {})


def work(lanes: Lanes, redis: Redis) -> None:
    worker: Any = LaneWorker([lanes.queue("inbox")], connection=redis, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="WARNING")


def test_runs_a_lane_and_leaves_nothing_behind(lanes: Lanes, redis: Redis) -> None:
    lanes.wake(["inbox:3"])
    work(lanes, redis)
    assert drained == [3]
    assert not list(redis.scan_iter("rq:job:*"))
    assert not list(redis.scan_iter("rq:queue:*"))


def test_runs_no_code_that_somebody_else_put_there(
    lanes: Lanes, redis: Redis, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    lanes.queue("inbox").enqueue(os.mkdir, str(mark))
    lanes.queue("inbox").enqueue("bot.jobs.run_lane", "inbox:3; rm")
    lanes.wake(["inbox:4"])
    work(lanes, redis)
    assert not mark.exists()
    assert drained == [4]


def test_a_job_that_raises_ends_no_worker(lanes: Lanes, redis: Redis) -> None:
    lanes.wake(["outbox:1"])  # no drain was prepared for it
    redis.rename("rq:queue:outbox", "rq:queue:inbox")
    lanes.wake(["inbox:5"])
    work(lanes, redis)
    assert drained == [5]


def test_a_lane_whose_worker_was_killed_is_enqueued_again(lanes: Lanes, redis: Redis) -> None:
    """RQ's own unique jobs would refuse it for minutes."""
    lanes.enqueue(["inbox:6"])
    redis.lmove("rq:queue:inbox", "rq:queue:inbox:intermediate")  # as a worker does, then dies
    lanes.enqueue(["inbox:6"])
    work(lanes, redis)
    assert drained == [6]


def test_no_scheduler_is_started(lanes: Lanes, redis: Redis) -> None:
    """It would be a process of its own, which outlives a killed worker."""
    lanes.wake(["inbox:7"])
    work(lanes, redis)
    assert not list(redis.scan_iter("rq:scheduler*"))
