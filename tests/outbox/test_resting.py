"""Who has to wait when a gateway refuses: a message, a device, or a whole gateway."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update

from bot.lanes import LANES
from bot.simulator.faults import Fault
from bot.simulator.server import Simulator
from models import Breaker, Conversation, Device, Message, SendAttempt, reading, writing
from tests.making import gateways, outgoing
from tests.outbox.test_deliver import Post

OFF = dict.fromkeys(("WAGATE_RATE", "META_RATE", "RIJAN_RATE", "WHATSGATE_RATE"), "off")


@pytest.fixture
def post(engine: Engine) -> Iterator[Post]:
    accounts = {name: list(gateway.accounts) for name, gateway in gateways().items()}
    with Simulator.for_accounts(accounts) as simulator:
        urls = {f"{name.upper()}_API_URL": url for name, url in simulator.api_urls.items()}
        yield Post(engine, simulator, gateways(**urls, **OFF))


def queue_many(
    post: Post, count: int, *, device: str = "device-1", gateway: str = "wagate"
) -> None:
    for number in range(count):
        post.queue(gateway, f"{device} {number}", address=f"62812000{number:05}", device=device)


def attempts(post: Post) -> list[SendAttempt]:
    with reading(post.engine) as session:
        return list(session.scalars(select(SendAttempt).order_by(SendAttempt.id)))


def device(post: Post, name: str = "device-1") -> Device:
    with reading(post.engine) as session:
        return session.scalars(select(Device).where(Device.device == name)).one()


def rested(post: Post) -> None:
    """Let the time of every rest be over."""
    with writing(post.engine) as session:
        session.execute(update(Device).values(paused_until=datetime.now(UTC)))
        session.execute(update(Breaker).values(paused_until=datetime.now(UTC)))


def once(post: Post) -> None:
    """Deliver every lane once."""
    for lane in range(LANES):
        post.courier.deliver(lane)
    assert post.courier.finish(seconds=20)


def tried(post: Post) -> int:
    return sum(message.attempts for message in outgoing(post.engine))


def test_a_device_that_rested_sends_one_message_as_a_probe(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=None, refusal="rate limit"))
    queue_many(post, 1)
    once(post)
    queue_many(post, 12)
    rested(post)
    before = tried(post)

    once(post)

    assert tried(post) == before + 1
    assert device(post).pauses == 2


def test_each_rest_in_a_row_is_longer_and_costs_one_message_one_try(post: Post) -> None:
    busy = '{"error": {"code": 130429, "message": "Rate limit hit"}}'
    post.simulator.plan("meta", Fault(kind="fail", times=None, status=400, body=busy))
    queue_many(post, 3, gateway="meta")
    waits = []
    for _ in range(6):
        once(post)
        row = device(post)
        assert row.paused_until is not None
        assert row.rested_at is not None
        waits.append((row.paused_until - row.rested_at).total_seconds())
        rested(post)

    for pauses, wait in enumerate(waits):
        assert 2.5 * 2**pauses <= wait <= 5 * 2**pauses or wait == 5
    # That of the message with which they began.
    assert sum(message.failures for message in outgoing(post.engine)) == 1


def test_a_probe_that_succeeds_lets_everything_go(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=1, refusal="rate limit"))
    queue_many(post, 1)
    once(post)
    queue_many(post, 12)
    rested(post)
    once(post)

    post.deliver()

    assert set(post.statuses()) == {"sent"}
    assert (device(post).pauses, device(post).paused_until) == (0, None)
    assert any(len(names) == LANES for names, _ in post.woken)


def test_those_under_way_when_a_device_began_to_rest_make_it_no_longer(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=None, refusal="rate limit"))
    queue_many(post, 2)
    queue_many(post, 6)

    once(post)

    assert device(post).pauses == 1


def test_one_device_that_rests_holds_up_no_other(post: Post) -> None:
    post.simulator.set_offline("rijan", "device-1")
    queue_many(post, 5, device="device-1", gateway="rijan")
    queue_many(post, 5, device="device-2", gateway="rijan")

    post.deliver()

    assert sorted(post.texts()) == [f"device-2 {number}" for number in range(5)]


def test_credentials_that_are_refused_kill_no_message(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=1, refusal="unauthorised"))
    queue_many(post, 4)
    once(post)
    assert "dead" not in post.statuses()
    assert (device(post).pause_reason or "").startswith("NotAuthorised")

    rested(post)
    post.deliver()

    assert set(post.statuses()) == {"sent"}


def test_a_stopped_device_sends_nothing_however_well_it_works(post: Post) -> None:
    with writing(post.engine) as session:
        until = datetime.now(UTC) + timedelta(hours=1)
        session.add(Device(gateway="wagate", device="device-1", stopped_until=until))
    queue_many(post, 2)

    post.deliver()

    assert post.texts() == []


def test_a_gateway_that_fails_again_and_again_is_left_alone(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="reset", times=None, records=False))
    queue_many(post, 8)
    post.deliver()
    with reading(post.engine) as session:
        [breaker] = session.scalars(select(Breaker)).all()
    assert (breaker.gateway, breaker.pauses) == ("wagate", 1)
    queue_many(post, 20, device="device-2")
    queue_many(post, 3, gateway="rijan")
    before = tried(post)

    post.deliver()

    assert len(post.texts()) == 3
    assert tried(post) == before + 3


def test_a_gateway_that_was_left_alone_gets_one_message_as_a_probe(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="reset", times=None, records=False))
    queue_many(post, 8)
    post.deliver()
    queue_many(post, 20, device="device-2")
    rested(post)
    before = tried(post)

    once(post)
    assert tried(post) == before + 1
    with reading(post.engine) as session:
        assert session.scalars(select(Breaker.pauses)).one() == 2

    post.simulator.desk.faults.clear("wagate")
    rested(post)
    once(post)
    post.deliver()
    assert post.statuses().count("sent") >= 18
    with reading(post.engine) as session:
        assert session.scalars(select(Breaker.paused_until)).one() is None


def test_one_message_that_a_gateway_cannot_bear_opens_no_breaker(post: Post) -> None:
    post.simulator.plan("meta", Fault(kind="fail", times=None, refusal="server error"))
    post.queue("meta", "racun")
    for _ in range(8):
        once(post)
        post.make_due()

    assert post.statuses() == ["dead"]
    with reading(post.engine) as session:
        assert session.scalars(select(Breaker)).all() == []


def test_every_attempt_that_failed_is_remembered(post: Post) -> None:
    post.simulator.plan("meta", Fault(kind="fail", times=2, refusal="server error"))
    post.queue("meta", "halo")
    for _ in range(3):
        once(post)
        post.make_due()

    assert [(each.number, each.outcome) for each in attempts(post)] == [
        (1, "queued"),
        (2, "queued"),
        (3, "sent"),
    ]
    assert (attempts(post)[0].error or "").startswith("TransientError")


def test_what_is_sent_at_once_leaves_no_history(post: Post) -> None:
    post.queue("wagate", "halo")
    post.deliver()
    assert attempts(post) == []


def test_the_last_quota_is_kept_for_what_people_write(post: Post) -> None:
    with writing(post.engine) as session:
        session.add(Device(gateway="wagate", device="device-1", quota_remaining=2, quota_reserve=2))
    post.queue("wagate", "otomatis", "dari orang")
    with writing(post.engine) as session:
        session.execute(update(Message).where(Message.text == "otomatis").values(automatic=True))

    post.deliver()
    assert post.texts() == ["dari orang"]

    with writing(post.engine) as session:
        session.execute(update(Device).values(quota_remaining=900))
    post.deliver()
    assert post.texts() == ["dari orang", "otomatis"]


def test_one_message_that_is_refused_stops_nobody_for_long(post: Post) -> None:
    """A refusal that blames the device may be about one message alone."""
    poison = "62812000000099"
    post.simulator.plan(
        "wagate", Fault(kind="fail", times=None, refusal="unauthorised", match=poison)
    )
    post.queue("wagate", "racun", address=poison)
    once(post)
    queue_many(post, 6)
    # Whatever it stops again meanwhile goes with the next probe.
    for _ in range(5):
        rested(post)
        post.deliver()

    assert sorted(post.texts()) == [f"device-1 {number}" for number in range(6)]


def test_whoever_stops_a_device_that_works_for_the_others_comes_to_an_end(post: Post) -> None:
    poison = "62812000000099"
    post.simulator.plan(
        "wagate", Fault(kind="fail", times=None, refusal="unauthorised", match=poison)
    )
    post.queue("wagate", "racun", address=poison)
    for number in range(12):
        post.queue("wagate", f"{number}", address=f"6281200001{number:03}")
        post.deliver()
        rested(post)
        post.deliver()

    assert sorted(post.texts(), key=int) == [f"{number}" for number in range(12)]
    [racun] = [message for message in outgoing(post.engine) if message.text == "racun"]
    assert racun.status == "dead"
    assert "while others were sent" in (racun.error or "")


def test_every_lane_is_woken_for_the_probe(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=1, refusal="rate limit"))
    post.queue("wagate", "halo")
    once(post)
    assert {name for names, after in post.woken if after > 2 for name in names} == {
        f"outbox:{lane}" for lane in range(LANES)
    }


def test_a_probe_that_never_leaves_is_given_to_the_next_message(post: Post) -> None:
    post.simulator.plan("meta", Fault(kind="fail", times=1, refusal="unauthorised"))
    post.queue("meta", "dulu")
    once(post)
    for number in range(4):
        post.queue("meta", f"{number}", address=f"6281200001{number:03}")
    with writing(post.engine) as session:
        session.execute(
            update(Conversation)
            .where(Conversation.address.startswith("6281200001"))
            .values(wrote_at=datetime.now(UTC) - timedelta(days=2))
        )
    rested(post)

    post.deliver()

    assert post.texts() == ["dulu"]
    assert device(post).pauses == 0


def test_failures_with_one_contact_open_no_breaker(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="reset", times=None, records=False))
    post.queue("wagate", *[f"{number}" for number in range(6)])
    for _ in range(6):
        once(post)
        with writing(post.engine) as session:
            session.execute(
                update(Message).where(Message.status == "unknown").values(held="unknown")
            )
    with reading(post.engine) as session:
        assert session.scalars(select(Breaker)).all() == []


def test_a_quota_that_was_to_return_by_now_holds_nothing_back(post: Post) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    with writing(post.engine) as session:
        session.add(
            Device(
                gateway="wagate",
                device="device-1",
                quota_remaining=2,
                quota_reserve=20,
                quota_resets_at=past,
            )
        )
    post.queue("wagate", "halo")
    with writing(post.engine) as session:
        session.execute(update(Message).values(automatic=True))

    post.deliver()

    assert post.texts() == ["halo"]


def test_what_was_under_way_when_a_person_answered_does_not_come_back(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=None, refusal="rate limit"))
    post.queue("wagate", "dari bot", "dari orang")
    with writing(post.engine) as session:
        session.execute(update(Message).where(Message.text == "dari bot").values(automatic=True))
        until = datetime.now(UTC) + timedelta(hours=1)
        session.execute(update(Conversation).values(taken_until=until))

    once(post)

    assert post.statuses()[0] == "cancelled"
    assert (outgoing(post.engine)[0].error or "").startswith("taken over")
