"""One message with a file is carried as its gateway takes it, and never more of them than fit."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.client import Client
from bot.content import Content, Media, Template, Text, as_json
from bot.events import Event
from bot.gateways.accounts import Account, Accounts
from bot.gateways.base import (
    Acknowledgement,
    Attachment,
    Exchange,
    Gateway,
    OutgoingMessage,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.capabilities import Capabilities
from bot.gateways.errors import NotSupported, OutsideWindow, Rejected, TransientError
from bot.outbox import carry as module
from bot.outbox.carry import ROOM, TIMES, Carrier, sent_instead
from bot.outbox.claim import Claimed

YEAR = timedelta(days=365)


class Bawa(Gateway):
    """A gateway without a network: `send` is what a test makes of it."""

    name = "bawa"
    title = "Bawa"

    def __init__(self, *answers: object) -> None:
        super().__init__([Account()])
        self.answers = list(answers)
        self.sent: list[OutgoingMessage] = []

    def verify(self, request: WebhookRequest) -> Accounts:
        return self.accounts

    def parse(self, request: WebhookRequest) -> list[Event]:
        return []

    def acknowledge(self, request: WebhookRequest, *, duplicate: bool) -> Acknowledgement:
        return Acknowledgement(body=b"")

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        self.sent.append(message)
        answer = self.answers.pop(0) if self.answers else SentMessage(external_id="1")
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, SentMessage)
        return answer
        yield


class Store:
    """Attaches the same file to everything; remembers what it was told."""

    def __init__(self, *, uploaded: str | None = None, weight: int = 0) -> None:
        self.uploads = {uploaded} if uploaded else set()
        self.remembered: list[str] = []
        self.weighs = weight
        self.inside = 0
        self.most_inside = 0
        self.gate = threading.Event()
        self.gate.set()

    def attach(self, gateway: Gateway, device: str, media: Media) -> Attachment:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        assert self.gate.wait(20)
        self.inside -= 1
        if self.uploads:
            return Attachment(uploaded=next(iter(self.uploads)))
        return Attachment(content=b"%PDF-1.4", mimetype="application/pdf")

    def weight(self, gateway: Gateway, device: str, media: Media) -> int:
        return self.weighs

    def remember(self, gateway: Gateway, device: str, media: Media, uploaded: str) -> None:
        self.remembered.append(uploaded)

    def forget(self, gateway: Gateway, device: str, uploaded: str) -> bool:
        known = uploaded in self.uploads
        self.uploads.discard(uploaded)
        return known


def claimed(**content: Any) -> Claimed:
    media = Media(kind="document", **(content or {"stored": "a" * 64}))
    return Claimed(
        id=1,
        conversation_id=1,
        gateway="bawa",
        device="toko",
        address="6281200000042",
        kind="document",
        text="",
        content=as_json(media),
        quoted_id="A1",
        idempotency_key="kunci",
        failures=0,
        claimed_at=datetime.now(UTC),
    )


def carry_one(gateway: Gateway, store: Store | None, message: Claimed) -> SentMessage | Exception:
    return carry(Carrier(Client(), {"bawa": gateway}, store), message)


def carry(carrier: Carrier, message: Claimed) -> SentMessage | Exception:
    """Carry a message as the courier does."""
    with carrier.prepared(message) as outgoing:
        if isinstance(outgoing, Exception):
            return outgoing
        result = carrier.send(message, outgoing)
        if isinstance(result, SentMessage):
            carrier.remember(message, outgoing, result)
        return result


def test_carries_the_file_and_what_it_replies_to() -> None:
    gateway, store = Bawa(SentMessage(external_id="1", uploaded="unggah-1")), Store()

    assert carry_one(gateway, store, claimed()) == SentMessage(external_id="1", uploaded="unggah-1")
    [sent] = gateway.sent
    assert sent.attachment == Attachment(content=b"%PDF-1.4", mimetype="application/pdf")
    assert (sent.quoted_id, sent.reference) == ("A1", "1:kunci")
    assert store.remembered == ["unggah-1"]


def test_an_upload_that_the_gateway_has_forgotten_goes_once_more() -> None:
    gateway, store = Bawa(Rejected("no such media", code="131053")), Store(uploaded="unggah-1")

    refused = carry_one(gateway, store, claimed())
    again = carry_one(gateway, store, claimed())

    assert isinstance(refused, TransientError)
    assert refused.code == "131053"
    assert again == SentMessage(external_id="1")
    assert gateway.sent[1].attachment == Attachment(content=b"%PDF-1.4", mimetype="application/pdf")


def test_what_is_refused_for_itself_stays_refused() -> None:
    assert isinstance(carry_one(Bawa(Rejected("too large")), Store(), claimed()), Rejected)


def test_an_upload_that_a_person_names_is_not_looked_for_elsewhere() -> None:
    gateway = Bawa(Rejected("no such media"))

    refused = carry_one(gateway, None, claimed(uploaded="unggah-9"))

    assert isinstance(refused, Rejected)
    assert gateway.sent[0].attachment == Attachment(uploaded="unggah-9")


def test_a_process_without_media_says_so() -> None:
    assert isinstance(carry_one(Bawa(), None, claimed()), NotSupported)


def test_a_content_that_cannot_be_read_is_refused_with_a_reason() -> None:
    broken = Claimed(**{**_fields(claimed()), "content": {"kind": "teka-teki"}})

    error = carry_one(Bawa(), Store(), broken)

    assert type(error).__name__ == "NotContent"


def test_no_more_large_files_are_carried_at_once_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(weight=ROOM // TIMES // 2)
    store.gate.clear()
    carrier = Carrier(Client(), {"bawa": Bawa()}, store)
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda: results.append(carry(carrier, claimed()))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    while store.inside < 2:
        time.sleep(0.01)
    monkeypatch.setattr(module, "ROOM_SECONDS", 0.05)
    late = carry(carrier, claimed())
    store.gate.set()
    for thread in threads:
        thread.join()

    assert isinstance(late, TransientError)
    assert results == [SentMessage(external_id="1")] * 6
    assert store.most_inside == 2


class Sepi(Bawa):
    """A gateway that takes only templates a day after the contact's last message."""

    capabilities = Capabilities(window=timedelta(hours=24))

    def __init__(self, instead: Content | None = None) -> None:
        super().__init__()
        self.instead = instead

    def outside_window(self, device: str, content: Content) -> Content | None:
        return self.instead


