"""The sweep: every few seconds, find what was left behind, and look whether all is well."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from bot import effects, outbox
from bot.alerts.watch import watch
from bot.config import UnknownPolicy
from bot.draining import drain_spool
from bot.healing import heal
from bot.inbox.parts import sweep_orphans
from bot.lanes import EFFECTS, INBOX, OUTBOX, Lanes, lane_name
from bot.low_quotas import announce_low
from bot.outbox.sweep import Doubt, Expired, waiting_lanes
from bot.polling import poll, poll_quotas
from bot.rules import Book, Trouble
from bot.runtime import Runtime
from models import Event, reading

logger = structlog.get_logger("balas.sweep")

WAITED = timedelta(seconds=3)
FORGET_SECONDS = 60


def sweep(
    runtime: Runtime,
    lanes: Lanes,
    *,
    book: Book | None = None,
    trouble: Trouble | None = None,
    now: datetime,
) -> None:
    """Free what dead processes held, and wake each lane that has waited too long.

    With the rules at hand, admins are told what they should know of, also of `trouble` with the
    rules themselves.
    """
    drain_spool(runtime)
    expired = _expire(runtime, now=now)
    if healed := heal(runtime.engine, now=now):
        logger.warning("the clock was set back, what waited for it is due", rows=healed)
    _wake_waiting(runtime, lanes, expired, now=now)
    poll(runtime, lanes, now=now)
    poll_quotas(runtime, lanes, now=now)
    low = announce_low(runtime.engine, percent=runtime.settings.quota_low_percent, now=now)
    lanes.wake(lane_name(INBOX, lane) for lane in low)
    if book is not None:
        watch(runtime, lanes, book, trouble=trouble, now=now)
    if lanes.hold("forget-effects", seconds=FORGET_SECONDS):
        effects.forget_done(runtime.engine, now=now)
    if lanes.hold("sweep-event-parts", seconds=FORGET_SECONDS):
        sweep_orphans(runtime.engine, now=now)


def _expire(runtime: Runtime, *, now: datetime) -> Expired:
    capabilities = {name: gateway.capabilities for name, gateway in runtime.gateways.items()}
    settings = runtime.settings
    return outbox.expire(
        runtime.engine,
        idempotent=frozenset(name for name, each in capabilities.items() if each.idempotency),
        except_for=[
            (name, kind) for name, each in capabilities.items() for kind in each.not_idempotent
        ],
        doubt=Doubt(
            wait=timedelta(seconds=settings.unknown_wait_seconds),
            resends=settings.unknown_policy is UnknownPolicy.RESEND,
        ),
        now=now,
    )


def _wake_waiting(runtime: Runtime, lanes: Lanes, expired: Expired, *, now: datetime) -> None:
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
