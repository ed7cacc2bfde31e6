"""Claim messages to send: never two claimers the same one, never out of order in a conversation.

Claiming says "this process will send it", `mark_sending` says "the request may leave now". A
message that was only claimed when its process died never left, and simply goes back into the queue.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.lanes import CLOCK_SKEW
from bot.outbox import breakers
from bot.outbox.cancel import cancel_switched_off
from bot.outbox.choosing import (
    NO_LIMITS,
    DeviceKey,
    Limits,
    choose,
    left_out,
    room,
)
from bot.outbox.probes import give_back, take_probes
from bot.outbox.rests import Resting
from bot.outbox.statements import (
    BLOCKERS,
    CANDIDATES,
    HELD_BACK,
    MARK,
    MARKED,
    PUT_OFF,
    SEPARATOR,
    TAKE,
    TAKEN,
)
from models import reading, writing

# A message that waits for its next try holds back the later ones of its conversation this long at
# most; one whose outcome is unknown, until the sweep has decided on it, or this long if none does.
# Nothing else mutes a customer.
RETRY_BLOCKS = timedelta(minutes=5)
UNKNOWN_BLOCKS = timedelta(minutes=15)
PUT_OFF_MARGIN = timedelta(seconds=20)
# Of this many times the free threads the messages are chosen: some devices may be busy enough.
CHOICE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that this process has taken to send it.

    `received_at`: it is the first reply to an event that came then. `in_doubt`: an earlier attempt
    may have been carried out.
    """

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
    wrote_at: datetime | None = None
    chat: str = ""
    lane: int = 0
    received_at: datetime | None = None
    in_doubt: bool = False
    probes: tuple[Resting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What was taken; whether devices that are busy enough held messages back; whether that is all.

    `is_all`: whatever becomes due from now on comes with a wake of its own. `senders` have no
    tokens, for so many seconds; `again`: in how many seconds some message has one.
    """

    messages: list[Claimed] = field(default_factory=list)
    is_held_back: bool = False
    is_all: bool = False
    senders: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    again: float | None = None


def claim(
    engine: Engine,
    lane: int,
    *,
    free: int,
    per_device: int,
    busy: Collection[tuple[DeviceKey, int]] = (),
    limits: Limits = NO_LIMITS,
    now: datetime,
) -> Claim:
    """Take at most `free` due messages of a lane, oldest first. Raises SQLAlchemyError.

    `busy` says how many threads already send for a device; with the new ones it gets at most
    `per_device`, so that one slow device leaves threads to the others.
    """
    times = {"in_lane": lane, "now": now, **_times(now)}
    full = [SEPARATOR.join(device) for device, count in busy if count >= per_device]
    number = free * CHOICE
    with reading(engine) as session:
        opened = breakers.read_open(session, now=now)
        omitted = left_out(full, opened, limits)
        rows = session.execute(CANDIDATES, {**times, **omitted, "number": number}).all()
        is_held = bool(full) and session.scalar(HELD_BACK, {**times, "full": full}) is not None
        chosen = choose(rows, free=free, per_device=per_device, busy=dict(busy))
        is_held = is_held or len(chosen) < len(rows)
        short = {(row.gateway, row.device) for row in rows if room(row) < per_device}
        if short and len(rows) == number and len(chosen) < free:
            # A device without room in its quota must not hide those behind it either. One without
            # threads is left out by the next claim.
            omitted["full"] = [*omitted["full"], *map(SEPARATOR.join, short)]
            more = session.execute(CANDIDATES, {**times, **omitted, "number": number}).all()
            free_still = free - len(chosen)
            chosen += choose(more, free=free_still, per_device=per_device, busy=dict(busy))
    if off := [row.id for row in rows if row.is_off]:
        with writing(engine) as session:
            cancel_switched_off(session, off, now=now)
        # What waited behind them is due now.
        return claim(
            engine, lane, free=free, per_device=per_device, busy=busy, limits=limits, now=now
        )
    granted, probes = take_probes(engine, chosen, opened, limits, times=times, now=now)
    tokens = limits.rates.take(granted) if limits.rates else None
    if tokens and tokens.messages:
        _put_off(engine, tokens.messages, now=now)
    ids = tokens.granted if tokens else [row.id for row in granted]
    messages = _take(engine, {**times, "chosen": ids}, probes, now=now) if ids else []
    give_back(engine, probes, [message.id for message in messages], now=now)
    waits = [*tokens.messages.values(), *tokens.senders.values()] if tokens else []
    return Claim(
        messages=messages,
        is_held_back=is_held,
        is_all=len(messages) == len(rows) < number and not is_held,
        senders=tokens.senders if tokens else {},
        again=min(waits) if waits else None,
    )


def blockers(session: Session, waiting: Collection[int], *, now: datetime) -> dict[int, int]:
    """Return which message each of these waits behind, where it waits behind one."""
    rows = session.execute(BLOCKERS, {"now": now, **_times(now), "waiting": list(waiting)})
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


def _put_off(engine: Engine, waits: Mapping[int, float], *, now: datetime) -> None:
    with writing(engine) as session:
        session.connection().execute(
            PUT_OFF,
            [
                {
                    "message": message,
                    "now": now,
                    "later": now + _put_off_for(wait),
                }
                for message, wait in sorted(waits.items())
            ],
        )


def _put_off_for(seconds: float) -> timedelta:
    """Return how long a message is left alone that has no token for so long.

    What is due within the skew of clocks would be chosen again at once; what is due after
    RETRY_BLOCKS would hold up nothing behind it.
    """
    return min(max(timedelta(seconds=seconds), 2 * CLOCK_SKEW), RETRY_BLOCKS - PUT_OFF_MARGIN)


def _take(
    engine: Engine,
    parameters: dict[str, object],
    probes: Mapping[int, tuple[Resting, ...]],
    *,
    now: datetime,
) -> list[Claimed]:
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
            wrote_at=row.wrote_at,
            chat=row.chat,
            lane=row.lane,
            received_at=row.received_at,
            in_doubt=row.in_doubt,
            probes=probes.get(row.id, ()),
        )
        for row in rows
    ]


def _quoted_id(details: object) -> str | None:
    quoted = details.get("quoted_id") if isinstance(details, dict) else None
    return quoted if isinstance(quoted, str) else None
