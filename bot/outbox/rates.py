"""Tokens: how many messages may go out now, over all processes and machines.

The windows lie in Redis (`limits`, moving windows). While Redis is away each process counts for
itself and takes only its share.
"""

import math
import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from bot.gateways.base import Gateway, Rate
from bot.gateways.errors import Scope
from bot.lanes import SKIP_SECONDS

logger = structlog.get_logger("balas.outbox")

PREFIX = "balas:rates"
# Between a token and its request lies a commit. Where windows are long enough, they are counted
# longer by this, so that what the gateway counts stays below; short ones leave some tokens unused.
MARGIN_SECONDS = 1
LONG_WINDOW = 10
UNUSED = 0.1
# And they are cut into slots, so that what is late in one burst does not meet all of the next.
SLOTS = 5
SLOT_TIMES = 4
SHORTEST_WAIT = 0.05
# What refuses most comes first: whoever is refused takes no token of what follows.
SCOPES = (Scope.DEVICE, Scope.GATEWAY, Scope.RECIPIENT)


class Candidate(Protocol):
    """A message that could be sent now."""

    @property
    def id(self) -> int: ...
    @property
    def conversation_id(self) -> int: ...
    @property
    def gateway(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request that sends nothing."""

    gateway: str
    device: str
    id: int = 0
    conversation_id: int = 0
    kind: str = ""


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Who may go now, and for how long who waits, in seconds.

    `senders` are devices without tokens, as (gateway, device), or with a kind of content that has
    none as (gateway, device, kind).
    """

    granted: list[int] = field(default_factory=list)
    messages: dict[int, float] = field(default_factory=dict)
    senders: dict[tuple[str, ...], float] = field(default_factory=dict)


class Rates:
    """Gives out tokens. `share`: the part of a rate that is safe for a process by itself."""

    def __init__(
        self, gateways: Mapping[str, Gateway], redis: Redis | None = None, *, share: float = 1.0
    ) -> None:
        self._gateways = gateways
        self._share = share
        self._known: dict[tuple[str, str], tuple[Rate, ...]] = {}
        self._local: MovingWindowRateLimiter | None = None
        self._shared: MovingWindowRateLimiter | None = None
        self._away_until = 0.0
        if redis is not None:
            storage = RedisStorage(
                "redis://", connection_pool=redis.connection_pool, key_prefix=PREFIX
            )
            self._shared = MovingWindowRateLimiter(storage)

    def take(self, candidates: Sequence[Candidate]) -> Tokens:
        """Take a token of each rate for each message, in their order. Never raises for Redis."""
        tokens = Tokens()
        left = list(candidates)
        for scope in SCOPES:
            for rate, key, members in self._groups(left, scope):
                count, wait = self._acquire(rate, key, len(members))
                if count < len(members):
                    refused = {member.id for member in members[count:]}
                    left = [each for each in left if each.id not in refused]
                    self._refuse(tokens, rate, members[count:], wait)
        tokens.granted = [each.id for each in left]
        return tokens

    def wait_for_question(self, gateway: str, device: str) -> float:
        """Take a token for a request that sends nothing; return in how many seconds there is one.

        0: it may go now. Only what a gateway counts for all requests matters here.
        """
        question = Question(gateway=gateway, device=device)
        waits = [
            self._acquire(rate, self._key(question, Scope.GATEWAY), 1)
            for rate in self._rates(gateway, device)
            if rate.scope is Scope.GATEWAY
        ]
        return max((wait for count, wait in waits if not count), default=0.0)

    def _groups(
        self, candidates: Iterable[Candidate], scope: Scope
    ) -> Iterable[tuple[Rate, tuple[str, ...], list[Candidate]]]:
        groups: dict[Hashable, tuple[Rate, tuple[str, ...], list[Candidate]]] = {}
        for each in candidates:
            for rate in self._rates(each.gateway, each.device):
                if rate.scope is not scope or (rate.kinds and each.kind not in rate.kinds):
                    continue
                key = self._key(each, scope)
                groups.setdefault((rate, key), (rate, key, []))[2].append(each)
        return groups.values()

    def _rates(self, gateway: str, device: str) -> tuple[Rate, ...]:
        key = (gateway, device)
        if key not in self._known:
            known = self._gateways.get(gateway)
            self._known[key] = known.rates(device) if known else ()
        return self._known[key]

    def _key(self, each: Candidate, scope: Scope) -> tuple[str, ...]:
        if scope is Scope.GATEWAY:
            known = self._gateways.get(each.gateway)
            return (each.gateway, known.host(each.device) if known else "")
        if scope is Scope.DEVICE:
            return (each.gateway, each.device)
        return (each.gateway, each.device, str(each.conversation_id))

    def _refuse(
        self, tokens: Tokens, rate: Rate, members: Sequence[Candidate], wait: float
    ) -> None:
        for member in members:
            sender = (member.gateway, member.device)
            if rate.scope is Scope.RECIPIENT:
                tokens.messages[member.id] = wait
            elif rate.kinds:
                tokens.senders.update({(*sender, kind): wait for kind in rate.kinds})
            else:
                tokens.senders[sender] = wait

    def _acquire(self, rate: Rate, key: tuple[str, ...], wanted: int) -> tuple[int, float]:
        """Take as many tokens as there are, up to `wanted`; say in how many seconds are more."""
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return _take(self._shared, rate, key, wanted)
            except RedisError as error:
                logger.warning("redis is away, rates are counted here", error=type(error).__name__)
                # A silent one costs seconds each time it is asked.
                self._away_until = time.monotonic() + SKIP_SECONDS
        share = self._share if self._shared is not None else 1.0
        return _take(self._limiter(), rate, key, wanted, share=share)

    def _limiter(self) -> MovingWindowRateLimiter:
        if self._local is None:
            self._local = MovingWindowRateLimiter(MemoryStorage())
        return self._local


def _item(rate: Rate, *, share: float = 1.0) -> RateLimitItem:
    if rate.seconds >= LONG_WINDOW:
        times, seconds = rate.times, rate.seconds + MARGIN_SECONDS
    else:
        slots = _slots(rate, share=share)
        # A window that begins within a slot meets one slot more.
        touched = slots + 1 if slots > 1 else 1
        times, seconds = (rate.times - math.ceil(rate.times * UNUSED)) // touched, rate.seconds
    return RateLimitItemPerSecond(max(1, int(times * share)), seconds)


def _identifiers(rate: Rate, key: tuple[str, ...], *, slots: int) -> tuple[str, ...]:
    slot = int(time.time() / rate.seconds * slots) if slots > 1 else 0
    return (str(rate.scope), *key, ",".join(sorted(rate.kinds or ())), str(slot))


def _slots(rate: Rate, *, share: float = 1.0) -> int:
    # A share is too small to be cut.
    if rate.seconds >= LONG_WINDOW or share < 1:
        return 1
    return min(max(rate.times // SLOT_TIMES, 1), SLOTS)


def _take(
    limiter: MovingWindowRateLimiter,
    rate: Rate,
    key: tuple[str, ...],
    wanted: int,
    *,
    share: float = 1.0,
) -> tuple[int, float]:
    item, slots = _item(rate, share=share), _slots(rate, share=share)
    identifiers = _identifiers(rate, key, slots=slots)
    at_once = min(wanted, item.amount)
    count = at_once if limiter.hit(item, *identifiers, cost=at_once) else 0
    if count == wanted:
        return count, 0.0
    stats = limiter.get_window_stats(item, *identifiers)
    left = min(stats.remaining, at_once)
    if not count and left and limiter.hit(item, *identifiers, cost=left):
        count = left
    if slots > 1:
        length = rate.seconds / slots
        return count, max(length - time.time() % length, SHORTEST_WAIT)
    # A clock that was set back must not make anybody wait for longer than a window.
    wait = min(max(stats.reset_time - time.time(), SHORTEST_WAIT), float(rate.seconds + 1))
    return count, wait
