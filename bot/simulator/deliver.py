"""Post signed webhooks to a receiver, as persistently as the gateway that they come from."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

import requests

from bot.simulator.couriers import COURIERS, WAGATE_FAILURES, Courier
from bot.simulator.signers import SignedWebhook

# More of an answer than any gateway looks at.
ANSWER_LIMIT = 4096

Sleep = Callable[[float], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one webhook. `status` and `body` are of the last answer, if there was one.

    Not `delivered` means that the gateway gave up: the webhook will not come again.
    """

    delivered: bool
    attempts: int
    status: int | None = None
    body: bytes = field(default=b"", repr=False)


class Subscription:
    """A webhook URL at WAGate, which is switched off after too many failures in a row."""

    def __init__(self, limit: int = WAGATE_FAILURES) -> None:
        self.limit = limit
        self.failures = 0
        self._lock = Lock()

    @property
    def enabled(self) -> bool:
        """Return whether webhooks are still posted."""
        return self.failures < self.limit

    def count(self, *, failed: bool) -> None:
        """Note how an attempt ended."""
        with self._lock:
            self.failures = self.failures + 1 if failed else 0


def deliver(
    webhook: SignedWebhook,
    base_url: str,
    gateway: str,
    *,
    scale: float = 1.0,
    timeout: float | None = None,
    subscription: Subscription | None = None,
    sleep: Sleep = time.sleep,
) -> Delivery:
    """Post one webhook until its gateway would be content or give up.

    `scale` shortens the waits between attempts (0.001 makes seconds milliseconds), `timeout`
    replaces the gateway's own patience with one attempt. Pass one `subscription` for all webhooks
    of a WAGate device.
    """
    courier = COURIERS[gateway]
    url = base_url.rstrip("/") + webhook.path
    delivery = Delivery(delivered=False, attempts=0)
    with _session() as session:
        for attempt, wait in enumerate((0.0, *courier.waits), start=1):
            if subscription is not None and not subscription.enabled:
                return delivery
            if wait:
                sleep(wait * scale)
            status, body = _post(
                session, url, webhook, courier=courier, attempt=attempt, timeout=timeout
            )
            delivered = status is not None and courier.succeeded(status, body, webhook.body)
            delivery = Delivery(delivered=delivered, attempts=attempt, status=status, body=body)
            if subscription is not None:
                subscription.count(failed=not delivered)
            if delivered or (status is not None and courier.final(status)):
                return delivery
    return delivery


def deliver_all(
    webhooks: Sequence[SignedWebhook],
    base_url: str,
    gateway: str,
    *,
    scale: float = 1.0,
    timeout: float | None = None,
    subscription: Subscription | None = None,
) -> list[Delivery]:
    """Post webhooks, as many at a time as the gateway would; return what became of each."""

    def one(webhook: SignedWebhook) -> Delivery:
        return deliver(
            webhook, base_url, gateway, scale=scale, timeout=timeout, subscription=subscription
        )

    with ThreadPoolExecutor(COURIERS[gateway].concurrency) as pool:
        return list(pool.map(one, webhooks))


def _session() -> requests.Session:
    session = requests.Session()
    # A .netrc would replace the Authorization header, a proxy would see the secrets.
    session.trust_env = False
    return session


def _post(
    session: requests.Session,
    url: str,
    webhook: SignedWebhook,
    *,
    courier: Courier,
    attempt: int,
    timeout: float | None,
) -> tuple[int | None, bytes]:
    headers = {**courier.headers, **webhook.headers}
    if courier.counts_attempts:
        headers["X-Rijan-Attempt"] = str(attempt)
    seconds = courier.timeout if timeout is None else timeout
    deadline = time.monotonic() + seconds
    try:
        with session.post(
            url,
            data=webhook.body,
            headers=headers,
            timeout=seconds,
            stream=True,
            allow_redirects=courier.follows_redirects,
        ) as response:
            return response.status_code, _read(response, deadline)
    except requests.RequestException:
        return None, b""


def _read(response: requests.Response, deadline: float) -> bytes:
    """Read an answer whose every byte may come just before a read would time out."""
    body = b""
    for byte in response.iter_content(1):
        body += byte
        if time.monotonic() > deadline:
            raise requests.Timeout
        if len(body) >= ANSWER_LIMIT:
            break
    return body
