"""Idempotency keys: a message keeps its key for as long as it may have gone out with it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.gateways.base import SentMessage
from bot.gateways.errors import OutcomeUnknown, RateLimited, Scope, SendError, TransientError
from bot.outbox import Doubt, claim, expire, judge_outcome, mark_sending, record_outcomes
from bot.outbox.attempt import Attempt
from models import Message
from tests.making import NOW, arrivals, outgoing, process_all, receive

LIMITED = RateLimited("slow down", scope=Scope.DEVICE)
RIJAN = frozenset({"rijan"})


def answer(engine: Engine, gateway: str) -> Message:
    """Let a contact be answered, and return the reply."""
    receive(engine, arrivals(gateway, text="halo"))
    process_all(engine)
    return outgoing(engine)[-1]


def attempt(
    engine: Engine, result: SentMessage | SendError | None, *, now: datetime, gateway: str = "rijan"
) -> str:
    """Send the only message, with this result or until the process dies; return the key."""
    [message] = outgoing(engine)
    [claimed] = claim(engine, message.lane, free=1, per_device=1, now=now).messages
    number = mark_sending(engine, [claimed], now=now)[claimed.id]
    if result is not None:
        outcome = judge_outcome(
            result, failures=claimed.failures, idempotent=gateway == "rijan", now=now
        )
        record_outcomes(engine, [Attempt(claimed=claimed, number=number, outcome=outcome)], now=now)
    return claimed.idempotency_key


def minutes(count: int) -> datetime:
    return NOW + timedelta(minutes=count)


@pytest.mark.parametrize("refusal", [LIMITED, TransientError("busy")])
def test_a_refusal_takes_no_key_with_which_a_message_may_have_gone_out(
    engine: Engine, refusal: SendError
) -> None:
    answer(engine, "rijan")
    first = attempt(engine, OutcomeUnknown("no answer"), now=NOW)
    attempt(engine, refusal, now=minutes(10))
    attempt(engine, refusal, now=minutes(40))
    assert attempt(engine, SentMessage(external_id="X"), now=minutes(90)) == first


def test_a_process_that_dies_leaves_the_key_to_the_next_however_often_that_is_refused(
    engine: Engine,
) -> None:
    answer(engine, "rijan")
    first = attempt(engine, None, now=NOW)
    expire(engine, idempotent=RIJAN, now=minutes(1))
    attempt(engine, LIMITED, now=minutes(10))
    assert attempt(engine, SentMessage(external_id="X"), now=minutes(40)) == first


def test_what_is_sent_again_by_policy_keeps_the_reference_that_statuses_may_carry(
    engine: Engine,
) -> None:
    answer(engine, "meta")
    first = attempt(engine, OutcomeUnknown("no answer"), now=NOW, gateway="meta")
    expire(engine, idempotent=RIJAN, doubt=Doubt(resends=True), now=minutes(10))
    attempt(engine, LIMITED, now=minutes(11), gateway="meta")
    assert attempt(engine, SentMessage(external_id="X"), now=minutes(40), gateway="meta") == first


def test_what_was_only_refused_gets_a_new_key(engine: Engine) -> None:
    answer(engine, "rijan")
    first = attempt(engine, TransientError("busy"), now=NOW)
    assert attempt(engine, SentMessage(external_id="X"), now=minutes(10)) != first
