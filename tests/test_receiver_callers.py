"""ALLOWED_IPS: who may not post is told so before anything is read, and nothing is kept."""

import json
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from sqlalchemy import Engine

from tests.conftest import Valkey
from tests.web import CONFIGURED, NAMES, Web, text_body, web_process

# Flask's test client posts from there.
LOOPBACK = "127.0.0.1"
FOREIGN = {**CONFIGURED, "ALLOWED_IPS": "203.0.113.0/24", "TRUSTED_PROXIES": "1"}


class Untouchable:
    """A body that nobody may read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("the body was read")

    readline = readlines = __iter__ = read


@pytest.fixture
def web(sqlite_engine: Engine, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(str(sqlite_engine.url), shared_valkey.url, FOREIGN) as running:
        yield running


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
def test_refuses_a_foreign_address_without_reading_the_body(
    web: Web, name: str, shared: bool
) -> None:
    webhook = web.sign(name, text_body(name))

    answer = web.client.post(
        "/webhook" if shared else webhook.path,
        headers=webhook.headers,
        environ_overrides={"CONTENT_LENGTH": "100", "wsgi.input": Untouchable()},
    )

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert list(json.loads(answer.data)) == ["error"]
    assert not web.events()


@pytest.mark.parametrize("name", NAMES)
def test_keeps_what_a_named_address_posts(web: Web, name: str) -> None:
    webhook = web.sign(name, text_body(name))
    path, _, query = webhook.path.partition("?")

    answer = web.client.post(
        path,
        query_string=query,
        data=webhook.body,
        headers={**webhook.headers, "X-Forwarded-For": "198.51.100.9, 203.0.113.7"},
    )

    assert answer.status_code == HTTPStatus.OK
    assert len(web.events()) == 1


@pytest.mark.parametrize("path", ["/webhook/meta", "/webhook", "/webhook/whatsapp"])
def test_refuses_the_challenge_too(web: Web, path: str) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "sandi-meta", "hub.challenge": "1"}

    assert web.client.get(path, query_string=query).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_everybody_may_ask_how_balas_is(web: Web, path: str) -> None:
    assert web.client.get(path).status_code == HTTPStatus.OK


def test_one_gateway_has_a_list_of_its_own(sqlite_engine: Engine, shared_valkey: Valkey) -> None:
    environ = {**CONFIGURED, "ALLOWED_IPS": "203.0.113.0/24", "WAGATE_ALLOWED_IPS": LOOPBACK}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        assert web.post_text("wagate").status_code == HTTPStatus.OK
        assert web.post_text("rijan").status_code == HTTPStatus.FORBIDDEN
