"""After an accepted message, the simulator posts what the gateway would: echoes and statuses."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest
import requests

from bot.events import Event, MessageEcho, StatusChanged
from bot.gateways.base import WebhookRequest
from bot.simulator.aftermath import follow_ups
from bot.simulator.compose import DEVICES
from bot.simulator.server import Simulator
from tests.simulator.calls import CSKU, META, RIJAN, WAGATE, WHATSGATE, ApiCall
from tests.simulator.conftest import Receiver
from tests.simulator.gateways import account_of, gateway_of

RIGHT = {
    "meta": META,
    "wagate": WAGATE,
    "rijan": ApiCall(
        f"/rijan/v1/devices/{DEVICES['rijan']}/messages/text", RIJAN.headers, RIJAN.body
    ),
    "whatsgate": WHATSGATE.with_fields(WhatsappID=DEVICES["whatsgate"]),
}
FOLLOWED = {
    "meta": ["sent", "delivered", "read"],
    "wagate": ["sent", "delivered", "read"],
    "rijan": ["sent", "delivered", "read"],
    "whatsgate": ["echo", "sent", "delivered", "read"],
}


@pytest.fixture
def telling(receiver: Receiver) -> Iterator[Simulator]:
    """Return a simulator that tells the receiver what becomes of messages."""
    receiver.answers = [(200, b"OK")]
    accounts = {name: [account_of(name)] for name in ("meta", "wagate", "rijan", "csku")}
    accounts["whatsgate"] = [account_of("whatsgate")]
    with Simulator.for_accounts(accounts, webhook_url=receiver.url, scale=0.05) as running:
        yield running


def post(simulator: Simulator, call: ApiCall) -> None:
    response = requests.post(
        simulator.url + call.path, data=call.body, headers=call.headers, timeout=5
    )
    assert response.status_code == 200


def wait_for(receiver: Receiver, number: int) -> list[tuple[str, str, dict[str, str], bytes]]:
    deadline = time.monotonic() + 5
    while len(receiver.requests) < number and time.monotonic() < deadline:
        time.sleep(0.01)
    return list(receiver.requests)


def read(name: str, headers: dict[str, str], path: str, body: bytes) -> Event:
    """Return the event in a webhook, once it is verified."""
    gateway = gateway_of(name)
    query = {"token": "token-url"} if "token=token-url" in path else {}
    token = path.removeprefix("/webhook/").partition("/")[2]
    request = WebhookRequest(path=path, token=token, query=query, headers=headers, body=body)
    gateway.verify(request)
    [event] = gateway.parse(request)
    return event


def external_id(event: Event) -> str | None:
    assert isinstance(event, StatusChanged | MessageEcho)
    return event.external_id


def word(event: Event) -> str:
    match event:
        case StatusChanged(status=status):
            return str(status)
        case MessageEcho():
            return "echo"
    return type(event).__name__


@pytest.mark.parametrize("name", RIGHT)
def test_statuses_and_echoes_follow_signed(
    name: str, telling: Simulator, receiver: Receiver
) -> None:
    post(telling, RIGHT[name])

    webhooks = wait_for(receiver, len(FOLLOWED[name]))
    events = [read(name, headers, path, body) for _method, path, headers, body in webhooks]

    assert sorted(map(word, events)) == sorted(FOLLOWED[name])
    assert {external_id(event) for event in events} == {telling.sent[0].whatsapp_id}


@pytest.mark.parametrize("name", RIGHT)
def test_what_follows_is_planned_in_its_order(name: str, telling: Simulator) -> None:
    post(telling, RIGHT[name])

    planned = follow_ups(telling.sent[0], now=datetime.now(UTC), random=Random(1))

    events = [gateway_of(name).parse(WebhookRequest(body=body))[0] for _wait, body in planned]
    assert [word(event) for event in events] == FOLLOWED[name]
    assert [wait for wait, _body in planned] == sorted(wait for wait, _body in planned)


def test_whatsgate_tells_of_a_later_send_when_it_is_done(telling: Simulator) -> None:
    post(telling, RIGHT["whatsgate"].with_fields(**{"async": True}))

    planned = follow_ups(telling.sent[0], now=datetime.now(UTC), random=Random(1))

    actions = [json.loads(body)["event_action"] for _wait, body in planned]
    assert actions == ["create", "sent", "ack", "ack", "ack"]


def test_nothing_follows_without_a_receiver() -> None:
    with Simulator.for_accounts({"meta": [account_of("meta")]}, scale=0.001) as running:
        post(running, META)

        assert "aftermath" not in {thread.name for thread in threading.enumerate()}


def test_csku_tells_nothing_about_what_it_sent(telling: Simulator, receiver: Receiver) -> None:
    call = ApiCall("/csku/v1/conversation/conv_1/message", CSKU.headers, CSKU.body)
    post(telling, call)
    time.sleep(0.1)

    assert receiver.requests == []


def test_a_webhook_can_be_ordered(telling: Simulator, receiver: Receiver) -> None:
    told = requests.post(
        f"{telling.url}/_simulator/webhooks",
        json={"gateway": "meta", "text": "mau pesan", "sender": "6281200000005"},
        timeout=5,
    ).json()

    assert (told["delivered"], told["attempts"]) == (True, 1)
    [(_method, path, headers, body)] = receiver.requests
    event = read("meta", headers, path, body)
    assert event.address == "6281200000005"
