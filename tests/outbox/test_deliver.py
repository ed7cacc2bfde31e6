"""Delivering through the strict simulator, over real HTTP."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from bot.client import Client
from bot.content import Media, Text
from bot.gateways.base import Attachment, Gateway
from bot.inbox.conversations import ensure_conversation
from bot.lanes import LANES
from bot.outbox import Courier, NewMessage, add, expire
from bot.outbox.retry import NotRetryable, retry
from bot.simulator.faults import Fault
from bot.simulator.server import Simulator
from models import Conversation, Device, Message, MessageStatus, reading, writing
from tests.making import gateways, outgoing

ADDRESSES = {
    "meta": "6281200000001",
    "wagate": "6281200000001",
    "rijan": "6281200000001@s.whatsapp.net",
    "csku": "conv_1",
    "whatsgate": "6281200000001@c.us",
}

# Rates have tests of their own, and nobody waits for tokens here.
OFF = dict.fromkeys(
    ("WAGATE_RATE", "META_RATE", "RIJAN_RATE", "CSKU_RATE", "WHATSGATE_RATE"), "off"
)


class Post:
    """A courier between a database and the simulator."""

    def __init__(
        self, engine: Engine, simulator: Simulator, configured: dict[str, Gateway]
    ) -> None:
        self.engine = engine
        self.simulator = simulator
        self.woken: list[tuple[set[str], float]] = []
        self.configured = configured
        self.courier = Courier(engine, Client(), configured, self.wake, threads=8)

    def wake(self, names: set[str], *, after: float = 0.0) -> None:
        if names:
            self.woken.append((set(names), after))

    def queue(self, gateway: str, *texts: str, address: str = "", device: str = "device-1") -> None:
        now = datetime.now(UTC)
        place = (gateway, device, address or ADDRESSES[gateway])
        with writing(self.engine) as session:
            conversation = ensure_conversation(session, place, now=now)
            session.execute(update(Conversation).values(wrote_at=now))
            messages = [
                NewMessage(conversation_id=conversation, place=place, content=Text(text=text))
                for text in texts
            ]
            add(session, messages, now=now)

    def deliver(self) -> None:
        """Deliver every lane until nothing more can be sent now."""
        for _ in range(50):
            before = len(self.simulator.sent), self.attempts()
            for lane in range(LANES):
                self.courier.deliver(lane)
            assert self.courier.finish(seconds=20)
            if before == (len(self.simulator.sent), self.attempts()):
                return

    def attempts(self) -> int:
        return sum(message.attempts for message in outgoing(self.engine))

    def make_due(self) -> None:
        with writing(self.engine) as session:
            session.execute(update(Message).values(due_at=datetime.now(UTC)))
            session.execute(update(Device).values(paused_until=datetime.now(UTC)))

    def texts(self) -> list[str]:
        return [sent.text for sent in self.simulator.sent]

    def statuses(self) -> list[str]:
        return [message.status for message in outgoing(self.engine)]


@pytest.fixture
def post(engine: Engine) -> Iterator[Post]:
    accounts = {name: list(gateway.accounts) for name, gateway in gateways().items()}
    with Simulator.for_accounts(accounts) as simulator:
        urls = {f"{name.upper()}_API_URL": url for name, url in simulator.api_urls.items()}
        yield Post(engine, simulator, gateways(**urls, **OFF))


@pytest.mark.parametrize("gateway", list(ADDRESSES))
def test_sends_through_every_gateway(post: Post, gateway: str) -> None:
    post.queue(gateway, "Selamat pagi 👋")
    post.deliver()
    assert post.texts() == ["Selamat pagi 👋"]
    [message] = outgoing(post.engine)
    assert (message.status, message.attempts) == ("sent", 1)
    assert message.sent_at is not None


def test_sends_a_conversation_in_order(post: Post) -> None:
    post.queue("meta", *[f"{number}" for number in range(6)])
    post.deliver()
    assert post.texts() == [f"{number}" for number in range(6)]


def test_keeps_the_order_when_the_first_has_to_be_tried_again(post: Post) -> None:
    post.simulator.plan("meta", Fault(kind="fail", times=1, refusal="server error"))
    post.queue("meta", "satu", "dua")
    post.deliver()
    assert post.texts() in ([], ["satu", "dua"])
    post.make_due()
    post.deliver()
    assert post.texts() == ["satu", "dua"]


def test_sends_many_conversations_at_the_same_time(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="delay", times=None, seconds=0.3))
    for number in range(4):
        device = f"device-{number}"
        post.queue("wagate", "halo", address=f"628120000000{number}", device=device)
    started = time.monotonic()
    post.deliver()
    assert post.statuses() == ["sent"] * 4
    assert time.monotonic() - started < 4 * 0.3


def test_a_slow_device_leaves_threads_to_the_others(post: Post) -> None:
    """Eight threads, two for each device at most: ten slow messages hold two."""
    post.simulator.plan("meta", Fault(kind="delay", times=None, seconds=1.0))
    for number in range(10):
        post.queue("meta", "lambat", address=f"62812000000{number:02}")
    post.queue("wagate", "cepat")
    for lane in range(LANES):
        post.courier.deliver(lane)
    assert post.simulator.wait_for(
        lambda sent: "cepat" in [message.text for message in sent], timeout=0.9
    )
    post.courier.finish(seconds=10)


def test_a_refusal_is_dead_with_its_reason(post: Post) -> None:
    post.queue("wagate", "halo")
    post.simulator.plan("wagate", Fault(kind="fail", times=None, status=422, body="{}"))
    post.deliver()
    [message] = outgoing(post.engine)
    assert message.status == "dead"
    assert message.error is not None
    assert message.error.startswith("Rejected")
    assert message.attempts == 1


def test_a_gateway_that_is_down_costs_no_message(post: Post) -> None:
    post.queue("wagate", "halo")
    url = post.simulator.url
    post.simulator.stop()
    post.deliver()
    [message] = outgoing(post.engine)
    assert message.status == "queued"
    assert message.failures >= 1
    assert message.error is not None
    assert "Unreachable" in message.error
    assert url not in message.error


def test_a_message_that_was_taken_and_never_answered_is_held(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="reset", times=1, records=True))
    post.queue("wagate", "halo", "lagi")
    post.deliver()
    assert post.statuses() == ["unknown", "queued"]
    assert post.texts() == ["halo"]


def test_an_idempotent_gateway_is_asked_again_and_sends_once(post: Post) -> None:
    post.simulator.plan("rijan", Fault(kind="reset", times=1, records=True))
    post.queue("rijan", "halo")
    post.deliver()
    post.make_due()
    post.deliver()
    assert post.statuses() == ["sent"]
    assert post.texts() == ["halo"]


def test_a_device_without_quota_rests_and_nothing_is_lost(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=1, refusal="quota"))
    for number in range(3):
        post.queue("wagate", f"{number}", address=f"628120000000{number}")
        post.deliver()
    assert post.statuses() == ["queued"] * 3
    assert post.attempts() == 1
    with reading(post.engine) as session:
        device = session.query(Device).one()
    assert device.pause_reason is not None
    assert "QuotaExhausted" in device.pause_reason
    post.make_due()
    post.deliver()
    assert sorted(post.texts()) == ["0", "1", "2"]


def test_a_device_that_stays_offline_costs_one_try(post: Post) -> None:
    post.simulator.set_offline("rijan", "device-1")
    post.queue("rijan", "halo")
    for _ in range(4):
        post.deliver()
        post.make_due()
    [message] = outgoing(post.engine)
    assert (message.status, message.failures) == ("queued", 1)


def test_a_process_that_dies_while_sending_leaves_an_unknown_message(post: Post) -> None:
    """Claimed ones go back into the queue: they never left."""
    long_ago = datetime.now(UTC) - timedelta(seconds=21)
    post.queue("wagate", "sedang dikirim", address="6281200000001")
    post.queue("wagate", "baru diambil", address="6281200000002")
    post.queue("rijan", "dengan kunci")
    first, second, third = outgoing(post.engine)
    for message, status in ((first, "sending"), (second, "claimed"), (third, "sending")):
        values = {"status": status, "claimed_at": long_ago, "attempted_at": long_ago}
        with writing(post.engine) as session:
            session.execute(update(Message).where(Message.id == message.id).values(**values))
    expired = expire(post.engine, idempotent=frozenset({"rijan"}), now=datetime.now(UTC))
    assert expired.outbox_lanes == {second.lane, third.lane}
    assert post.statuses() == ["unknown", "queued", "queued"]
    post.deliver()
    assert sorted(post.texts()) == ["baru diambil", "dengan kunci"]


def test_what_a_gateway_would_send_twice_is_not_sent_again(post: Post) -> None:
    long_ago = datetime.now(UTC) - timedelta(seconds=21)
    post.queue("rijan", "dengan kunci")
    post.queue("rijan", "peta", address="6281200000002")
    values = {"status": "sending", "claimed_at": long_ago, "attempted_at": long_ago}
    with writing(post.engine) as session:
        session.execute(update(Message).values(**values))
        session.execute(update(Message).where(Message.text == "peta").values(kind="location"))
    expire(
        post.engine,
        idempotent=frozenset({"rijan"}),
        except_for=[("rijan", "location")],
        now=datetime.now(UTC),
    )
    assert post.statuses() == ["queued", "unknown"]


def test_what_is_too_old_is_dead_with_that_reason(post: Post) -> None:
    post.queue("wagate", "kemarin")
    with writing(post.engine) as session:
        session.execute(update(Message).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    expire(post.engine, idempotent=frozenset(), now=datetime.now(UTC))
    [message] = outgoing(post.engine)
    assert message.status == "dead"
    assert message.error is not None
    assert "too old" in message.error


def test_a_dead_message_can_be_brought_back(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=1, status=422, body="{}"))
    post.queue("wagate", "halo")
    post.deliver()
    [message] = outgoing(post.engine)
    assert message.status == "dead"
    retry(post.engine, message.id, now=datetime.now(UTC))
    post.deliver()
    assert post.statuses() == ["sent"]
    with pytest.raises(NotRetryable, match="it is sent"):
        retry(post.engine, message.id, now=datetime.now(UTC))


def test_the_next_message_of_a_conversation_is_woken_when_the_first_is_sent(post: Post) -> None:
    post.queue("wagate", "satu", "dua")
    lane = outgoing(post.engine)[0].lane
    post.courier.deliver(lane)
    post.courier.finish(seconds=10)
    assert ({f"outbox:{lane}"}, 0.0) in post.woken


def test_a_message_to_try_again_is_woken_when_it_is_due(post: Post) -> None:
    post.simulator.plan("wagate", Fault(kind="fail", times=1, refusal="rate limit", retry_after=7))
    post.queue("wagate", "satu")
    post.deliver()
    later = [(names, after) for names, after in post.woken if after > 1]
    assert {f"outbox:{outgoing(post.engine)[0].lane}"} in [names for names, _ in later]
    assert all(6 < after < 9 for _, after in later)


def test_a_gateway_that_is_no_longer_configured_ends_its_messages(engine: Engine) -> None:
    courier = Courier(engine, Client(), {}, lambda names, after=0.0: None, threads=2)
    post: Any = object.__new__(Post)
    post.engine, post.courier = engine, courier
    post.queue("wagate", "halo")
    for lane in range(LANES):
        courier.deliver(lane)
    courier.finish(seconds=5)
    [message] = outgoing(engine)
    assert message.status == "dead"
    assert "not configured" in (message.error or "")


def test_two_couriers_on_one_lane_send_everything_once(post: Post) -> None:
    """As if the lane's lock in Redis were lost."""
    for number in range(40):
        post.queue("wagate", f"{number}", address=f"628120000{number:03}", device=f"d{number % 5}")
    other = Courier(post.engine, Client(), gateways(**_urls(post)), post.wake, threads=8)

    def work(courier: Courier) -> None:
        while any(status == "queued" for status in post.statuses()):
            for lane in range(LANES):
                courier.deliver(lane)

    threads = [threading.Thread(target=work, args=(each,)) for each in (post.courier, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    post.courier.finish(seconds=10)
    other.finish(seconds=10)
    assert sorted(post.texts(), key=int) == [f"{number}" for number in range(40)]
    assert set(post.statuses()) == {MessageStatus.SENT}


def _urls(post: Post) -> dict[str, str]:
    return {f"{name.upper()}_API_URL": url for name, url in post.simulator.api_urls.items()}


class Watching:
    """An attacher that looks how the message stands while its file is being got."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.seen: list[str] = []

    def attach(self, gateway: Gateway, device: str, media: Media) -> Attachment:
        self.seen += [message.status for message in outgoing(self.engine)]
        return Attachment(link="https://toko.example/katalog.pdf", mimetype="application/pdf")

    def weight(self, gateway: Gateway, device: str, media: Media) -> int:
        return 0

    def remember(self, gateway: Gateway, device: str, media: Media, uploaded: str) -> None:
        """Nothing to remember."""

    def forget(self, gateway: Gateway, device: str, uploaded: str) -> bool:
        return False


def test_a_message_whose_file_is_still_being_got_never_left(post: Post) -> None:
    attacher = Watching(post.engine)
    post.courier = Courier(
        post.engine, Client(), post.configured, post.wake, threads=8, attacher=attacher
    )
    now = datetime.now(UTC)
    place = ("meta", "device-1", ADDRESSES["meta"])
    with writing(post.engine) as session:
        conversation = ensure_conversation(session, place, now=now)
        session.execute(update(Conversation).values(wrote_at=now))
        media = Media(kind="document", link="https://toko.example/katalog.pdf")
        add(
            session,
            [NewMessage(conversation_id=conversation, place=place, content=media)],
            now=now,
        )

    post.deliver()

    assert attacher.seen == ["claimed"]
    assert post.statuses() == ["sent"]


def test_a_claim_for_a_file_holds_for_longer(post: Post) -> None:
    post.queue("meta", "halo")
    with writing(post.engine) as session:
        session.execute(
            update(Message).values(
                kind="document", status="claimed", claimed_at=datetime.now(UTC) - MINUTE
            )
        )

    expire(post.engine, idempotent=frozenset(), now=datetime.now(UTC))
    assert post.statuses() == ["claimed"]

    expire(post.engine, idempotent=frozenset(), now=datetime.now(UTC) + 2 * MINUTE)
    assert post.statuses() == ["queued"]


MINUTE = timedelta(minutes=1)
