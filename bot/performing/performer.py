"""Perform what is due: claim it, let threads talk to the gateways, write down what came of it."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.effects import ClaimedEffect, claim, finish, postpone
from bot.gateways.errors import GatewayError, NotSupported, PermanentError, TransientError
from bot.inbox.fold import describe
from bot.lanes import EFFECTS, lane_name
from bot.outbox.outcome import backoff, reason
from bot.performing.actions import ACTIONS
from bot.performing.desk import Action, Desk, NotYet, Record
from models import Effect, reading, writing

logger = structlog.get_logger("balas.effects")

THREADS = 8
# Of those with large files so many at a time: each is in memory as a whole.
HEAVY_AT_ONCE = 2
SLICE_SECONDS = 2.0


class Performer:
    """Performs effects with threads of its own."""

    def __init__(self, desk: Desk, *, threads: int = THREADS) -> None:
        self._desk = desk
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="effect")
        self._heavy = threading.Semaphore(HEAVY_AT_ONCE)
        self._change = threading.Condition()
        self._busy = 0

    def perform(self, lane: int) -> bool:
        """Hand the due effects of a lane to threads; return whether some may be left."""
        end = time.monotonic() + SLICE_SECONDS
        while time.monotonic() < end:
            free = self._wait_for_threads(end)
            if not free:
                return True
            taken = claim(self._desk.engine, lane, limit=free, now=datetime.now(UTC))
            for effect in taken:
                self._start(effect)
            if len(taken) < free:
                return False
        return True

    def finish(self, *, seconds: float) -> bool:
        """Wait until nothing is under way; return whether that came true in time."""
        end = time.monotonic() + seconds
        with self._change:
            while self._busy and time.monotonic() < end:
                self._change.wait(end - time.monotonic())
            return not self._busy

    def _wait_for_threads(self, end: float) -> int:
        with self._change:
            while self._busy >= self._threads and time.monotonic() < end:
                self._change.wait(end - time.monotonic())
            return self._threads - self._busy

    def _start(self, effect: ClaimedEffect) -> None:
        with self._change:
            self._busy += 1
        self._pool.submit(self._run, effect)

    def _run(self, effect: ClaimedEffect) -> None:
        try:
            perform(effect, self._desk, heavy=self._heavy)
        except SQLAlchemyError as error:
            # Its lease ends, and the sweep finds it.
            logger.warning("an effect waits", effect=effect.id, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - nobody looks at what a thread of the pool raises
            logger.error("an effect broke off", effect=effect.id, error=describe(error))
        finally:
            with self._change:
                self._busy -= 1
                self._change.notify_all()


def perform(effect: ClaimedEffect, desk: Desk, *, heavy: threading.Semaphore) -> None:
    """Perform one effect and write down what came of it. Raises SQLAlchemyError."""
    action = ACTIONS[effect.kind]
    try:
        if action.is_heavy:
            with heavy:
                record = action.perform(effect, desk)
        else:
            record = action.perform(effect, desk)
    except NotYet as wait:
        _try_again(effect, action, desk, wait)
    except GatewayError as error:
        if isinstance(error, NotSupported | PermanentError):
            _give_up(effect, action, desk, reason(error))
        else:
            _try_again(effect, action, desk, error)
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect in a module must end, not come back for ever
        logger.error("an effect raised", effect=effect.id, error=describe(error))
        _try_again(effect, action, desk, error)
    else:
        _finish(effect, desk, record)


def _finish(effect: ClaimedEffect, desk: Desk, record: Record) -> None:
    with writing(desk.engine) as session:
        lanes = record(session) if finish(session, effect, now=desk.now()) else set()
    desk.wake(lanes)
    logger.info("effect performed", effect=effect.id, kind=effect.kind, gateway=effect.gateway)


def _try_again(effect: ClaimedEffect, action: Action, desk: Desk, error: Exception) -> None:
    why = str(error) if isinstance(error, NotYet) else reason(error)
    now = desk.now()
    if effect.attempts >= action.tries or _age(effect, desk, now) > action.useful_for:
        _give_up(effect, action, desk, why)
        return
    asked = error.retry_after if isinstance(error, TransientError) else None
    wait = timedelta(seconds=asked) if asked else backoff(effect.attempts + 1, _dice())
    with writing(desk.engine) as session:
        postpone(session, effect, due_at=now + wait, error=why)
    desk.wake({lane_name(EFFECTS, effect.lane)}, after=wait.total_seconds())


def _give_up(effect: ClaimedEffect, action: Action, desk: Desk, why: str) -> None:
    with writing(desk.engine) as session:
        if finish(session, effect, error=why, now=desk.now()) and action.give_up:
            action.give_up(session, effect, why)
    logger.warning("effect given up", effect=effect.id, kind=effect.kind, reason=why)


def _age(effect: ClaimedEffect, desk: Desk, now: datetime) -> float:
    with reading(desk.engine) as session:
        row = session.get(Effect, effect.id)
        return (now - row.created_at).total_seconds() if row else 0.0


def _dice() -> float:
    # Between half and whole: what is not there yet will not be there at once.
    return 0.5 + random.random() / 2  # noqa: S311 - jitter, not a secret
