"""What becomes of messages that were perhaps sent, and of a clock that was set back."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from bot.effects import EffectKind, NewEffect
from bot.effects import add as add_effects
from bot.healing import heal
from bot.outbox import Doubt, expire
from models import (
    Breaker,
    Device,
    Effect,
    Event,
    Message,
    MessageStatus,
    SendAttempt,
    reading,
    writing,
)
from tests.making import NOW, arrivals, outgoing, receive
from tests.outbox.test_claim import queue, set_status, taken_ids

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def doubt(engine: Engine, **values: object) -> int:
    """Return a message whose answer was lost a minute and a second ago."""
    [message] = queue(engine)
    long_ago = NOW - timedelta(seconds=61)
    set_status(engine, message, MessageStatus.UNKNOWN, attempted_at=long_ago, attempts=1, **values)
    return message


def decide(engine: Engine, *, resends: bool = False, wait: timedelta = MINUTE) -> Message:
    expire(engine, idempotent=frozenset(), doubt=Doubt(wait=wait, resends=resends), now=NOW)
    [message] = outgoing(engine)
    return message


def test_a_message_in_doubt_is_held_for_a_person(engine: Engine) -> None:
    doubt(engine)
    message = decide(engine)
    assert (message.status, message.held, message.held_at) == ("unknown", "unknown", NOW)
    assert taken_ids(engine) == []


def test_evidence_has_time_to_come(engine: Engine) -> None:
    doubt(engine)
    assert decide(engine, wait=2 * MINUTE).held is None


def test_a_message_in_doubt_is_sent_again_where_that_is_wanted(engine: Engine) -> None:
    sent = doubt(engine)
    message = decide(engine, resends=True)
    assert (message.status, message.failures, message.held) == ("queued", 1, None)
    assert "no evidence" in (message.error or "")
    assert taken_ids(engine) == [sent]


def test_nothing_is_sent_again_for_ever(engine: Engine) -> None:
    doubt(engine, failures=7)
    message = decide(engine, resends=True)
    assert (message.status, message.held) == ("unknown", "unknown")


def test_what_a_dead_process_was_sending_is_in_its_history(engine: Engine) -> None:
    [message] = queue(engine)
    set_status(engine, message, MessageStatus.SENDING, attempted_at=NOW - MINUTE, attempts=3)
    expire(engine, idempotent=frozenset(), now=NOW)
    with reading(engine) as session:
        [attempt] = session.scalars(select(SendAttempt)).all()
    assert (attempt.message_id, attempt.number, attempt.outcome) == (message, 3, "unknown")
    assert attempt.error == "the process ended while sending"


def test_what_is_held_expires_like_anything_else(engine: Engine) -> None:
    [message] = queue(engine, expires_at=NOW - MINUTE)
    set_status(engine, message, MessageStatus.QUEUED, held="window", held_at=NOW - HOUR)
    expire(engine, idempotent=frozenset(), now=NOW)
    [row] = outgoing(engine)
    assert (row.status, row.held) == ("dead", None)


@pytest.mark.parametrize(("status", "then"), [("claimed", "queued"), ("sending", "unknown")])
def test_a_lease_from_before_the_clock_was_set_back_is_over(
    engine: Engine, status: str, then: str
) -> None:
    [message] = queue(engine)
    values = {"claimed_at": NOW + HOUR, "attempted_at": NOW + HOUR}
    set_status(engine, message, MessageStatus(status), **values)
    expire(engine, idempotent=frozenset(), now=NOW)
    assert outgoing(engine)[0].status == then


def test_what_waits_for_a_time_that_the_clock_has_shown_is_due(engine: Engine) -> None:
    later = NOW + HOUR
    receive(engine, arrivals("wagate", text="halo", now=later))
    [message] = queue(engine)
    set_status(engine, message, MessageStatus.QUEUED, put_at=later, due_at=later + HOUR)
    effect = NewEffect(kind=EffectKind.MARK_READ, key="1", gateway="meta", device="1")
    with writing(engine) as session:
        add_effects(session, [effect], now=later)
        session.add(
            Device(gateway="wagate", device="d", paused_until=later + HOUR, rested_at=later)
        )

    assert heal(engine, now=NOW) == 4

    with reading(engine) as session:
        for column in (Event.due_at, Message.due_at, Effect.due_at, Device.paused_until):
            assert session.scalars(select(column).where(column.is_not(None))).all() == [NOW]
    assert heal(engine, now=NOW) == 0


def test_what_a_dead_clock_has_claimed_is_free_again(engine: Engine) -> None:
    later = NOW + HOUR
    effect = NewEffect(kind=EffectKind.MARK_READ, key="1", gateway="meta", device="1")
    with writing(engine) as session:
        add_effects(session, [effect], now=NOW)
        session.execute(update(Effect).values(claimed_at=later))
        session.add(Breaker(gateway="meta", host="x", paused_until=later + MINUTE, rested_at=later))

    assert heal(engine, now=NOW) == 2

    with reading(engine) as session:
        assert session.scalars(select(Effect.claimed_at)).all() == [None]
        assert session.scalars(select(Breaker.paused_until)).all() == [NOW]


def test_doubt_from_before_the_clock_was_set_back_is_decided_at_once(engine: Engine) -> None:
    [message] = queue(engine)
    set_status(engine, message, MessageStatus.UNKNOWN, attempted_at=NOW + HOUR, attempts=1)
    assert decide(engine).held == "unknown"


def test_a_machine_with_a_clock_that_is_ahead_takes_nobody_its_backoff(engine: Engine) -> None:
    [message] = queue(engine)
    values = {"created_at": NOW + HOUR, "put_at": NOW, "due_at": NOW + 4 * MINUTE}
    set_status(engine, message, MessageStatus.QUEUED, attempts=1, **values)
    assert heal(engine, now=NOW) == 0


def test_what_waits_for_good_reason_goes_on_waiting(engine: Engine) -> None:
    [message] = queue(engine)
    set_status(engine, message, MessageStatus.QUEUED, attempted_at=NOW, due_at=NOW + HOUR)
    with writing(engine) as session:
        session.add(Device(gateway="wagate", device="d", paused_until=NOW + HOUR, rested_at=NOW))
        session.execute(update(Message).values(attempts=1))
    assert heal(engine, now=NOW + MINUTE) == 0
