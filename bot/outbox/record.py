"""Write down what became of send attempts, many in one transaction."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import effects
from bot.effects import EffectKind, NewEffect
from bot.events import INTERNAL_KINDS, Kind
from bot.gateways.errors import DeviceOffline
from bot.gateways.reading import clean
from bot.lanes import lane_of
from bot.outbox.add import new_idempotency_key
from bot.outbox.claim import Claimed
from bot.outbox.outcome import Outcome
from models import (
    Conversation,
    Device,
    Event,
    Message,
    MessageStatus,
    insert_into,
    is_unsettled,
    status_is,
    writing,
)
from models.faults import Fault, judge

EXTERNAL_ID_LIMIT = 255
# A gateway that hands out tickets needs a moment before it knows more.
LOOK_UP_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt that has ended: which message, which attempt, and what came of it.

    `looks_up`: the gateway can be asked what became of a ticket.
    """

    claimed: Claimed
    number: int
    outcome: Outcome
    looks_up: bool = False


@dataclass(slots=True, kw_only=True)
class Recorded:
    """The lanes to wake: of announcements, of messages that waited, and of questions to ask."""

    inbox_lanes: set[int] = field(default_factory=set)
    outbox_lanes: set[int] = field(default_factory=set)
    effect_lanes: set[int] = field(default_factory=set)


def record_outcomes(engine: Engine, attempts: Sequence[Attempt], *, now: datetime) -> Recorded:
    """Record attempts and return the lanes to wake. Raises SQLAlchemyError.

    Two messages with one external id (a gateway that repeats itself) must not undo a whole batch:
    then each is recorded by itself, the second without the id.
    """
    try:
        return _record(engine, attempts, now=now)
    except SQLAlchemyError as error:
        if judge(error) is not Fault.ROW:
            raise
    total = Recorded()
    for attempt in attempts:
        try:
            recorded = _record(engine, [attempt], now=now)
        except SQLAlchemyError as error:
            if judge(error) is not Fault.ROW:
                raise
            without_id = replace(attempt.outcome, external_id=None)
            recorded = _record(engine, [replace(attempt, outcome=without_id)], now=now)
        total.inbox_lanes |= recorded.inbox_lanes
        total.outbox_lanes |= recorded.outbox_lanes
        total.effect_lanes |= recorded.effect_lanes
    return total


def announce_failures(session: Session, ids: Sequence[int], *, now: datetime) -> set[int]:
    """Tell the inbox that messages will not arrive (send.failed); return its lanes.

    The rules get their cooldowns back and may tell somebody. A failed answer to one of our own
    events is not announced: that would be a loop.
    """
    if not ids:
        return set()
    rows = session.execute(
        select(Message, Conversation.address)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .outerjoin(Event, Event.id == Message.event_id)
        .where(
            Message.id.in_(ids),
            # Only what really ended so: a result that came too late changed nothing.
            status_is(Message, MessageStatus.DEAD, MessageStatus.FAILED),
            or_(Event.id.is_(None), Event.kind.not_in([str(kind) for kind in INTERNAL_KINDS])),
        )
    ).all()
    events = [_announcement(message, address, now=now) for message, address in rows]
    if events:
        session.execute(
            insert_into(session, Event).on_conflict_do_nothing(
                index_elements=["gateway", "device", "key"]
            ),
            events,
        )
    return {event["lane"] for event in events}


def pause(session: Session, gateway: str, device: str, *, until: datetime, reason: str) -> None:
    """Let a device rest: nothing is claimed from it until then. The longer rest counts."""
    values = {"paused_until": until, "pause_reason": reason[:EXTERNAL_ID_LIMIT]}
    session.execute(
        insert_into(session, Device)
        .values(gateway=gateway, device=device, **values)
        .on_conflict_do_update(
            index_elements=["gateway", "device"],
            set_=values,
            where=or_(Device.paused_until.is_(None), Device.paused_until < until),
        )
    )


def resume(session: Session, gateway: str, device: str) -> None:
    """End the rest of a device that was offline; one without quota rests on."""
    session.execute(
        update(Device)
        .where(
            Device.gateway == gateway,
            Device.device == device,
            Device.pause_reason.startswith(DeviceOffline.__name__),
        )
        .values(paused_until=None, pause_reason=None)
    )


