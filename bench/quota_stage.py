"""A shop of real processes whose quota at WAGate does not last, and what comes of it."""

import tempfile
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import select

from bench.databases import Server, new_database
from bot import outbox
from bot.content import Text
from bot.inbox.conversations import ensure_conversation
from bot.lanes import OUTBOX, Lanes, lane_name
from bot.outbox import NewMessage
from bot.quotas import rests_for_quota
from bot.simulator.calls import Sent
from bot.simulator.compose import DEVICES, text_message
from bot.simulator.signers import SIGNERS
from models import Device, Direction, Event, Message, SendAttempt, reading, writing
from tests.chaos.customers import ACCOUNTS, Webhook, post
from tests.chaos.stage import Stage, new_session
from tests.chaos.waiting import is_true_within, wait_until

GATEWAY = "wagate"
DEVICE = DEVICES[GATEWAY]
ADMIN = "6281200009999"
FIRST_CUSTOMER, FIRST_SUPPLIER = 6281210000000, 6281220000000
PARTS = 5
LOOK_SECONDS = 0.25
AFTER_SECONDS = 12
POSTS_AT_ONCE = 4
RULES = "\n".join(
    [
        "version: 1",
        "settings: {bubbles: separate, language: en}",
        f'admins: {{pemilik: {{to: "{ADMIN}"}}}}',
        "rules:",
        *(
            f"  - {{id: bagian-{part}, match: {{exact: [katalog]}}, "
            f'reply: "katalog {part} dari {PARTS}", continue: {str(part < PARTS).lower()}}}'
            for part in range(1, PARTS + 1)
        ),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much happens. `reset_after` are seconds from the first customer to the next quota."""

    quota: int
    customers: int
    per_second: float
    suppliers: int
    latecomers: int
    reset_after: float
    seconds: float

    @property
    def wanted(self) -> int:
        """Return how many replies the customers want whose messages reach us."""
        return self.customers * PARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How things stand at a time, in seconds from the first customer."""

    at: float
    sent: int
    left: int
    known: int | None
    state: str


@dataclass(slots=True, kw_only=True)
class Story:
    """What came of it. `refused` are attempts that WAGate refused, `burnt` tries used up by it."""

    plan: Plan
    started_at: datetime
    looks: list[Look] = field(default_factory=list)
    notes: list[tuple[float, str]] = field(default_factory=list)
    admin: list[tuple[float, str]] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    suppliers_told: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    refused: int = 0
    burnt: int = 0
    low_events: int = 0
    not_told_of: int = 0

    def seconds(self, at: datetime) -> float:
        """Return when something was, on the clock of the story."""
        return (at - self.started_at).total_seconds()


class Shop(Stage):
    """A stage with the rules of the story, whose device knows its quota."""

    def __enter__(self) -> Self:
        super().__enter__()
        (self.folder / "rules.yaml").write_text(RULES)
        # As it is without a word of anybody's: what goes out at once must not overrun the reserve.
        self._environ.pop("WAGATE_RATE", None)
        return self

    def open(self, plan: Plan) -> None:
        """Start everything, and wait until the gateway was asked for the first time."""
        self.start()
        counter = self.simulator.quota
        counter.limit = plan.quota
        counter.resets_at = datetime.now(UTC) + timedelta(seconds=plan.reset_after)
        self.resets_at = counter.resets_at
        # So that there is a healthy device through which the admin can be told.
        self.receive("whatsgate", ADMIN, "halo")
        self.receive(GATEWAY, ADMIN, "halo")
        wait_until(lambda: self.row and self.row.quota_at)

    @property
    def row(self) -> Device | None:
        """Return what we know of the device."""
        with reading(self.engine) as session:
            return session.scalars(
                select(Device).where(Device.gateway == GATEWAY, Device.device == DEVICE)
            ).one_or_none()

    def receive(self, gateway: str, sender: str, text: str) -> bool:
        """Post what somebody writes, if the gateway does; return whether it did."""
        body = text_message(gateway, now=datetime.now(UTC), sender=sender, text=text)
        if not self.simulator.desk.lets_out(gateway, body):
            return False
        signed = SIGNERS[gateway](ACCOUNTS[gateway][0], body)
        with new_session() as session:
            return post(session, self.url, Webhook(text, signed)).ok

    def write(self, to: str, text: str) -> None:
        """Queue a message that a person of the shop writes."""
        now, place = datetime.now(UTC), (GATEWAY, DEVICE, to)
        with writing(self.engine) as session:
            message = NewMessage(
                conversation_id=ensure_conversation(session, place, now=now),
                place=place,
                content=Text(text=text),
            )
            lanes = outbox.add(session, [message], now=now)
        Lanes(self.redis).wake(lane_name(OUTBOX, lane) for lane in lanes)

    def delivered(self, first: int) -> dict[str, list[str]]:
        """Return what each of the people whose numbers begin there got, in its order."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for sent in self.simulator.sent:
            if sent.gateway == GATEWAY and sent.to.startswith(str(first)[:6]):
                found[sent.to].append(sent.text)
        return dict(found)

    def has_news(self, *, since: datetime) -> bool:
        """Return whether the admin was told anything since then."""
        return any(_is_admins(sent) and sent.at > since for sent in self.simulator.sent)

    def look(self, started_at: datetime) -> Look:
        """Return how things stand."""
        now, row = datetime.now(UTC), self.row
        return Look(
            at=(now - started_at).total_seconds(),
            sent=sum(sent.gateway == GATEWAY for sent in self.simulator.sent),
            left=self.simulator.quota.quota.remaining,
            known=row.quota_remaining if row else None,
            state=_state(row, now=now),
        )

    def count(self, story: Story) -> None:
        """Write down what became of every message."""
        customers = self.delivered(FIRST_CUSTOMER)
        suppliers = self.delivered(FIRST_SUPPLIER)
        expected = [f"katalog {part} dari {PARTS}" for part in range(1, PARTS + 1)]
        story.answered = sum(len(set(texts)) for texts in customers.values())
        story.suppliers_told = len(suppliers)
        people = [*customers.values(), *suppliers.values()]
        story.doubled = sum(len(texts) - len(set(texts)) for texts in people)
        story.out_of_order = sum(texts != expected[: len(texts)] for texts in customers.values())
        story.lost = story.plan.wanted - story.answered
        story.lost += story.plan.suppliers - story.suppliers_told
        story.admin = [
            (story.seconds(sent.at), sent.text) for sent in self.simulator.sent if _is_admins(sent)
        ]
        with reading(self.engine) as session:
            ours = session.scalars(select(Message).where(Message.direction == Direction.OUT)).all()
            refusals = session.scalars(
                select(SendAttempt).where(SendAttempt.error.startswith("QuotaExhausted"))
            ).all()
            low = session.scalars(select(Event).where(Event.kind == "quota.low")).all()
        wagate = [message for message in ours if message.gateway == GATEWAY]
        story.statuses = Counter(message.status for message in wagate)
        story.burnt = sum(message.failures for message in wagate)
        story.refused, story.low_events = len(refusals), len(low)
        story.notes += [(story.seconds(each.ended_at), "WAGate refuses") for each in refusals]
        story.notes += [(story.seconds(each.received_at), "event quota.low") for each in low]


def tell(shop: Shop, plan: Plan) -> Story:
    """Let the story happen and return it. The shop is open then; it is closed afterwards."""
    shop.open(plan)
    story = Story(plan=plan, started_at=datetime.now(UTC))
    is_over = threading.Event()
    watching = threading.Thread(target=_watch, args=(shop, story, is_over))
    watching.start()
    try:
        _happen(shop, story)
    finally:
        is_over.set()
        watching.join()
    shop.stop()
    shop.count(story)
    return story


def _happen(shop: Shop, story: Story) -> None:
    plan = story.plan
    deadline = time.monotonic() + plan.seconds
    with ThreadPoolExecutor(POSTS_AT_ONCE) as pool:
        for number in range(plan.customers):
            pool.submit(shop.receive, GATEWAY, str(FIRST_CUSTOMER + number), "katalog")
            time.sleep(1 / plan.per_second)
    _note(story, f"{plan.customers} customers have written")
    is_true_within(plan.reset_after, lambda: _state(shop.row, now=datetime.now(UTC)) != "sends")
    for number in range(plan.suppliers):
        shop.write(str(FIRST_SUPPLIER + number), "Mohon kirim stok")
    _note(story, f"people of the shop have written to {plan.suppliers} suppliers")
    is_true_within(plan.reset_after, lambda: shop.row and rests_for_quota(shop.row))
    for number in range(plan.latecomers):
        told = shop.receive(GATEWAY, str(FIRST_CUSTOMER + 100_000 + number), "halo")
        story.not_told_of += not told
    _note(story, f"{plan.latecomers} more write, of {story.not_told_of} WAGate tells nobody")
    total = plan.wanted + plan.suppliers
    is_true_within(
        max(1.0, deadline - time.monotonic()),
        lambda: sum(sent.gateway == GATEWAY for sent in shop.simulator.sent) >= total,
    )
    # What follows the last one: its record, and the news to the admin.
    is_true_within(AFTER_SECONDS, lambda: shop.has_news(since=shop.resets_at))
    time.sleep(1)


def _watch(shop: Shop, story: Story, is_over: threading.Event) -> None:
    while not is_over.wait(LOOK_SECONDS):
        story.looks.append(shop.look(story.started_at))


def _note(story: Story, what: str) -> None:
    story.notes.append((story.seconds(datetime.now(UTC)), what))


def _is_admins(sent: Sent) -> bool:
    return sent.to.partition("@")[0] == ADMIN


def _state(row: Device | None, *, now: datetime) -> str:
    if row is None or row.quota_remaining is None:
        return "sends"
    if rests_for_quota(row) and row.paused_until and row.paused_until > now:
        return "rests"
    return "reserve" if row.quota_remaining <= (row.quota_reserve or 0) else "sends"


def told(plan: Plan, server: Server) -> Story:
    """Tell a story on a database of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="balas") as folder,
        new_database(server, Path(folder)) as database_url,
        Shop(Path(folder), database_url) as shop,
    ):
        return tell(shop, plan)
