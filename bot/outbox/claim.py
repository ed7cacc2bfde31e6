"""Claim messages to send: never two claimers the same one, never out of order in a conversation.

Claiming says "this process will send it", `mark_sending` says "the request may leave now". A
message that was only claimed when its process died never left, and simply goes back into the queue.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row
from sqlalchemy.orm import Session

from bot.lanes import CLOCK_SKEW
from bot.outbox.statements import (
    BLOCKERS,
    CANDIDATES,
    HELD_BACK,
    MARK,
    MARKED,
    SEPARATOR,
    TAKE,
    TAKEN,
)
from models import reading, writing

# A message that waits for its next try holds back the later ones of its conversation this long at
# most; one whose outcome is unknown, this long. Nothing else mutes a customer.
RETRY_BLOCKS = timedelta(minutes=5)
UNKNOWN_BLOCKS = timedelta(seconds=60)
# Of this many times the free threads the messages are chosen: some devices may be busy enough.
CHOICE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that this process has taken to send it."""

    id: int
    conversation_id: int
    gateway: str
    device: str
    address: str
    kind: str
    text: str
    content: Mapping[str, Any] | None
    quoted_id: str | None
    idempotency_key: str
    failures: int
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What was taken; whether devices that are busy enough held messages back; whether that is all.

    `is_all`: whatever becomes due from now on comes with a wake of its own.
    """

    messages: list[Claimed]
    is_held_back: bool
    is_all: bool


DeviceKey = tuple[str, str]


def claim(
    engine: Engine,
    lane: int,
    *,
    free: int,
    per_device: int,
    busy: Collection[tuple[DeviceKey, int]] = (),
    now: datetime,
) -> Claim:
    """Take at most `free` due messages of a lane, oldest first. Raises SQLAlchemyError.

    `busy` says how many threads already send for a device; with the new ones it gets at most
    `per_device`, so that one slow device leaves threads to the others.
    """
    times = {"in_lane": lane, "now": now, **_times(now)}
    full = [SEPARATOR.join(device) for device, count in busy if count >= per_device]
    with reading(engine) as session:
        parameters = {**times, "full": full, "number": free * CHOICE}
        candidates = session.execute(CANDIDATES, parameters).all()
        is_held = bool(full) and session.scalar(HELD_BACK, {**times, "full": full}) is not None
    chosen = _choose(candidates, free=free, per_device=per_device, busy=dict(busy))
    if not chosen:
        return Claim(messages=[], is_held_back=is_held, is_all=not is_held)
    messages = _take(engine, {**times, "chosen": chosen}, now=now)
    return Claim(
        messages=messages,
        is_held_back=is_held or len(chosen) < len(candidates),
        is_all=len(messages) == len(candidates) < free * CHOICE and not is_held,
    )


def blockers(session: Session, waiting: Collection[int], *, now: datetime) -> dict[int, int]:
    """Return which message each of these waits behind, where it waits behind one."""
    rows = session.execute(BLOCKERS, {**_times(now), "waiting": list(waiting)})
    return {row.id: row.blocker for row in rows}


def mark_sending(engine: Engine, claims: Sequence[Claimed], *, now: datetime) -> dict[int, int]:
    """Let the requests leave; return the number of the attempt for each claim that still holds.

    A claim that ran out may be another process's by now: the time of the claim tells them apart.
    Raises SQLAlchemyError.
    """
    numbers: dict[int, int] = {}
    with writing(engine) as session:
        connection = session.connection()
        for claimed_at in sorted({claimed.claimed_at for claimed in claims}):
            ids = [claimed.id for claimed in claims if claimed.claimed_at == claimed_at]
            rows = connection.execute(MARK, {"claimed": ids, "at": claimed_at, "now": now}).all()
            if len(rows) < len(ids):
                rows = [*rows, *connection.execute(MARKED, {"claimed": ids, "at": claimed_at})]
            numbers.update((row.id, row.attempts) for row in rows)
    return numbers


def _times(now: datetime) -> dict[str, object]:
    return {
        "nearly_now": now + CLOCK_SKEW,
        "retry_until": now + RETRY_BLOCKS,
        "unknown_since": now - UNKNOWN_BLOCKS,
    }


def _choose(
    candidates: Sequence[Row[int, str, str]],
    *,
    free: int,
    per_device: int,
    busy: dict[DeviceKey, int],
) -> list[int]:
    chosen: list[int] = []
    for message_id, gateway, device in candidates:
        if len(chosen) == free:
            break
        if busy.get((gateway, device), 0) < per_device:
            busy[(gateway, device)] = busy.get((gateway, device), 0) + 1
            chosen.append(message_id)
    return chosen


def _take(engine: Engine, parameters: dict[str, object], *, now: datetime) -> list[Claimed]:
    with writing(engine) as session:
        connection = session.connection()
        taken = list(connection.execute(TAKE, parameters).scalars())
        rows = connection.execute(TAKEN, {"taken": taken}).all() if taken else []
    return [
        Claimed(
            id=row.id,
            conversation_id=row.conversation_id,
            gateway=row.gateway,
            device=row.device,
            address=row.address,
            kind=row.kind,
            text=row.text,
            content=row.content,
            quoted_id=_quoted_id(row.details),
            idempotency_key=row.idempotency_key or "",
            failures=row.failures,
            claimed_at=now,
        )
        for row in rows
    ]


def _quoted_id(details: object) -> str | None:
    quoted = details.get("quoted_id") if isinstance(details, dict) else None
    return quoted if isinstance(quoted, str) else None
