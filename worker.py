"""The worker process: supervises inbox and outbox workers, sweeps, stops gracefully.

`python worker.py` starts as many children as INBOX_WORKERS and OUTBOX_WORKERS say. A child is this
same file with the name of its box.
"""

import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.serializers import JSONSerializer

from bot import jobs
from bot.client import Client
from bot.config import ROOT, ConfigError, environment
from bot.draining import InboxDrain
from bot.extend import beside
from bot.failures import describe
from bot.gateways import GATEWAYS
from bot.lane_worker import LaneWorker
from bot.lanes import EFFECTS, INBOX, OUTBOX, Lanes
from bot.logs import set_up
from bot.media.attaching import MediaAttacher
from bot.media.files import Files
from bot.memory import return_large_blocks
from bot.outbox import Courier, Rates
from bot.performing import Performer
from bot.performing.desk import Desk
from bot.redis import connect
from bot.rules import RulesError, Shelf
from bot.runtime import Runtime, assemble
from bot.serve import warn_of_missing_tables
from bot.supervisor import Command, Supervisor
from bot.sweeping import sweep

logger = structlog.get_logger("balas.worker")

SWEEP_SECONDS = 3.0
# RQ blocks for new jobs this much less than a worker's time to live (see rq's dequeue_timeout).
WORKER_TTL = 20
FINISH_SECONDS = 18.0
REDIS_POLL_SECONDS = 1.0


def main(arguments: list[str]) -> None:
    """Run the supervisor, or the worker of the box that the first argument names."""
    try:
        runtime = assemble(environment())
        set_up(runtime.settings.log_format, runtime.settings.log_level)
        if arguments:
            work(arguments[0], runtime)
        else:
            supervise(runtime)
    except (ConfigError, RulesError) as error:
        raise SystemExit(f"balas: {error}") from None


def supervise(runtime: Runtime) -> None:
    """Keep the workers running and sweep, until SIGTERM."""
    shelf = rules_shelf(runtime)  # broken rules stop the start here, in words
    settings = runtime.settings
    warn_of_missing_tables(settings)
    return_large_blocks()
    commands = [
        Command(name=f"{box}-{number}", arguments=[sys.executable, str(ROOT / "worker.py"), box])
        for box, count in ((INBOX, settings.inbox_workers), (OUTBOX, settings.outbox_workers))
        for number in range(1, count + 1)
    ]
    for gateway in runtime.gateways.values():
        for warning in gateway.warnings():
            logger.warning(warning)
    supervisor = Supervisor(commands)
    supervisor.listen()
    threading.Thread(target=keep_sweeping, args=(runtime, shelf), name="sweep", daemon=True).start()
    logger.info("workers start", inbox=settings.inbox_workers, outbox=settings.outbox_workers)
    supervisor.run()


def rules_shelf(runtime: Runtime) -> Shelf:
    """Return the rules in force. Raises RulesError."""
    path = runtime.settings.rules_file
    return Shelf(path, gateways=GATEWAYS, extend=beside(path))


def keep_sweeping(runtime: Runtime, shelf: Shelf) -> None:
    """Sweep every few seconds, one process at a time."""
    lanes = Lanes(runtime.worker_redis)
    while True:
        try:
            if lanes.hold("sweep", seconds=SWEEP_SECONDS * 0.8):
                now = datetime.now(UTC)
                sweep(runtime, lanes, book=shelf.book, trouble=shelf.trouble, now=now)
        except Exception as error:  # noqa: BLE001 - nobody would start this thread again
            logger.warning("sweep failed, comes again", error=describe(error))
        time.sleep(SWEEP_SECONDS)


def work(box: str, runtime: Runtime) -> None:
    """Run RQ jobs of one box until SIGTERM, then finish what is under way."""
    lanes = Lanes(runtime.worker_redis)
    finishing: list[Courier | Performer] = []
    if box == OUTBOX:
        courier, performer = carriers(runtime)
        finishing = [courier, performer]
        jobs.prepare(lanes, {OUTBOX: courier.deliver, EFFECTS: performer.perform})
    else:
        jobs.prepare(lanes, {INBOX: InboxDrain(runtime, rules_shelf(runtime))})
    redis = connect(runtime.settings, patience=WORKER_TTL)
    _wait_for(redis)
    worker = LaneWorker(
        [Lanes(redis).queue(box)],
        connection=redis,
        worker_ttl=WORKER_TTL,
        serializer=JSONSerializer,
    )
    try:
        worker.work(logging_level="WARNING")
    finally:
        end = time.monotonic() + FINISH_SECONDS
        for each in finishing:
            if not each.finish(seconds=end - time.monotonic()):
                logger.warning("some work did not end in time, the sweep will find it")
        runtime.counts.stop()


def carriers(runtime: Runtime) -> tuple[Courier, Performer]:
    """Return what sends messages, and what does the rest at gateways."""
    settings = runtime.settings
    proxy = settings.proxy_url
    client = Client(proxy=proxy.get_secret_value() if proxy else None)
    attacher = MediaAttacher(
        runtime.engine,
        client,
        runtime.media_store,
        files=Files(
            folder=settings.rules_file.resolve().parent,
            private=settings.private_places,
            largest=settings.media_limit,
        ),
        public_url=(settings.public_url or "").rstrip("/"),
    )
    shelf = _rules_for_admins(runtime)
    # Read now: once a saved mistake has to be told, there may be nothing good left to read.
    shelf()
    share = 1 / (2 * max(1, settings.outbox_workers))
    rates = Rates(runtime.gateways, runtime.worker_redis, share=share)
    courier = Courier(
        runtime.engine,
        client,
        runtime.gateways,
        runtime.wake,
        threads=settings.outbox_threads,
        attacher=attacher,
        counted=runtime.counts,
        rates=rates,
    )
    desk = Desk(
        engine=runtime.engine,
        client=client,
        gateways=runtime.gateways,
        wake=runtime.wake,
        media=runtime.media_store,
        quota_reserve_percent=settings.quota_reserve_percent,
        shelf=shelf,
        alert_url=settings.alert_url,
        rates=rates,
        signing_keys=settings.signing_keys,
    )
    return courier, Performer(desk)


def _rules_for_admins(runtime: Runtime) -> Callable[[], Shelf | None]:
    """Return what gives the rules, or None while they are broken: messages go out all the same."""
    found: list[Shelf] = []

    def shelf() -> Shelf | None:
        try:
            if not found:
                found.append(rules_shelf(runtime))
        except RulesError:
            logger.error("the rules are broken: no admin can be told of alerts")
            return None
        return found[0]

    return shelf


def _wait_for(redis: Redis) -> None:
    is_first = True
    while True:
        try:
            redis.ping()
        except RedisError:
            if is_first:
                logger.warning("redis is away, waiting for it")
            is_first = False
            time.sleep(REDIS_POLL_SECONDS)
        else:
            return


if __name__ == "__main__":
    main(sys.argv[1:])
