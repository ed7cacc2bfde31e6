"""What is to be done at gateways besides sending: put down first, performed by a lane later.

A row is written in the transaction of whatever wants it, so that it is neither forgotten nor done
for something that never happened. It is performed at least once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from bot.gateways.reading import cleaned
from bot.lanes import CLOCK_SKEW, lane_of
from models import Effect, insert_into, reading, writing

# Longer than performing one can take, so what was claimed before has lost its process.
LEASE = timedelta(seconds=30)
# Those that wait for what belongs to the user: an address, a task.
SLOW_LEASE = timedelta(seconds=90)
# Those with large files.
HEAVY_LEASE = timedelta(seconds=180)
WAITED = timedelta(seconds=3)
ERROR_LIMIT = 200
FORGOTTEN_AFTER = timedelta(days=1)
FORGOTTEN_PAGE = 500
FORGOTTEN_PAGES = 10


class EffectKind(StrEnum):
    """What there is to do."""

    FETCH_MEDIA = "fetch_media"
    LOOK_UP = "look_up"
    MARK_READ = "mark_read"
    SHOW_TYPING = "show_typing"
    CALL_HUMAN = "call_human"
    REPORT_DEVICE = "report_device"
    RESTART_DEVICE = "restart_device"
    ALERT = "alert"
    ASK_ADDRESS = "ask_address"
    RUN_TASK = "run_task"
    TELL_LISTENER = "tell_listener"


# Each holds a file in memory as a whole, and may take minutes.
HEAVY_KINDS = frozenset({EffectKind.FETCH_MEDIA})
# Each waits for what belongs to the user and may be slow: addresses apart from code.
ASKING_KINDS = frozenset({EffectKind.ASK_ADDRESS})
TASK_KINDS = frozenset({EffectKind.RUN_TASK})
# Nobody waits for these, so nobody waits because of them either.
LISTENER_KINDS = frozenset({EffectKind.TELL_LISTENER})
SLOW_KINDS = ASKING_KINDS | TASK_KINDS | LISTENER_KINDS
LIGHT_KINDS = frozenset(EffectKind) - HEAVY_KINDS - SLOW_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEffect:
    """An effect to put down. Of two with the same kind and key, the second is dropped."""

    kind: EffectKind
    key: str
    gateway: str
    device: str
    address: str | None = field(default=None, repr=False)
    message_id: int | None = None
    event_id: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedEffect:
    """An effect that this process has taken to perform it; `attempts` counts this one too."""

    id: int
    kind: EffectKind
    gateway: str
    device: str
    address: str | None = field(repr=False)
    message_id: int | None
    event_id: int | None
    lane: int
    details: Mapping[str, Any] = field(repr=False)
    attempts: int
    created_at: datetime
    claimed_at: datetime


def add(session: Session, effects: Sequence[NewEffect], *, now: datetime) -> set[int]:
    """Put effects down and return the lanes to wake once the transaction is committed."""
    if not effects:
        return set()
    session.execute(
        insert_into(session, Effect).on_conflict_do_nothing(index_elements=["kind", "key"]),
        [_row(effect, now=now) for effect in effects],
    )
    return {_lane(effect) for effect in effects}


def claim(
    engine: Engine,
    lane: int,
    *,
    limit: int,
    kinds: Collection[EffectKind] = frozenset(EffectKind),
    now: datetime,
) -> list[ClaimedEffect]:
    """Take at most `limit` due effects of a lane, oldest first. Raises SQLAlchemyError."""
    is_due = (
        Effect.lane == lane,
        Effect.kind.in_(kinds),
        Effect.done_at.is_(None),
        Effect.due_at <= now + CLOCK_SKEW,
        _is_free(now),
    )
    with reading(engine) as session:
        if session.scalar(select(Effect.id).where(*is_due).limit(1)) is None:
            return []
    with writing(engine) as session:
        ids = session.scalars(
            select(Effect.id)
            .where(*is_due)
            .order_by(Effect.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        rows = session.scalars(
            update(Effect)
            .where(Effect.id.in_(ids), *is_due)
            .values(claimed_at=now, attempts=Effect.attempts + 1)
            .returning(Effect)
        ).all()
        return [_claimed(row, now=now) for row in sorted(rows, key=lambda row: row.id)]


def finish(
    session: Session, effect: ClaimedEffect, *, error: str | None = None, now: datetime
) -> bool:
    """Close an effect; with an `error` it is given up. Return False if it is another's by now."""
    return _change(session, effect, done_at=now, error=error)


