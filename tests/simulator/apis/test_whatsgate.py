"""WhatsGate refuses everything with 500 and a name, and tells what it posted before."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from bot import content
from bot.addresses import Reach
from bot.client import Client
from bot.content import MEDIA_KINDS, MediaKind
from bot.events import DeviceState, MediaReference, MessageEcho, MessageReceived, StatusChanged
from bot.gateways.base import Attachment, Gateway, OutgoingMessage, SentMessage, WebhookRequest
from bot.gateways.errors import DeviceOffline, Rejected, TransientError
from bot.simulator.compose import DEVICES, compose
from bot.simulator.faults import Fault, FaultKind, On
from bot.simulator.files import sample
from bot.simulator.server import Simulator
from tests.simulator.calls import WHATSGATE, ApiCall
from tests.simulator.conftest import Receiver
from tests.simulator.gateways import account_of, gateway_of

Make = Callable[[ApiCall], requests.Response]


DEVICE = DEVICES["whatsgate"]
CUSTOMER = "6281200000001@c.us"


def _whatsgate_to(**recipient: str) -> ApiCall:
    return WHATSGATE.with_fields(recipient=recipient)


def _media(type_: str = "image", **changes: Any) -> ApiCall:
    media = {"mimetype": "image/png", "data": "YWJj", "filename": "a.png", **changes}
    return WHATSGATE.with_fields(message={"type": type_, "media": media})


def _ask(command: str, **fields: Any) -> ApiCall:
    call = replace(WHATSGATE, path=f"/whatsgate/api/v1/{command}", body=b"{}")
    return call.with_fields(**{"WhatsappID": "19a4c07e512", **fields})


WHATSGATE_WRONG = {
    "no key": (WHATSGATE.with_headers(X_Api_Key=None), "Unauthorized"),
    "another key": (WHATSGATE.with_headers(X_Api_Key="x"), "Unauthorized"),
    "another device": (WHATSGATE.with_fields(WhatsappID="x"), "Not Found"),
    "another command": (replace(WHATSGATE, path="/whatsgate/api/v1/kirim"), "Not Found"),
    "no JSON": (replace(WHATSGATE, body=b"<x>"), "Bad Request"),
    "no flag": (WHATSGATE.with_fields(**{"async": None}), "Bad Request"),
    "a bare number": (_whatsgate_to(id="6281200000001"), "Bad Request"),
    "a number of no type": (_whatsgate_to(number="6281200000001", type="x"), "Bad Request"),
    "Rijan's JID": (_whatsgate_to(id="6281200000001@s.whatsapp.net"), "Bad Request"),
    "no text": (WHATSGATE.with_fields(message={"type": "text"}), "Bad Request"),
    "no media": (WHATSGATE.with_fields(message={"type": "image"}), "Bad Request"),
    "no file name": (_media(filename=""), "Bad Request"),
    "no base64": (_media(data="bukan!"), "Bad Request"),
    "a film": (_media("video"), "Bad Request"),
    "a short id quoted": (
        WHATSGATE.with_fields(message={"type": "text", "body": "a", "quote": "3EB0A"}),
        "Bad Request",
    ),
    "seen by nobody": (_ask("seen"), "Bad Request"),
    "typing to nobody": (_ask("typing", recipient={"id": "x"}), "Bad Request"),
    "no number": (_ask("check", number="+62 812"), "Bad Request"),
    "a short id": (_ask("get-messagemedia", MessageID="3EB0A"), "Bad Request"),
    "no key of media": (_ask("get-media"), "Bad Request"),
    "no URL": (_ask("set-hook"), "Bad Request"),
    "another URL": (_ask("set-hook", callback="ftp://x"), "Bad Request"),
    "a large page": (_ask("events-get", page_cnt="101"), "Bad Request"),
    "the past of another": (_ask("events-get", WhatsappID="x"), "Not Found"),
    "no session": (_ask("seen", WhatsappID=None), "Not Found"),
    "unknown type": (WHATSGATE.with_fields(message={"type": "x", "body": "a"}), "Bad Request"),
}


@pytest.mark.parametrize("case", WHATSGATE_WRONG)
def test_whatsgate_refuses_everything_with_500(case: str, simulator: Simulator, make: Make) -> None:
    call, name = WHATSGATE_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["name"]) == (500, name)
    assert simulator.sent == []


def test_whatsgate_takes_a_number_with_a_type(simulator: Simulator, make: Make) -> None:
    make(_whatsgate_to(number="6281200000001", type="contact"))

    assert [sent.to for sent in simulator.sent] == ["6281200000001@c.us"]


def test_whatsgate_tells_the_id_only_when_it_sends_at_once(
    simulator: Simulator, make: Make
) -> None:
    now = make(WHATSGATE).json()["result"]
    later = make(WHATSGATE.with_fields(**{"async": True})).json()["result"]

    assert now["_id"] == simulator.sent[0].external_id
    assert later == "OK"
    assert simulator.sent[1].external_id == ""


@pytest.fixture
def running() -> Iterator[Simulator]:
    with Simulator.for_accounts({"whatsgate": [account_of("whatsgate")]}) as simulator:
        yield simulator


@pytest.fixture
def gateway(running: Simulator) -> Gateway:
    return gateway_of("whatsgate", api_url=running.api_urls["whatsgate"])


@pytest.fixture
def telling(receiver: Receiver) -> Iterator[Simulator]:
    """Return a simulator that posts to the receiver, again and again, since it gets no id back."""
    receiver.answers = [(200, b"OK")]
    accounts = {"whatsgate": [account_of("whatsgate")]}
    with Simulator.for_accounts(accounts, webhook_url=receiver.url, scale=0.01) as simulator:
        yield simulator


def text(said: str = "halo", **fields: Any) -> OutgoingMessage:
    return outgoing(content.Text(text=said), **fields)


def outgoing(said: content.Content, **fields: Any) -> OutgoingMessage:
    return OutgoingMessage(
        **{
            "device": DEVICE,
            "address": CUSTOMER,
            "content": said,
            "reference": "ref-1",
            "idempotency_key": "kunci-1",
            **fields,
        }
    )


def with_file(kind: MediaKind) -> OutgoingMessage:
    mimetype, bytes_ = sample(kind)
    attachment = Attachment(content=bytes_, mimetype=mimetype)
    return outgoing(content.Media(kind=kind, file="berkas"), attachment=attachment)


def posted(receiver: Receiver, number: int) -> list[Any]:
    """Wait for so many different webhooks and return their events, in no order."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if len({body for _, _, _, body in receiver.requests}) >= number:
            break
        time.sleep(0.01)
    gateway = gateway_of("whatsgate")
    return [
        event
        for _, _, _, body in receiver.requests
        for event in gateway.parse(WebhookRequest(body=body))
    ]


