"""From where the client fetches files, and how much of them."""

from collections.abc import Callable

import pytest

from bot.addresses import Reach
from bot.client import Client
from bot.gateways.base import Exchange, HttpRequest, HttpResponse
from bot.gateways.capabilities import MIB
from bot.gateways.errors import Rejected, SendError, TransientError, Unreachable
from tests.peers import keep_answering, once, peer
from tests.world import PUBLIC, World, lead

Route = Callable[..., World]


def fetching(url: str, **headers: str) -> Exchange[HttpResponse]:
    return (yield HttpRequest(method="GET", url=url, headers=headers, media=True))


def fetch(url: str, reach: Reach, *, client: Client | None = None) -> HttpResponse:
    return (client or Client()).perform(fetching(url), reach=reach)


def refusal(url: str, reach: Reach | None, *, client: Client | None = None) -> SendError:
    with pytest.raises(SendError) as caught:
        (client or Client()).perform(fetching(url), reach=reach)
    return caught.value


@pytest.fixture
def route(monkeypatch: pytest.MonkeyPatch) -> Route:
    """Give a function that takes names to addresses, and all addresses to a peer."""

    return lambda to, **names: lead(monkeypatch, to, **names)


def anywhere(largest: int = MIB) -> Reach:
    return Reach(largest=largest, anywhere=True)


def test_fetches_no_file_where_nobody_said_from_where() -> None:
    with peer(keep_answering) as gateway:
        assert isinstance(refusal(gateway.url, None), Rejected)

    assert gateway.requests == []


def test_fetches_from_the_apis_own_origin_wherever_it_is() -> None:
    with peer(keep_answering) as gateway:
        assert fetch(gateway.url + "/berkas", Reach(largest=10, api_url=gateway.url)).body == b"ok"


def test_fetches_from_another_port_of_the_apis_host_never() -> None:
    with peer(keep_answering) as gateway, peer(keep_answering) as other:
        assert isinstance(refusal(other.url, Reach(largest=10, api_url=gateway.url)), Rejected)

    assert other.requests == []


def test_fetches_a_link_from_the_public_address_that_its_name_leads_to(route: Route) -> None:
    with peer(keep_answering) as host:
        world = route(host, gambar=[PUBLIC])
        response = fetch("http://gambar.contoh.id/katalog.pdf", anywhere())

    assert response.body == b"ok"
    assert world.connected == [(PUBLIC, 80)]
    assert b"\r\nHost: gambar.contoh.id\r\n" in host.requests[0]


def test_a_name_is_looked_up_once_so_that_it_cannot_lead_elsewhere_later(route: Route) -> None:
    with peer(keep_answering) as host:
        world = route(host, gambar=[PUBLIC])
        fetch("http://gambar.contoh.id/katalog.pdf", anywhere())

    assert world.looked_up == ["gambar.contoh.id"]


def test_takes_the_next_address_of_a_name_when_the_first_does_not_answer(route: Route) -> None:
    with peer(keep_answering) as host:
        world = route(host, gambar=["2606:4700:4700::1111", PUBLIC])
        world.unreachable = {"2606:4700:4700::1111"}
        assert fetch("http://gambar.contoh.id/", anywhere()).body == b"ok"


def test_a_host_that_does_not_answer_may_answer_later(route: Route) -> None:
    with peer(keep_answering) as host:
        route(host, gambar=[PUBLIC]).unreachable = {PUBLIC}
        error = refusal("http://gambar.contoh.id/", anywhere())

    assert isinstance(error, Unreachable)
    assert error.reason.startswith("no connection to the host of the file (")


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["fe80::1%eth0"],
        [PUBLIC, "127.0.0.1"],
    ],
    ids=str,
)
def test_connects_to_no_private_address_behind_a_public_name(
    route: Route, found: list[str]
) -> None:
    with peer(keep_answering) as private:
        world = route(private, gambar=found)
        error = refusal("http://gambar.contoh.id/", anywhere())

    assert isinstance(error, Rejected)
    assert world.connected == []


