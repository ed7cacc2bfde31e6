"""Effects are performed by threads, tried again, and given up with a reason."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update

from bot.client import Client
from bot.content import Text
from bot.effects import EffectKind, NewEffect, add
from bot.events import DeviceState, Event
from bot.gateways.accounts import Account, Accounts
from bot.gateways.base import (
    Acknowledgement,
    DeviceReport,
    Exchange,
    Gateway,
    LookedUp,
    OutgoingMessage,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.errors import RateLimited, Rejected, TransientError
from bot.inbox.conversations import ensure_conversation
from bot.lanes import LANES
from bot.outbox import NewMessage
from bot.outbox import add as queue
from bot.performing import Performer
from bot.performing.desk import Desk
from models import Device, Effect, Message, MessageStatus, reading, writing

PLACE = ("lontar", "toko-1", "6281200000042")


class Lontar(Gateway):
    """A gateway without a network: it answers what a test has prepared, or raises it."""

    name = "lontar"
    title = "Lontar"

    def __init__(self, *answers: object) -> None:
        super().__init__([Account()])
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []

    def verify(self, request: WebhookRequest) -> Accounts:
        return self.accounts

    def parse(self, request: WebhookRequest) -> list[Event]:
        return []

    def acknowledge(self, request: WebhookRequest, *, duplicate: bool) -> Acknowledgement:
        return Acknowledgement(body=b"")

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        return SentMessage()
        yield

    def look_up(self, device: str, ticket: str) -> Exchange[LookedUp]:
        found: LookedUp = self._next("look_up", device, ticket)
        return found
        yield

    def mark_read(self, device: str, address: str, message_id: str) -> Exchange[None]:
        self._next("mark_read", device, address, message_id)
        return
        yield

    def device_report(self, device: str) -> Exchange[DeviceReport]:
        report: DeviceReport = self._next("device_report", device)
        return report
        yield

    def _next(self, *asked: str) -> Any:
        self.asked.append(asked)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


class Stage:
    """A performer between a database and a gateway."""

    def __init__(self, engine: Engine, gateway: Gateway | None) -> None:
        self.engine = engine
        self.woken: list[tuple[set[str], float]] = []
        gateways = {gateway.name: gateway} if gateway else {}
        desk = Desk(engine=engine, client=Client(), gateways=gateways, wake=self.wake)
        self.performer = Performer(desk)

    def wake(self, names: set[str], *, after: float = 0.0) -> None:
        if names:
            self.woken.append((set(names), after))

    def put(self, kind: EffectKind, **values: Any) -> None:
        gateway, device, address = PLACE
        effect = NewEffect(
            kind=kind, key="1", gateway=gateway, device=device, address=address, **values
        )
        with writing(self.engine) as session:
            add(session, [effect], now=datetime.now(UTC))

    def perform(self) -> None:
        """Perform what is due in every lane, and in those that are woken for more."""
        lanes = set(range(LANES))
        while lanes:
            marks = len(self.woken)
            for lane in lanes:
                assert not self.performer.perform(lane)
            assert self.performer.finish(seconds=20)
            lanes = {
                int(name.partition(":")[2])
                for names, after in self.woken[marks:]
                for name in names
                if name.startswith("effects:") and not after
            }

    def make_due(self) -> None:
        with writing(self.engine) as session:
            session.execute(update(Effect).values(due_at=datetime.now(UTC)))

    @property
    def effect(self) -> Effect:
        with reading(self.engine) as session:
            return session.scalars(select(Effect)).one()

    def sent_message(self, **values: Any) -> int:
        """Put down a message that the gateway took, and return its id."""
        now = datetime.now(UTC)
        with writing(self.engine) as session:
            conversation = ensure_conversation(session, PLACE, now=now)
            message = NewMessage(
                conversation_id=conversation, place=PLACE, content=Text(text="Siap")
            )
            queue(session, [message], now=now)
        with writing(self.engine) as session:
            return session.scalars(
                update(Message)
                .where(Message.external_id.is_(None), Message.status == "queued")
                .values({"status": "sent", "ticket": "msg_1", "attempted_at": now, **values})
                .returning(Message.id)
            ).one()

    def message(self, message_id: int) -> Message:
        with reading(self.engine) as session:
            return session.get_one(Message, message_id)


def looking_up(engine: Engine, *answers: object, **values: Any) -> tuple[Stage, Lontar, int]:
    gateway = Lontar(*answers)
    stage = Stage(engine, gateway)
    message_id = stage.sent_message(**values)
    stage.put(EffectKind.LOOK_UP, message_id=message_id, details={"ticket": "msg_1"})
    return stage, gateway, message_id


def test_a_message_gets_the_id_that_its_statuses_carry(engine: Engine) -> None:
    stage, gateway, message_id = looking_up(engine, LookedUp(external_id="3EB0A1"))

    stage.perform()

    assert gateway.asked == [("look_up", "toko-1", "msg_1")]
    assert stage.message(message_id).external_id == "3EB0A1"
    assert stage.effect.done_at is not None
    assert stage.effect.error is None


def test_what_the_gateway_does_not_know_yet_is_asked_again(engine: Engine) -> None:
    stage, gateway, message_id = looking_up(engine, LookedUp(), LookedUp(external_id="3EB0A1"))

    stage.perform()
    stage.perform()

    assert len(gateway.asked) == 1
    assert stage.effect.done_at is None
    assert stage.woken[-1][1] > 0.5

    stage.make_due()
    stage.perform()

    assert stage.message(message_id).external_id == "3EB0A1"


def test_a_message_that_the_gateway_lost_is_queued_again_under_a_new_key(engine: Engine) -> None:
    stage, _, message_id = looking_up(engine, LookedUp(is_lost=True))
    before = stage.message(message_id)

    stage.perform()

    after = stage.message(message_id)
    assert (after.status, after.ticket, after.failures) == (MessageStatus.QUEUED, None, 1)
    assert after.idempotency_key != before.idempotency_key
    assert any("outbox" in name for names, _ in stage.woken for name in names)


def test_a_message_that_is_lost_again_and_again_is_given_up(engine: Engine) -> None:
    stage, _, message_id = looking_up(engine, LookedUp(is_lost=True), failures=7)

    stage.perform()

    assert stage.message(message_id).status == MessageStatus.DEAD
    assert any("inbox" in name for names, _ in stage.woken for name in names)


def test_a_lost_message_that_was_told_delivered_meanwhile_is_left_alone(engine: Engine) -> None:
    stage, _, message_id = looking_up(engine, LookedUp(is_lost=True), status="delivered")

    stage.perform()

    assert stage.message(message_id).status == MessageStatus.DELIVERED


def test_two_messages_never_get_one_external_id(engine: Engine) -> None:
    stage, _, message_id = looking_up(engine, LookedUp(external_id="3EB0A1"))
    other = stage.sent_message(external_id="3EB0A1")

    stage.perform()

    assert stage.message(message_id).external_id is None
    assert stage.message(other).external_id == "3EB0A1"
    assert stage.effect.done_at is not None


@pytest.mark.parametrize(
    ("error", "at_least"),
    [
        (TransientError("away"), 0.5),
        (RateLimited("slow down", retry_after=40), 40.0),
        (ValueError("a defect"), 0.5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_fails_for_now_is_tried_again(
    engine: Engine, error: Exception, at_least: float
) -> None:
    stage = Stage(engine, Lontar(error, None))
    stage.put(EffectKind.MARK_READ, details={"message_id": "A1"})

    stage.perform()

    effect = stage.effect
    assert effect.done_at is None
    assert effect.due_at >= effect.created_at + timedelta(seconds=at_least)
    assert type(error).__name__ in (effect.error or "")

    stage.make_due()
    stage.perform()

    assert stage.effect.done_at is not None


def test_is_given_up_after_its_tries(engine: Engine) -> None:
    gateway = Lontar(*[TransientError("away") for _ in range(9)])
    stage = Stage(engine, gateway)
    stage.put(EffectKind.MARK_READ, details={"message_id": "A1"})

    for _ in range(9):
        stage.perform()
        stage.make_due()

    assert len(gateway.asked) == 3
    assert stage.effect.done_at is not None
    assert stage.effect.error == "TransientError: away"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Rejected("no such message"), "Rejected: no such message"),
        (None, "NotSupported: the gateway is not configured here"),
    ],
    ids=["refused", "not configured"],
)
def test_what_can_never_work_is_given_up_at_once(
    engine: Engine, error: Exception | None, reason: str
) -> None:
    stage = Stage(engine, Lontar(error) if error else None)
    stage.put(EffectKind.MARK_READ, details={"message_id": "A1"})

    stage.perform()

    assert stage.effect.error == reason
    assert stage.effect.done_at is not None


def test_what_is_of_no_use_any_more_is_given_up(engine: Engine) -> None:
    stage = Stage(engine, Lontar(TransientError("away")))
    stage.put(EffectKind.MARK_READ, details={"message_id": "A1"})
    with writing(engine) as session:
        session.execute(update(Effect).values(created_at=datetime.now(UTC) - timedelta(minutes=2)))

    stage.perform()

    assert stage.effect.done_at is not None


def test_what_has_waited_too_long_is_not_done_any_more(engine: Engine) -> None:
    gateway = Lontar()
    stage = Stage(engine, gateway)
    stage.put(EffectKind.SHOW_TYPING, details={"message_id": "A1"})
    with writing(engine) as session:
        session.execute(update(Effect).values(created_at=datetime.now(UTC) - timedelta(hours=5)))

    stage.perform()

    assert gateway.asked == []
    assert stage.effect.error == "too old to be of use"


def test_what_kills_its_process_each_time_is_given_up(engine: Engine) -> None:
    gateway = Lontar()
    stage = Stage(engine, gateway)
    stage.put(EffectKind.MARK_READ, details={"message_id": "A1"})
    with writing(engine) as session:
        session.execute(update(Effect).values(attempts=3))

    stage.perform()

    assert gateway.asked == []
    assert stage.effect.error == "no attempt came to an end"


def test_a_short_fault_of_the_database_costs_no_work(sqlite_engine: Engine) -> None:
    gateway = Lontar()
    stage = Stage(sqlite_engine, gateway)
    stage.put(EffectKind.MARK_READ, details={"message_id": "A1"})
    faults = ["locked", "locked"]

    def fail(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "done_at=" in statement and faults:
            raise sqlite3.OperationalError(f"database is {faults.pop()}")

    event.listen(sqlite_engine, "before_cursor_execute", fail)
    stage.perform()

    assert faults == []
    assert len(gateway.asked) == 1
    assert stage.effect.done_at is not None


def test_keeps_what_a_device_reports(engine: Engine) -> None:
    report = DeviceReport(
        device="toko-1", state=DeviceState.CONNECTED, phone="6281200000099", name="Toko"
    )
    stage = Stage(engine, Lontar(report))
    stage.put(EffectKind.REPORT_DEVICE)

    stage.perform()

    with reading(engine) as session:
        [device] = session.scalars(select(Device)).all()
    assert (device.state, device.phone, device.name) == ("connected", "6281200000099", "Toko")
    assert device.reported_at is not None


def test_does_every_effect_of_a_lane_with_few_threads(engine: Engine) -> None:
    gateway = Lontar()
    stage = Stage(engine, gateway)
    with writing(engine) as session:
        add(session, many(30), now=datetime.now(UTC))

    stage.perform()

    assert len(gateway.asked) == 30


def many(number: int) -> Sequence[NewEffect]:
    return [
        NewEffect(
            kind=EffectKind.MARK_READ,
            key=f"n{index}",
            gateway="lontar",
            device="toko-1",
            address="6281200000042",
            details={"message_id": f"A{index}"},
        )
        for index in range(number)
    ]
