"""Lanes: work that must stay in order is drained by one job at a time, in batches.

A lane is a fixed slice of conversations. Redis and RQ only nudge: the database is the truth and
the lock, and `sweep` finds whatever a lost nudge left behind.
"""

import heapq
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import structlog
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bot.background import Background

logger = structlog.get_logger("balas.lanes")

LANES = 16
INBOX = "inbox"
OUTBOX = "outbox"
EFFECTS = "effects"
# Effects are performed by the process that sends: it has the connections to the gateways.
QUEUES = {INBOX: INBOX, OUTBOX: OUTBOX, EFFECTS: OUTBOX}
JOB = "bot.jobs.run_lane"

FLAG_SECONDS = 5
# Longer than a slice. What a killed worker held is free this soon; where a slice takes longer after
# all, the database's own lock keeps two jobs apart.
LOCK_MILLISECONDS = 4_000
# While Redis is away, wakes are skipped for this long: the sweep will find the rows.
SKIP_SECONDS = 5
MAX_WAIT_SECONDS = 60.0
# More jobs than this can only be repeats: each lane needs one.
QUEUE_LIMIT = 10 * LANES
FAILURE_SECONDS = 60
# A nudge that nobody took for so long has been repeated by the sweep many times.
JOB_SECONDS = 3600
# The clocks of two machines differ: a row that looks due this much too late is due. Otherwise each
# message would wait for the sweep wherever the writer's clock runs ahead of the reader's.
CLOCK_SKEW = timedelta(milliseconds=500)

# Take the lock; only whoever has it clears the flag.
_TAKE = """
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    redis.call('del', KEYS[2])
    return 1
end
return 0
"""
# Give the lock back, but only to whom it still belongs: it may have expired and be somebody else's.
# Say whether the flag was set meanwhile.
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then
    redis.call('del', KEYS[1])
end
return redis.call('exists', KEYS[2])
"""


def lane_of(gateway: str, device: str, address: str | None) -> int:
    """Return the lane of a conversation, or of a device for what belongs to no conversation."""
    return zlib.crc32(f"{gateway}\0{device}\0{address or ''}".encode()) % LANES


def lane_name(box: str, lane: int) -> str:
    """Return a lane's name, such as "inbox:7"."""
    return f"{box}:{lane}"


class Lanes:
    """The lanes as Redis and RQ know them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take = redis.register_script(_TAKE)
        self._release = redis.register_script(_RELEASE)

    def wake(self, names: Iterable[str]) -> None:
        """Enqueue a job for each lane that has none coming. Raises RedisError."""
        names = sorted(set(names))
        if not names:
            return
        with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.set(_flag(name), 1, nx=True, ex=FLAG_SECONDS)
            fresh = pipeline.execute()
        self.enqueue([name for name, is_fresh in zip(names, fresh, strict=True) if is_fresh])

    def enqueue(self, names: Sequence[str]) -> None:
        """Enqueue a job for each lane, whatever the flags say. Raises RedisError."""
        if not names:
            return
        with self._redis.pipeline() as pipeline:
            for name in names:
                self.queue(name.partition(":")[0]).enqueue(
                    JOB,
                    name,
                    job_timeout=-1,
                    ttl=JOB_SECONDS,
                    result_ttl=0,
                    failure_ttl=FAILURE_SECONDS,
                    pipeline=pipeline,
                )
            pipeline.execute()

    def run(self, name: str, drain: Callable[[], bool]) -> None:
        """Drain one slice of a lane; `drain` returns whether rows are left. Raises RedisError.

        The flag is cleared only after the lock is held. The other way round, a job that finds the
        lock taken would clear a flag that was set for rows which the holder has not seen.
        """
        token = uuid.uuid4().hex
        keys = [_lock(name), _flag(name)]
        if not self._take(keys=keys, args=[token, LOCK_MILLISECONDS]):
            return
        is_left, is_due = True, False
        try:
            is_left = drain()
        finally:
            is_due = bool(self._release(keys=keys, args=[token]))
        if is_left or is_due:
            self.enqueue([name])

    def sweep(self, names: Sequence[str]) -> None:
        """Enqueue lanes that have waited too long, without looking at their flags."""
        for box in QUEUES:
            waiting = [name for name in names if name.startswith(box)]
            if waiting and self.queue(box).count < QUEUE_LIMIT:
                self.enqueue(waiting)

    def hold(self, name: str, *, seconds: float) -> bool:
        """Return whether this process is the first to take `name` for so long."""
        return bool(self._redis.set(f"balas:{name}", 1, nx=True, px=int(seconds * 1000)))

    def queue(self, box: str) -> Queue:
        """Return the RQ queue in which the jobs of a box stand."""
        return Queue(QUEUES[box], connection=self._redis, serializer=JSONSerializer)


class Waker(Background):
    """Wakes lanes from a thread of its own, so that nobody waits for Redis."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        super().__init__("waker")

    def wake(self, names: Iterable[str], *, after: float = 0.0) -> None:
        """Wake lanes now, or in some seconds. Never raises, never waits."""
        self._be_running()
        at = time.monotonic() + after
        with self._condition:
            for name in names:
                heapq.heappush(self._due, (at, name))
            self._condition.notify()

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._due: list[tuple[float, str]] = []

    def _run(self) -> None:
        while True:
            try:
                self._lanes.wake(self._take())
            except Exception as error:  # noqa: BLE001 - nobody would start this thread again
                logger.warning(
                    "redis is away, lanes wait for the sweep", error=type(error).__name__
                )
                time.sleep(SKIP_SECONDS)
                self._drop_due()

    def _take(self) -> set[str]:
        with self._condition:
            while not self._due or self._due[0][0] > time.monotonic():
                wait = self._due[0][0] - time.monotonic() if self._due else MAX_WAIT_SECONDS
                self._condition.wait(min(wait, MAX_WAIT_SECONDS))
            return self._pop()

    def _drop_due(self) -> None:
        with self._condition:
            self._pop()

    def _pop(self) -> set[str]:
        names = set()
        while self._due and self._due[0][0] <= time.monotonic():
            names.add(heapq.heappop(self._due)[1])
        return names


def _flag(name: str) -> str:
    return f"balas:lane:{name}:due"


def _lock(name: str) -> str:
    return f"balas:lane:{name}:lock"
