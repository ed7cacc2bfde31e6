"""Customers who write to Balas: each several texts in a row, posted until they are acknowledged."""

import itertools
import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from random import Random
from threading import Condition

import requests

from bot.gateway_settings import read_gateways
from bot.simulator.compose import text_message
from bot.simulator.signers import SIGNERS, SignedWebhook
from tests.chaos.settings import GATEWAYS, SETTINGS
from tests.chaos.stage import new_session

POSTS_AT_ONCE = 16
POST_SECONDS = 120.0
RETRY_SECONDS = 0.2
ACCOUNTS = {name: gateway.accounts for name, gateway in read_gateways(SETTINGS).items()}
FIRST_CUSTOMER = 6281200000000
NUMBERS = itertools.count()
# How a text is written, and how it is found again in a payload of any gateway.
WRITTEN = "pesan {number:05d}-{place}"
TEXT = re.compile(rb"pesan \d{5}-\d+")


@dataclass(frozen=True, slots=True)
class Webhook:
    """One text of a customer, signed. No other text is the same."""

    text: str
    signed: SignedWebhook = field(repr=False)


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who writes to one gateway. The next text is posted when the last was acknowledged.

    `copies` of each webhook are posted at the same time.
    """

    gateway: str
    number: str
    webhooks: tuple[Webhook, ...]
    copies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How customers' webhooks come."""

    texts: int = 3
    copies: int = 1
    is_shuffled: bool = False
    age: timedelta = timedelta(0)


ONE_TEXT = Habits(texts=1)


class Posting:
    """Posts webhooks of many customers at once, again and again until each is acknowledged."""

    def __init__(
        self, url: str, customers: Sequence[Customer], *, threads: int = POSTS_AT_ONCE
    ) -> None:
        self._url = url
        self._acknowledged: set[str] = set()
        self._changed = Condition()
        self._until = time.monotonic() + POST_SECONDS
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._pool = ThreadPoolExecutor(threads)
        self._copies = ThreadPoolExecutor(threads)
        self._futures = [self._pool.submit(self._post_all, customer) for customer in customers]

    def wait_for(self, count: int) -> None:
        """Wait until so many webhooks are acknowledged, or raise TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._acknowledged) >= count, POST_SECONDS):
                raise TimeoutError(f"fewer than {count} webhooks were acknowledged")

    def finish(self) -> set[str]:
        """Wait for the end; return the texts of the webhooks that were acknowledged."""
        try:
            for future in self._futures:
                future.result()
        finally:
            self._pool.shutdown()
            self._copies.shutdown()
            for session in self._sessions:
                session.close()
        return self._acknowledged

    def _post_all(self, customer: Customer) -> None:
        for webhook in customer.webhooks:
            while not self._is_kept(webhook, copies=customer.copies):
                if time.monotonic() > self._until:
                    return
                time.sleep(RETRY_SECONDS)

    def _is_kept(self, webhook: Webhook, *, copies: int) -> bool:
        others = [self._copies.submit(self._is_accepted, webhook) for _ in range(1, copies)]
        results = [self._is_accepted(webhook), *(other.result() for other in others)]
        if not any(results):
            return False
        with self._changed:
            self._acknowledged.add(webhook.text)
            self._changed.notify_all()
        return True

    def _is_accepted(self, webhook: Webhook) -> bool:
        try:
            return post(self._session(), self._url, webhook).status_code == HTTPStatus.OK
        except requests.RequestException:
            return False

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = new_session()
            self._sessions.append(session)
        return session


def post(session: requests.Session, url: str, webhook: Webhook) -> requests.Response:
    """Post a webhook once. Raises RequestException."""
    signed = webhook.signed
    return session.post(url + signed.path, data=signed.body, headers=signed.headers, timeout=10)


def new_customers(number: int, habits: Habits = ONE_TEXT) -> list[Customer]:
    """Return new customers of all gateways in turn."""
    gateways = itertools.cycle(GATEWAYS)
    return [
        _new_customer(gateway, habits) for _, gateway in zip(range(number), gateways, strict=False)
    ]


def webhooks_of(customers: Sequence[Customer]) -> list[Webhook]:
    """Return all webhooks of these customers."""
    return [webhook for customer in customers for webhook in customer.webhooks]


def _new_customer(gateway: str, habits: Habits) -> Customer:
    number = next(NUMBERS)
    sender = str(FIRST_CUSTOMER + number)
    texts = [WRITTEN.format(number=number, place=place) for place in range(1, habits.texts + 1)]
    webhooks = [_new_webhook(gateway, sender, text=text, age=habits.age) for text in texts]
    if habits.is_shuffled:
        Random(number).shuffle(webhooks)
    return Customer(gateway, sender, tuple(webhooks), copies=habits.copies)


def _new_webhook(gateway: str, sender: str, *, text: str, age: timedelta) -> Webhook:
    body = text_message(gateway, now=datetime.now(UTC) - age, sender=sender, text=text)
    return Webhook(text, SIGNERS[gateway](ACCOUNTS[gateway][0], body))
