"""Webhooks are posted with each gateway's headers, patience and retries."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.simulator.couriers import COURIERS
from bot.simulator.deliver import Subscription, deliver, deliver_all
from bot.simulator.signers import SignedWebhook
from tests.simulator.conftest import Receiver

WEBHOOK = SignedWebhook(
    "/webhook/x?token=t", {"Content-Type": "application/json", "X-Signature": "abc"}, b'{"id":7}'
)
CONTENT = {
    "meta": b"OK",
    "wagate": b'{"success":true}',
    "rijan": b'{"received":true}',
    "csku": b"OK",
    "whatsgate": b'{"result":"OK","id":7}',
}
# Every attempt of a gateway that is refused with 503.
ATTEMPTS = {"meta": 10, "wagate": 4, "rijan": 3, "csku": 4, "whatsgate": 4}


@pytest.fixture
def dead_url() -> Iterator[str]:
    """Return the URL of a receiver that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("gateway", CONTENT)
def test_posts_once_when_the_receiver_is_right(gateway: str, receiver: Receiver) -> None:
    receiver.answers = [(200, CONTENT[gateway])]

    delivery = deliver(WEBHOOK, receiver.url, gateway, scale=0)

    assert (delivery.delivered, delivery.attempts, delivery.status) == (True, 1, 200)
    [(method, path, headers, body)] = receiver.requests
    assert (method, path, body) == ("POST", "/webhook/x?token=t", b'{"id":7}')
    assert (headers["content-type"], headers["x-signature"]) == ("application/json", "abc")


@pytest.mark.parametrize("gateway", CONTENT)
def test_gives_up_after_the_gateway_s_number_of_attempts(gateway: str, receiver: Receiver) -> None:
    receiver.answers = [(503, b"")]

    delivery = deliver(WEBHOOK, receiver.url, gateway, scale=0)

    assert (delivery.delivered, delivery.status) == (False, 503)
    assert delivery.attempts == len(receiver.requests) == ATTEMPTS[gateway]


@pytest.mark.parametrize("gateway", CONTENT)
def test_delivers_when_the_receiver_is_back(gateway: str, receiver: Receiver) -> None:
    receiver.answers = [(503, b""), (500, b""), (200, CONTENT[gateway])]

    delivery = deliver(WEBHOOK, receiver.url, gateway, scale=0)

    assert (delivery.delivered, delivery.attempts) == (True, 3)


@pytest.mark.parametrize(
    ("gateway", "waits"),
    [("rijan", [1, 5]), ("csku", [30, 30, 30]), ("whatsgate", [20, 20, 20])],
)
def test_waits_as_long_as_the_gateway(gateway: str, waits: list[float], receiver: Receiver) -> None:
    receiver.answers = [(503, b"")]
    waited: list[float] = []

    deliver(WEBHOOK, receiver.url, gateway, sleep=waited.append)

    assert waited == waits


def test_meta_tries_again_at_once_and_then_for_seven_days(receiver: Receiver) -> None:
    receiver.answers = [(503, b"")]
    waited: list[float] = []

    deliver(WEBHOOK, receiver.url, "meta", sleep=waited.append)

    assert len(waited) == len(receiver.requests) - 2
    assert waited == sorted(waited)
    assert 6 * 86400 < sum(waited) < 7 * 86400


@pytest.mark.parametrize("status", [400, 401, 404, 408, 413])
def test_rijan_drops_a_webhook_that_is_refused(status: int, receiver: Receiver) -> None:
    receiver.answers = [(status, b"")]

    delivery = deliver(WEBHOOK, receiver.url, "rijan", scale=0)

    assert (delivery.delivered, delivery.attempts) == (False, 1)


def test_rijan_tries_again_after_429(receiver: Receiver) -> None:
    receiver.answers = [(429, b""), (200, b"")]

    assert deliver(WEBHOOK, receiver.url, "rijan", scale=0).delivered


def test_rijan_counts_its_attempts(receiver: Receiver) -> None:
    receiver.answers = [(503, b"")]

    deliver(WEBHOOK, receiver.url, "rijan", scale=0)

    assert [each[2]["x-rijan-attempt"] for each in receiver.requests] == ["1", "2", "3"]


def test_rijan_follows_a_redirect_with_a_get_and_believes_it_delivered(
    receiver: Receiver,
) -> None:
    receiver.answers = [(302, b""), (200, b"")]
    receiver.location = f"{receiver.url}/webhook/x/"

    delivery = deliver(WEBHOOK, receiver.url, "rijan", scale=0)

    assert delivery.delivered
    assert [(each[0], each[3]) for each in receiver.requests] == [
        ("POST", b'{"id":7}'),
        ("GET", b""),
    ]


