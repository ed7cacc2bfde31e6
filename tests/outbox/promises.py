"""What the outbox promises, in the words of a sceptic: the model with which it is compared.

**Once.** A message comes to a phone once. Only if it may have been sent and nothing could tell,
and then a person or the policy `resend` had it sent again, it may come twice; through a gateway
that carries a repeated key out once, only after a person's word.

**In order.** What comes to a phone first comes in the order in which it was queued, within a
conversation. A message goes past an earlier one only if that, when the later one was claimed,
- was settled: it had been sent, given up or taken back (a person may bring it back later),
- was too old to be sent,
- was held for a person or for the contact,
- had to wait for more than RETRY_BLOCKS, because the gateway asked for so long,
- had been `unknown` for more than UNKNOWN_BLOCKS, and no sweep had decided on it, or
- was automatic and waited for quota, of which the last is kept for what people write.

**Forwards.** What was sent stays sent, and its status only goes forwards.
"""

from dataclasses import dataclass, field
from datetime import datetime

from bot.events import MessageEcho, Status, StatusChanged
from bot.lanes import CLOCK_SKEW
from bot.outbox.claim import RETRY_BLOCKS, UNKNOWN_BLOCKS
from bot.outbox.echoes import ECHO_WINDOW, LATEST
from bot.outbox.evidence import NEXT, PROGRESS
from bot.outbox.sweep import LEASE
from models import Device, Message, MessageStatus
from models.message import UNSETTLED
from tests.outbox.phones import (
    FREE_OF_CHARGE,
    IDEMPOTENT,
    WITH_REFERENCES,
    Delivery,
    Phones,
    Reply,
    Told,
)
from tests.outbox.processes import DeviceKey, Flight, Tables

SENT = PROGRESS[MessageStatus.SENT]
ENDED = (MessageStatus.DEAD, MessageStatus.CANCELLED, MessageStatus.FAILED)


class Broken(AssertionError):
    """The outbox has not kept a promise."""


@dataclass(slots=True)
class Known:
    """What is known of a message besides its row.

    `is_anew`: a person had it sent again, so no evidence of the times before concerns it.
    """

    furthest: int = 0
    attempts: int = 0
    may_double: bool = False
    is_anew: bool = False
    is_confirmed: bool = False