def test_a_connection_to_the_gateway_is_not_used_for_strangers(route: Route) -> None:
    """Else a name could lead into our network over a connection that nobody checked."""
    with peer(keep_answering) as gateway:
        port = gateway.url.rpartition(":")[2]
        named = f"http://gateway.contoh.id:{port}/"
        client = Client()
        route(gateway, gateway=["127.0.0.1"])
        fetch(named, Reach(largest=10, api_url=named), client=client)
        error = refusal(named, anywhere(), client=client)

    assert isinstance(error, Rejected)
    assert len(gateway.requests) == 1


def test_speaks_tls_to_the_gateways_hosts(route: Route) -> None:
    with peer(lambda connection: connection.give(b"HTTP/1.1 400 Bad\r\n\r\n")) as world:
        route(world, media=[PUBLIC])
        reach = Reach(largest=10, hosts=("media.contoh.id",))
        error = refusal("https://media.contoh.id/1", reach)

    assert isinstance(error, Unreachable)
    assert world.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_no_redirect_to_a_file(status: int) -> None:
    with peer(keep_answering) as elsewhere:
        answer = f"HTTP/1.1 {status} X\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        with peer(once(answer.encode())) as gateway:
            error = refusal(gateway.url, Reach(largest=10, api_url=gateway.url))

    assert isinstance(error, Rejected)
    assert "redirect" in str(error)
    assert elsewhere.requests == []


def test_an_unknown_name_may_be_known_later(route: Route) -> None:
    with peer(keep_answering) as world:
        route(world)
        assert isinstance(refusal("http://gambar.contoh.id/", anywhere()), Unreachable)


def test_a_file_that_announces_too_much_is_not_read() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"
    with peer(once(answer)) as gateway:
        error = refusal(gateway.url, Reach(largest=10, api_url=gateway.url))

    assert isinstance(error, Rejected)
    assert "larger" in str(error)


@pytest.mark.parametrize("length", [b"", b"Content-Length: x\r\n"], ids=["open", "odd"])
def test_a_file_that_is_too_large_is_not_read_to_its_end(length: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + b"x" * 11
    with peer(once(answer)) as gateway:
        error = refusal(gateway.url, Reach(largest=10, api_url=gateway.url))

    assert isinstance(error, Rejected)


def test_a_file_may_be_larger_than_other_answers() -> None:
    body = b"x" * 5 * MIB
    with peer(once(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)) as gateway:
        response = fetch(gateway.url, Reach(largest=5 * MIB, api_url=gateway.url))

    assert response.body == body


def test_a_file_inside_json_is_counted_without_its_base64() -> None:
    body = b'{"data":"' + b"QUJD" * MIB + b'"}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with peer(once(head % len(body) + body)) as gateway:
        response = fetch(gateway.url, Reach(largest=3 * MIB, api_url=gateway.url))

    assert response.body == body


def test_an_answer_that_is_no_file_may_not_be_large() -> None:
    body = b"x" * 5 * MIB
    head = b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n"
    with peer(once(head % len(body) + body)) as gateway:
        error = refusal(gateway.url, Reach(largest=9 * MIB, api_url=gateway.url))

    assert isinstance(error, TransientError)


def test_through_a_proxy_the_name_alone_decides() -> None:
    with peer(keep_answering) as proxy:
        client = Client(proxy=proxy.url)
        fetch("http://gambar.contoh.id/katalog.pdf", anywhere(), client=client)
        for url in ("http://127.0.0.1/", "http://metadata.google.internal/", "http://2130706433/"):
            assert isinstance(refusal(url, anywhere(), client=client), Rejected)

    [request] = proxy.requests
    assert request.startswith(b"GET http://gambar.contoh.id/katalog.pdf HTTP/1.1\r\n")