TEXT, TEMPLATE = Text(text="Pesanan siap"), Template(name="kabar", language="id")


def wrote(ago: timedelta | None, content: Content = TEXT) -> Claimed:
    """Return a message to a contact who wrote so long ago, or never."""
    now = datetime.now(UTC)
    return replace(
        claimed(),
        kind=content.kind,
        content=as_json(content),
        wrote_at=now - ago if ago is not None else None,
    )


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(hours=23, minutes=58), -timedelta(days=1)])
def test_within_the_window_everything_goes(ago: timedelta) -> None:
    gateway = Sepi(instead=TEMPLATE)

    carry_one(gateway, None, wrote(ago))

    assert [sent.content for sent in gateway.sent] == [TEXT]


@pytest.mark.parametrize("ago", [None, timedelta(hours=23, minutes=59, seconds=30), YEAR])
def test_outside_the_window_nothing_leaves(ago: timedelta | None) -> None:
    gateway = Sepi()

    held = carry_one(gateway, None, wrote(ago))

    assert isinstance(held, OutsideWindow)
    assert gateway.sent == []


def test_outside_the_window_the_gateway_says_what_goes_instead() -> None:
    gateway = Sepi(instead=TEMPLATE)

    sent = carry_one(gateway, None, wrote(None))

    assert sent == SentMessage(external_id="1")
    assert [each.content for each in gateway.sent] == [TEMPLATE]
    assert sent_instead(wrote(None), gateway.sent[0]) == TEMPLATE


def test_no_file_is_got_that_would_not_go() -> None:
    gateway, store = Sepi(), Store()
    store.gate.clear()

    held = carry_one(gateway, store, replace(claimed(), wrote_at=None))

    assert isinstance(held, OutsideWindow)


def test_a_template_goes_at_any_time_and_in_its_own_place() -> None:
    gateway = Sepi()
    message = wrote(None, TEMPLATE)

    carry_one(gateway, None, message)

    assert [each.content for each in gateway.sent] == [TEMPLATE]
    assert sent_instead(message, gateway.sent[0]) is None


def test_a_gateway_without_a_window_sends_to_anybody() -> None:
    gateway = Bawa()

    carry_one(gateway, None, wrote(None))

    assert [each.content for each in gateway.sent] == [TEXT]


def _fields(message: Claimed) -> dict[str, Any]:
    return {name: getattr(message, name) for name in Claimed.__slots__}
