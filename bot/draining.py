"""How a worker drains the inbox, and how a sweep finds what was left behind."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from redis.exceptions import RedisError
from sqlalchemy import select

from bot import effects, outbox
from bot.alerts.watch import watch
from bot.config import UnknownPolicy
from bot.counting import GUARDS
from bot.healing import heal
from bot.inbox.append import insert
from bot.inbox.fold import Responder
from bot.inbox.parts import sweep_orphans
from bot.inbox.process import process
from bot.lanes import EFFECTS, INBOX, OUTBOX, Lanes, lane_name
from bot.low_quotas import announce_low
from bot.outbox import Doubt
from bot.outbox.sweep import waiting_lanes
from bot.polling import poll, poll_quotas
from bot.rules import Book, Shelf
from bot.runtime import Runtime
from models import Event, reading

logger = structlog.get_logger("balas.inbox")

SLICE_SECONDS = 2.0
WAITED = timedelta(seconds=3)
FORGET_SECONDS = 60


@dataclass(frozen=True, slots=True)
class InboxDrain:
    """Drains one slice of an inbox lane."""

    runtime: Runtime
    shelf: Shelf

    def __call__(self, lane: int) -> bool:
        """Process due events for a slice of time; return whether some are left."""
        settings = self.runtime.settings
        responder = Responder(
            book=self.shelf.book,
            gateways=self.runtime.gateways,
            marks_read=settings.mark_read,
            shows_typing=settings.show_typing,
        )
        end = time.monotonic() + SLICE_SECONDS
        while True:
            drain_spool(self.runtime)
            done = process(self.runtime.engine, lane, responder, now=datetime.now(UTC))
            self.runtime.wake({lane_name(OUTBOX, number) for number in done.outbox_lanes})
            self.runtime.wake({lane_name(EFFECTS, number) for number in done.effect_lanes})
            if done.retry_at:
                after = (done.retry_at - datetime.now(UTC)).total_seconds()
                self.runtime.wake({lane_name(INBOX, lane)}, after=max(0.0, after))
            for guard, times in done.guards.items():
                self.runtime.counts.count(GUARDS, guard, times=times)
            if done.count:
                logger.info("events processed", lane=lane, events=done.count)
            if not done.is_left:
                return False
            if time.monotonic() > end:
                return True


def drain_spool(runtime: Runtime) -> None:
    """Move spooled rows into the database before a lane is read."""
    try:
        moved = runtime.spool.drain(lambda rows: insert(runtime.engine, rows))
    except RedisError:
        return
    if moved:
        logger.info("spool drained", rows=moved)


def sweep(runtime: Runtime, lanes: Lanes, *, book: Book | None = None, now: datetime) -> None:
    """Free what dead processes held, and wake each lane that has waited too long.

    With the rules at hand, admins are told what they should know of.
    """
    drain_spool(runtime)
    idempotent = frozenset(
        name for name, gateway in runtime.gateways.items() if gateway.capabilities.idempotency
    )
    not_idempotent = [
        (name, kind)
        for name, gateway in runtime.gateways.items()
        for kind in gateway.capabilities.not_idempotent
    ]
    expired = outbox.expire(
        runtime.engine,
        idempotent=idempotent,
        except_for=not_idempotent,
        doubt=Doubt(
            wait=timedelta(seconds=runtime.settings.unknown_wait_seconds),
            resends=runtime.settings.unknown_policy is UnknownPolicy.RESEND,
        ),
        now=now,
    )
    if healed := heal(runtime.engine, now=now):
        logger.warning("the clock was set back, what waited for it is due", rows=healed)
    with reading(runtime.engine) as session:
        inbox_lanes = session.scalars(
            select(Event.lane)
            .where(
                Event.processed_at.is_(None), Event.error.is_(None), Event.due_at <= now - WAITED
            )
            .distinct()
        ).all()
        outbox_lanes = waiting_lanes(session, now=now)
        effect_lanes = effects.waiting_lanes(session, now=now)
    lanes.sweep(
        [lane_name(INBOX, lane) for lane in {*inbox_lanes, *expired.inbox_lanes}]
        + [lane_name(OUTBOX, lane) for lane in {*outbox_lanes, *expired.outbox_lanes}]
        + [lane_name(EFFECTS, lane) for lane in effect_lanes]
    )
    poll(runtime, lanes, now=now)
    poll_quotas(runtime, lanes, now=now)
    low = announce_low(runtime.engine, percent=runtime.settings.quota_low_percent, now=now)
    lanes.wake(lane_name(INBOX, lane) for lane in low)
    if lanes.hold("forget-effects", seconds=FORGET_SECONDS):
        effects.forget_done(runtime.engine, now=now)
    if lanes.hold("sweep-event-parts", seconds=FORGET_SECONDS):
        sweep_orphans(runtime.engine, now=now)
    if book is not None:
        watch(runtime, lanes, book, now=now)