@pytest.mark.parametrize("kind", MEDIA_KINDS)
def test_takes_every_kind_of_file_and_gives_it_back(
    kind: MediaKind, running: Simulator, gateway: Gateway
) -> None:
    client, (mimetype, bytes_) = Client(), sample(kind)

    result = client.perform(gateway.send(with_file(kind)))

    [sent] = running.sent
    assert sent.kind == ("document" if kind in ("video", "audio") else kind)
    assert (sent.external_id, bool(sent.media)) == (result.external_id, True)
    long_id = f"true_{CUSTOMER}_{result.external_id}"
    fetched = client.perform(
        gateway.fetch_media(DEVICE, MediaReference(id=long_id)), reach=near(running)
    )
    assert (fetched.content, fetched.mimetype) == (bytes_, mimetype)


def near(running: Simulator) -> Reach:
    return Reach(largest=10_000_000, api_url=running.api_urls["whatsgate"], hosts=())


def test_takes_a_reply_to_a_message(running: Simulator, gateway: Gateway) -> None:
    Client().perform(gateway.send(text(quoted_id="3EB0LAMA")))
    [sent] = running.sent
    assert (sent.quoted_id, sent.details["quote"]) == ("3EB0LAMA", f"false_{CUSTOMER}_3EB0LAMA")


def test_gets_a_reply_without_its_quote_where_that_is_not_found(
    running: Simulator, gateway: Gateway
) -> None:
    running.plan("whatsgate", Fault(kind=FaultKind.FAIL, refusal="no such quote"))
    Client().perform(gateway.send(text(quoted_id="3EB0LAMA")))
    assert [sent.quoted_id for sent in running.sent] == [""]


def test_knows_who_is_not_on_whatsapp(running: Simulator, gateway: Gateway) -> None:
    running.memory("whatsgate")["strangers"] = {"6281200000002"}
    asked = ("081200000001", "081200000002")
    found = [Client().perform(gateway.check_number(DEVICE, number)) for number in asked]
    assert found == [True, False]


def test_refuses_a_number_that_is_not_there(running: Simulator, gateway: Gateway) -> None:
    running.plan("whatsgate", Fault(kind=FaultKind.FAIL, refusal="no such number"))
    with pytest.raises(Rejected):
        Client().perform(gateway.send(text()))


def test_remembers_what_was_shown_to_a_chat(running: Simulator, gateway: Gateway) -> None:
    Client().perform(gateway.mark_read(DEVICE, CUSTOMER, "3EB0A"))
    Client().perform(gateway.show_typing(DEVICE, CUSTOMER, "3EB0A"))
    memory = running.memory("whatsgate")
    assert memory["seen"] == memory["typing"] == [(DEVICE, CUSTOMER)]


def test_shows_nothing_while_the_session_is_away(running: Simulator, gateway: Gateway) -> None:
    running.set_offline("whatsgate", DEVICE)
    with pytest.raises(DeviceOffline):
        Client().perform(gateway.show_typing(DEVICE, CUSTOMER, "3EB0A"))


def test_tells_how_its_sessions_are(running: Simulator, gateway: Gateway) -> None:
    client = Client()
    states = [client.perform(gateway.device_report(DEVICE)).state]
    running.set_offline("whatsgate", DEVICE)
    states += [client.perform(gateway.device_report(DEVICE)).state]
    running.memory("whatsgate")["statuses"] = {DEVICE: "PENDING"}
    states += [client.perform(gateway.device_report(DEVICE)).state]
    assert states == [DeviceState.CONNECTED, DeviceState.QR, DeviceState.DISCONNECTED]


