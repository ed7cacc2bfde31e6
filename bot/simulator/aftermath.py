"""The webhooks that follow an accepted message: echoes and statuses, posted as time goes by."""

import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import count
from random import Random
from threading import Condition, Thread

from bot.events import Status
from bot.gateways.accounts import Account
from bot.simulator.calls import Sent
from bot.simulator.compose import STATUS_WORDS, compose
from bot.simulator.deliver import Delivery, deliver
from bot.simulator.signers import SIGNERS, SignedWebhook

# Seconds after a message was accepted.
STATUS_AFTER = {Status.SENT: 0.05, Status.DELIVERED: 0.3, Status.READ: 1.0}
POSTS_AT_ONCE = 8


class Aftermath:
    """Posts what the gateways would post by themselves. Does nothing without a `webhook_url`.

    `scale` shortens the waiting for statuses and between attempts. `on_post` is told the gateway
    and the body of each webhook before it is posted, and says whether it may be; `on_sign` of each
    that it is asked to sign.
    """

    def __init__(
        self,
        accounts: Mapping[str, Sequence[Account]],
        webhook_url: str,
        *,
        scale: float = 1.0,
        random: Random | None = None,
        on_post: Callable[[str, bytes], bool] | None = None,
        on_sign: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self.webhook_url = webhook_url
        self._on_post = on_post
        self._on_sign = on_sign
        self._accounts = accounts
        self._scale = scale
        self._random = random or Random()
        self._due: list[tuple[float, int, str, SignedWebhook]] = []
        self._number = count()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._stopped = False

    @property
    def accounts(self) -> Mapping[str, Sequence[Account]]:
        """Return the accounts whose secrets sign."""
        return self._accounts

    def follow(self, sent: Sent) -> None:
        """Plan what follows a message."""
        if not self.webhook_url or self._account(sent.gateway, sent.device) is None:
            return
        for wait, body in follow_ups(sent, now=datetime.now(UTC), random=self._random):
            self._plan(sent, body, wait=wait * self._scale)

    def follow_lost(self, sent: Sent) -> None:
        """Plan what follows a message that was taken and never sent."""
        if not self.webhook_url or sent.external_id or sent.gateway != "whatsgate":
            return
        # Of what it only queued, WhatsGate tells that it failed, and not which one.
        now = datetime.now(UTC)
        body = compose("whatsgate", "error", now=now, device=sent.device, random=self._random)
        self._plan(sent, body, wait=0.0)

    def post(self, gateway: str, body: bytes, *, device: str = "") -> Delivery:
        """Sign a webhook and post it now, or raise ValueError when that is not possible."""
        if not self.webhook_url:
            raise ValueError("no receiver is known")
        webhook = self.sign(gateway, body, device=device)
        if not self._may_post(gateway, webhook):
            raise ValueError(f"{gateway} posts nothing without quota")
        return deliver(webhook, self.webhook_url, gateway, scale=self._scale)

    def sign(self, gateway: str, body: bytes, *, device: str = "") -> SignedWebhook:
        """Sign a webhook, or raise ValueError when no secret is known."""
        account = self._account(gateway, device)
        if account is None:
            raise ValueError(f"no webhook secret of {gateway} is known")
        if self._on_sign is not None:
            self._on_sign(gateway, body)
        return SIGNERS[gateway](account, body)

    def stop(self) -> None:
        """Post nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _account(self, gateway: str, device: str) -> Account | None:
        accounts = [each for each in self._accounts.get(gateway, ()) if each.secrets]
        named = [each for each in accounts if device in (each.device, each.sends_from)]
        return next(iter(named or accounts), None)

    def _plan(self, sent: Sent, body: bytes, *, wait: float) -> None:
        account = self._account(sent.gateway, sent.device)
        if account is None:
            return
        webhook = SIGNERS[sent.gateway](account, body)
        with self._changed:
            due = time.monotonic() + wait
            heapq.heappush(self._due, (due, next(self._number), sent.gateway, webhook))
            if self._thread is None and not self._stopped:
                self._thread = Thread(target=self._run, name="aftermath", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        with ThreadPoolExecutor(POSTS_AT_ONCE) as pool:
            while (due := self._next()) is not None:
                gateway, webhook = due
                if self._may_post(gateway, webhook):
                    pool.submit(deliver, webhook, self.webhook_url, gateway, sleep=self._sleep)

    def _may_post(self, gateway: str, webhook: SignedWebhook) -> bool:
        return self._on_post is None or self._on_post(gateway, webhook.body)

    def _next(self) -> tuple[str, SignedWebhook] | None:
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    _, _, gateway, webhook = heapq.heappop(self._due)
                    return gateway, webhook
                self._changed.wait(self._due[0][0] - now if self._due else None)
            return None

    def _sleep(self, seconds: float) -> None:
        """Wait between attempts, but not beyond the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped, seconds * self._scale)


def follow_ups(sent: Sent, *, now: datetime, random: Random) -> list[tuple[float, bytes]]:
    """Return the bodies that a gateway posts after a message, each with its wait in seconds."""
    gateway = sent.gateway
    tell = partial(
        compose,
        gateway,
        now=now,
        device=sent.device,
        sender=sent.to,
        text=sent.text,
        message_id=sent.whatsapp_id,
        kind=sent.kind,
        random=random,
    )
    planned: list[tuple[float, bytes]] = []
    if gateway == "whatsgate":
        # Its echo of what was sent through the API comes like that of any other message.
        echoes = ["create"] if sent.external_id else ["create", "sent"]
        planned = [(0.0, tell(case)) for case in echoes]
    for status, wait in STATUS_AFTER.items():
        if status in STATUS_WORDS[gateway]:
            body = tell("status", status=status, reference=sent.reference or None)
            planned.append((wait, body))
    return planned
