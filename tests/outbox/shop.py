"""A shop that sends: its tables, its processes, its customers' phones, and a clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, update

from bot.events import MessageEcho, Status, StatusChanged
from bot.gateways.errors import QuotaExhausted
from bot.healing import heal
from bot.inbox.deferring import ECHO_AT_MOST, STATUS_AT_MOST
from bot.outbox import (
    Doubt,
    Echo,
    cancel_automatic,
    expire,
    record_status,
    release_held,
    resume,
    settle_echo,
)
from bot.outbox.retry import confirm_not_sent, retry_all
from bot.outbox.settling import confirm_sent, discard
from bot.outbox.stops import let_go_on, stop
from bot.outbox.sweep import LEASE
from models import Conversation, Device, MessageStatus, writing
from models.message import UNSETTLED
from tests.making import NOW
from tests.outbox.phones import (
    IDEMPOTENT,
    WITH_ECHOES,
    Delivery,
    DeviceChange,
    Phones,
    Reply,
    Told,
    Word,
)
from tests.outbox.processes import (
    PROCESSES,
    DeviceKey,
    Flight,
    Place,
    Processes,
    Tables,
    look,
    tell_quota,
)
from tests.outbox.promises import Promises, check

# So often, and each time so much later, everything is tried: longer than anything rests or blocks.
TURNS = 12
TURN = timedelta(minutes=40)


@dataclass(frozen=True, slots=True)
class PutOff:
    """What a gateway told before we could know what it meant."""

    delivery: Delivery
    told: Told
    received_at: datetime


class Shop:
    """What the steps of the machine are made of. Every one that can break a promise checks it."""

    doubt: Doubt
    devices: list[DeviceKey]
    places: dict[int, Place]

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = NOW
        self.phones = Phones()
        self.promises = Promises(self.phones)
        self.processes = Processes(engine, self.phones)
        self.put_off: list[PutOff] = []
        self.was_set_back = False
        self.texts = 0

    def tick(self) -> datetime:
        """Let a moment pass and return the time: no two things happen at once."""
        self.now += timedelta(microseconds=1009)
        return self.now

    def look(self) -> Tables:
        """Return what the tables say now."""
        return look(self.engine)

    def claimed(self) -> list[Flight]:
        """Return what was claimed and not marked."""
        return [each for each in self.processes.flights if each.number is None]

    def marked(self) -> list[Flight]:
        """Return what was marked and not requested."""
        flights = self.processes.flights
        return [each for each in flights if each.number is not None and each.result is None]

    def answered(self) -> list[Flight]:
        """Return what was answered and not recorded."""
        return [each for each in self.processes.flights if each.result is not None]

    def shown(self) -> list[Delivery]:
        """Return the deliveries of which a gateway shows an echo."""
        return [each for each in self.phones.deliveries if each.claimed.gateway == WITH_ECHOES]

    def claim(
        self, process: int, *, free: int, per_device: int, meanwhile: Callable[[], object]
    ) -> list[Flight]:
        """Let a process claim messages; `meanwhile` happens in the middle of it."""
        before, now, then = self.look(), self.tick(), list[Tables]()

        def interrupt() -> None:
            meanwhile()
            then.append(self.look())

        taken = self.processes.claim(
            process, free=free, per_device=per_device, meanwhile=interrupt, now=now
        )
        self.promises.check_claims(taken, before=before, then=then[0], now=now)
        return taken

    def mark(self, flight: Flight) -> None:
        """Let a request leave, unless somebody else has the message now."""
        message = flight.claimed.id
        claimed_at = self.look().messages[message].claimed_at
        self.processes.mark(flight, now=self.tick())
        if flight.number is None:
            return
        is_ours = claimed_at == flight.claimed.claimed_at
        check(is_ours, "marked by somebody who had lost it", message)
        for other in self.processes.flights:
            if other is not flight and other.claimed.id == message and other.marked_at:
                check(other.number != flight.number, "one number for two attempts", message)
                is_lost = self.now - other.marked_at >= LEASE or self.was_set_back
                is_done = other.result is not None or self.promises.of(message).is_anew
                check(is_lost or is_done, "two attempts at the same time", message)

    def request(self, flight: Flight, reply: Reply) -> None:
        """Send a request; the gateway does with it as `reply` says."""
        self.processes.request(flight, reply, now=self.tick())
        self.promises.check_request(flight, self.look())

    def record(self, flights: Sequence[Flight]) -> None:
        """Write results down."""
        before = self.look()
        self.processes.record(flights, now=self.tick())
        after = self.look()
        ids = [flight.claimed.id for flight in flights]
        for flight in flights:
            if ids.count(flight.claimed.id) == 1:
                self.promises.check_result(flight, before=before, after=after)

    def sweep(self) -> None:
        """Do what the sweep does for the outbox."""
        before = self.look()
        now = self.tick()
        expire(self.engine, idempotent=frozenset({IDEMPOTENT}), doubt=self.doubt, now=now)
        self.promises.check_sweep(before=before, after=self.look(), now=now)
        heal(self.engine, now=now)
        if self.doubt.resends:
            self.promises.sent_again(before, self.look())

    def hear_contact(self, conversation: int) -> None:
        """Let a contact write."""
        with writing(self.engine) as session:
            wrote = update(Conversation).where(Conversation.id == conversation)
            session.execute(wrote.values(wrote_at=self.tick()))
            release_held(session, [conversation], now=self.now)

    def take_over(self, conversation: int) -> None:
        """Let a person of the shop write from the device."""
        with writing(self.engine) as session:
            taken = update(Conversation).where(Conversation.id == conversation)
            session.execute(taken.values(taken_until=self.tick()))
            cancel_automatic(session, conversation, before=self.now)
        for message in self.look().messages.values():
            is_left = message.status == MessageStatus.QUEUED and message.automatic
            is_older = message.conversation_id == conversation and message.created_at < self.now
            check(not (is_left and is_older), "not cancelled by a takeover", message)

    def change_device(self, device: DeviceKey, change: DeviceChange) -> None:
        """Let something become of a device."""
        with writing(self.engine) as session:
            match change:
                case DeviceChange.CONNECTED:
                    resume(session, *device)
                case DeviceChange.STOPPED:
                    stop(session, *device)
                case DeviceChange.STOPPED_FOR_A_WHILE:
                    stop(session, *device, until=self.tick() + timedelta(minutes=10))
                case DeviceChange.GOES_ON:
                    let_go_on(session, *device)
                case DeviceChange.LOW:
                    tell_quota(session, device, remaining=1, now=self.tick())
                case DeviceChange.QUOTA_IS_BACK:
                    tell_quota(session, device, remaining=900, now=self.tick())
                    resume(session, *device, after=QuotaExhausted)

    def settle(self, message: int, word: Word) -> None:
        """Let a person settle a message, as far as it may be."""
        match word:
            case Word.RETRY:
                for settled in retry_all(self.engine, [message], now=self.tick()).ids:
                    self.promises.sent_anew(settled)
            case Word.NOT_SENT:
                for settled in confirm_not_sent(self.engine, [message], now=self.tick()).ids:
                    self.promises.sent_anew(settled)
            case Word.SENT:
                for settled in confirm_sent(self.engine, [message], now=self.tick()).ids:
                    self.promises.of(settled).is_confirmed = True
            case Word.DISCARD:
                for settled in discard(self.engine, [message]).ids:
                    self.promises.of(settled).furthest = 0

    def hear(self, delivery: Delivery, told: Told) -> None:
        """Hear what a gateway tells."""
        self._hear(PutOff(delivery, told, self.tick()), is_final=False)

    def hear_again(self, put_off: PutOff) -> None:
        """Hear what could not be understood before."""
        at_most = ECHO_AT_MOST if isinstance(put_off.told, MessageEcho) else STATUS_AT_MOST
        self._hear(put_off, is_final=self.tick() - put_off.received_at > at_most)

    def cure(self) -> None:
        """Let everything work and everything be told; then nothing may be stuck."""
        for process in range(PROCESSES):
            self.processes.die(process)
        for device in self.devices:
            with writing(self.engine) as session:
                let_go_on(session, *device)
                session.execute(update(Device).values(quota_remaining=None))
        self._tell_everything()
        for _ in range(TURNS):
            self.sweep()
            with writing(self.engine) as session:
                release_held(session, list(self.places), now=self.tick())
            self._send_everything()
            is_over = all(
                message.status not in UNSETTLED or message.held
                for message in self.look().messages.values()
            )
            if is_over:
                break
            self.now += TURN
        self._tell_everything()
        self.promises.check_end(self.look())

    def _hear(self, heard: PutOff, *, is_final: bool) -> None:
        delivery, told = heard.delivery, heard.told
        before = self.look()
        with writing(self.engine) as session:
            if isinstance(told, MessageEcho):
                verdict = settle_echo(
                    session,
                    delivery.claimed.conversation_id,
                    told,
                    is_final=is_final,
                    received_at=heard.received_at,
                )
                is_understood = verdict is not Echo.TOO_EARLY
            else:
                is_understood = record_status(session, told, is_final=is_final, now=self.now)
        check(is_understood or not is_final, "put off for ever", told)
        if not is_understood:
            self.put_off.append(heard)
            return
        self.promises.check_evidence(
            delivery, told, before=before, after=self.look(), heard_at=heard.received_at
        )

    def _tell_everything(self) -> None:
        for delivery in self.phones.deliveries:
            for told in (delivery.status(Status.DELIVERED), delivery.echo()):
                if isinstance(told, StatusChanged) or delivery in self.shown():
                    self._hear(PutOff(delivery, told, self.tick()), is_final=True)

    def _send_everything(self) -> None:
        while taken := self.claim(0, free=8, per_device=8, meanwhile=lambda: None):
            for flight in taken:
                self.mark(flight)
                self.request(flight, Reply.TAKEN)
            self.record(taken)
        self.promises.check_tables(self.look())
