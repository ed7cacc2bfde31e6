"""The rates above which gateways refuse, counted by the simulator's own clock.

Moving windows over what was taken; what is refused does not count. Sources: Meta's "Throughput"
(80 messages a second) and "Pair rate limits" (one in 6 seconds, 45 in advance), Rijan's program.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import ceil

from bot.simulator.calls import Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `times` messages in any `seconds`; of a device, or from it to one recipient.

    `refusal` names what is answered to more. `kinds`: only these contents count. `tells_wait`: the
    answer says for how long.
    """

    times: int
    seconds: float
    refusal: str
    per_recipient: bool = False
    kinds: frozenset[str] | None = None
    tells_wait: bool = False

    def counts(self, sent: Sent) -> bool:
        """Return whether a message is one of those that are limited."""
        return self.kinds is None or sent.kind in self.kinds


def _rijan(times: int, *kinds: str) -> Limit:
    return Limit(
        times=times, seconds=60, refusal="rate limit", kinds=frozenset(kinds), tells_wait=True
    )


LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "meta": (
        Limit(times=45, seconds=270, refusal="pair rate", per_recipient=True),
        Limit(times=80, seconds=1, refusal="rate limit"),
    ),
    "rijan": (
        _rijan(60, "text"),
        _rijan(30, "image", "video", "audio", "voice", "document"),
        _rijan(40, "location", "contacts"),
        _rijan(100, "reaction"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceeded:
    """Which limit a message exceeds, and after how many seconds the next one will not."""

    limit: Limit
    wait: int


class Meter:
    """Counts what gateways take. One call at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: dict[Hashable, deque[float]] = defaultdict(deque)
        self.refused: Counter[str] = Counter()

    def take(self, sent: Sent) -> Exceeded | None:
        """Count a message, or return which limit it exceeds."""
        now = self._clock()
        windows = [
            (limit, self._window(limit, sent, now=now))
            for limit in LIMITS.get(sent.gateway, ())
            if limit.counts(sent)
        ]
        for limit, taken in windows:
            if len(taken) >= limit.times:
                self.refused[f"{sent.gateway} {limit.refusal}"] += 1
                return Exceeded(limit=limit, wait=ceil(taken[0] + limit.seconds - now))
        for _, taken in windows:
            taken.append(now)
        return None

    def _window(self, limit: Limit, sent: Sent, *, now: float) -> deque[float]:
        to = sent.to if limit.per_recipient else None
        taken = self._taken[sent.gateway, sent.device, to, limit]
        while taken and taken[0] <= now - limit.seconds:
            taken.popleft()
        return taken
