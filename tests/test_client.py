"""What the client makes of a gateway that misbehaves on the wire."""

import socket
import threading
import time
from pathlib import Path

import pytest

from bot import client as client_module
from bot.client import Client
from bot.embedded import free_port
from bot.gateways.base import Exchange, HttpRequest, HttpResponse
from bot.gateways.errors import OutcomeUnknown, Rejected, SendError, Unreachable
from tests.peers import OK, Connection, keep_answering, once, peer


def asking(*requests: HttpRequest) -> Exchange[list[HttpResponse]]:
    responses = []
    for request in requests:
        responses.append((yield request))  # noqa: PERF401 - a yield in a comprehension is none
    return responses


def post(url: str, **headers: str) -> HttpRequest:
    return HttpRequest(method="POST", url=url, headers=headers, body=b'{"text":"halo"}')


def failure(url: str, *, client: Client | None = None, **headers: str) -> SendError:
    with pytest.raises(SendError) as caught:
        (client or Client()).perform(asking(post(url, **headers)))
    assert "127.0.0.1" not in str(caught.value)
    return caught.value


def test_returns_status_headers_and_body() -> None:
    answer = b"HTTP/1.1 403 No\r\nX-Alasan: kuota\r\nContent-Length: 5\r\n\r\nhabis"
    with peer(once(answer)) as gateway:
        [response] = Client().perform(asking(post(gateway.url)))

    assert (response.status, response.body) == (403, b"habis")
    assert response.headers["x-alasan"] == "kuota"


def test_sends_the_body_as_it_is() -> None:
    with peer(keep_answering) as gateway:
        Client().perform(asking(post(gateway.url + "/a%2Fb?c=d", Authorization="Bearer kunci")))

    [request] = gateway.requests
    assert request.startswith(b"POST /a%2Fb?c=d HTTP/1.1\r\n")
    assert request.endswith(b'\r\n\r\n{"text":"halo"}')
    assert b"\r\nAuthorization: Bearer kunci\r\n" in request


def test_uses_one_connection_for_several_requests() -> None:
    with peer(keep_answering) as gateway:
        client = Client()
        client.perform(asking(post(gateway.url), post(gateway.url)))
        client.perform(asking(post(gateway.url)))

    assert (gateway.connections, len(gateway.requests)) == (1, 3)


def test_uses_no_connection_that_was_idle_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "IDLE_SECONDS", 0.05)
    with peer(keep_answering) as gateway:
        client = Client()
        client.perform(asking(post(gateway.url)))
        time.sleep(0.1)
        client.perform(asking(post(gateway.url)))

    assert gateway.connections == 2


def test_a_refused_connection_never_reached_the_gateway() -> None:
    assert isinstance(failure(f"http://127.0.0.1:{free_port()}"), Unreachable)


def test_an_unknown_host_never_reached_the_gateway() -> None:
    assert isinstance(failure("http://tidak-ada.invalid/"), Unreachable)


def test_a_connection_that_is_not_accepted_never_reached_the_gateway(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # The queue of a listener that never accepts is soon full, and the next one waits.
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        time.sleep(0.05)
        try:
            assert isinstance(failure(f"http://127.0.0.1:{address[1]}"), Unreachable)
        finally:
            for each in waiting:
                each.close()


def test_a_proxy_that_refuses_never_reached_the_gateway() -> None:
    client = Client(proxy=f"http://127.0.0.1:{free_port()}")

    assert isinstance(failure("http://api.contoh.id/", client=client), Unreachable)
    assert isinstance(failure("https://api.contoh.id/", client=client), Unreachable)


def test_a_reset_after_the_request_has_an_unknown_outcome() -> None:
    def script(connection: Connection) -> None:
        connection.take()
        connection.reset()

    with peer(script) as gateway:
        assert isinstance(failure(gateway.url), OutcomeUnknown)
        assert len(gateway.requests) == 1


def test_a_reset_before_the_request_was_read_is_no_success() -> None:
    """Unknown, or unreachable where the reset comes before the connection is even in use."""
    with peer(Connection.reset) as gateway:
        assert isinstance(failure(gateway.url), OutcomeUnknown | Unreachable)


def test_headers_that_drip_are_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "TOTAL_SECONDS", 0.3)

    def drip(connection: Connection) -> None:
        connection.take()
        connection.give(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(100):
            connection.give(b"x")
            time.sleep(0.05)

    with peer(drip) as gateway:
        started = time.monotonic()
        assert isinstance(failure(gateway.url), OutcomeUnknown)
        assert time.monotonic() - started < 2


def test_the_body_of_a_redirect_is_not_read_beyond_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "LARGEST_RESPONSE", 1000)

    def redirect(connection: Connection) -> None:
        connection.take()
        connection.give(
            b"HTTP/1.1 302 Found\r\nLocation: http://[bad/\r\nContent-Length: 5000\r\n\r\n"
            + b"x" * 5000
        )

    with peer(redirect) as gateway:
        assert isinstance(failure(gateway.url), OutcomeUnknown)