def postpone(
    session: Session,
    effect: ClaimedEffect,
    *,
    due_at: datetime,
    error: str,
    is_counted: bool = True,
    now: datetime,
) -> bool:
    """Give an effect back, to be performed again later. Return False if it is another's by now.

    Where it `is_counted`, this was one of its attempts.
    """
    attempts = effect.attempts if is_counted else effect.attempts - 1
    return _change(
        session,
        effect,
        due_at=due_at,
        put_at=now,
        claimed_at=None,
        attempts=attempts,
        error=error,
    )


def waiting_lanes(session: Session, *, now: datetime) -> list[int]:
    """Return the lanes with an effect that should have been taken by now."""
    return list(
        session.scalars(
            select(Effect.lane)
            .where(
                Effect.done_at.is_(None),
                Effect.due_at <= now - WAITED,
                _is_free(now),
                # A newer version of ours may have put down what this one cannot do.
                Effect.kind.in_(frozenset(EffectKind)),
            )
            .distinct()
        )
    )


def forget_done(engine: Engine, *, now: datetime) -> int:
    """Delete what was done long ago, some thousands at most, and return how many."""
    deleted = after = 0
    for _ in range(FORGOTTEN_PAGES):
        with writing(engine) as session:
            # The oldest rows stand at the start of the table: page by page, no more is looked at.
            page = session.execute(
                select(Effect.id, Effect.done_at)
                .where(Effect.id > after)
                .order_by(Effect.id)
                .limit(FORGOTTEN_PAGE)
            ).all()
            old = [row.id for row in page if row.done_at and row.done_at < now - FORGOTTEN_AFTER]
            if old:
                session.execute(delete(Effect).where(Effect.id.in_(old)))
        deleted += len(old)
        if len(page) < FORGOTTEN_PAGE:
            break
        after = page[-1].id
    return deleted


def _change(session: Session, effect: ClaimedEffect, **values: object) -> bool:
    error = values.get("error")
    if isinstance(error, str):
        values["error"] = error[:ERROR_LIMIT]
    changed = session.scalars(
        update(Effect)
        .where(
            Effect.id == effect.id,
            Effect.done_at.is_(None),
            Effect.claimed_at == effect.claimed_at,
        )
        .values(**values)
        .returning(Effect.id)
    ).all()
    return bool(changed)


def _is_free(now: datetime) -> ColumnElement[bool]:
    """Say that nobody has taken an effect, or that whoever did is gone."""
    return or_(
        Effect.claimed_at.is_(None),
        and_(Effect.kind.in_(LIGHT_KINDS), Effect.claimed_at <= now - LEASE),
        and_(Effect.kind.in_(SLOW_KINDS), Effect.claimed_at <= now - SLOW_LEASE),
        Effect.claimed_at <= now - HEAVY_LEASE,
    )


def _lane(effect: NewEffect) -> int:
    return lane_of(effect.gateway, effect.device, effect.address)


def _row(effect: NewEffect, *, now: datetime) -> dict[str, object]:
    return {
        "kind": effect.kind,
        "key": effect.key,
        "gateway": effect.gateway,
        "device": effect.device,
        "address": effect.address,
        "message_id": effect.message_id,
        "event_id": effect.event_id,
        "lane": _lane(effect),
        # People's words may be in them.
        "details": cleaned(effect.details),
        "created_at": now,
        "due_at": effect.due_at or now,
        "put_at": now,
    }


def _claimed(row: Effect, *, now: datetime) -> ClaimedEffect:
    return ClaimedEffect(
        id=row.id,
        kind=EffectKind(row.kind),
        gateway=row.gateway,
        device=row.device,
        address=row.address,
        message_id=row.message_id,
        event_id=row.event_id,
        lane=row.lane,
        details=row.details,
        attempts=row.attempts,
        created_at=row.created_at,
        claimed_at=now,
    )
