"""WAGate's quota counts both ways, stops sends and webhooks, and comes back at its time."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from bot.simulator.quota import QuotaCounter
from bot.simulator.server import Simulator
from tests.simulator.calls import WAGATE, WAGATE_QUOTA, WAGATE_SESSION, ApiCall
from tests.simulator.conftest import CUSTOMERS, Receiver
from tests.simulator.gateways import account_of

Make = Callable[[ApiCall], requests.Response]
MESSAGE, STATUS = b'{"event": "message"}', b'{"event": "message_ack"}'


def ask(simulator: Simulator, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(method, f"{simulator.url}/_simulator/{path}", timeout=5, **options)


@pytest.fixture
def posting(receiver: Receiver) -> Iterator[Simulator]:
    """Give a simulator that posts WAGate's webhooks."""
    receiver.answers.append((200, b'{"success":true}'))
    accounts = {"wagate": [account_of("wagate", device="wa-melati", webhook_secret="rahasia")]}
    url = receiver.url
    with Simulator(CUSTOMERS, accounts=accounts, webhook_url=url, scale=0.01) as running:
        yield running


def test_a_message_that_comes_in_counts_and_a_status_does_not() -> None:
    counter = QuotaCounter(limit=10)

    assert counter.lets_out(MESSAGE)
    assert counter.lets_out(STATUS)

    assert (counter.received, counter.quota.remaining) == (1, 9)


@pytest.mark.parametrize("body", [MESSAGE, STATUS])
def test_without_quota_no_webhook_is_posted(body: bytes) -> None:
    counter = QuotaCounter(limit=10, sent=7, received=3)

    assert not counter.lets_out(body)
    assert counter.received == 3


def test_the_quota_comes_back_at_its_time() -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    counter = QuotaCounter(limit=10, sent=7, received=3, resets_at=past)

    assert counter.quota.remaining == 10
    assert counter.resets_at > datetime.now(UTC) + timedelta(days=29)


def test_a_webhook_that_is_posted_counts(posting: Simulator, receiver: Receiver) -> None:
    response = ask(posting, "POST", "webhooks", json={"gateway": "wagate"})

    assert response.json()["delivered"]
    assert posting.quota.received == 1


def test_nothing_is_posted_without_quota(posting: Simulator, receiver: Receiver) -> None:
    posting.quota.limit = 0

    response = ask(posting, "POST", "webhooks", json={"gateway": "wagate"})

    assert (response.status_code, receiver.requests) == (400, [])


def test_what_follows_the_last_message_is_not_posted(
    posting: Simulator, receiver: Receiver
) -> None:
    posting.quota.limit = 1
    url = posting.url + WAGATE_SESSION.path
    sent = requests.post(url, headers=WAGATE_SESSION.headers, data=WAGATE_SESSION.body, timeout=5)

    time.sleep(0.2)

    assert sent.ok
    assert receiver.requests == []


def test_a_reset_is_set_for_a_time(simulator: Simulator, make: Make) -> None:
    told = ask(simulator, "POST", "quota", json={"limit": 1, "resets_in": 0.3}).json()
    make(WAGATE)
    refused = make(WAGATE)

    assert datetime.fromisoformat(told["resets_at"]) == simulator.quota.resets_at
    assert refused.json()["remaining_quota"] == 0
    time.sleep(0.4)
    assert make(WAGATE).ok
    numbers = make(WAGATE_QUOTA).json()["data"]
    assert (numbers["quota_sent"], numbers["quota_received"]) == (1, 0)


def test_a_time_before_now_is_refused(simulator: Simulator) -> None:
    assert ask(simulator, "POST", "quota", json={"resets_in": -1}).status_code == 400
