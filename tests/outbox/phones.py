"""Gateways and the phones behind them, as a model: what arrives, and what is told of it.

No HTTP and no clock: who asks says what the gateway does with a request, and what time it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.events import MessageEcho, Status, StatusChanged
from bot.gateways.base import SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    OutcomeUnknown,
    OutsideWindow,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from bot.outbox.claim import Claimed
from bot.outbox.evidence import reference

# A request repeated with the same key is carried out once.
IDEMPOTENT = "rijan"
# A status carries our own reference.
WITH_REFERENCES = "meta"
# What goes out from the device comes back as an echo.
WITH_ECHOES = "whatsgate"
# Of what it has not answered it tells nothing that we could recognise.
WITHOUT_EVIDENCE = "wagate"
GATEWAYS = (IDEMPOTENT, WITH_REFERENCES, WITH_ECHOES, WITHOUT_EVIDENCE)


class Reply(StrEnum):
    """What a gateway does with a request."""

    TAKEN = "carried out and answered"
    LOST = "carried out, and the answer is lost"
    VANISHED = "not carried out, and the answer is lost"
    FAILED = "failed"
    DEVICE_FAILED = "failed for its device"
    DEVICE_LIMITED = "too many of the device"
    DEVICE_LIMITED_LONG = "too many of the device for two hours"
    RECIPIENT_LIMITED = "too many for the recipient"
    RECIPIENT_LIMITED_LONG = "too many for the recipient for two hours"
    NO_QUOTA = "no quota"
    NO_QUOTA_UNTIL = "no quota for two hours"
    OFFLINE = "device offline"
    NOT_AUTHORISED = "not authorised"
    REJECTED = "rejected"
    OUTSIDE_WINDOW = "outside the window"


Told = StatusChanged | MessageEcho

LONG = timedelta(hours=2)
REFUSALS: dict[Reply, Callable[[datetime], SendError]] = {
    Reply.FAILED: lambda _: TransientError("not now"),
    Reply.DEVICE_FAILED: lambda _: TransientError("not now", scope=Scope.DEVICE),
    Reply.DEVICE_LIMITED: lambda _: RateLimited("slow down", scope=Scope.DEVICE),
    Reply.DEVICE_LIMITED_LONG: lambda _: RateLimited(
        "slow down", scope=Scope.DEVICE, retry_after=LONG.total_seconds()
    ),
    Reply.RECIPIENT_LIMITED: lambda _: RateLimited("slow down", scope=Scope.RECIPIENT),
    Reply.RECIPIENT_LIMITED_LONG: lambda _: RateLimited(
        "slow down", scope=Scope.RECIPIENT, retry_after=LONG.total_seconds()
    ),
    Reply.NO_QUOTA: lambda _: QuotaExhausted("no quota is left"),
    Reply.NO_QUOTA_UNTIL: lambda now: QuotaExhausted("no quota is left", resets_at=now + LONG),
    Reply.OFFLINE: lambda _: DeviceOffline("not connected"),
    Reply.NOT_AUTHORISED: lambda _: NotAuthorised("unknown token"),
    Reply.REJECTED: lambda _: Rejected("no such number"),
    Reply.OUTSIDE_WINDOW: lambda _: OutsideWindow("the contact must write first"),
}
# A message is at no fault for these, and must not pay for them with one of its tries.
FREE_OF_CHARGE = frozenset(
    {
        Reply.DEVICE_LIMITED,
        Reply.DEVICE_LIMITED_LONG,
        Reply.NO_QUOTA,
        Reply.NO_QUOTA_UNTIL,
        Reply.OFFLINE,
        Reply.NOT_AUTHORISED,
        Reply.OUTSIDE_WINDOW,
    }
)


class DeviceChange(StrEnum):
    """What becomes of a device."""

    CONNECTED = "connected"
    STOPPED = "stopped"
    STOPPED_FOR_A_WHILE = "stopped for ten minutes"
    GOES_ON = "goes on"
    LOW = "only its reserve is left"
    QUOTA_IS_BACK = "its quota is back"


class Word(StrEnum):
    """What a person says of a message."""

    RETRY = "retry"
    DISCARD = "discard"
    SENT = "sent"
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that has come to a phone."""

    claimed: Claimed
    external_id: str
    at: datetime

    def status(self, status: Status) -> StatusChanged:
        """Return what the gateway tells of it, by its own id and ours where it knows ours."""
        claimed = self.claimed
        is_referenced = claimed.gateway == WITH_REFERENCES
        ours = reference(claimed.id, claimed.idempotency_key) if is_referenced else None
        return StatusChanged(
            gateway=claimed.gateway,
            device=claimed.device,
            key="",
            raw=b"",
            external_id=self.external_id,
            status=status,
            reference=ours,
            occurred_at=self.at,
        )

    def echo(self) -> MessageEcho:
        """Return what the gateway shows of it."""
        return MessageEcho(
            gateway=self.claimed.gateway,
            device=self.claimed.device,
            key="",
            raw=b"",
            address=self.claimed.address,
            external_id=self.external_id,
            text=self.claimed.text,
            occurred_at=self.at,
        )


@dataclass(slots=True)
class Phones:
    """Every phone. `deliveries` are in the order of their arrival."""

    deliveries: list[Delivery] = field(default_factory=list)

    def request(self, claimed: Claimed, reply: Reply, *, now: datetime) -> SentMessage | SendError:
        """Do with a request as `reply` says and return what the one who asked learns of it.

        A gateway may refuse a key that it knows, but it never carries it out again.
        """
        if reply in REFUSALS:
            return REFUSALS[reply](now)
        if reply is Reply.VANISHED:
            return OutcomeUnknown("no answer")
        delivery = self._known(claimed) or self._deliver(claimed, now=now)
        if reply is Reply.LOST:
            return OutcomeUnknown("no answer")
        return SentMessage(external_id=delivery.external_id)

    def of(self, message_id: int) -> list[Delivery]:
        """Return how often a message has come."""
        return [each for each in self.deliveries if each.claimed.id == message_id]

    def _known(self, claimed: Claimed) -> Delivery | None:
        if claimed.gateway != IDEMPOTENT:
            return None
        key = claimed.idempotency_key
        return next((each for each in self.deliveries if each.claimed.idempotency_key == key), None)

    def _deliver(self, claimed: Claimed, *, now: datetime) -> Delivery:
        delivery = Delivery(
            claimed=claimed, external_id=f"{claimed.id}-{len(self.deliveries)}", at=now
        )
        self.deliveries.append(delivery)
        return delivery
