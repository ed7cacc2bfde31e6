"""An RQ worker for lane jobs: without a fork for each job, and without bookkeeping about it.

A lane job is a nudge. What is done and what is left stands in the database, so RQ's registries,
results and states would only be written to be deleted again: some seventy Redis commands for a job
of a few milliseconds, each write of which a durable Redis puts on disk.
"""

import re
import time
from typing import Any

import structlog
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.worker import WorkerStatus

from bot.failures import describe
from bot.jobs import run_lane
from bot.lanes import JOB

logger = structlog.get_logger("balas.jobs")

# RQ tells Redis that it lives several times for each job; this often is enough.
HEARTBEAT_SECONDS = 5.0


# What a lane job is called with.
LANE = re.compile(r"(inbox|outbox|effects):\d{1,3}")


class NotALane(Exception):
    """A job of somebody else's stood in our queue."""


class LaneWorker(SimpleWorker):
    """Runs jobs in this process, so that connections and rules stay warm.

    A dyno signals every process and the supervisor signals its children: the second signal must
    not turn a graceful stop into a hard one.
    """

    max_connection_wait_time = 2.0
    _beaten_at = 0.0

    def execute_job(self, job: Any, queue: Any) -> None:
        """Run one job and forget it. A job that raises is logged, and left to the sweep.

        Nothing but a lane's job is run: who can write to Redis must not run code of theirs here.
        """
        self._state = WorkerStatus.BUSY
        try:
            run_lane(_lane(job))
        except Exception as error:  # noqa: BLE001 - one job's defect must not end the worker
            logger.error("a job failed", error=describe(error))
        finally:
            self._forget(job, queue)
            self._state = WorkerStatus.IDLE

    def teardown(self) -> None:
        """Sign off; where Redis is away, it finds out by itself."""
        try:
            super().teardown()  # type: ignore[no-untyped-call] # RQ tells no types here
        except RedisError:
            logger.warning("redis is away while this worker ends")

    def set_state(self, state: str, pipeline: Any = None) -> None:  # noqa: ARG002 - RQ's signature
        """Remember the state, which decides how a signal ends this worker; Redis is not told."""
        self._state = state

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell Redis that this worker lives, not more often than it matters."""
        if pipeline is None and time.monotonic() - self._beaten_at < HEARTBEAT_SECONDS:
            return
        self._beaten_at = time.monotonic()
        super().heartbeat(timeout, pipeline)

    def _forget(self, job: Any, queue: Any) -> None:
        try:
            with self.connection.pipeline() as pipeline:
                pipeline.lrem(queue.intermediate_queue.key, 1, job.id)
                pipeline.delete(job.key)
                pipeline.execute()
        except RedisError:
            # The next dequeue waits until Redis is back; what is left there runs out by itself.
            logger.warning("redis is away after a job")

    def request_force_stop(self, signum: int, frame: object) -> None:
        """Ignore every signal after the first."""


def _lane(job: Any) -> str:
    """Return the lane that a job is about. Raises NotALane."""
    match job.args:
        case [str() as name] if job.func_name == JOB and LANE.fullmatch(name):
            return name
    raise NotALane
