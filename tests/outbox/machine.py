"""The outbox as a state machine: steps in any order, and after each the promises are checked."""

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine

from bot.content import Text
from bot.events import Status
from bot.outbox import Doubt, NewMessage, add
from models import writing
from tests.outbox.phones import GATEWAYS, DeviceChange, Reply, Word
from tests.outbox.processes import PROCESSES, set_up
from tests.outbox.shop import Shop

MOST_MESSAGES = 14
SECONDS = (-3600, 1, 6, 21, 61, 301, 901, 3 * 3600, 25 * 3600)
TOLD = (Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED)

picks = st.integers(0, 20)
# What is carried out, answered or not, is what matters most; the rest is much the same.
replies = st.sampled_from([*Reply, *[Reply.TAKEN, Reply.LOST] * 4])
Each = TypeVar("Each")


class OutboxMachine(Shop, RuleBasedStateMachine):
    """Two devices with two conversations each, three processes that send from them."""

    def __init__(self, engine: Engine) -> None:
        Shop.__init__(self, engine)
        RuleBasedStateMachine.__init__(self)

    def teardown(self) -> None:
        if sys.exception() is None:
            self.cure()

    @initialize(
        gateways=st.tuples(st.sampled_from(GATEWAYS), st.sampled_from(GATEWAYS)),
        resends=st.booleans(),
    )
    def opens(self, gateways: Sequence[str], resends: bool) -> None:
        self.doubt = Doubt(resends=resends)
        self.devices = [(gateway, f"toko-{number}") for number, gateway in enumerate(gateways)]
        self.places = set_up(self.engine, self.devices, now=self.now)

    # What comes in.

    @precondition(lambda self: self.texts < MOST_MESSAGES)
    @rule(
        pick=picks,
        count=st.integers(1, 3),
        automatic=st.booleans(),
        lasts=st.sampled_from([None, timedelta(hours=1)]),
    )
    def queues(self, pick: int, count: int, automatic: bool, lasts: timedelta | None) -> None:
        conversation, place = _pick(list(self.places.items()), pick)
        messages = [
            NewMessage(
                conversation_id=conversation,
                place=place,
                content=Text(text=f"pesan {self.texts + number}"),
                automatic=automatic,
                useful_for=lasts,
            )
            for number in range(count)
        ]
        self.texts += count
        with writing(self.engine) as session:
            add(session, messages, now=self.tick())

    @precondition(lambda self: self.texts)
    @rule(pick=picks, contact=st.booleans())
    def somebody_writes(self, pick: int, contact: bool) -> None:
        """Let the contact write, or a person of the shop from the device."""
        conversation = _pick(list(self.places), pick)
        if contact:
            self.hear_contact(conversation)
        else:
            self.take_over(conversation)

    # What processes do.

    @precondition(lambda self: self.texts)
    @rule(
        process=st.integers(0, PROCESSES - 1),
        free=st.integers(1, 4),
        per_device=st.integers(1, 4),
        meanwhile=st.sampled_from(["", "", "claims", "sweeps", "takes over"]),
    )
    def claims(self, process: int, free: int, per_device: int, meanwhile: str) -> None:
        things: dict[str, Callable[[], object]] = {
            "": lambda: None,
            "claims": lambda: self.claims((process + 1) % PROCESSES, free, per_device, ""),
            "sweeps": self.sweep,
            "takes over": lambda: self.take_over(_pick(list(self.places), process)),
        }
        self.claim(process, free=free, per_device=per_device, meanwhile=things[meanwhile])

    @precondition(lambda self: self.claimed())
    @rule(pick=picks)
    def marks(self, pick: int) -> None:
        self.mark(_pick(self.claimed(), pick))

    @precondition(lambda self: self.marked())
    @rule(pick=picks, reply=replies)
    def requests(self, pick: int, reply: Reply) -> None:
        self.request(_pick(self.marked(), pick), reply)

    @precondition(lambda self: self.answered())
    @rule(pick=picks, together=st.booleans())
    def records(self, pick: int, together: bool) -> None:
        one = _pick(self.answered(), pick)
        others = [each for each in self.answered() if each.process == one.process]
        self.record(others if together else [one])

    @precondition(lambda self: self.texts)
    @rule(
        process=st.integers(0, PROCESSES - 1),
        reply=replies,
        seconds=st.sampled_from(SECONDS),
        sweeps=st.booleans(),
        until=st.sampled_from(["recorded", "recorded", "answered", "marked"]),
    )
    def time_passes_and_one_works(
        self, process: int, reply: Reply, seconds: int, sweeps: bool, until: str
    ) -> None:
        """Claim, and go on with what is new in the hands of a process until it falls asleep."""
        self.time_passes(seconds, sweeps)
        old = list(self.processes.flights)
        self.claims(process, 4, 4, "")
        for flight in [each for each in self.claimed() if each not in old]:
            self.mark(flight)
            if flight.number is not None and until != "marked":
                self.request(flight, reply)
        answered = [each for each in self.answered() if each not in old]
        if answered and until == "recorded":
            self.record(answered)

    @precondition(lambda self: self.processes.flights)
    @rule(process=st.integers(0, PROCESSES - 1))
    def dies(self, process: int) -> None:
        self.processes.die(process)

    @precondition(lambda self: self.texts)
    @rule(seconds=st.sampled_from(SECONDS), sweeps=st.booleans())
    def time_passes(self, seconds: int, sweeps: bool) -> None:
        self.now += timedelta(seconds=seconds)
        if seconds < 0:
            # By no round time: two claims at one microsecond would be one to the fences.
            self.now -= timedelta(microseconds=self.now.microsecond % 7919)
            self.was_set_back = True
        if sweeps:
            self.sweep()

    # What gateways tell.

    @precondition(lambda self: self.phones.deliveries)
    @rule(pick=picks, status=st.sampled_from(TOLD))
    def status_comes(self, pick: int, status: Status) -> None:
        delivery = _pick(self.phones.deliveries, pick)
        self.hear(delivery, delivery.status(status))

    @precondition(lambda self: self.shown())
    @rule(pick=picks)
    def echo_comes(self, pick: int) -> None:
        delivery = _pick(self.shown(), pick)
        self.hear(delivery, delivery.echo())

    @precondition(lambda self: self.put_off)
    @rule(pick=picks)
    def evidence_comes_again(self, pick: int) -> None:
        self.hear_again(self.put_off.pop(pick % len(self.put_off)))

    @rule(pick=picks, change=st.sampled_from(DeviceChange))
    def device_changes(self, pick: int, change: DeviceChange) -> None:
        self.change_device(_pick(self.devices, pick), change)

    # What people do.

    @precondition(lambda self: self.texts)
    @rule(pick=picks, word=st.sampled_from(Word))
    def person_settles(self, pick: int, word: Word) -> None:
        self.settle(_pick(list(self.look().messages), pick), word)

    # What must be true.

    @invariant()
    def keeps_its_promises(self) -> None:
        self.promises.check_tables(self.look())


def _pick(things: Sequence[Each], pick: int) -> Each:
    return things[pick % len(things)]