def test_keeps_one_webhook_for_a_session_until_it_is_switched_off(gateway: Gateway) -> None:
    client, url = Client(), "https://toko.contoh.invalid/webhook/whatsgate/rahasia-whatsgate"
    assert client.perform(gateway.list_webhooks(DEVICE)) == []
    assert not all(finding.ok for finding in client.perform(gateway.inspect(DEVICE)))

    client.perform(gateway.register_webhook(DEVICE, url))

    [kept] = client.perform(gateway.list_webhooks(DEVICE))
    assert (kept.id, kept.url) == (DEVICE, url)
    assert all(finding.ok for finding in client.perform(gateway.inspect(DEVICE)))
    client.perform(gateway.delete_webhook(DEVICE, kept.id))
    assert client.perform(gateway.list_webhooks(DEVICE)) == []


def test_a_question_can_go_wrong_too(running: Simulator, gateway: Gateway) -> None:
    running.plan("whatsgate", Fault(kind=FaultKind.FAIL, on=On.ASK, refusal="server error"))
    with pytest.raises(TransientError):
        Client().perform(gateway.device_report(DEVICE))


def test_tells_of_what_it_queued_when_it_has_gone_out(
    telling: Simulator, receiver: Receiver
) -> None:
    gateway = gateway_of("whatsgate", api_url=telling.api_urls["whatsgate"], send_async=True)

    result = Client().perform(gateway.send(text("Pesanan siap")))

    assert result == SentMessage(ticket="async")
    told = [event for event in posted(receiver, 5) if isinstance(event, MessageEcho)]
    assert {event.key.partition(":")[0] for event in told} == {"create", "sent"}
    assert {event.text for event in told} == {"Pesanan siap"}


def test_tells_that_something_it_queued_failed_and_not_what(
    telling: Simulator, receiver: Receiver
) -> None:
    gateway = gateway_of("whatsgate", api_url=telling.api_urls["whatsgate"], send_async=True)
    telling.plan("whatsgate", Fault(kind=FaultKind.LOST))

    Client().perform(gateway.send(text()))

    event = posted(receiver, 1)[0]
    assert isinstance(event, StatusChanged)
    assert (event.external_id, event.word, event.device) == ("", "error", DEVICE)
    assert telling.sent == []


def test_tells_nothing_of_a_message_that_was_lost_at_once(
    telling: Simulator, receiver: Receiver
) -> None:
    gateway = gateway_of("whatsgate", api_url=telling.api_urls["whatsgate"])
    telling.plan("whatsgate", Fault(kind=FaultKind.LOST))
    Client().perform(gateway.send(text()))
    time.sleep(0.1)
    assert receiver.requests == []


def test_tells_the_past_as_it_posted_it(telling: Simulator, receiver: Receiver) -> None:
    gateway = gateway_of("whatsgate", api_url=telling.api_urls["whatsgate"])
    Client().perform(gateway.send(text("Pesanan siap")))
    for case in ("ready", "disconnected", "error", "image"):
        telling.aftermath.post("whatsgate", compose("whatsgate", case, now=datetime.now(UTC)))
    before = {event.key for event in posted(receiver, 8)}

    since = datetime.now(UTC) - timedelta(minutes=1)
    page = Client().perform(gateway.missed_webhooks(DEVICE, since=since))

    again = [gateway.parse(WebhookRequest(body=body))[0].key for body in page.bodies]
    assert before <= set(again)
    assert len(set(again)) == len(again) == 8
    assert page.next_page is None


def test_tells_the_past_in_pages_and_since_a_date(running: Simulator, gateway: Gateway) -> None:
    now = datetime.now(UTC)
    long_ago = compose("whatsgate", "text", now=now - timedelta(days=3))
    lately = [compose("whatsgate", "text", now=now) for _ in range(150)]
    running.memory("whatsgate")["posted"] = [long_ago, *lately]

    client, since = Client(), now - timedelta(days=1)
    first = client.perform(gateway.missed_webhooks(DEVICE, since=since))
    second = client.perform(gateway.missed_webhooks(DEVICE, since=since, page=2))

    assert [len(page.bodies) for page in (first, second)] == [100, 50]
    assert (first.next_page, second.next_page) == (2, None)


@pytest.mark.parametrize(("case", "mimetype"), [("image", "image/png"), ("text", None)])
def test_gives_the_file_out_that_it_told_of(
    case: str, mimetype: str | None, running: Simulator, gateway: Gateway
) -> None:
    body = compose("whatsgate", case, now=datetime.now(UTC))
    running.memory("whatsgate")["posted"] = [body]
    [event] = gateway.parse(WebhookRequest(body=body))
    assert isinstance(event, MessageReceived)
    exchange = gateway.fetch_media(DEVICE, MediaReference(id=event.details["long_id"]))

    if mimetype is None:
        with pytest.raises(Rejected):
            Client().perform(exchange, reach=near(running))
    else:
        assert Client().perform(exchange, reach=near(running)).mimetype == mimetype
