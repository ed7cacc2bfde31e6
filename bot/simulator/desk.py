"""Carries out a call at one of the simulated gateways: who may, what goes wrong, what is kept."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from random import Random
from threading import Lock
from typing import Any

from bot.simulator.apis import APIS
from bot.simulator.apis.meta.window import note_written
from bot.simulator.calls import Call, Reply, Sent, Situation
from bot.simulator.customers import Customers
from bot.simulator.faults import Fault, FaultKind, Faults, On
from bot.simulator.ids import FRESH_IDS
from bot.simulator.limits import Meter
from bot.simulator.quota import QuotaCounter
from bot.simulator.record import Record

# The gateways that can be asked for what they posted, and how much of it they remember.
REMEMBERING = frozenset({"whatsgate"})
REMEMBERED = 1000
# Where questions are POSTs as well.
ASKED_BY_POST = frozenset({"whatsgate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call ends: the answer, and what goes wrong on the way back."""

    reply: Reply
    fault: Fault | None = None


class Desk:
    """Answers the calls of all five gateways and keeps what they accept.

    `on_sent` is called after each new message, outside the lock, and `on_lost` after one that was
    taken and never sent. With `strict_rates`, what comes faster than a gateway takes is refused.
    """

    def __init__(
        self,
        customers: Customers,
        *,
        on_sent: Callable[[Sent], None] | None = None,
        on_lost: Callable[[Sent], None] | None = None,
        random: Random | None = None,
        strict_rates: bool = False,
    ) -> None:
        self.record = Record()
        self.meter = Meter()
        self._strict_rates = strict_rates
        self.faults = Faults()
        self.quota = QuotaCounter()
        self._customers = {name: tuple(each) for name, each in customers.items()}
        self._offline: dict[str, frozenset[str]] = {}
        self.memory: dict[str, dict[str, Any]] = {name: {} for name in APIS}
        self._on_sent = on_sent
        self._on_lost = on_lost
        self._random = random or Random()
        # One call is decided at a time, so that a repeated idempotency key meets the first.
        self._lock = Lock()

    def carry_out(self, gateway: str, call: Call) -> Outcome:
        """Answer a call; a fault that is planned for it takes effect."""
        api = APIS[gateway]
        with self._lock:
            reply = self._limited(gateway, call, api.answer(call, self._situation(gateway)))
            fault = self._take_fault(gateway, call, reply)
            if fault is not None and fault.kind is FaultKind.FAIL:
                return Outcome(reply=fault.answer(call, api.refusals))
            sent = reply.sent if _carries_out(fault) else None
            lost = reply.sent if fault is not None and fault.kind is FaultKind.LOST else None
            if sent is not None:
                self.record.add(sent)
                self.quota.sent += sent.gateway == "wagate"
            elif lost is not None:
                self.record.add_lost(lost)
        if sent is not None and self._on_sent is not None:
            self._on_sent(sent)
        if lost is not None and self._on_lost is not None:
            self._on_lost(lost)
        return Outcome(reply=reply, fault=fault)

    def plan(self, gateway: str, fault: Fault) -> None:
        """Plan a fault, or raise ValueError when the gateway has no such refusal."""
        if gateway not in APIS:
            raise ValueError("no such gateway")
        refusals = APIS[gateway].refusals
        if fault.refusal is not None and fault.refusal not in refusals:
            raise ValueError(f"{gateway} refuses with {', '.join(refusals)}")
        self.faults.plan(gateway, fault)

    def set_offline(self, gateway: str, device: str, *, offline: bool = True) -> None:
        """Disconnect a device, or connect it again."""
        with self._lock:
            devices = self._offline.get(gateway, frozenset())
            changed = devices | {device} if offline else devices - {device}
            self._offline[gateway] = changed

    def remember(self, gateway: str, body: bytes) -> None:
        """Keep a webhook that a gateway posts, where it can be asked for it later."""
        if gateway in REMEMBERING:
            with self._lock:
                posted = self.memory[gateway].setdefault("posted", deque(maxlen=REMEMBERED))
                posted.append(body)

    def lets_out(self, gateway: str, body: bytes) -> bool:
        """Return whether a gateway posts a webhook: WAGate counts it, and without quota does not.

        For whoever posts in a gateway's name.
        """
        if gateway != "wagate":
            return True
        with self._lock:
            return self.quota.lets_out(body)

    def note_signed(self, gateway: str, body: bytes) -> None:
        """Know of a webhook that is signed for somebody, who may be told by it."""
        if gateway == "meta":
            with self._lock:
                note_written(json.loads(body), self.memory[gateway])

    def _limited(self, gateway: str, call: Call, reply: Reply) -> Reply:
        """Return the refusal of what comes too fast, else the reply itself."""
        if reply.sent is None or not self._strict_rates:
            return reply
        exceeded = self.meter.take(reply.sent)
        if exceeded is None:
            return reply
        refusal = APIS[gateway].refusals[exceeded.limit.refusal](call)
        if not exceeded.limit.tells_wait:
            return refusal
        return replace(refusal, headers={**refusal.headers, "Retry-After": str(exceeded.wait)})

    def _take_fault(self, gateway: str, call: Call, reply: Reply) -> Fault | None:
        if reply.recipient is not None:
            return self.faults.take(gateway, on=On.SEND, recipient=reply.recipient)
        asks = call.method == "GET" or gateway in ASKED_BY_POST
        if asks and reply.status == HTTPStatus.OK:
            return self.faults.take(gateway, on=On.ASK, recipient=None)
        return None

    def _situation(self, gateway: str) -> Situation:
        return Situation(
            customers=self._customers.get(gateway, ()),
            offline=self._offline.get(gateway, frozenset()),
            quota=self.quota.quota,
            quota_received=self.quota.received,
            fresh_id=lambda: FRESH_IDS[gateway](self._random),
            sent_with_key=lambda device, key: self.record.with_key(gateway, device, key),
            memory=self.memory[gateway],
            sent_with_id=lambda external_id: self.record.with_id(gateway, external_id),
        )


def _carries_out(fault: Fault | None) -> bool:
    match fault.kind if fault else None:
        case None | FaultKind.DELAY:
            return True
        case FaultKind.LOST:
            return False
    return fault is not None and fault.records
