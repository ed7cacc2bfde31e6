"""Claims: never the same message twice, never out of order within a conversation."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, update

from bot.content import Text
from bot.inbox.conversations import ensure_conversation
from bot.outbox import Claimed, NewMessage, add, claim, mark_sending
from bot.outbox.choosing import DeviceKey, Limits
from bot.outbox.rates import Rates
from models import Device, Held, Message, MessageStatus, reading, writing
from tests.making import NOW, gateways

LANE = 5


def queue(
    engine: Engine,
    count: int = 1,
    *,
    address: str = "62812000001",
    device: str = "wa-1",
    **values: Any,
) -> list[int]:
    """Queue messages of one conversation in our lane and return their ids."""
    place = ("wagate", device, address)
    with writing(engine) as session:
        conversation = ensure_conversation(session, place, now=NOW)
        before = {row.id for row in session.query(Message.id)}
        messages = [
            NewMessage(conversation_id=conversation, place=place, content=Text(text=f"{number}"))
            for number in range(count)
        ]
        add(session, messages, now=NOW)
        ids = sorted({row.id for row in session.query(Message.id)} - before)
        session.execute(update(Message).where(Message.id.in_(ids)).values(lane=LANE, **values))
    return ids


def take(
    engine: Engine,
    *,
    free: int = 100,
    per_device: int = 100,
    busy: Sequence[tuple[DeviceKey, int]] = (),
    now: datetime = NOW,
) -> list[Claimed]:
    return claim(engine, LANE, free=free, per_device=per_device, busy=busy, now=now).messages


def taken_ids(engine: Engine, **options: Any) -> list[int]:
    return [claimed.id for claimed in take(engine, **options)]


def test_takes_one_message_of_a_conversation_at_a_time(engine: Engine) -> None:
    first, second = queue(engine, 2)
    assert taken_ids(engine) == [first]
    assert taken_ids(engine) == []
    set_status(engine, first, MessageStatus.SENT)
    assert taken_ids(engine) == [second]


def test_takes_many_conversations_at_once(engine: Engine) -> None:
    ids = [queue(engine, address=f"6281200000{number}")[0] for number in range(10)]
    assert taken_ids(engine) == ids


def test_takes_no_more_than_threads_are_free(engine: Engine) -> None:
    ids = [queue(engine, address=f"6281200000{number}")[0] for number in range(10)]
    assert taken_ids(engine, free=4) == ids[:4]


def test_two_claimers_never_get_the_same_message(engine: Engine) -> None:
    """As if the lane's lock in Redis were lost."""
    ids = [queue(engine, address=f"628120000{number:03}")[0] for number in range(80)]
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: taken_ids(engine, free=20), range(8)))
    found = [message for claims in taken for message in claims]
    assert len(found) == len(set(found))
    found += taken_ids(engine)
    assert sorted(found) == ids


def test_one_device_gets_its_share_of_threads(engine: Engine) -> None:
    slow = [queue(engine, address=f"62812000{n}", device="slow")[0] for n in range(10)]
    quick = [queue(engine, address=f"62812000{n}", device="quick")[0] for n in range(3)]
    busy = [(("wagate", "slow"), 6)]
    assert taken_ids(engine, free=20, per_device=8, busy=busy) == [*slow[:2], *quick]


def test_says_that_something_was_held_back(engine: Engine) -> None:
    queue(engine, device="slow")
    busy = [(("wagate", "slow"), 8)]
    found = claim(engine, LANE, free=5, per_device=8, busy=busy, now=NOW)
    assert found.messages == []
    assert found.is_held_back


def test_a_paused_device_sends_nothing(engine: Engine) -> None:
    [paused] = queue(engine, device="paused")
    [other] = queue(engine, device="other")
    with writing(engine) as session:
        until = NOW + timedelta(minutes=1)
        session.execute(
            insert(Device).values(gateway="wagate", device="paused", paused_until=until)
        )
    assert taken_ids(engine) == [other]
    assert taken_ids(engine, now=until) == [paused]


def test_what_is_not_due_is_left(engine: Engine) -> None:
    queue(engine, due_at=NOW + timedelta(seconds=1))
    assert taken_ids(engine) == []


def test_a_clock_that_runs_ahead_a_little_delays_nothing(engine: Engine) -> None:
    [message] = queue(engine, due_at=NOW + timedelta(milliseconds=400))
    assert taken_ids(engine) == [message]


def test_a_clock_that_runs_ahead_does_not_break_the_order(engine: Engine) -> None:
    first, _ = queue(engine, 2, due_at=NOW + timedelta(milliseconds=200))
    assert taken_ids(engine) == [first]


def test_a_busy_device_does_not_hide_the_messages_of_others(engine: Engine) -> None:
    for number in range(20):
        queue(engine, address=f"62812000{number:02}", device="busy")
    [other] = queue(engine, address="6281299", device="other")
    busy = [(("wagate", "busy"), 2)]
    assert taken_ids(engine, free=2, per_device=2, busy=busy) == [other]


def test_marking_twice_counts_one_attempt(engine: Engine) -> None:
    """As when the answer to the commit was lost."""
    [message] = queue(engine)
    claims = take(engine)
    assert mark_sending(engine, claims, now=NOW) == {message: 1}
    assert mark_sending(engine, claims, now=NOW) == {message: 1}


