"""What is planned to go wrong at a gateway, and for which calls."""

from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from threading import Lock

from pydantic import BaseModel, ConfigDict, Field

from bot.simulator.calls import Call, Refusal, Reply

# Long enough to outlast every timeout, short enough not to keep a thread for ever.
LONGEST_SILENCE = 600.0


class FaultKind(StrEnum):
    """How a call goes wrong."""

    FAIL = "fail"
    DELAY = "delay"
    SILENCE = "silence"
    RESET = "reset"
    HALF = "half"
    LOST = "lost"


class On(StrEnum):
    """Which calls go wrong: those that send, or those that ask (quota, status)."""

    SEND = "send"
    ASK = "ask"


class Fault(BaseModel):
    """One thing that goes wrong, `times` times (None: until cleared).

    fail      answer with a `refusal` of that gateway by name, or with `status` and `body`
    delay     carry out, then answer after `seconds` (ten minutes unless given)
    silence   never answer; the connection stays open for `seconds`
    reset     break the connection
    half      answer with half a response, then close
    lost      answer as if carried out, but never hand it to WhatsApp

    `records` says for silence, reset and half whether the gateway carried the call out: a message
    that was sent although nobody was told, or one that never was. `match` limits it to one
    recipient.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: FaultKind
    times: int | None = Field(1, ge=1)
    on: On = On.SEND
    match: str | None = Field(None, repr=False)
    refusal: str | None = None
    status: int = Field(500, ge=100, le=599)
    body: str = Field("", repr=False)
    retry_after: int | None = Field(None, ge=0)
    seconds: float = Field(LONGEST_SILENCE, ge=0, le=LONGEST_SILENCE)
    records: bool = True

    def answer(self, call: Call, refusals: Mapping[str, Refusal]) -> Reply:
        """Return the answer of a fault of the kind `fail`."""
        if self.refusal is not None:
            reply = refusals[self.refusal](call)
        else:
            reply = Reply(status=self.status, body=self.body.encode("utf-8", "backslashreplace"))
        if self.retry_after is None:
            return reply
        headers = {**reply.headers, "Retry-After": str(self.retry_after)}
        return Reply(status=reply.status, body=reply.body, headers=headers)


class Faults:
    """The faults that are planned, first in, first out. Safe to use from several threads."""

    def __init__(self) -> None:
        self._planned: dict[str, list[tuple[Fault, int | None]]] = defaultdict(list)
        self._lock = Lock()

    def plan(self, gateway: str, fault: Fault) -> None:
        """Add a fault behind those that are planned."""
        with self._lock:
            self._planned[gateway].append((fault, fault.times))

    def clear(self, gateway: str | None = None) -> None:
        """Forget the faults of one gateway, or of all."""
        with self._lock:
            for name in [gateway] if gateway else list(self._planned):
                self._planned.pop(name, None)

    def take(self, gateway: str, *, on: On, recipient: str | None) -> Fault | None:
        """Return the first fault planned for such a call, and count it."""
        with self._lock:
            planned = self._planned[gateway]
            for index, (fault, left) in enumerate(planned):
                if fault.on is not on or fault.match not in (None, recipient):
                    continue
                if left == 1:
                    del planned[index]
                elif left is not None:
                    planned[index] = (fault, left - 1)
                return fault
            return None
