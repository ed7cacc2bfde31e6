"""Which messages that died are told to the inbox."""

from datetime import timedelta

from sqlalchemy import Engine, update

from bot.outbox import expire
from bot.outbox.announce import announce_failures
from bot.outbox.sweep import waiting_lanes
from models import Device, Message, MessageStatus, reading, writing
from tests.making import NOW, all_events, outgoing
from tests.outbox.test_claim import LANE, queue, set_status

MINUTE = timedelta(minutes=1)


def test_a_message_that_dies_is_told(engine: Engine) -> None:
    [message] = queue(engine)
    set_status(engine, message, MessageStatus.DEAD)
    with writing(engine) as session:
        announce_failures(session, [message], now=NOW)
    assert [event.kind for event in all_events(engine)] == ["send.failed"]


def test_an_alert_that_dies_is_not_told(engine: Engine) -> None:
    """Otherwise a rule about failures would tell of it, and that would fail, and so on."""
    [message] = queue(engine)
    set_status(engine, message, MessageStatus.DEAD, alert_id=7)
    with writing(engine) as session:
        assert announce_failures(session, [message], now=NOW) == set()
    assert all_events(engine) == []


def test_a_message_that_ends_its_processes_is_not_sent_for_ever(engine: Engine) -> None:
    [message] = queue(engine)
    values = {"attempts": 7, "failures": 7, "attempted_at": NOW - MINUTE}
    set_status(engine, message, MessageStatus.SENDING, **values)
    expire(engine, idempotent=frozenset({"wagate"}), now=NOW)
    assert outgoing(engine)[0].status == "unknown"


def waiting(engine: Engine) -> list[int]:
    with reading(engine) as session:
        return waiting_lanes(session, now=NOW + MINUTE)


def test_the_sweep_wakes_what_can_be_sent(engine: Engine) -> None:
    queue(engine)
    assert waiting(engine) == [LANE]


def test_the_sweep_lets_lie_what_cannot_be_sent(engine: Engine) -> None:
    held = queue(engine, address="62812000002")
    with writing(engine) as session:
        session.execute(update(Message).where(Message.id.in_(held)).values(held="window"))
        later = NOW + 2 * MINUTE
        session.add(Device(gateway="wagate", device="berhenti", stopped_until=later))
        session.add(Device(gateway="wagate", device="lelah", paused_until=later, pauses=1))
        session.add(Device(gateway="wagate", device="hemat", quota_remaining=1, quota_reserve=1))
    queue(engine, device="berhenti")
    queue(engine, device="lelah")
    queue(engine, device="hemat", automatic=True)
    assert waiting(engine) == []
    queue(engine, device="hemat", address="62812000003")
    assert waiting(engine) == [LANE]
