"""Where webhooks may be posted: the gateways' own addresses, and those that they share."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http import HTTPStatus

import pytest
from redis import Redis
from sqlalchemy import Engine

from bot.simulator.signers import SignedWebhook
from tests.conftest import Valkey
from tests.web import CONFIGURED, NAMES, Web, text_body, web_process

Start = Callable[..., AbstractContextManager[Web]]
SHARED = ("/webhook", "/webhook/whatsapp", "/webhook/whatsapp/apa-saja")
gateways = pytest.mark.parametrize("name", NAMES)
slashes = pytest.mark.parametrize("slash", ["", "/"], ids=["plain", "slash"])


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


@pytest.fixture
def only(sqlite_engine: Engine, shared_valkey: Valkey) -> Start:
    """Give a way to run the app with some gateways only."""
    url = str(sqlite_engine.url)

    def start(*names: str, **more: str) -> AbstractContextManager[Web]:
        chosen = {
            variable: value
            for variable, value in CONFIGURED.items()
            if variable.partition("_")[0].lower() in names
        }
        return web_process(url, shared_valkey.url, {**chosen, **more})

    return start


def moved(webhook: SignedWebhook, path: str) -> SignedWebhook:
    return SignedWebhook(path, webhook.headers, webhook.body)


@slashes
@pytest.mark.parametrize("path", SHARED)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "whatsgate"])
def test_knows_a_gateway_by_its_signature_header(
    web: Web, name: str, path: str, slash: str
) -> None:
    answer = web.post(moved(web.sign(name, text_body(name)), path + slash))

    assert answer.status_code == HTTPStatus.OK
    assert [event.gateway for event in web.events()] == [name]


@slashes
@pytest.mark.parametrize(
    "path",
    [
        "/webhook/whatsapp/rahasia-whatsgate{slash}",
        "/webhook{slash}?token=rahasia-whatsgate",
        "/webhook/whatsapp{slash}?token=rahasia-whatsgate",
    ],
)
def test_knows_whatsgate_by_its_token(web: Web, path: str, slash: str) -> None:
    webhook = SignedWebhook(path.format(slash=slash), {}, text_body("whatsgate"))

    answer = web.post(webhook)

    assert answer.status_code == HTTPStatus.OK
    assert [event.gateway for event in web.events()] == ["whatsgate"]


@pytest.mark.parametrize("path", ["/webhook/whatsapp/salah", "/webhook?token=salah"])
def test_refuses_a_wrong_token_at_a_shared_address(web: Web, path: str) -> None:
    answer = web.post(SignedWebhook(path, {}, text_body("whatsgate")))

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert not web.events()


@pytest.mark.parametrize("path", ["/webhook", "/webhook/whatsapp"])
def test_reads_no_body_that_nobody_signed(web: Web, path: str) -> None:
    class Untouchable:
        def read(self, *_: int) -> bytes:
            raise AssertionError("the body was read")

        readline = readlines = __iter__ = read

    answer = web.client.post(
        path, environ_overrides={"CONTENT_LENGTH": "2000", "wsgi.input": Untouchable()}
    )

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert "error" in json.loads(answer.data)


def test_tries_no_second_gateway_after_a_failed_verification(web: Web) -> None:
    """A header of Meta's decides, even beside a signature that would be right for WAGate."""
    right = web.sign("wagate", text_body("wagate"))
    headers = {**right.headers, "X-Hub-Signature-256": "sha256=" + "0" * 64}

    answer = web.post(SignedWebhook("/webhook", headers, right.body))

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert not web.events()


def test_prefers_a_configured_gateway_among_several_signature_headers(only: Start) -> None:
    with only("wagate") as web:
        right = web.sign("wagate", text_body("wagate"))
        headers = {**right.headers, "X-Hub-Signature-256": "sha256=" + "0" * 64}

        answer = web.post(SignedWebhook("/webhook", headers, right.body))

    assert answer.status_code == HTTPStatus.OK


def test_names_the_variable_of_a_signature_that_is_not_configured_here(only: Start) -> None:
    with only("wagate") as web:
        answer = web.client.post("/webhook", headers={"X-Rijan-Signature": "0" * 64}, data=b"{}")

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "RIJAN_WEBHOOK_SECRET" in json.loads(answer.data)["error"]


def test_takes_the_shared_token_of_rijan_in_the_path_and_in_the_query(only: Start) -> None:
    with only("rijan", RIJAN_WEBHOOK_TOKEN="sandi url") as web:
        paths = (
            "/webhook/rijan/sandi%20url",
            "/webhook/rijan?token=sandi%20url",
            "/webhook/whatsapp/sandi%20url",
            "/webhook/whatsapp?token=sandi%20url",
            "/webhook/whatsapp",
            "/webhook/rijan/salah",
        )
        answers = [
            web.post(moved(web.sign("rijan", text_body("rijan")), path)).status_code
            for path in paths
        ]

    assert answers == [200, 200, 200, 200, 401, 401]


@pytest.mark.parametrize("secret", ["aGFsbw+/x==", "a b", "é-rahasia", "100%25"])
def test_takes_a_token_with_signs_that_urls_escape(only: Start, secret: str) -> None:
    with only(WHATSGATE_WEBHOOK_TOKEN=secret) as web:
        answers = [
            web.post(web.sign("whatsgate", text_body("whatsgate")), slash=slash).status_code
            for slash in (False, True)
        ]

    assert answers == [HTTPStatus.OK] * 2


@gateways
@pytest.mark.parametrize(
    "path",
    ["//webhook/{name}", "/webhook//{name}", "/webhook/{name}//", "/webhook/./{name}", "//webhook"],
)
def test_never_redirects(web: Web, name: str, path: str) -> None:
    webhook = web.sign(name, text_body(name))

    answer = web.client.post(
        "/",
        data=webhook.body,
        headers=webhook.headers,
        environ_overrides={"PATH_INFO": path.format(name=name)},
    )

    assert not 300 <= answer.status_code < 400
    assert "Location" not in answer.headers
    # What is not kept is refused: there is no 200 for nothing.
    assert (answer.status_code == HTTPStatus.OK) == (len(web.events()) == 1)


def test_never_redirects_other_addresses(web: Web) -> None:
    answers = [
        web.client.get(path).status_code
        for path in ("/health", "/health/", "/ready/", "/metrics/", "/nothing", "//health")
    ]

    assert answers == [200, 200, 200, 200, 404, 404]


@gateways
def test_answers_all_mistakes_in_json(web: Web, name: str) -> None:
    for answer in (
        web.client.post(f"/webhook/{name}/a/b", data=b"x"),
        web.client.get(f"/webhook/{name}/a"),
        web.client.put("/webhook"),
        web.client.post("/lain"),
        web.client.post(f"/webhook/{name}", data=b"x", headers={"Content-Encoding": "gzip"}),
    ):
        assert 400 <= answer.status_code < 500
        assert list(json.loads(answer.data)) == ["error"]
