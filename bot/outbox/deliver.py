"""Send what is due: one thread for each message under way, results committed in groups.

The RQ job that drains a lane only claims messages and hands them to threads, so a slow gateway
holds its threads (a quarter of them per device at most) but never the lane or the worker.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine

from bot.batches import Batcher
from bot.client import Client
from bot.counting import Counts
from bot.gateways.base import Gateway, OutgoingMessage, SentMessage
from bot.gateways.errors import NotAuthorised, OutsideWindow, PermanentError, RateLimited, Scope
from bot.lanes import EFFECTS, INBOX, LANES, OUTBOX, lane_name
from bot.outbox.attempt import Attempt
from bot.outbox.breakers import Breakers, is_trouble, rest_after
from bot.outbox.carry import Attacher, Carrier, sent_instead
from bot.outbox.choosing import DeviceKey, Limits
from bot.outbox.claim import Claim, Claimed, claim, mark_sending
from bot.outbox.figures import count_attempt
from bot.outbox.outcome import Outcome, judge_outcome
from bot.outbox.rates import Rates
from bot.outbox.record import LOOK_UP_AFTER, record_outcomes
from bot.outbox.rests import Rest, Resting
from bot.patience import until_done
from models import MessageStatus

logger = structlog.get_logger("balas.outbox")

SLICE_SECONDS = 2.0
SAME_SECONDS = 0.05
# Results that are known are kept in memory for as long as a database may take to come back.
RECORD_TRIES = 1200

Wake = Callable[..., None]


class Courier:
    """Carries messages to gateways. `wake` is told the lanes that have something to do."""

    def __init__(
        self,
        engine: Engine,
        client: Client,
        gateways: Mapping[str, Gateway],
        wake: Wake,
        *,
        threads: int,
        attacher: Attacher | None = None,
        rates: Rates | None = None,
        counted: Counts | None = None,
    ) -> None:
        self._engine = engine
        self._carrier = Carrier(client, gateways, attacher)
        self._gateways = gateways
        self._rates = rates or Rates(gateways)
        self._breakers = Breakers()
        self._counted = counted
        self._wake = wake
        self._threads = threads
        self._per_device = max(1, math.ceil(threads / 4))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="send")
        self._change = threading.Condition()
        self._busy: Counter[DeviceKey] = Counter()
        self._held_back: set[int] = set()
        # Senders without tokens (see Tokens), and when they have one again.
        self._tired: dict[tuple[str, ...], float] = {}
        self._wakes: dict[int, float] = {}
        self._marks: Batcher[Claimed, int | None] = Batcher("marks", self._mark)
        self._records: Batcher[Attempt, None] = Batcher("records", self._record)

    def deliver(self, lane: int) -> bool:
        """Hand the due messages of a lane to threads; return whether some may be left."""
        end = time.monotonic() + SLICE_SECONDS
        while time.monotonic() < end:
            free = self._wait_for_threads(end)
            if not free:
                return True
            taken = claim(
                self._engine,
                lane,
                free=free,
                per_device=self._per_device,
                busy=self._counts(),
                limits=Limits(
                    gateways=self._gateways, rates=self._rates, tired=self._still_tired()
                ),
                now=_now(),
            )
            for message in taken.messages:
                self._start(message)
            self._remember_tired(lane, taken)
            if taken.is_all:
                return False
            if not taken.messages and taken.again is None:
                return taken.is_held_back and not self._hold_back(lane)
        return True

    def finish(self, *, seconds: float) -> bool:
        """Wait until nothing is under way; return whether that came true in time."""
        end = time.monotonic() + seconds
        with self._change:
            while self._busy.total() and time.monotonic() < end:
                self._change.wait(end - time.monotonic())
            return not self._busy.total()

    def _still_tired(self) -> list[tuple[str, ...]]:
        now = time.monotonic()
        self._tired = {sender: until for sender, until in self._tired.items() if until > now}
        return list(self._tired)

    def _remember_tired(self, lane: int, taken: Claim) -> None:
        """Leave senders alone until they have a token again, and come back to the lane then."""
        now = time.monotonic()
        self._tired.update({sender: now + wait for sender, wait in taken.senders.items()})
        times = list(self._tired.values())
        times += [now + taken.again] if taken.again is not None else []
        if not times:
            return
        # One wake at a time for each lane: it looks again then.
        known, at = self._wakes.get(lane, 0.0), max(now, min(times))
        if not now < known <= at + SAME_SECONDS:
            self._wakes[lane] = at
            self._wake({lane_name(OUTBOX, lane)}, after=at - now)

    def _wait_for_threads(self, end: float) -> int:
        with self._change:
            while self._busy.total() >= self._threads and time.monotonic() < end:
                self._change.wait(end - time.monotonic())
            return self._threads - self._busy.total()

    def _start(self, claimed: Claimed) -> None:
        with self._change:
            self._busy[(claimed.gateway, claimed.device)] += 1
        self._pool.submit(self._carry, claimed)

    def _carry(self, claimed: Claimed) -> None:
        try:
            with self._carrier.prepared(claimed) as outgoing:
                # Only from here on may it leave: what dies before goes back into the queue.
                number = self._marks.submit(claimed).result()
                if number is not None:
                    self._attempt(claimed, number, outgoing)
        except Exception as error:  # noqa: BLE001 - nobody looks at what a thread of the pool raises
            # Claimed or sending, the sweep finds it when its lease is over.
            logger.error("an attempt broke off", message=claimed.id, error=type(error).__name__)
        finally:
            self._free(claimed)

    def _attempt(
        self, claimed: Claimed, number: int, outgoing: OutgoingMessage | Exception
    ) -> None:
        began = time.monotonic()
        result = (
            outgoing if isinstance(outgoing, Exception) else self._carrier.send(claimed, outgoing)
        )
        ended, took = _now(), time.monotonic() - began
        gateway = self._gateways.get(claimed.gateway)
        outcome = judge_outcome(
            result,
            failures=claimed.failures,
            idempotent=bool(gateway and gateway.capabilities.carries_once(claimed.kind)),
            now=ended,
        )
        self._log(claimed, number, outcome)
        has_left = isinstance(outgoing, OutgoingMessage)
        host = gateway.host(claimed.device) if gateway else ""
        attempt = Attempt(
            claimed=claimed,
            number=number,
            outcome=outcome,
            looks_up=bool(gateway and gateway.has("look_up")),
            host=host,
            breaker=self._breaker(claimed, host, result) if has_left and host else None,
            proves=proven(claimed, result) if has_left else frozenset(),
            unproven=frozenset() if has_left else frozenset(claimed.probes),
            instead=sent_instead(claimed, outgoing)
            if isinstance(outgoing, OutgoingMessage)
            else None,
        )
        self._records.submit(attempt).result()
        if self._counted:
            seconds = took if has_left else None
            count_attempt(self._counted, claimed, result, outcome, seconds=seconds, now=ended)
        if isinstance(outgoing, OutgoingMessage) and isinstance(result, SentMessage):
            self._carrier.remember(claimed, outgoing, result)

    def _breaker(self, claimed: Claimed, host: str, result: SentMessage | Exception) -> Rest | None:
        """Return the rest of a gateway's host, if this was one failure too many, or a probe's."""
        found = self._breakers.note(
            claimed.gateway, host, claimed.conversation_id, result, at=time.monotonic()
        )
        is_probe = any(each.host for each in claimed.probes)
        return rest_after(result) if is_probe and is_trouble(result) else found

    def _free(self, claimed: Claimed) -> None:
        key = (claimed.gateway, claimed.device)
        with self._change:
            self._busy[key] -= 1
            if self._busy[key] <= 0:
                del self._busy[key]
            self._change.notify_all()
            lanes, self._held_back = self._held_back, set()
        self._wake({lane_name(OUTBOX, lane) for lane in lanes})

    def _hold_back(self, lane: int) -> bool:
        """Let the next thread that becomes free wake a lane; False when none is busy any more."""
        with self._change:
            if self._busy:
                self._held_back.add(lane)
            return bool(self._busy)

    def _counts(self) -> tuple[tuple[DeviceKey, int], ...]:
        with self._change:
            return tuple(self._busy.items())

    def _mark(self, batch: Sequence[Claimed]) -> Sequence[int | None]:
        numbers = until_done(lambda: mark_sending(self._engine, batch, now=_now()))
        return [numbers.get(claimed.id) for claimed in batch]

    def _record(self, batch: Sequence[Attempt]) -> Sequence[None]:
        recorded = until_done(
            lambda: record_outcomes(self._engine, batch, now=_now()), tries=RECORD_TRIES
        )
        names = {lane_name(INBOX, lane) for lane in recorded.inbox_lanes}
        looking_up = {lane_name(EFFECTS, lane) for lane in recorded.effect_lanes}
        self._wake(looking_up, after=LOOK_UP_AFTER.total_seconds())
        lanes = range(LANES) if recorded.works_again else recorded.outbox_lanes
        self._wake(names | {lane_name(OUTBOX, lane) for lane in lanes})
        for lane, due in recorded.later:
            after = max(0.0, (due - _now()).total_seconds())
            self._wake({lane_name(OUTBOX, lane)}, after=after)
        return [None for _ in batch]

    def _log(self, claimed: Claimed, number: int, outcome: Outcome) -> None:
        log = logger.bind(message=claimed.id, gateway=claimed.gateway, attempt=number)
        if outcome.status is MessageStatus.SENT:
            log.info("message sent")
        elif outcome.status is MessageStatus.QUEUED:
            log.warning("message waits", reason=outcome.error)
        else:
            log.error("message not sent", status=outcome.status, reason=outcome.error)


def proven(claimed: Claimed, result: SentMessage | Exception) -> frozenset[Resting]:
    """Return of what a message was a probe for, and which works again."""
    is_taken = isinstance(result, SentMessage | PermanentError | OutsideWindow) or (
        isinstance(result, RateLimited) and result.scope is Scope.RECIPIENT
    )
    works = not isinstance(result, NotAuthorised) and is_taken
    answers = not is_trouble(result)
    return frozenset(each for each in claimed.probes if (answers if each.host else works))


def _now() -> datetime:
    return datetime.now(UTC)
