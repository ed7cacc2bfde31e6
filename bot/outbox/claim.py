"""Claim messages to send: never two claimers the same one, never out of order in a conversation.

Claiming says "this process will send it", `mark_sending` says "the request may leave now". A
message that was only claimed when its process died never left, and simply goes back into the queue.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.lanes import CLOCK_SKEW
from models import (
    Conversation,
    Device,
    Direction,
    Message,
    MessageStatus,
    is_unsettled,
    status_is,
)

# A message that waits for its next try holds back the later ones of its conversation this long at
# most; one whose outcome is unknown, this long. Nothing else mutes a customer.
RETRY_BLOCKS = timedelta(minutes=5)
UNKNOWN_BLOCKS = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that this process has taken to send it."""

    id: int
    conversation_id: int
    gateway: str
    device: str
    address: str
    text: str
    idempotency_key: str
    failures: int
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What was taken, and whether due messages were left because their device is busy enough."""

    messages: list[Claimed]
    is_held_back: bool


DeviceKey = tuple[str, str]


def claim(
    session: Session,
    lane: int,
    *,
    free: int,
    per_device: int,
    busy: Collection[tuple[DeviceKey, int]] = (),
    now: datetime,
) -> Claim:
    """Take at most `free` due messages of a lane, oldest first.

    `busy` says how many threads already send for a device; with the new ones it gets at most
    `per_device`, so that one slow device leaves threads to the others.
    """
    candidates = session.execute(
        select(Message.id, Message.gateway, Message.device)
        .where(*_claimable(lane, now=now))
        .order_by(Message.id)
        .limit(free * 4)
    ).all()
    chosen = _choose(candidates, free=free, per_device=per_device, busy=dict(busy))
    if not chosen:
        return Claim(messages=[], is_held_back=bool(candidates))
    taken = session.scalars(
        update(Message)
        .where(Message.status == MessageStatus.QUEUED, Message.id.in_(_locked(chosen, lane, now)))
        .values(status=MessageStatus.CLAIMED, claimed_at=now)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).all()
    return Claim(
        messages=_claimed(session, taken, now=now), is_held_back=len(chosen) < len(candidates)
    )


def mark_sending(session: Session, claims: Sequence[Claimed], *, now: datetime) -> dict[int, int]:
    """Let the requests leave; return the number of the attempt for each claim that still holds.

    A claim that ran out may be another process's by now: the time of the claim tells them apart.
    """
    numbers: dict[int, int] = {}
    for claimed_at in sorted({claimed.claimed_at for claimed in claims}):
        ids = [claimed.id for claimed in claims if claimed.claimed_at == claimed_at]
        rows = session.execute(
            update(Message)
            .where(
                Message.id.in_(ids),
                Message.status == MessageStatus.CLAIMED,
                Message.claimed_at == claimed_at,
            )
            .values(status=MessageStatus.SENDING, attempts=Message.attempts + 1, attempted_at=now)
            .returning(Message.id, Message.attempts)
            .execution_options(synchronize_session=False)
        )
        numbers.update((row.id, row.attempts) for row in rows)
    return numbers


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


def _locked(chosen: Sequence[int], lane: int, now: datetime) -> Select[int]:
    """Select the chosen ids again under lock; who comes second skips what the first has locked."""
    return (
        select(Message.id)
        .where(Message.id.in_(chosen), *_claimable(lane, now=now))
        .order_by(Message.id)
        .with_for_update(skip_locked=True, of=Message)
    )


def _claimable(lane: int, *, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.lane == lane,
        status_is(Message, MessageStatus.QUEUED),
        Message.direction == Direction.OUT,
        or_(
            Message.due_at <= now,
            # Never for a retry: a gateway that said when to come back means it.
            and_(Message.attempts == 0, Message.due_at <= now + CLOCK_SKEW),
        ),
        or_(Message.expires_at.is_(None), Message.expires_at > now),
        ~exists().where(
            Device.gateway == Message.gateway,
            Device.device == Message.device,
            Device.paused_until > now,
        ),
        ~_is_blocked(now=now),
    )


def _is_blocked(*, now: datetime) -> ColumnElement[bool]:
    """Say that an earlier message of the conversation must go first."""
    earlier = aliased(Message)
    return exists().where(
        earlier.conversation_id == Message.conversation_id,
        earlier.direction == Direction.OUT,
        earlier.id < Message.id,
        is_unsettled(earlier),
        or_(
            status_is(earlier, MessageStatus.CLAIMED, MessageStatus.SENDING),
            and_(status_is(earlier, MessageStatus.QUEUED), earlier.due_at <= now),
            and_(
                status_is(earlier, MessageStatus.QUEUED),
                earlier.attempts > 0,
                earlier.due_at <= now + RETRY_BLOCKS,
            ),
            and_(
                status_is(earlier, MessageStatus.UNKNOWN),
                earlier.attempted_at > now - UNKNOWN_BLOCKS,
            ),
        ),
    )


def _claimed(session: Session, ids: Sequence[int], *, now: datetime) -> list[Claimed]:
    if not ids:
        return []
    rows = session.execute(
        select(Message, Conversation.address)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id.in_(ids))
        .order_by(Message.id)
    )
    return [
        Claimed(
            id=message.id,
            conversation_id=message.conversation_id,
            gateway=message.gateway,
            device=message.device,
            address=address,
            text=message.text,
            idempotency_key=message.idempotency_key or "",
            failures=message.failures,
            claimed_at=now,
        )
        for message, address in rows
    ]
