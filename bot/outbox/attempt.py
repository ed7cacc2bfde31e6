"""An attempt to send that has ended, and what recording it leads to."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.content import Content
from bot.gateways.errors import Scope
from bot.outbox.claim import Claimed
from bot.outbox.outcome import Outcome
from bot.outbox.rests import Rest, Resting
from models import MessageStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt that has ended: which message, which attempt, and what came of it.

    `looks_up`: the gateway can be asked what became of a ticket. `host` is that of its API; with
    `breaker` it rests, too. `proves`: of what the message was a probe for, this works again;
    `unproven`: it never left, so another message is to be the probe. `instead` is what went in
    place of what was wanted.
    """

    claimed: Claimed
    number: int
    outcome: Outcome
    looks_up: bool = False
    host: str = ""
    breaker: Rest | None = None
    proves: frozenset[Resting] = frozenset()
    unproven: frozenset[Resting] = frozenset()
    instead: Content | None = None

    def rests(self) -> Iterator[tuple[Resting, Rest]]:
        """Yield what has to rest after this."""
        claimed, rest = self.claimed, self.outcome.rest
        host = Resting(claimed.gateway, host=self.host)
        if rest:
            is_host = self.outcome.rests is Scope.GATEWAY and self.host
            yield host if is_host else Resting(claimed.gateway, device=claimed.device), rest
        if self.breaker:
            yield host, self.breaker


@dataclass(slots=True, kw_only=True)
class Recorded:
    """The lanes to wake: of announcements, of messages that waited, and of questions to ask.

    `later` are outbox lanes with the time at which they have something to do again. `works_again`:
    something has ended its rest, so any lane may have messages for it.
    """

    inbox_lanes: set[int] = field(default_factory=set)
    outbox_lanes: set[int] = field(default_factory=set)
    effect_lanes: set[int] = field(default_factory=set)
    later: list[tuple[int, datetime]] = field(default_factory=list)
    works_again: bool = False

    def add(self, other: "Recorded") -> None:
        """Take in what another transaction did."""
        self.inbox_lanes |= other.inbox_lanes
        self.outbox_lanes |= other.outbox_lanes
        self.effect_lanes |= other.effect_lanes
        self.later += other.later
        self.works_again = self.works_again or other.works_again


def spent(attempts: Sequence[Attempt]) -> Mapping[tuple[str, str], int]:
    """Return how many messages each device has perhaps sent."""
    return Counter(
        (attempt.claimed.gateway, attempt.claimed.device)
        for attempt in attempts
        if attempt.outcome.status in (MessageStatus.SENT, MessageStatus.UNKNOWN)
    )