def test_a_retry_never_comes_early(engine: Engine) -> None:
    queue(engine, attempts=1, due_at=NOW + timedelta(milliseconds=400))
    assert taken_ids(engine) == []


def test_what_is_too_old_is_left(engine: Engine) -> None:
    queue(engine, expires_at=NOW)
    assert taken_ids(engine) == []


def test_an_earlier_retry_within_five_minutes_goes_first(engine: Engine) -> None:
    first, _ = queue(engine, 2)
    set_status(engine, first, MessageStatus.QUEUED, attempts=1, due_at=NOW + timedelta(minutes=4))
    assert taken_ids(engine) == []


def test_an_earlier_retry_far_away_mutes_nobody(engine: Engine) -> None:
    first, second = queue(engine, 2)
    set_status(engine, first, MessageStatus.QUEUED, attempts=1, due_at=NOW + timedelta(minutes=6))
    assert taken_ids(engine) == [second]


def test_an_earlier_unknown_message_holds_the_next_until_it_is_decided_on(engine: Engine) -> None:
    first, second = queue(engine, 2)
    set_status(engine, first, MessageStatus.UNKNOWN, attempted_at=NOW)
    assert taken_ids(engine, now=NOW + timedelta(seconds=61)) == []
    set_status(engine, first, MessageStatus.UNKNOWN, held=Held.UNKNOWN)
    assert taken_ids(engine, now=NOW + timedelta(seconds=62)) == [second]


def test_an_unknown_message_that_nobody_decides_on_mutes_no_customer(engine: Engine) -> None:
    first, second = queue(engine, 2)
    set_status(engine, first, MessageStatus.UNKNOWN, attempted_at=NOW)
    assert taken_ids(engine, now=NOW + timedelta(minutes=14)) == []
    assert taken_ids(engine, now=NOW + timedelta(minutes=16)) == [second]


def test_a_dead_message_holds_nobody(engine: Engine) -> None:
    first, second = queue(engine, 2)
    set_status(engine, first, MessageStatus.DEAD)
    assert taken_ids(engine) == [second]


def test_an_attempt_is_counted_when_its_request_may_leave(engine: Engine) -> None:
    queue(engine)
    claims = take(engine)
    assert mark_sending(engine, claims, now=NOW) == {claims[0].id: 1}
    with reading(engine) as session:
        message = session.get_one(Message, claims[0].id)
    assert (message.status, message.attempts, message.attempted_at) == ("sending", 1, NOW)


def test_a_claim_that_ran_out_and_was_taken_by_another_is_void(engine: Engine) -> None:
    [message] = queue(engine)
    old = take(engine)
    set_status(engine, message, MessageStatus.QUEUED)
    new = take(engine, now=NOW + timedelta(seconds=30))
    assert mark_sending(engine, old, now=NOW) == {}
    assert mark_sending(engine, new, now=NOW) == {message: 1}


def set_status(engine: Engine, message: int, status: MessageStatus, **values: Any) -> None:
    with writing(engine) as session:
        session.execute(
            update(Message).where(Message.id == message).values(status=status, **values)
        )


def test_no_more_is_under_way_than_the_quota_has_room_for(engine: Engine) -> None:
    """It is counted when an attempt ends: until then those under way have taken their part."""
    with writing(engine) as session:
        session.add(Device(gateway="wagate", device="wa-1", quota_remaining=10, quota_reserve=6))
    ids = [queue(engine, address=f"6281200000{n:02}", automatic=True)[0] for n in range(9)]

    assert taken_ids(engine, busy=[(("wagate", "wa-1"), 1)]) == ids[:3]
    assert taken_ids(engine, busy=[(("wagate", "wa-1"), 4)]) == []


def test_one_message_may_always_show_that_a_quota_is_back(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(Device(gateway="wagate", device="wa-1", quota_remaining=0))
    ids = [queue(engine, address=f"6281200000{n:02}")[0] for n in range(3)]

    assert taken_ids(engine) == ids[:1]


def test_what_is_too_old_holds_up_nobody(engine: Engine) -> None:
    """The sweep takes its time to end it."""
    first, second = queue(engine, 2)
    set_status(engine, first, MessageStatus.QUEUED, expires_at=NOW - timedelta(seconds=1))
    assert taken_ids(engine) == [second]


def test_a_device_without_room_in_its_quota_hides_no_other(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(Device(gateway="wagate", device="penuh", quota_remaining=1))
    for number in range(20):
        queue(engine, address=f"6281200000{number:02}", device="penuh")
    other = queue(engine, address="6281200000099", device="lain")

    assert taken_ids(engine, free=4, busy=[(("wagate", "penuh"), 1)]) == other


def test_a_recipient_without_tokens_for_hours_keeps_its_order(engine: Engine) -> None:
    configured = gateways(WAGATE_RECIPIENT_RATE="1/hour")
    ids = queue(engine, 2)

    def taken(rates: Rates, *, now: datetime) -> list[int]:
        limits = Limits(gateways=configured, rates=rates)
        found = claim(engine, LANE, free=9, per_device=9, limits=limits, now=now).messages
        return [claimed.id for claimed in found]

    rates = Rates(configured)
    assert taken(rates, now=NOW) == ids[:1]
    set_status(engine, ids[0], MessageStatus.SENT)
    assert taken(rates, now=NOW) == []
    [third] = queue(engine, 1)
    # The tokens are counted anew, as after the loss of Redis.
    assert third not in taken(Rates(configured), now=NOW + timedelta(seconds=1))
