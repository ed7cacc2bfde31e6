"""Results that come when their message has long been somebody else's: they change nothing of it."""

from datetime import timedelta

from sqlalchemy import Engine

from bot.gateways.errors import DeviceOffline
from bot.outbox import claim, expire, judge_outcome, mark_sending, record_outcomes
from bot.outbox.attempt import Attempt
from tests.making import NOW, arrivals, outgoing, process_all, receive


def test_a_refusal_of_an_earlier_attempt_costs_the_message_no_try(engine: Engine) -> None:
    receive(engine, arrivals("rijan", text="halo"))
    process_all(engine)
    [message] = outgoing(engine)
    [slow] = claim(engine, message.lane, free=1, per_device=1, now=NOW).messages
    number = mark_sending(engine, [slow], now=NOW)[slow.id]
    later = NOW + timedelta(minutes=1)
    expire(engine, idempotent=frozenset({"rijan"}), now=later)
    [next_one] = claim(engine, message.lane, free=1, per_device=1, now=later).messages
    mark_sending(engine, [next_one], now=later)
    [before] = outgoing(engine)

    refused = judge_outcome(
        DeviceOffline("not connected"), failures=slow.failures, idempotent=True, now=later
    )
    late = Attempt(claimed=slow, number=number, outcome=refused)
    record_outcomes(engine, [late], now=later)

    [after] = outgoing(engine)
    assert (after.status, after.failures) == ("sending", before.failures)
