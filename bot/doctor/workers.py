"""Workers: that somebody answers, sends and sweeps, and no event waits."""

import socket
import time
from collections.abc import Sequence
from datetime import timedelta

from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.worker import BaseWorker
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.verdicts import Scene, Verdict, bad, good, warning
from bot.lanes import INBOX, OUTBOX, Lanes
from models import Event, reading

PART = "workers"
BACKLOG = "backlog"
# Workers tell that they live every few seconds.
SILENT = timedelta(seconds=60)
# Longer than the time between two sweeps.
SWEEP_SECONDS = 4.0
LOOK_SECONDS = 0.1
LATE = timedelta(minutes=1)
START = "start `python worker.py`"


def check_workers(scene: Scene) -> Sequence[Verdict]:
    """Look whether workers run, and on one machine where that is needed."""
    redis = scene.runtime.redis
    found: list[Verdict] = []
    try:
        hosts = {socket.gethostname()}
        for box, does in ((INBOX, "answers"), (OUTBOX, "sends")):
            alive = _alive(redis, box, scene)
            hosts |= {str(worker.hostname) for worker in alive if worker.hostname}
            if not alive:
                found.append(bad(PART, f"no worker {does}", START))
        if not _is_swept(redis):
            found.append(bad(PART, "nobody sweeps: what a lost nudge left stays", START))
    except RedisError as error:
        what = f"nobody knows without Redis ({type(error).__name__})"
        return [warning(PART, what, "check REDIS_URL")]
    if scene.runtime.settings.on_sqlite and len(hosts) > 1:
        what = f"they run on {len(hosts)} machines, and SQLite is for one"
        found.append(bad(PART, what, "use PostgreSQL, or stop the workers on the others"))
    return found or [good(PART, "workers answer, send and sweep")]


def check_backlog(scene: Scene) -> Sequence[Verdict]:
    """Look at the events that wait for a person, or for too long."""
    before = scene.now() - LATE
    is_open = Event.processed_at.is_(None)
    try:
        with reading(scene.runtime.engine) as session:
            failed = session.scalar(
                select(func.count(Event.id)).where(is_open, Event.error.is_not(None))
            )
            late = session.scalar(
                select(func.count(Event.id)).where(
                    is_open, Event.error.is_(None), Event.due_at < before
                )
            )
    except SQLAlchemyError:
        return []  # said of the database already
    found: list[Verdict] = []
    if failed:
        advice = "flask events list --state failed"
        found.append(warning(BACKLOG, f"{failed} events failed and wait for a person", advice))
    if late:
        advice = "look at the worker's log"
        found.append(bad(BACKLOG, f"{late} events are more than a minute late", advice))
    return found or [good(BACKLOG, "no event waits for a person")]


def _alive(redis: Redis, box: str, scene: Scene) -> list[BaseWorker]:
    found: list[BaseWorker] = Worker.all(queue=Lanes(redis).queue(box))
    since = scene.now() - SILENT
    return [each for each in found if each.last_heartbeat and each.last_heartbeat > since]


def _is_swept(redis: Redis) -> bool:
    """Return whether somebody takes the sweep while we look."""
    end = time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < end:
        if redis.exists("balas:sweep"):
            return True
        time.sleep(LOOK_SECONDS)
    return False
