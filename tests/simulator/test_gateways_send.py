"""What our gateway modules send is what the gateways take, and what these refuse is understood."""

from collections.abc import Iterator

import pytest
import requests

from bot import content
from bot.gateways.base import Exchange, HttpResponse, OutgoingMessage, SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    OutcomeUnknown,
    OutsideWindow,
    QuotaExhausted,
    RateLimited,
    Rejected,
    SendError,
    TransientError,
)
from bot.gateways.exchange import T
from bot.simulator.compose import DEVICES, SENDER, address_of
from bot.simulator.faults import Fault, FaultKind
from bot.simulator.server import Simulator
from tests.simulator.gateways import SENDING, account_of, gateway_of

NAMES = list(SENDING)
# A refusal and the class that says what to do about it.
MEANINGS: list[tuple[str, str, type[SendError]]] = [
    ("meta", "rate limit", RateLimited),
    ("meta", "pair rate", RateLimited),
    ("meta", "call limit", RateLimited),
    ("meta", "unauthorised", NotAuthorised),
    ("meta", "window closed", OutsideWindow),
    ("meta", "rejected", Rejected),
    ("meta", "unavailable", TransientError),
    ("wagate", "rate limit", RateLimited),
    ("wagate", "quota", QuotaExhausted),
    ("wagate", "device offline", DeviceOffline),
    ("wagate", "unauthorised", NotAuthorised),
    ("wagate", "rejected", Rejected),
    ("wagate", "server error", OutcomeUnknown),
    ("rijan", "rate limit", RateLimited),
    ("rijan", "global limit", RateLimited),
    ("rijan", "device offline", DeviceOffline),
    ("rijan", "unauthorised", NotAuthorised),
    ("rijan", "rejected", Rejected),
    ("rijan", "server error", OutcomeUnknown),
    ("csku", "rate limit", RateLimited),
    ("csku", "unauthorised", NotAuthorised),
    ("csku", "rejected", Rejected),
    ("csku", "refused with 200", Rejected),
    ("csku", "server error", OutcomeUnknown),
    ("whatsgate", "device offline", DeviceOffline),
    ("whatsgate", "unauthorised", NotAuthorised),
    ("whatsgate", "rejected", Rejected),
    ("whatsgate", "server error", OutcomeUnknown),
]


@pytest.fixture
def gateways() -> Iterator[Simulator]:
    accounts = {name: [account_of(name)] for name in NAMES}
    with Simulator.for_accounts(accounts) as running:
        yield running


def perform(exchange: Exchange[T]) -> T:
    """Make the requests of an exchange, and return its result."""
    with requests.Session() as session:
        session.trust_env = False
        request = next(exchange)
        while True:
            response = session.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                timeout=5,
            )
            headers = {name.lower(): value for name, value in response.headers.items()}
            answer = HttpResponse(
                status=response.status_code, headers=headers, body=response.content
            )
            try:
                request = exchange.send(answer)
            except StopIteration as stop:
                result: T = stop.value
                return result


def send(gateways: Simulator, name: str, *, key: str = "kunci-1") -> SentMessage:
    """Send a text through a gateway module."""
    gateway = gateway_of(name, api_url=gateways.api_urls[name])
    message = OutgoingMessage(
        device=DEVICES[name],
        address=address_of(name, SENDER),
        content=content.Text(text="Pesanan Anda sudah siap 🎉"),
        reference="ref-1",
        idempotency_key=key,
    )
    return perform(gateway.send(message))


@pytest.mark.parametrize("name", NAMES)
def test_the_gateway_takes_what_its_module_sends(name: str, gateways: Simulator) -> None:
    result = send(gateways, name)

    [sent] = gateways.sent
    assert sent.text == "Pesanan Anda sudah siap 🎉"
    assert SENDER in sent.to
    assert (result.external_id or result.ticket or "") == sent.external_id


def test_wagate_takes_a_message_through_a_session(gateways: Simulator) -> None:
    account = account_of("wagate", session_id="sesi-1")
    with Simulator.for_accounts({"wagate": [account]}) as running:
        gateway = gateway_of("wagate", session_id="sesi-1", api_url=running.api_urls["wagate"])
        message = OutgoingMessage(
            device=DEVICES["wagate"],
            address=SENDER,
            content=content.Text(text="halo"),
            reference="ref-1",
            idempotency_key="kunci-1",
        )

        result = perform(gateway.send(message))

        assert [sent.external_id for sent in running.sent] == [result.external_id]
        assert running.sent[0].device == DEVICES["wagate"]


def test_wagate_s_quota_is_read(gateways: Simulator) -> None:
    gateways.quota.limit = 10
    gateways.quota.received = 4
    gateway = gateway_of("wagate", api_url=gateways.api_urls["wagate"])

    quota = perform(gateway.quota(DEVICES["wagate"]))

    assert quota is not None
    assert (quota.limit, quota.remaining) == (10, 6)
    assert quota.resets_at == gateways.quota.resets_at


def test_rijan_sends_once_under_one_key(gateways: Simulator) -> None:
    assert send(gateways, "rijan") == send(gateways, "rijan")
    assert len(gateways.sent) == 1


@pytest.mark.parametrize(("name", "refusal", "meaning"), MEANINGS)
def test_a_refusal_is_understood(
    name: str, refusal: str, meaning: type[SendError], gateways: Simulator
) -> None:
    gateways.plan(name, Fault(kind=FaultKind.FAIL, refusal=refusal))

    with pytest.raises(meaning):
        send(gateways, name)

    assert gateways.sent == []


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_token_is_understood(name: str, gateways: Simulator) -> None:
    field = "access_token" if name == "meta" else "api_token" if name == "wagate" else "api_key"
    gateway = gateway_of(name, api_url=gateways.api_urls[name], **{field: "salah"})
    message = OutgoingMessage(
        device=DEVICES[name],
        address=address_of(name, SENDER),
        content=content.Text(text="halo"),
        reference="ref-1",
        idempotency_key="kunci-1",
    )

    with pytest.raises(NotAuthorised):
        perform(gateway.send(message))


@pytest.mark.parametrize("name", ["wagate", "rijan", "whatsgate"])
def test_a_device_that_is_not_connected_is_understood(name: str, gateways: Simulator) -> None:
    gateways.set_offline(name, DEVICES[name])

    with pytest.raises(DeviceOffline):
        send(gateways, name)
