"""Perform what is due: claim it, let threads talk to the gateways, write down what came of it."""

import random
import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.effects import (
    ASKING_KINDS,
    HEAVY_KINDS,
    LIGHT_KINDS,
    LISTENER_KINDS,
    TASK_KINDS,
    ClaimedEffect,
    EffectKind,
    claim,
    finish,
    postpone,
)
from bot.failures import describe
from bot.gateways.errors import GatewayError, NotSupported, PermanentError, TransientError
from bot.lanes import EFFECTS, lane_name
from bot.outbox.outcome import backoff, reason
from bot.patience import until_done
from bot.performing.actions import ACTIONS
from bot.performing.desk import Action, Desk, NotYet, Record
from models import writing

logger = structlog.get_logger("balas.effects")

THREADS = 8
# Those with large files: each is in memory as a whole.
HEAVY_THREADS = 2
# What they wait for may be slow, and waits in vain where it hangs.
ASKING_THREADS = 16
TASK_THREADS = 8
LISTENER_THREADS = 4
SLICE_SECONDS = 2.0


class Performer:
    """Performs effects with threads of its own: some for large files, some for what belongs to the
    user, the others for the rest.

    So neither a slow file nor a slow address keeps anybody waiting for the id of a message.
    """

    def __init__(self, desk: Desk, *, threads: int = THREADS) -> None:
        self._crews = (
            Crew(desk, "effect", kinds=LIGHT_KINDS, threads=threads),
            Crew(desk, "file", kinds=HEAVY_KINDS, threads=HEAVY_THREADS),
            Crew(desk, "asking", kinds=ASKING_KINDS, threads=ASKING_THREADS),
            Crew(desk, "task", kinds=TASK_KINDS, threads=TASK_THREADS, is_waited_for=False),
            Crew(
                desk,
                "listener",
                kinds=LISTENER_KINDS,
                threads=LISTENER_THREADS,
                is_waited_for=False,
            ),
        )

    def perform(self, lane: int) -> bool:
        """Hand the due effects of a lane to threads; return whether some may be left."""
        end = time.monotonic() + SLICE_SECONDS
        is_left = [crew.take(lane, end=end) for crew in self._crews]
        return any(is_left)

    def finish(self, *, seconds: float) -> bool:
        """Wait until nothing is under way; return whether that came true in time."""
        end = time.monotonic() + seconds
        is_done = [crew.finish(end=end) for crew in self._crews]
        return all(is_done)


class Crew:
    """Some threads for some kinds of effects.

    A process that ends waits for its threads, however long they take: `is_waited_for` says whether
    for these. Those that are not waited for are begun anew for each effect, so they are for what
    keeps no connections.
    """

    def __init__(
        self,
        desk: Desk,
        name: str,
        *,
        kinds: Collection[EffectKind],
        threads: int,
        is_waited_for: bool = True,
    ) -> None:
        self._desk = desk
        self._name = name
        self._kinds = kinds
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, name) if is_waited_for else None
        self._change = threading.Condition()
        self._busy = 0
        self._held_back: set[int] = set()

    def take(self, lane: int, *, end: float) -> bool:
        """Hand due effects of a lane to threads until `end`; return whether some may be left.

        With all threads busy, the lane is woken when one of them is free.
        """
        while time.monotonic() < end:
            free = self._free(lane)
            if not free:
                return False
            taken = claim(
                self._desk.engine, lane, limit=free, kinds=self._kinds, now=datetime.now(UTC)
            )
            for effect in taken:
                self._start(effect)
            if len(taken) < free:
                return False
        return True

    def finish(self, *, end: float) -> bool:
        """Wait until nothing is under way; return whether that came true in time."""
        with self._change:
            while self._busy and time.monotonic() < end:
                self._change.wait(end - time.monotonic())
            return not self._busy

    def _free(self, lane: int) -> int:
        with self._change:
            free = self._threads - self._busy
            if not free:
                self._held_back.add(lane)
            return free

    def _start(self, effect: ClaimedEffect) -> None:
        with self._change:
            self._busy += 1
        if self._pool is not None:
            self._pool.submit(self._run, effect)
            return
        name = f"{self._name}_{effect.id}"
        threading.Thread(target=self._run, args=(effect,), name=name, daemon=True).start()

    def _run(self, effect: ClaimedEffect) -> None:
        try:
            perform(effect, self._desk)
        except SQLAlchemyError as error:
            # Its lease ends, and the sweep finds it.
            logger.warning("an effect waits", effect=effect.id, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - nobody looks at what a thread of the pool raises
            logger.error("an effect broke off", effect=effect.id, error=describe(error))
        finally:
            with self._change:
                self._busy -= 1
                lanes, self._held_back = self._held_back, set()
                self._change.notify_all()
            self._desk.wake({lane_name(EFFECTS, lane) for lane in lanes})


def perform(effect: ClaimedEffect, desk: Desk) -> None:
    """Perform one effect and write down what came of it. Raises SQLAlchemyError."""
    action = ACTIONS[effect.kind]
    age = (desk.now() - effect.created_at).total_seconds()
    if effect.attempts > action.tries:
        # Whatever it does to its process, nobody has lived to tell.
        _give_up(effect, action, desk, "no attempt came to an end")
    elif age > action.useful_for:
        _give_up(effect, action, desk, "too old to be of use")
    else:
        _perform(effect, action, desk)


def _perform(effect: ClaimedEffect, action: Action, desk: Desk) -> None:
    try:
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
    def write() -> set[str]:
        with writing(desk.engine) as session:
            return record(session) if finish(session, effect, now=desk.now()) else set()

    desk.wake(until_done(write))
    logger.info("effect performed", effect=effect.id, kind=effect.kind, gateway=effect.gateway)


def _try_again(effect: ClaimedEffect, action: Action, desk: Desk, error: Exception) -> None:
    why = str(error) if isinstance(error, NotYet) else reason(error)
    is_counted = action.counts_waits or not isinstance(error, NotYet)
    if is_counted and effect.attempts >= action.tries:
        _give_up(effect, action, desk, why)
        return
    asked = error.retry_after if isinstance(error, TransientError) else None
    if isinstance(error, NotYet):
        asked = error.after
    longest = timedelta(seconds=action.longest_wait)
    growing = min(backoff(effect.attempts + 1, _dice()), longest)
    wait = timedelta(seconds=asked) if asked else growing
    if not is_counted:
        # Its attempts do not grow, so its age has to make the wait grow.
        wait = max(wait, min((desk.now() - effect.created_at) / 10, longest))

    def write() -> None:
        with writing(desk.engine) as session:
            now = desk.now()
            postpone(session, effect, due_at=now + wait, error=why, is_counted=is_counted, now=now)

    until_done(write)
    desk.wake({lane_name(EFFECTS, effect.lane)}, after=wait.total_seconds())


def _give_up(effect: ClaimedEffect, action: Action, desk: Desk, why: str) -> None:
    def write() -> set[str]:
        with writing(desk.engine) as session:
            is_ours = finish(session, effect, error=why, now=desk.now())
            return action.give_up(session, effect, why) if is_ours and action.give_up else set()

    desk.wake(until_done(write))
    logger.warning("effect given up", effect=effect.id, kind=effect.kind, reason=why)


def _dice() -> float:
    # Between half and whole: what is not there yet will not be there at once.
    return 0.5 + random.random() / 2  # noqa: S311 - jitter, not a secret