@dataclass(slots=True)
class Promises:
    """The model. `overtakes` are pairs of messages of which the later one was allowed to go."""

    phones: Phones
    known: dict[int, Known] = field(default_factory=dict)
    overtakes: set[tuple[int, int]] = field(default_factory=set)

    def of(self, message_id: int) -> Known:
        """Return what is known of a message."""
        return self.known.setdefault(message_id, Known())

    def sent_anew(self, message_id: int) -> None:
        """Note that a person had a message sent again."""
        known = self.of(message_id)
        known.is_anew = known.may_double = True
        known.furthest, known.is_confirmed = 0, False

    def sent_again(self, before: Tables, after: Tables) -> None:
        """Note what the policy `resend` sends again though it may have been sent."""
        for message in after.messages.values():
            earlier = before.messages[message.id]
            was_on_its_way = earlier.status in (MessageStatus.SENDING, MessageStatus.UNKNOWN)
            if was_on_its_way and message.status == MessageStatus.QUEUED:
                self.of(message.id).may_double |= message.gateway != IDEMPOTENT

    def check_claims(
        self, taken: list[Flight], *, before: Tables, then: Tables, now: datetime
    ) -> None:
        """Check a claim. `before` it, and `then`: after what happened in the middle of it."""
        probes: dict[DeviceKey, int] = {}
        hosts: dict[str, int] = {}
        for flight in taken:
            message = then.messages[flight.claimed.id]
            sender = (message.gateway, message.device)
            check(message.status == MessageStatus.QUEUED, "claimed what is not queued", message)
            check(message.held is None, "claimed what is held", message)
            check(_is_due(message, now), "claimed what is not due", message)
            check(_is_useful(message, now), "claimed what is too old", message)
            device = before.devices.get(sender)
            if device:
                check(not _rests(device, now), "claimed from a device that rests", message)
                check(
                    not (message.automatic and _is_in_reserve(device)),
                    "claimed an automatic message from the reserve",
                    message,
                )
                probes[sender] = probes.get(sender, 0) + (device.pauses > 0)
            for breaker in before.breakers:
                if breaker.gateway == message.gateway and breaker.paused_until:
                    check(breaker.paused_until <= now, "claimed for a host that rests", message)
                    hosts[breaker.gateway] = hosts.get(breaker.gateway, 0) + 1
            self._check_order(message, then, now)
        counts = [*probes.values(), *hosts.values()]
        check(all(count <= 1 for count in counts), "more than one probe", counts)

    def check_request(self, flight: Flight, tables: Tables) -> None:
        """Check what a request has brought to a phone."""
        message = tables.messages[flight.claimed.id]
        deliveries = self.phones.of(message.id)
        check(len(deliveries) < 2 or self.of(message.id).may_double, "delivered twice", message)
        if len(deliveries) == 1 and self.phones.deliveries[-1] is deliveries[0]:
            for other in tables.messages.values():
                is_later = (
                    other.id > message.id and other.conversation_id == message.conversation_id
                )
                if is_later and self.phones.of(other.id):
                    allowed = (message.id, other.id) in self.overtakes
                    check(allowed, f"{other.id} came before", message)

    def check_result(self, flight: Flight, *, before: Tables, after: Tables) -> None:
        """Check what a result has changed, if no other one of its message came with it."""
        earlier, message = (each.messages[flight.claimed.id] for each in (before, after))
        if flight.reply in FREE_OF_CHARGE and message.status != MessageStatus.DEAD:
            device = before.devices.get((message.gateway, message.device))
            has_rested = device is not None and device.pauses > 0
            # Who makes a device rest that works may be alone at fault.
            price = 0 if has_rested or flight.reply is Reply.OUTSIDE_WINDOW else 1
            is_fair = message.failures - earlier.failures <= price
            check(is_fair, "paid for what its device could not do", message)
        if earlier.attempts > (flight.number or 0):
            is_untouched = (earlier.status, earlier.failures) == (message.status, message.failures)
            check(is_untouched, "changed by a result of an earlier attempt", message)

    def check_sweep(self, *, before: Tables, after: Tables, now: datetime) -> None:
        """Check that a sweep takes nothing from a process that may be at work."""
        for message in before.messages.values():
            if message.status in (MessageStatus.CLAIMED, MessageStatus.SENDING):
                is_sending = message.status == MessageStatus.SENDING
                since = message.attempted_at if is_sending else message.claimed_at
                assert since is not None
                is_at_work = now - LEASE < since <= now
                is_left = after.messages[message.id].status == message.status
                check(is_left or not is_at_work, "taken from a process at work", message)

    def check_tables(self, tables: Tables) -> None:
        """Check what must be true at any time."""
        for message in tables.messages.values():
            known, progress = self.of(message.id), PROGRESS.get(MessageStatus(message.status), -1)
            if known.furthest >= SENT:
                check(progress >= known.furthest, "its status went back", message)
            if progress >= SENT and not known.is_confirmed:
                check(bool(self.phones.of(message.id)), "sent, and never came", message)
            check(message.attempts >= known.attempts, "forgot an attempt", message)
            is_waiting = message.status in (MessageStatus.QUEUED, MessageStatus.UNKNOWN)
            check(message.held is None or is_waiting, "held, and not waiting", message)
            known.furthest, known.attempts = max(known.furthest, progress), message.attempts

    def check_evidence(
        self, delivery: Delivery, told: Told, *, before: Tables, after: Tables, heard_at: datetime
    ) -> None:
        """Check that what came to a phone is known to have come, once a gateway has told it."""
        earlier, message = (each.messages[delivery.claimed.id] for each in (before, after))
        is_anew = self.of(message.id).is_anew or earlier.external_id is not None
        status = told.status if isinstance(told, StatusChanged) else Status.SENT
        assert status is not None
        is_reported = message.gateway == WITH_REFERENCES
        is_shown = isinstance(told, MessageEcho) and _is_known_by_words(earlier, delivery, heard_at)
        if earlier.external_id == delivery.external_id or (
            (is_reported or is_shown) and not is_anew
        ):
            progress = PROGRESS.get(MessageStatus(message.status), -1)
            check(progress >= PROGRESS[NEXT[status][0]], f"{status}, and not known", message)

    def check_end(self, tables: Tables) -> None:
        """Check what must be true when everything works again and everything was told."""
        for message in tables.messages.values():
            is_settled = message.status not in UNSETTLED
            check(is_settled or message.held is not None, "stuck", message)
            if not is_settled:
                check(message.held == "unknown", "held, though nobody is waited for", message)

    def _check_order(self, later: Message, then: Tables, now: datetime) -> None:
        device = then.devices.get((later.gateway, later.device))
        for earlier in then.messages.values():
            if earlier.conversation_id == later.conversation_id and earlier.id < later.id:
                allowed = _may_be_passed(earlier, device, now)
                check(allowed, f"claimed {later.id} past it", earlier)
                self.overtakes.add((earlier.id, later.id))


def check(is_kept: bool, promise: str, about: object) -> None:
    """Raise Broken unless a promise was kept."""
    if not is_kept:
        raise Broken(f"{promise}: {_shown(about)}")


def _shown(about: object) -> object:
    if not isinstance(about, Message):
        return about
    names = ("id", "gateway", "status", "held", "attempts", "failures", "due_at", "error")
    return {name: getattr(about, name) for name in names}


def _is_known_by_words(message: Message, delivery: Delivery, heard_at: datetime) -> bool:
    """Say whether an echo is compared with it: not if a process slept before it sent it."""
    if message.status in ENDED or message.attempted_at is None:
        return False
    told_at = min(max(delivery.at, heard_at - LATEST), heard_at)
    is_near = message.attempted_at > told_at - ECHO_WINDOW
    return is_near or message.status == MessageStatus.UNKNOWN


def _may_be_passed(earlier: Message, device: Device | None, now: datetime) -> bool:
    if earlier.status not in UNSETTLED or earlier.held is not None:
        return True
    if earlier.status == MessageStatus.QUEUED and not _is_useful(earlier, now):
        return True
    if earlier.status == MessageStatus.UNKNOWN:
        assert earlier.attempted_at is not None
        return earlier.attempted_at <= now - UNKNOWN_BLOCKS
    if earlier.status != MessageStatus.QUEUED:
        return False
    assert earlier.due_at is not None
    is_kept_back = device is not None and earlier.automatic and _is_in_reserve(device)
    return is_kept_back or earlier.due_at > now + RETRY_BLOCKS


def _is_due(message: Message, now: datetime) -> bool:
    assert message.due_at is not None
    return message.due_at <= (now if message.attempts else now + CLOCK_SKEW)


def _is_useful(message: Message, now: datetime) -> bool:
    return message.expires_at is None or message.expires_at > now


def _rests(device: Device, now: datetime) -> bool:
    return any(until and until > now for until in (device.paused_until, device.stopped_until))


def _is_in_reserve(device: Device) -> bool:
    remaining, reserve = device.quota_remaining, device.quota_reserve
    return remaining is not None and reserve is not None and remaining <= reserve
