"""A message whose answer was lost ends as `sent` by itself wherever the gateway gives evidence.

Each goes through the strict simulator, which carries it out and then breaks the connection; what
the gateway would tell of it afterwards comes into the inbox as its own webhooks would.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Engine, update

from bot import content
from bot.client import Client
from bot.content import Content
from bot.gateways import GATEWAYS
from bot.gateways.base import Attachment, Gateway, WebhookRequest
from bot.inbox.arrivals import arrival
from bot.inbox.conversations import ensure_conversation
from bot.lanes import LANES
from bot.outbox import Courier, NewMessage, add, expire
from bot.simulator.aftermath import follow_ups
from bot.simulator.calls import Sent
from bot.simulator.faults import Fault, FaultKind
from bot.simulator.files import picture
from bot.simulator.server import Simulator
from models import Conversation, Device, Message, writing
from tests.making import gateways, outgoing, process_all, receive
from tests.outbox.test_deliver import ADDRESSES

DEVICE = "device-1"
TEXT = content.Text(text="Pesanan siap 🎉")
PLACE = content.Location(latitude=-6.2, longitude=106.8, name="Toko Melati")
MEDIA = [content.Media(kind=kind, file="berkas") for kind in content.MEDIA_KINDS]
# What each gateway can tell afterwards of a message that was sent without an answer.
EVIDENCE: list[tuple[str, Content]] = [
    ("meta", TEXT),
    ("meta", PLACE),
    ("rijan", TEXT),
    ("whatsgate", TEXT),
    *(("whatsgate", media) for media in MEDIA),
]
NO_EVIDENCE: list[tuple[str, Content]] = [("wagate", TEXT), ("csku", TEXT), ("rijan", PLACE)]
BREAKS = [FaultKind.RESET, FaultKind.HALF]


class Files:
    """Attaches the same picture to everything, as its bytes."""

    def attach(self, gateway: Gateway, device: str, media: content.Media) -> Attachment:
        return Attachment(content=picture(), mimetype="image/png", filename="kopi.png")

    def weight(self, gateway: Gateway, device: str, media: content.Media) -> int:
        return 0

    def remember(
        self, gateway: Gateway, device: str, media: content.Media, uploaded: str
    ) -> None: ...

    def forget(self, gateway: Gateway, device: str, uploaded: str) -> bool:
        return False


class Shop:
    """A database, a courier and the simulator, and a contact of each gateway who has written."""

    def __init__(self, engine: Engine, simulator: Simulator) -> None:
        urls = {f"{name.upper()}_API_URL": url for name, url in simulator.api_urls.items()}
        self.engine = engine
        self.simulator = simulator
        self.gateways = gateways(**urls)
        self.courier = Courier(
            engine, Client(), self.gateways, _nobody, threads=4, attacher=Files()
        )

    def send(self, gateway: str, *contents: Content) -> None:
        """Queue messages to the contact, and deliver what is due."""
        now = datetime.now(UTC)
        place = (gateway, DEVICE, ADDRESSES[gateway])
        with writing(self.engine) as session:
            conversation = ensure_conversation(session, place, now=now)
            session.execute(update(Conversation).values(wrote_at=now))
            messages = [
                NewMessage(conversation_id=conversation, place=place, content=said)
                for said in contents
            ]
            add(session, messages, now=now)
        self.deliver()

    def deliver(self) -> None:
        for lane in range(LANES):
            self.courier.deliver(lane)
        assert self.courier.finish(seconds=20)

    def lose_the_answer(self, gateway: str, kind: FaultKind = FaultKind.RESET) -> None:
        """Let the gateway carry the next message out and say nothing of it."""
        self.simulator.plan(gateway, Fault(kind=kind, times=1, records=True))

    def tell(self, sent: Sent) -> None:
        """Let the gateway post whatever it would, all of it twice, and let time go by."""
        bodies = [body for _, body in follow_ups(sent, now=datetime.now(UTC), random=Random(1))]
        self.post(sent.gateway, *bodies, *bodies)
        for seconds in (0, 5, 35, 60, 140, 300):
            process_all(self.engine, now=datetime.now(UTC) + timedelta(seconds=seconds))

    def post(self, gateway: str, *bodies: bytes) -> None:
        """Put webhooks into the inbox."""
        now = datetime.now(UTC)
        for body in bodies:
            events = GATEWAYS[gateway]([]).parse(WebhookRequest(body=body))
            receive(self.engine, [arrival(event, received_at=now) for event in events])

    def try_again(self) -> None:
        """Send what is due by now."""
        later = datetime.now(UTC) + timedelta(seconds=90)
        expire(self.engine, idempotent=frozenset({"rijan"}), now=later)
        with writing(self.engine) as session:
            session.execute(update(Message).values(due_at=datetime.now(UTC)))
            session.execute(update(Device).values(paused_until=None))
        self.deliver()

    def ends(self) -> list[tuple[str, str | None]]:
        """Return how each of our messages ended: its status and its id."""
        return [(message.status, message.external_id) for message in outgoing(self.engine)]


def _nobody(names: set[str], *, after: float = 0.0) -> None:
    """Wake nobody: the test delivers by itself."""


@pytest.fixture
def shop(engine: Engine) -> Iterator[Shop]:
    accounts = {name: list(gateway.accounts) for name, gateway in gateways().items()}
    with Simulator.for_accounts(accounts) as simulator:
        yield Shop(engine, simulator)


def name_of(part: object) -> str:
    return part if isinstance(part, str) else getattr(part, "kind", "")


@pytest.mark.parametrize(("gateway", "said"), EVIDENCE, ids=name_of)
@pytest.mark.parametrize("kind", BREAKS)
def test_a_message_without_an_answer_ends_as_sent_where_there_is_evidence(
    gateway: str, said: Content, kind: FaultKind, shop: Shop
) -> None:
    shop.lose_the_answer(gateway, kind)

    shop.send(gateway, said)
    [sent] = shop.simulator.sent
    assert shop.ends()[0][0] in ("unknown", "queued")
    shop.tell(sent)
    shop.try_again()

    [message] = outgoing(shop.engine)
    assert message.status in ("sent", "delivered", "read")
    assert (message.held, message.author) == (None, None)
    assert message.external_id == (None if gateway == "rijan" else sent.whatsapp_id)
    assert shop.simulator.sent == [sent]


@pytest.mark.parametrize("gateway", ["meta", "rijan", "whatsgate"])
def test_a_gateway_that_takes_a_message_and_falls_silent_gives_evidence_too(
    gateway: str, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.client.READ_SECONDS", 1.5)
    shop.lose_the_answer(gateway, FaultKind.SILENCE)

    shop.send(gateway, TEXT)
    [sent] = shop.simulator.sent
    shop.tell(sent)
    shop.try_again()

    [message] = outgoing(shop.engine)
    assert message.status in ("sent", "delivered", "read")
    assert shop.simulator.sent == [sent]


@pytest.mark.parametrize(("gateway", "said"), NO_EVIDENCE, ids=name_of)
def test_a_message_without_an_answer_waits_for_a_person_where_there_is_none(
    gateway: str, said: Content, shop: Shop
) -> None:
    shop.lose_the_answer(gateway)

    shop.send(gateway, said)
    [sent] = shop.simulator.sent
    shop.tell(sent)
    shop.try_again()

    assert shop.ends() == [("unknown", None)]
    assert [message.held for message in outgoing(shop.engine)] == ["unknown"]
    assert shop.simulator.sent == [sent]


@pytest.mark.parametrize(("gateway", "said"), [*EVIDENCE, *NO_EVIDENCE], ids=name_of)
def test_a_message_that_was_answered_is_told_apart_from_a_person_s(
    gateway: str, said: Content, shop: Shop
) -> None:
    shop.send(gateway, said)
    [sent] = shop.simulator.sent
    shop.tell(sent)

    [message] = outgoing(shop.engine)
    assert message.status in ("sent", "delivered", "read")
    assert message.author is None


@pytest.mark.parametrize("gateway", ["meta", "whatsgate"])
def test_evidence_that_comes_before_our_own_commit_counts(gateway: str, shop: Shop) -> None:
    shop.lose_the_answer(gateway)
    shop.send(gateway, TEXT)
    [sent] = shop.simulator.sent
    with writing(shop.engine) as session:
        session.execute(update(Message).values(status="sending", error=None))
    shop.tell(sent)

    [message] = outgoing(shop.engine)
    assert message.status in ("sent", "delivered", "read")
    assert message.external_id == sent.whatsapp_id


def test_a_failed_status_with_our_reference_ends_an_unknown_message(shop: Shop) -> None:
    shop.lose_the_answer("meta")
    shop.send("meta", TEXT)
    [sent] = shop.simulator.sent
    status = {
        "id": sent.whatsapp_id,
        "status": "failed",
        "timestamp": f"{datetime.now(UTC).timestamp():.0f}",
        "errors": [{"code": 131047, "title": "Re-engagement message"}],
        "biz_opaque_callback_data": sent.reference,
    }
    value = {"metadata": {"phone_number_id": DEVICE}, "statuses": [status]}
    entry = {"id": "90", "changes": [{"field": "messages", "value": value}]}
    body = {"object": "whatsapp_business_account", "entry": [entry]}
    shop.post("meta", json.dumps(body).encode())
    process_all(shop.engine, now=datetime.now(UTC))

    [message] = outgoing(shop.engine)
    assert message.status == "failed"
    assert "131047" in (message.error or "")


def test_of_two_messages_alike_each_echo_settles_one(shop: Shop) -> None:
    shop.send("whatsgate", TEXT)
    shop.lose_the_answer("whatsgate")
    shop.send("whatsgate", TEXT)
    for sent in shop.simulator.sent:
        shop.tell(sent)

    ids = [sent.whatsapp_id for sent in shop.simulator.sent]
    assert [external_id for _, external_id in shop.ends()] == ids


def test_evidence_that_comes_while_a_message_waits_to_be_sent_again_spares_that(
    shop: Shop,
) -> None:
    shop.lose_the_answer("whatsgate")
    shop.send("whatsgate", TEXT)
    [sent] = shop.simulator.sent
    with writing(shop.engine) as session:
        later = datetime.now(UTC) + timedelta(minutes=1)
        session.execute(update(Message).values(status="queued", due_at=later))
    shop.tell(sent)
    shop.try_again()

    assert shop.simulator.sent == [sent]
    assert shop.ends()[0][1] == sent.whatsapp_id


def test_what_the_owner_writes_does_not_wait_for_a_message_that_is_held(shop: Shop) -> None:
    shop.lose_the_answer("whatsgate")
    shop.send("whatsgate", TEXT)
    [sent] = shop.simulator.sent
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with writing(shop.engine) as session:
        session.execute(
            update(Message).values(held="unknown", claimed_at=long_ago, attempted_at=long_ago)
        )
    written = replace(sent, text="Saya bantu, ya")
    shop.post("whatsgate", follow_ups(written, now=datetime.now(UTC), random=Random(2))[0][1])
    process_all(shop.engine, now=datetime.now(UTC))

    assert [message.author for message in outgoing(shop.engine)] == [None, "owner"]
