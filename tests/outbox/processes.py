"""Processes that send, step by step: what `Courier` does in threads, without a thread or a clock.

Between any two steps anything else may happen, as it does between processes of several machines.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.orm import Session

from bot.gateways.base import Gateway, SentMessage
from bot.gateways.errors import SendError
from bot.lanes import lane_of
from bot.outbox import Claimed, Rates, claim, judge_outcome, mark_sending, record_outcomes
from bot.outbox.attempt import Attempt
from bot.outbox.breakers import Breakers, is_trouble, rest_after
from bot.outbox.choosing import Limits
from bot.outbox.deliver import proven
from bot.outbox.rates import Candidate, Tokens
from models import (
    Breaker,
    Conversation,
    Device,
    Effect,
    Event,
    Message,
    SendAttempt,
    insert_into,
    reading,
    writing,
)
from tests.making import gateways
from tests.outbox.phones import Phones, Reply

# All conversations lie in one lane: so they meet in every claim.
LANE = 0
PROCESSES = 3
OFF = {f"{name}_RATE": "off" for name in ("META", "WAGATE", "RIJAN", "CSKU", "WHATSGATE")}
CONFIGURED = gateways(**OFF, META_RECIPIENT_RATE="off")

DeviceKey = tuple[str, str]
Place = tuple[str, str, str]


@dataclass(slots=True, kw_only=True)
class Flight:
    """A message in the hands of a process: claimed, marked when it has a number, then answered."""

    process: int
    claimed: Claimed
    number: int | None = None
    marked_at: datetime | None = None
    reply: Reply | None = None
    result: SentMessage | SendError | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """What the tables say at a moment."""

    messages: Mapping[int, Message]
    devices: Mapping[DeviceKey, Device]
    breakers: Sequence[Breaker]


class Interrupted(Rates):
    """Rates that let something else happen between the choice of messages and their claim."""

    def __init__(self, configured: Mapping[str, Gateway], meanwhile: Callable[[], None]) -> None:
        super().__init__(configured)
        self._meanwhile = meanwhile

    def take(self, candidates: Sequence[Candidate]) -> Tokens:
        """Let it happen, then give everybody a token."""
        self._meanwhile()
        return super().take(candidates)


class Processes:
    """All processes of all machines, and what they have under way."""

    def __init__(self, engine: Engine, phones: Phones) -> None:
        self.flights: list[Flight] = []
        self._engine = engine
        self._phones = phones
        self._breakers = [Breakers() for _ in range(PROCESSES)]

    def claim(
        self,
        process: int,
        *,
        free: int,
        per_device: int,
        meanwhile: Callable[[], None],
        now: datetime,
    ) -> list[Flight]:
        """Let a process claim messages; `meanwhile` happens in the middle of it."""
        own = [flight.claimed for flight in self.flights if flight.process == process]
        busy = Counter((claimed.gateway, claimed.device) for claimed in own)
        taken = claim(
            self._engine,
            LANE,
            free=free,
            per_device=per_device,
            busy=tuple(busy.items()),
            limits=Limits(gateways=CONFIGURED, rates=Interrupted(CONFIGURED, meanwhile)),
            now=now,
        )
        flights = [Flight(process=process, claimed=claimed) for claimed in taken.messages]
        self.flights += flights
        return flights

    def mark(self, flight: Flight, *, now: datetime) -> None:
        """Let the request of a claim leave, or drop the claim if it holds no longer."""
        numbers = mark_sending(self._engine, [flight.claimed], now=now)
        flight.number, flight.marked_at = numbers.get(flight.claimed.id), now
        if flight.number is None:
            self.flights.remove(flight)

    def request(self, flight: Flight, reply: Reply, *, now: datetime) -> None:
        """Send the request and learn what the gateway answers."""
        flight.reply = reply
        flight.result = self._phones.request(flight.claimed, reply, now=now)

    def record(self, flights: Sequence[Flight], *, now: datetime) -> None:
        """Write results down, in one transaction."""
        record_outcomes(self._engine, [self._attempt(each, now=now) for each in flights], now=now)
        for flight in flights:
            self.flights.remove(flight)

    def die(self, process: int) -> None:
        """Kill a process with all that only it knows."""
        self.flights = [flight for flight in self.flights if flight.process != process]
        self._breakers[process] = Breakers()

    def _attempt(self, flight: Flight, *, now: datetime) -> Attempt:
        claimed, result = flight.claimed, flight.result
        assert flight.number is not None
        assert result is not None
        gateway = CONFIGURED[claimed.gateway]
        host = gateway.host(claimed.device)
        breaker = self._breakers[flight.process].note(
            claimed.gateway, host, claimed.conversation_id, result, at=now.timestamp()
        )
        if any(each.host for each in claimed.probes) and is_trouble(result):
            breaker = rest_after(result)
        return Attempt(
            claimed=claimed,
            number=flight.number,
            outcome=judge_outcome(
                result,
                failures=claimed.failures,
                idempotent=gateway.capabilities.carries_once(claimed.kind),
                now=now,
            ),
            host=host,
            breaker=breaker,
            proves=proven(claimed, result),
        )


def look(engine: Engine) -> Tables:
    """Read everything that concerns the outbox."""
    with reading(engine) as session:
        devices = session.scalars(select(Device)).all()
        return Tables(
            messages={
                message.id: message
                for message in session.scalars(select(Message).order_by(Message.id))
            },
            devices={(device.gateway, device.device): device for device in devices},
            breakers=session.scalars(select(Breaker)).all(),
        )


def set_up(engine: Engine, devices: Sequence[DeviceKey], *, now: datetime) -> dict[int, Place]:
    """Empty the tables and make two conversations of each device; return them."""
    places = [place for device in devices for place in _places(device)]
    with writing(engine) as session:
        for table in (SendAttempt, Effect, Message, Event, Conversation, Device, Breaker):
            session.execute(delete(table))
        session.execute(
            insert(Conversation),
            [
                {
                    "gateway": gateway,
                    "device": device,
                    "address": address,
                    "lane": LANE,
                    "state": {},
                    "wrote_at": now,
                    "created_at": now - timedelta(days=1),
                }
                for gateway, device, address in places
            ],
        )
        rows = session.scalars(select(Conversation).order_by(Conversation.id))
        return {row.id: (row.gateway, row.device, row.address) for row in rows}


def tell_quota(session: Session, device: DeviceKey, *, remaining: int, now: datetime) -> None:
    """Write down what is left of a device's quota, of which the last message is kept."""
    values = {"quota_remaining": remaining, "quota_reserve": 1, "quota_at": now}
    session.execute(
        insert_into(session, Device)
        .values(gateway=device[0], device=device[1], **values)
        .on_conflict_do_update(index_elements=["gateway", "device"], set_=values)
    )


def _places(device: DeviceKey) -> list[Place]:
    numbered = ((*device, f"628120000{number:04}") for number in itertools.count())
    return list(itertools.islice((each for each in numbered if lane_of(*each) == LANE), 2))
