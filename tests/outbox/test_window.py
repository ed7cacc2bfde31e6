"""Meta's 24 hours, judged when a message is sent: through the strict simulator, over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot import content
from bot.client import Client
from bot.content import Content
from bot.gateways.errors import OutsideWindow
from bot.inbox.conversations import ensure_conversation
from bot.lanes import LANES
from bot.outbox import (
    Courier,
    NewMessage,
    add,
    claim,
    judge_outcome,
    mark_sending,
    record_outcomes,
    release_held,
)
from bot.outbox.attempt import Attempt
from bot.simulator.compose import DEVICES, SENDER, compose
from bot.simulator.server import Simulator
from models import Conversation, Message, writing
from tests.making import gateways, outgoing

DEVICE = DEVICES["meta"]
TEXT = content.Text(text="Pesanan siap.\n\nTotal: Rp 50.000")
TEMPLATE = {"META_WINDOW_TEMPLATE": "kabar/id"}
WITH_TEXT = {**TEMPLATE, "META_WINDOW_TEMPLATE_TEXT": "true"}


class Shop:
    """A courier to the simulator, with settings of a test's own."""

    def __init__(self, engine: Engine, simulator: Simulator, **settings: str) -> None:
        self.engine = engine
        self.simulator = simulator
        url = simulator.api_urls["meta"]
        configured = gateways(META_API_URL=url, **settings)
        self.courier = Courier(engine, Client(), configured, _nobody, threads=4)

    def hears(self, *, hours_ago: float) -> None:
        """Let the contact write: Meta knows, and so do we."""
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        self.simulator.aftermath.sign("meta", compose("meta", "text", now=at))
        self.believes(hours_ago=hours_ago)

    def believes(self, *, hours_ago: float) -> None:
        """Let us alone know that the contact wrote."""
        conversation = self._conversation()
        with writing(self.engine) as session:
            found = session.get_one(Conversation, conversation)
            found.wrote_at = datetime.now(UTC) - timedelta(hours=hours_ago)

    def send(self, said: Content, *, quoted_id: str | None = None) -> Message:
        place = ("meta", DEVICE, SENDER)
        new = NewMessage(
            conversation_id=self._conversation(), place=place, content=said, quoted_id=quoted_id
        )
        with writing(self.engine) as session:
            add(session, [new], now=datetime.now(UTC))
        for lane in range(LANES):
            self.courier.deliver(lane)
        assert self.courier.finish(seconds=20)
        return outgoing(self.engine)[-1]

    def _conversation(self) -> int:
        with writing(self.engine) as session:
            return ensure_conversation(session, ("meta", DEVICE, SENDER), now=datetime.now(UTC))


def _nobody(names: set[str], *, after: float = 0.0) -> None:
    """Wake nobody: the test delivers by itself."""


@pytest.fixture
def open_shop(engine: Engine) -> Iterator[Callable[..., Shop]]:
    accounts = {"meta": list(gateways()["meta"].accounts)}
    with ExitStack() as stack:

        def opened(**settings: str) -> Shop:
            simulator = stack.enter_context(Simulator.for_accounts(accounts, window=True))
            return Shop(engine, simulator, **settings)

        yield opened


def test_a_text_to_who_has_never_written_waits_until_they_do(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop()

    message = shop.send(TEXT)

    assert (message.status, message.held) == ("queued", "window")
    assert (message.error or "").startswith("OutsideWindow")
    assert shop.simulator.sent == []


def test_a_text_within_a_day_goes_as_it_is(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(**WITH_TEXT)
    shop.hears(hours_ago=23.9)

    message = shop.send(TEXT)

    assert (message.status, message.held, message.details) == ("sent", None, None)
    assert [sent.text for sent in shop.simulator.sent] == [TEXT.text]


def test_a_template_carries_the_text_to_who_has_not_written(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(**WITH_TEXT)
    shop.hears(hours_ago=24.1)

    message = shop.send(TEXT, quoted_id="wamid.A")

    [sent] = shop.simulator.sent
    words = {"type": "text", "text": "Pesanan siap. Total: Rp 50.000"}
    assert sent.details["name"] == "kabar"
    assert sent.details["components"] == [{"type": "body", "parameters": [words]}]
    assert (message.status, message.text, message.kind) == ("sent", TEXT.text, "text")
    assert message.details == {
        "quoted_id": "wamid.A",
        "sent_instead": {
            "kind": "template",
            "name": "kabar",
            "language": "id",
            "parameters": [words["text"]],
        },
    }


def test_a_place_waits_where_the_template_takes_a_text(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(**WITH_TEXT)

    message = shop.send(content.Location(latitude=-6.2, longitude=106.8))

    assert (message.status, message.held) == ("queued", "window")


def test_a_template_that_says_the_same_to_all_goes_instead_of_a_place(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(**TEMPLATE)

    message = shop.send(content.Location(latitude=-6.2, longitude=106.8))

    assert [(sent.kind, sent.details.get("components")) for sent in shop.simulator.sent] == [
        ("template", None)
    ]
    assert message.status == "sent"


def test_a_template_of_ones_own_goes_at_any_time(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(**TEMPLATE)

    message = shop.send(content.Template(name="promo", language="id"))

    assert (message.status, message.details) == ("sent", None)
    assert [sent.details["name"] for sent in shop.simulator.sent] == ["promo"]


def test_what_meta_refuses_for_the_window_waits_too(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    shop.believes(hours_ago=1)

    message = shop.send(TEXT)

    assert (message.status, message.held) == ("queued", "window")
    assert "131047" in (message.error or "")


@pytest.mark.parametrize(("wrote", "held"), [(True, None), (False, "window")])
def test_who_writes_while_a_message_is_being_held_does_not_wait_for_it(
    wrote: bool, held: str | None, engine: Engine
) -> None:
    now = datetime.now(UTC)
    place = ("meta", DEVICE, SENDER)
    with writing(engine) as session:
        conversation = ensure_conversation(session, place, now=now)
        new = NewMessage(conversation_id=conversation, place=place, content=TEXT)
        [lane] = add(session, [new], now=now)
    [claimed] = claim(engine, lane, free=1, per_device=1, now=now).messages
    mark_sending(engine, [claimed], now=now)
    if wrote:
        with writing(engine) as session:
            session.get_one(Conversation, conversation).wrote_at = now
            release_held(session, [conversation], now=now)

    outcome = judge_outcome(OutsideWindow("too late"), failures=0, idempotent=False, now=now)
    record_outcomes(engine, [Attempt(claimed=claimed, number=1, outcome=outcome)], now=now)

    [message] = outgoing(engine)
    assert (message.status, message.held) == ("queued", held)
