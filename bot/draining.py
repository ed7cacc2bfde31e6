"""How a worker drains the inbox."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from redis.exceptions import RedisError

from bot.counting import GUARDS
from bot.inbox.append import insert
from bot.inbox.fold import Responder
from bot.inbox.process import process
from bot.lanes import EFFECTS, INBOX, OUTBOX, lane_name
from bot.rules import Shelf
from bot.runtime import Runtime

logger = structlog.get_logger("balas.inbox")

SLICE_SECONDS = 2.0


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
            self.runtime.wake({lane_name(INBOX, number) for number in done.inbox_lanes})
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