@pytest.mark.parametrize("gateway", ["meta", "wagate", "csku", "whatsgate"])
def test_the_others_take_a_redirect_for_a_failure(gateway: str, receiver: Receiver) -> None:
    receiver.answers = [(302, b""), (200, CONTENT[gateway])]
    receiver.location = f"{receiver.url}/webhook/x/"

    delivery = deliver(WEBHOOK, receiver.url, gateway, scale=0)

    assert [each[0] for each in receiver.requests] == ["POST", "POST"]
    assert delivery.attempts == 2


def test_meta_is_content_with_200_alone(receiver: Receiver) -> None:
    receiver.answers = [(204, b""), (200, b"")]

    assert deliver(WEBHOOK, receiver.url, "meta", scale=0).attempts == 2


@pytest.mark.parametrize(
    "answer", [b"OK", b"{}", b'{"result":"OK"}', b'{"result":"OK","id":8}', b'{"id":7}']
)
def test_whatsgate_is_content_with_its_own_id_alone(answer: bytes, receiver: Receiver) -> None:
    receiver.answers = [(200, answer), (200, CONTENT["whatsgate"])]

    delivery = deliver(WEBHOOK, receiver.url, "whatsgate", scale=0)

    assert (delivery.delivered, delivery.attempts) == (True, 2)


def test_wagate_switches_the_webhook_off_after_ten_failures_in_a_row(receiver: Receiver) -> None:
    receiver.answers = [(401, b"")]
    subscription = Subscription()

    attempts = [
        deliver(WEBHOOK, receiver.url, "wagate", scale=0, subscription=subscription).attempts
        for _ in range(4)
    ]

    assert attempts == [4, 4, 2, 0]
    assert len(receiver.requests) == 10
    assert not subscription.enabled


def test_wagate_counts_anew_after_a_success(receiver: Receiver) -> None:
    receiver.answers = [(500, b""), (500, b""), (200, b"")]
    subscription = Subscription()

    deliver(WEBHOOK, receiver.url, "wagate", scale=0, subscription=subscription)

    assert (subscription.failures, subscription.enabled) == (0, True)


@pytest.mark.parametrize("gateway", CONTENT)
def test_takes_silence_for_a_failure(gateway: str, dead_url: str) -> None:
    delivery = deliver(WEBHOOK, dead_url, gateway, scale=0, timeout=0.05)

    assert (delivery.delivered, delivery.status) == (False, None)
    assert delivery.attempts == ATTEMPTS[gateway]


def test_takes_a_refused_connection_for_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    delivery = deliver(WEBHOOK, f"http://127.0.0.1:{port}", "rijan", scale=0)

    assert (delivery.delivered, delivery.attempts) == (False, 3)


def test_takes_an_answer_that_trickles_in_too_late_for_a_failure() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_drip, args=(listener, head))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        delivery = deliver(WEBHOOK, url, "rijan", scale=0, timeout=0.2)

        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert (delivery.delivered, delivery.status) == (False, None)


def _drip(listener: socket.socket, head: bytes) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                connection.recv(4096)
                connection.sendall(head)
                for _ in range(40):
                    connection.sendall(b" ")
                    threading.Event().wait(0.02)
            except ConnectionError:
                continue


def test_leaves_proxies_and_passwords_of_this_machine_alone(
    receiver: Receiver, dead_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    receiver.answers = [(200, b"OK")]
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login budi password rahasia\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", dead_url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    webhook = SignedWebhook("/webhook/csku", {"Authorization": "rahasia-csku"}, b"{}")

    delivery = deliver(webhook, receiver.url, "csku", scale=0, timeout=0.5)

    assert delivery.attempts == 1
    assert receiver.requests[0][2]["authorization"] == "rahasia-csku"


def test_posts_many_and_tells_of_each(receiver: Receiver) -> None:
    receiver.answers = [(200, b"OK")]
    webhooks = [SignedWebhook("/webhook/meta", {}, json.dumps(n).encode()) for n in range(20)]

    deliveries = deliver_all(webhooks, receiver.url, "meta", scale=0)

    assert [delivery.delivered for delivery in deliveries] == [True] * 20
    assert sorted(int(each[3]) for each in receiver.requests) == list(range(20))


def test_whatsgate_posts_one_after_the_other() -> None:
    assert COURIERS["whatsgate"].concurrency == 1
