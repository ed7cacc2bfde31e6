"""What is counted of attempts to send."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import Engine, update

from bot.client import Client
from bot.content import Text
from bot.counting import FIRST_REPLY, SEND_SECONDS, SENDS, SUM, Counts, Totals, total
from bot.inbox.answering import NOTIFICATION_POSITION
from bot.inbox.conversations import ensure_conversation
from bot.outbox import Courier, NewMessage, add
from bot.simulator.faults import Fault
from bot.simulator.server import Simulator
from models import Conversation, writing
from tests.making import arrivals, gateways, receive
from tests.outbox.test_deliver import ADDRESSES, Post


@pytest.fixture
def post(engine: Engine, redis: Redis) -> Iterator[Post]:
    accounts = {name: list(gateway.accounts) for name, gateway in gateways().items()}
    with Simulator.for_accounts(accounts) as simulator:
        urls = {f"{name.upper()}_API_URL": url for name, url in simulator.api_urls.items()}
        found = Post(engine, simulator, gateways(**urls))
        counts = Counts(redis, every=3600)
        found.courier = Courier(
            engine, Client(), found.configured, found.wake, threads=8, counted=counts
        )
        yield found
        counts.stop()


def counted(post: Post, redis: Redis) -> Totals:
    """Return what the courier has counted."""
    assert post.courier._counted is not None
    post.courier._counted.flush()
    return total(redis)


def answer(post: Post, *, received_at: datetime, positions: tuple[int, ...]) -> None:
    """Queue answers to an event that came then."""
    receive(post.engine, arrivals("wagate", now=received_at))
    place = ("wagate", "device-1", ADDRESSES["wagate"])
    now = datetime.now(UTC)
    with writing(post.engine) as session:
        conversation = ensure_conversation(session, place, now=now)
        messages = [
            NewMessage(
                conversation_id=conversation,
                place=place,
                content=Text(text="halo"),
                event_id=1,
                position=position,
            )
            for position in positions
        ]
        add(session, messages, now=now)


def test_a_message_that_is_sent_counts_with_its_time(post: Post, redis: Redis) -> None:
    post.simulator.plan("wagate", Fault(kind="delay", times=None, seconds=0.3))
    post.queue("wagate", "satu", "dua")
    post.deliver()

    found = counted(post, redis)

    assert found[SENDS] == {("wagate", "sent", ""): {"": 2}}
    [parts] = found[SEND_SECONDS].values()
    assert parts.pop(SUM) >= 0.6
    assert sum(parts.values()) == 2
    assert found[FIRST_REPLY] == {}


def test_a_refusal_counts_with_its_reason(post: Post, redis: Redis) -> None:
    post.simulator.plan("rijan", Fault(kind="fail", times=1, refusal="server error"))
    post.simulator.plan("wagate", Fault(kind="reset", times=1))
    post.queue("rijan", "satu")
    post.queue("wagate", "satu")
    post.deliver()

    words = set(counted(post, redis)[SENDS])

    assert ("rijan", "queued", "OutcomeUnknown") in words
    assert ("wagate", "unknown", "OutcomeUnknown") in words


def test_a_message_outside_the_window_counts_as_held(post: Post, redis: Redis) -> None:
    post.queue("meta", "satu")
    with writing(post.engine) as session:
        long_ago = datetime.now(UTC) - timedelta(days=2)
        session.execute(update(Conversation).values(wrote_at=long_ago))
    post.deliver()

    found = counted(post, redis)

    assert found[SENDS] == {("meta", "held", "OutsideWindow"): {"": 1}}
    assert found[SEND_SECONDS] == {}


def test_the_first_reply_counts_from_the_webhook_on(post: Post, redis: Redis) -> None:
    answer(post, received_at=datetime.now(UTC) - timedelta(seconds=100), positions=(0, 1))
    post.deliver()

    [parts] = counted(post, redis)[FIRST_REPLY].values()

    assert 100 <= parts.pop(SUM) < 300
    assert parts == {"300.0": 1}


def test_a_notification_is_no_first_reply(post: Post, redis: Redis) -> None:
    answer(post, received_at=datetime.now(UTC), positions=(NOTIFICATION_POSITION,))
    post.deliver()

    found = counted(post, redis)

    assert found[SENDS] == {("wagate", "sent", ""): {"": 1}}
    assert found[FIRST_REPLY] == {}
