"""What the simulator was asked to send, in the order in which it took it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Condition

from bot.simulator.calls import Sent

Predicate = Callable[[Sequence[Sent]], bool]


class Record:
    """The messages sent. Safe to use from several threads."""

    def __init__(self) -> None:
        self._sent: list[Sent] = []
        self._by_key: dict[tuple[str, str, str], Sent] = {}
        self._by_id: dict[tuple[str, str], Sent] = {}
        self._changed = Condition()

    def add(self, sent: Sent) -> None:
        """Keep one message and wake those who wait for it."""
        with self._changed:
            self._sent.append(sent)
            self._index(sent)
            self._changed.notify_all()

    def add_lost(self, sent: Sent) -> None:
        """Know of a message that the gateway took and never sent."""
        with self._changed:
            self._index(replace(sent, whatsapp_id=""))

    def all(self, since: int = 0) -> list[Sent]:
        """Return what was sent, without the first `since`."""
        with self._changed:
            return self._sent[max(since, 0) :]

    def with_key(self, gateway: str, device: str, key: str) -> Sent | None:
        """Return what was sent with an idempotency key."""
        with self._changed:
            return self._by_key.get((gateway, device, key))

    def with_id(self, gateway: str, external_id: str) -> Sent | None:
        """Return what was sent under an id."""
        with self._changed:
            return self._by_id.get((gateway, external_id))

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self._sent.clear()
            self._by_key.clear()
            self._by_id.clear()
            self._changed.notify_all()

    def wait_for(self, predicate: Predicate, timeout: float) -> bool:
        """Wait until `predicate` holds for what was sent; return whether it does."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not predicate(tuple(self._sent)):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def _index(self, sent: Sent) -> None:
        if sent.idempotency_key:
            self._by_key[sent.gateway, sent.device, sent.idempotency_key] = sent
        self._by_id[sent.gateway, sent.external_id or sent.whatsapp_id] = sent