def test_a_connection_closed_without_an_answer_has_an_unknown_outcome() -> None:
    with peer(once(b"")) as gateway:
        assert isinstance(failure(gateway.url), OutcomeUnknown)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
    ],
    ids=["short", "half chunk", "no chunk", "no gzip", "other protocol", "no status"],
)
def test_half_an_answer_has_an_unknown_outcome(answer: bytes) -> None:
    with peer(once(answer)) as gateway:
        assert isinstance(failure(gateway.url), OutcomeUnknown)


def test_works_again_after_a_broken_connection() -> None:
    answers = iter([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", OK])
    with peer(lambda connection: once(next(answers))(connection)) as gateway:
        client = Client()
        failure(gateway.url, client=client)
        [response] = client.perform(asking(post(gateway.url)))

    assert response.body == b"ok"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_no_redirect(status: int) -> None:
    with peer(keep_answering) as elsewhere:
        answer = (
            f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        )
        with peer(once(answer.encode())) as gateway:
            [response] = Client().perform(asking(post(gateway.url)))

    assert response.status == status
    assert elsewhere.requests == []


def test_ignores_netrc_and_the_proxies_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login orang password lain\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with peer(keep_answering) as gateway:
        Client().perform(asking(post(gateway.url, Authorization="Bearer kunci")))

    assert b"\r\nAuthorization: Bearer kunci\r\n" in gateway.requests[0]


def test_goes_through_the_proxy_that_is_set() -> None:
    with peer(keep_answering) as proxy:
        Client(proxy=proxy.url).perform(asking(post("http://api.contoh.id/kirim")))

    assert proxy.requests[0].startswith(b"POST http://api.contoh.id/kirim HTTP/1.1\r\n")


def test_an_answer_that_does_not_come_has_an_unknown_outcome(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.2)

    def script(connection: Connection) -> None:
        connection.take()
        connection.take()

    with peer(script) as gateway:
        assert isinstance(failure(gateway.url), OutcomeUnknown)


@pytest.mark.parametrize("length", [b"Content-Length: 100000\r\n", b""], ids=["length", "open"])
def test_an_answer_that_drips_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch, length: bytes
) -> None:
    monkeypatch.setattr(client_module, "TOTAL_SECONDS", 0.3)

    def drip(connection: Connection) -> None:
        connection.take()
        connection.give(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
        for _ in range(100):
            connection.give(b"x")
            time.sleep(0.05)

    with peer(drip) as gateway:
        started = time.monotonic()
        error = failure(gateway.url)

    assert isinstance(error, OutcomeUnknown)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("length", [b"Content-Length: 4194305\r\n", b""], ids=["length", "open"])
def test_an_answer_that_is_too_large_is_not_read_to_its_end(length: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + b"x" * (4 * 1024 * 1024 + 1)
    with peer(once(answer)) as gateway:
        assert isinstance(failure(gateway.url), OutcomeUnknown)


def test_a_large_answer_is_read_to_its_end() -> None:
    body = b"x" * 4 * 1024 * 1024
    with peer(once(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)) as gateway:
        [response] = Client().perform(asking(post(gateway.url)))

    assert response.body == body


@pytest.mark.parametrize("url", ["", "bukan url", "http://", "ftp://api.contoh.id/", "http://[::1"])
def test_an_unusable_url_will_never_work(url: str) -> None:
    assert isinstance(failure(url), Rejected)


@pytest.mark.parametrize("token", ["rahasia\n", "rahasia…", "ra\r\nX-Lain: hasia"])
def test_a_token_that_no_header_can_hold_will_never_work(token: str) -> None:
    with peer(keep_answering) as gateway:
        error = failure(gateway.url, Authorization=f"Bearer {token}")

    assert isinstance(error, Rejected)
    assert "hasia" not in repr(error)
    assert gateway.requests == []


def test_a_plain_server_behind_an_https_url_never_got_the_request() -> None:
    with peer(lambda connection: connection.give(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as gateway:
        error = failure(gateway.url.replace("http:", "https:"))

    assert isinstance(error, Unreachable)


def test_threads_share_no_connection() -> None:
    with peer(keep_answering) as gateway:
        client = Client()
        client.perform(asking(post(gateway.url)))
        other = threading.Thread(target=lambda: client.perform(asking(post(gateway.url))))
        other.start()
        other.join()

    assert gateway.connections == 2


def test_what_a_gateway_sets_for_one_account_does_not_come_with_another() -> None:
    cookie = OK.replace(b"\r\n", b"\r\nSet-Cookie: session=of-the-first; Path=/\r\n", 1)

    def script(connection: Connection) -> None:
        while connection.take():
            connection.give(cookie)

    with peer(script) as gateway:
        client = Client()
        for token in ("satu", "dua"):
            client.perform(asking(post(gateway.url, Authorization=f"Bearer {token}")))

        assert len(gateway.requests) == 2
        assert not any(b"cookie" in request.lower() for request in gateway.requests)
