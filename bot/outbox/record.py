"""Write down what became of send attempts, many in one transaction."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import effects, quotas
from bot.content import Content, as_json
from bot.effects import EffectKind, NewEffect
from bot.gateways.errors import DeviceOffline, QuotaExhausted, Scope, SendError
from bot.gateways.reading import clean, cleaned
from bot.outbox import rests
from bot.outbox.add import new_idempotency_key
from bot.outbox.announce import announce_failures
from bot.outbox.claim import Claimed
from bot.outbox.history import PastAttempt, keep_attempts
from bot.outbox.outcome import Outcome
from bot.outbox.release import release_overtaken
from bot.outbox.rests import Rest, Resting
from models import (
    Held,
    Message,
    MessageStatus,
    is_unsettled,
    status_is,
    writing,
)
from models.faults import Fault, judge

EXTERNAL_ID_LIMIT = 255
SENT_INSTEAD = "sent_instead"
# A gateway that hands out tickets needs a moment before it knows more.
LOOK_UP_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt that has ended: which message, which attempt, and what came of it.

    `looks_up`: the gateway can be asked what became of a ticket. `host` is that of its API; with
    `breaker` it rests, too. `proves`: of what the message was a probe for, this works again.
    `instead` is what went in place of what was wanted.
    """

    claimed: Claimed
    number: int
    outcome: Outcome
    looks_up: bool = False
    host: str = ""
    breaker: Rest | None = None
    proves: frozenset[Resting] = frozenset()
    instead: Content | None = None

    def rests(self) -> Iterator[tuple[Resting, Rest]]:
        """Yield what has to rest after this."""
        claimed, rest = self.claimed, self.outcome.rest
        host = Resting(claimed.gateway, host=self.host)
        if rest:
            is_host = self.outcome.rests is Scope.GATEWAY and self.host
            yield host if is_host else Resting(claimed.gateway, device=claimed.device), rest
        if self.breaker:
            yield host, self.breaker


@dataclass(slots=True, kw_only=True)
class Recorded:
    """The lanes to wake: of announcements, of messages that waited, and of questions to ask.

    `later` are outbox lanes with the time at which they have something to do again. `works_again`:
    something has ended its rest, so any lane may have messages for it.
    """

    inbox_lanes: set[int] = field(default_factory=set)
    outbox_lanes: set[int] = field(default_factory=set)
    effect_lanes: set[int] = field(default_factory=set)
    later: list[tuple[int, datetime]] = field(default_factory=list)
    works_again: bool = False

    def add(self, other: "Recorded") -> None:
        """Take in what another transaction did."""
        self.inbox_lanes |= other.inbox_lanes
        self.outbox_lanes |= other.outbox_lanes
        self.effect_lanes |= other.effect_lanes
        self.later += other.later
        self.works_again = self.works_again or other.works_again


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
        total.add(recorded)
    return total


def resume(
    session: Session, gateway: str, device: str, *, after: type[SendError] = DeviceOffline
) -> bool:
    """End the rest of a device that began with this error; return whether there was one."""
    return rests.end(session, Resting(gateway, device=device), after=after.__name__)


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
                held=bindparam("new_held"),
                held_at=bindparam("new_held_at"),
            ),
            [_values(attempt, now=now) for attempt in attempts],
        )
        keep_attempts(session, _history(attempts), now=now)
        _keep_instead(session, attempts)
        _release(session, attempts, now=now)
        works_again = [
            resting
            for resting in sorted({each for attempt in attempts for each in attempt.proves})
            if rests.end(session, resting)
        ]
        later = _let_rest(session, attempts, now=now)
        quotas.spend(session, _spent(attempts), at=now)
        dead = [
            attempt.claimed.id
            for attempt in attempts
            if attempt.outcome.status is MessageStatus.DEAD
        ]
        return Recorded(
            inbox_lanes=announce_failures(session, dead, now=now),
            outbox_lanes=_followers(session, attempts),
            effect_lanes=effects.add(session, list(_questions(attempts, now=now)), now=now),
            later=later,
            works_again=bool(works_again),
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


def _spent(attempts: Sequence[Attempt]) -> Mapping[tuple[str, str], int]:
    """Return how many messages each device has perhaps sent."""
    return Counter(
        (attempt.claimed.gateway, attempt.claimed.device)
        for attempt in attempts
        if attempt.outcome.status in (MessageStatus.SENT, MessageStatus.UNKNOWN)
    )


def _release(session: Session, attempts: Sequence[Attempt], *, now: datetime) -> None:
    judged = {
        attempt.claimed.conversation_id: attempt.claimed.wrote_at
        for attempt in attempts
        if attempt.outcome.held is Held.WINDOW
    }
    if judged:
        release_overtaken(session, judged, now=now)


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


def _let_rest(
    session: Session, attempts: Sequence[Attempt], *, now: datetime
) -> list[tuple[int, datetime]]:
    """Let devices and hosts rest; return when which lanes have something to do again."""
    later = []
    tired = [(each, attempt, rest) for attempt in attempts for each, rest in attempt.rests()]
    # In one order everywhere, so that two transactions never wait for each other.
    for resting, attempt, rest in sorted(tired, key=lambda one: one[0]):
        is_probe = resting in attempt.claimed.probes
        until = rests.put(session, resting, rest, is_probe=is_probe, now=now)
        later.append((attempt.claimed.lane, until))
    later += [
        (attempt.claimed.lane, attempt.outcome.due_at or now)
        for attempt in attempts
        if attempt.outcome.status is MessageStatus.QUEUED and not attempt.outcome.rest
    ]
    return later