def _record(engine: Engine, attempts: Sequence[Attempt], *, now: datetime) -> Recorded:
    with writing(engine) as session:
        session.connection().execute(
            update(Message)
            .where(
                Message.id == bindparam("message"),
                Message.attempts == bindparam("number"),
                status_is(Message, MessageStatus.SENDING, MessageStatus.UNKNOWN),
            )
            .values(
                status=bindparam("new_status"),
                external_id=bindparam("new_external_id"),
                ticket=bindparam("new_ticket"),
                error=bindparam("new_error"),
                due_at=bindparam("new_due_at"),
                sent_at=bindparam("new_sent_at"),
                failed_at=bindparam("new_failed_at"),
                failures=Message.failures + bindparam("counted"),
                idempotency_key=bindparam("new_key"),
            ),
            [_values(attempt, now=now) for attempt in attempts],
        )
        for (gateway, device), outcome in sorted(_pauses(attempts).items()):
            assert outcome.pause_until is not None  # noqa: S101 - what makes it a pause
            pause(
                session,
                gateway,
                device,
                until=outcome.pause_until,
                reason=outcome.pause_reason or "",
            )
        dead = [
            attempt.claimed.id
            for attempt in attempts
            if attempt.outcome.status is MessageStatus.DEAD
        ]
        return Recorded(
            inbox_lanes=announce_failures(session, dead, now=now),
            outbox_lanes=_followers(session, attempts),
            effect_lanes=effects.add(session, list(_questions(attempts, now=now)), now=now),
        )


def _questions(attempts: Sequence[Attempt], *, now: datetime) -> Iterator[NewEffect]:
    for attempt in attempts:
        claimed, ticket = attempt.claimed, attempt.outcome.ticket
        if ticket and attempt.looks_up and not attempt.outcome.external_id:
            yield NewEffect(
                kind=EffectKind.LOOK_UP,
                key=f"{claimed.id}:{attempt.number}",
                gateway=claimed.gateway,
                device=claimed.device,
                address=claimed.address,
                message_id=claimed.id,
                details={"ticket": ticket},
                due_at=now + LOOK_UP_AFTER,
            )


def _followers(session: Session, attempts: Sequence[Attempt]) -> set[int]:
    """Return the lanes in which a later message may go now."""
    conversations = {
        attempt.claimed.conversation_id
        for attempt in attempts
        if attempt.outcome.status is not MessageStatus.QUEUED
    }
    return set(
        session.scalars(
            select(Message.lane)
            .where(
                Message.conversation_id.in_(conversations),
                is_unsettled(Message),
                status_is(Message, MessageStatus.QUEUED),
            )
            .distinct()
        )
    )


def _values(attempt: Attempt, *, now: datetime) -> dict[str, Any]:
    outcome = attempt.outcome
    external_id = outcome.external_id
    return {
        "message": attempt.claimed.id,
        "number": attempt.number,
        "new_status": outcome.status,
        "new_external_id": clean(external_id)[:EXTERNAL_ID_LIMIT] if external_id else None,
        "new_ticket": clean(outcome.ticket)[:EXTERNAL_ID_LIMIT] if outcome.ticket else None,
        "new_error": outcome.error,
        "new_due_at": outcome.due_at or now,
        "new_sent_at": now if outcome.status is MessageStatus.SENT else None,
        "new_failed_at": now if outcome.status is MessageStatus.DEAD else None,
        "counted": int(outcome.counts),
        "new_key": new_idempotency_key() if outcome.new_key else attempt.claimed.idempotency_key,
    }


def _pauses(attempts: Sequence[Attempt]) -> dict[tuple[str, str], Outcome]:
    return {
        (attempt.claimed.gateway, attempt.claimed.device): attempt.outcome
        for attempt in attempts
        if attempt.outcome.pause_until
    }


def _announcement(message: Message, address: str, *, now: datetime) -> dict[str, Any]:
    details = {
        "message": message.id,
        "rules": (message.explanation or {}).get("rules", []),
        "reason": message.error or "",
    }
    return {
        "gateway": message.gateway,
        "device": message.device,
        "key": f"{Kind.SEND_FAILED}:{message.id}:{message.attempts}",
        "kind": Kind.SEND_FAILED,
        "address": address,
        "lane": lane_of(message.gateway, message.device, address),
        "payload": json.dumps(details, separators=(",", ":")).encode(),
        "occurred_at": now,
        "received_at": now,
        "due_at": now,
    }
