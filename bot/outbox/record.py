"""Write down what became of send attempts, many in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import effects, quotas
from bot.content import as_json
from bot.effects import EffectKind, NewEffect
from bot.gateways.errors import DeviceOffline, QuotaExhausted, SendError
from bot.gateways.reading import clean, cleaned
from bot.outbox import rests
from bot.outbox.add import new_idempotency_key
from bot.outbox.announce import announce_failures
from bot.outbox.attempt import Attempt, Recorded, spent
from bot.outbox.cancel import cancel_overtaken
from bot.outbox.history import PastAttempt, keep_attempts
from bot.outbox.outcome import Outcome
from bot.outbox.release import overtaken, release_held
from bot.outbox.resting import settle_rests
from bot.outbox.rests import Resting
from models import (
    Held,
    Message,
    MessageStatus,
    is_unsettled,
    status_is,
    writing,
)
from models.faults import Fault, judge

logger = structlog.get_logger("balas.outbox")

EXTERNAL_ID_LIMIT = 255
SENT_INSTEAD = "sent_instead"
# A gateway that hands out tickets needs a moment before it knows more.
LOOK_UP_AFTER = timedelta(seconds=2)


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
            try:
                recorded = _record(engine, [replace(attempt, outcome=without_id)], now=now)
            except SQLAlchemyError as again:
                if judge(again) is not Fault.ROW:
                    raise
                # It alone waits for the sweep; the others must not wait with it.
                logger.error("a result cannot be recorded", message=attempt.claimed.id)
                continue
        total.add(recorded)
    return total


def resume(
    session: Session, gateway: str, device: str, *, after: type[SendError] = DeviceOffline
) -> bool:
    """End the rest of a device that began with this error; return whether there was one."""
    return rests.end(session, Resting(gateway, device=device), after=after.__name__)


def _record(engine: Engine, batch: Sequence[Attempt], *, now: datetime) -> Recorded:
    # In the one order for all: conversations, messages, devices and breakers, each by its key.
    attempts = sorted(batch, key=lambda attempt: attempt.claimed.id)
    with writing(engine) as session:
        answered = _overtaken(session, attempts)
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
                put_at=bindparam("new_put_at"),
                sent_at=bindparam("new_sent_at"),
                failed_at=bindparam("new_failed_at"),
                failures=Message.failures + bindparam("counted"),
                idempotency_key=bindparam("new_key"),
                held=bindparam("new_held"),
                held_at=bindparam("new_held_at"),
            ),
            [_values(attempt, now=now) for attempt in attempts],
        )
        keep_attempts(session, _history(attempts), now=now)
        _keep_instead(session, attempts)
        release_held(session, answered, now=now)
        cancel_overtaken(session, _queued(attempts))
        rested = settle_rests(session, attempts, now=now)
        quotas.spend(session, spent(attempts), at=now)
        dead = [
            attempt.claimed.id
            for attempt in attempts
            if attempt.outcome.status is MessageStatus.DEAD
        ]
        return Recorded(
            inbox_lanes=announce_failures(session, dead, now=now),
            outbox_lanes=_followers(session, attempts),
            effect_lanes=effects.add(session, list(_questions(attempts, now=now)), now=now),
            later=rested.later,
            works_again=rested.works_again,
        )


def _questions(attempts: Sequence[Attempt], *, now: datetime) -> Iterator[NewEffect]:
    for attempt in attempts:
        claimed, ticket, rest = attempt.claimed, attempt.outcome.ticket, attempt.outcome.rest
        if rest and rest.reason.startswith(QuotaExhausted.__name__):
            yield quotas.new_question(claimed.gateway, claimed.device, at=now)
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
    # A refusal proves nothing about the attempts before it.
    is_new_key = outcome.new_key and not attempt.claimed.in_doubt
    return {
        "message": attempt.claimed.id,
        "number": attempt.number,
        "new_status": outcome.status,
        "new_external_id": clean(external_id)[:EXTERNAL_ID_LIMIT] if external_id else None,
        "new_ticket": clean(outcome.ticket)[:EXTERNAL_ID_LIMIT] if outcome.ticket else None,
        "new_error": outcome.error,
        "new_due_at": outcome.due_at or now,
        "new_put_at": now,
        "new_sent_at": now if outcome.status is MessageStatus.SENT else None,
        "new_failed_at": now if outcome.status is MessageStatus.DEAD else None,
        "counted": int(outcome.counts),
        "new_held": outcome.held,
        "new_held_at": now if outcome.held else None,
        "new_key": new_idempotency_key() if is_new_key else attempt.claimed.idempotency_key,
    }


def _word(outcome: Outcome) -> str:
    return MessageStatus.UNKNOWN if outcome.is_in_doubt else outcome.held or outcome.status


def _history(attempts: Sequence[Attempt]) -> list[PastAttempt]:
    return [
        PastAttempt(
            message_id=attempt.claimed.id,
            number=attempt.number,
            outcome=_word(attempt.outcome),
            error=attempt.outcome.error,
        )
        for attempt in attempts
        if attempt.outcome.status is not MessageStatus.SENT or attempt.number > 1
    ]


def _overtaken(session: Session, attempts: Sequence[Attempt]) -> frozenset[int]:
    judged = {
        attempt.claimed.conversation_id: attempt.claimed.wrote_at
        for attempt in attempts
        if attempt.outcome.held is Held.WINDOW
    }
    return overtaken(session, judged) if judged else frozenset()


def _keep_instead(session: Session, attempts: Sequence[Attempt]) -> None:
    """Note what went in place of what was wanted, or that this time it went itself."""
    for attempt in attempts:
        is_gone = attempt.outcome.status in (MessageStatus.SENT, MessageStatus.UNKNOWN)
        if not is_gone or (attempt.instead is None and attempt.number == 1):
            continue
        message = session.get_one(Message, attempt.claimed.id)
        details = {
            name: value for name, value in (message.details or {}).items() if name != SENT_INSTEAD
        }
        if attempt.instead is not None:
            details[SENT_INSTEAD] = cleaned(as_json(attempt.instead))
        message.details = details or None
    session.flush()


def _queued(attempts: Sequence[Attempt]) -> list[int]:
    return [
        attempt.claimed.id for attempt in attempts if attempt.outcome.status is MessageStatus.QUEUED
    ]
