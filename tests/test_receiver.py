"""The table of answers: what each gateway is told, for each thing that can be right or wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from redis import Redis

from bot.gateway_settings import secret_variable
from bot.gateways import GATEWAYS
from bot.simulator.signers import SIGNERS, SignedWebhook
from tests.conftest import Valkey
from tests.web import KEPT, NAMES, REPEATED, Web, text_body, web_process

SIGNED = ("meta", "wagate", "rijan")
slashes = pytest.mark.parametrize("slash", [False, True], ids=["plain", "slash"])
gateways = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


def is_refusal(answer: bytes) -> bool:
    found = json.loads(answer)
    return list(found) == ["error"] and isinstance(found["error"], str) and bool(found["error"])


def forged(web: Web, name: str, body: bytes) -> SignedWebhook:
    """Return a body signed by somebody who does not know the secret."""
    account_type = GATEWAYS[name].account_type
    stranger = account_type.model_validate({account_type.secret_field: "rahasia-orang-lain"})
    return SIGNERS[name](stranger, body)


@slashes
@gateways
def test_tells_the_gateway_that_its_webhook_is_kept(web: Web, name: str, slash: bool) -> None:
    body = text_body(name)

    answer = web.post(web.sign(name, body), slash=slash)

    kept = json.dumps({"result": "OK", "id": json.loads(body).get("id")}, separators=(",", ":"))
    assert answer.status_code == HTTPStatus.OK
    assert answer.data == KEPT.get(name, kept.encode())
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert [(event.gateway, event.kind) for event in web.events()] == [(name, "message.received")]


@gateways
def test_answers_a_repeat_alike_and_keeps_it_once(web: Web, name: str) -> None:
    webhook = web.sign(name, text_body(name))
    first = web.post(webhook)

    second = web.post(webhook)

    assert second.status_code == HTTPStatus.OK
    assert second.data == REPEATED.get(name, first.data)
    assert len(web.events()) == 1


@slashes
@gateways
def test_refuses_a_forged_webhook_and_keeps_nothing(web: Web, name: str, slash: bool) -> None:
    answer = web.post(forged(web, name, text_body(name)), slash=slash)

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert is_refusal(answer.data)
    assert not web.events()


@slashes
@gateways
def test_refuses_an_unsigned_webhook(web: Web, name: str, slash: bool) -> None:
    unsigned = SignedWebhook(f"/webhook/{name}", {}, text_body(name))

    answer = web.post(unsigned, slash=slash)

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert is_refusal(answer.data)
    assert not web.events()


@pytest.mark.parametrize("name", SIGNED)
def test_refuses_a_body_that_was_changed_after_it_was_signed(web: Web, name: str) -> None:
    webhook = web.sign(name, text_body(name))

    answer = web.post(SignedWebhook(webhook.path, webhook.headers, webhook.body + b" "))

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert not web.events()


@pytest.mark.parametrize("value", ["sha256=é", "\xff", "ÿ" * 64, "sha256=" + "\xb2" * 64])
@gateways
def test_refuses_a_header_that_is_not_ascii(web: Web, name: str, value: str) -> None:
    header = GATEWAYS[name].signature_header or "authorization"
    path = f"/webhook/{name}" + ("/é" if name == "whatsgate" else "")

    answer = web.post(SignedWebhook(path, {header: value}, text_body(name)))

    assert answer.status_code == HTTPStatus.UNAUTHORIZED


@slashes
@gateways
def test_stores_what_it_cannot_read_and_says_so_to_nobody(web: Web, name: str, slash: bool) -> None:
    answer = web.post(web.sign(name, b"{"), slash=slash)

    assert answer.status_code == HTTPStatus.OK
    assert [(event.kind, event.payload) for event in web.events()] == [("unparsed", b"{")]


@gateways
def test_refuses_a_large_body_without_reading_it(web: Web, name: str) -> None:
    size = GATEWAYS[name].max_body + 1
    webhook = web.sign(name, b"")

    class Untouchable:
        def read(self, *_: int) -> bytes:
            raise AssertionError("the body was read")

        readline = readlines = __iter__ = read

    answer = web.client.post(
        webhook.path,
        headers=webhook.headers,
        environ_overrides={"CONTENT_LENGTH": str(size), "wsgi.input": Untouchable()},
    )

    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert is_refusal(answer.data)


@gateways
def test_keeps_a_body_of_exactly_the_limit(web: Web, name: str) -> None:
    limit = GATEWAYS[name].max_body
    text = text_body(name)
    body = text + b" " * (limit - len(text))

    assert web.post(web.sign(name, body)).status_code == HTTPStatus.OK
    assert len(web.events()) == 1


@slashes
@gateways
def test_names_the_variable_of_a_gateway_that_is_not_configured(
    sqlite_engine: object,
    database_url: str,
    redis: object,
    shared_valkey: Valkey,
    name: str,
    slash: bool,
) -> None:
    with web_process(database_url, shared_valkey.url, {}) as web:
        answer = web.client.post(f"/webhook/{name}" + "/" * slash, data=b"{}")

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert secret_variable(name) in json.loads(answer.data)["error"]


@slashes
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_knows_no_other_gateway(web: Web, method: str, slash: bool) -> None:
    answer = web.client.open("/webhook/telegram" + "/" * slash, method=method)

    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert is_refusal(answer.data)


@gateways
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_refuses_another_method_in_json(web: Web, name: str, method: str) -> None:
    answer = web.client.open(f"/webhook/{name}", method=method)

    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert "POST" in answer.headers["Allow"]
    assert is_refusal(answer.data)


@slashes
@pytest.mark.parametrize("path", ["/webhook/meta", "/webhook", "/webhook/whatsapp"])
def test_gives_the_challenge_back_as_plain_text(web: Web, path: str, slash: bool) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": "sandi-meta",
        "hub.challenge": "<b>1158201444</b>",
    }

    answer = web.client.get(path + "/" * slash, query_string=query)

    assert answer.status_code == HTTPStatus.OK
    assert answer.data == b"<b>1158201444</b>"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@slashes
@pytest.mark.parametrize("token", ["salah", "", "sandi-met\xe1"])
def test_refuses_a_wrong_verify_token(web: Web, token: str, slash: bool) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1"}

    answer = web.client.get("/webhook/meta" + "/" * slash, query_string=query)

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert is_refusal(answer.data)


def test_refuses_a_challenge_without_any_question(web: Web) -> None:
    assert web.client.get("/webhook").status_code == HTTPStatus.FORBIDDEN


@slashes
@pytest.mark.parametrize("name", [name for name in NAMES if name != "meta"])
def test_has_no_challenge_for_the_other_gateways(web: Web, name: str, slash: bool) -> None:
    answer = web.client.get(f"/webhook/{name}" + "/" * slash)

    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert answer.headers["Allow"] == "POST"
    assert is_refusal(answer.data)


def test_stamps_the_events_of_one_body_in_their_order(web: Web) -> None:
    change = json.loads(text_body("meta"))["entry"][0]["changes"][0]
    messages = [
        {**change["value"]["messages"][0], "id": f"wamid.URUT{number}"} for number in range(20)
    ]
    change["value"]["messages"] = messages
    body = json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    ).encode()

    web.post(web.sign("meta", body))

    in_order = sorted(web.events(), key=lambda event: event.received_at)
    assert [event.key for event in in_order] == [f"m:wamid.URUT{number}" for number in range(20)]
    assert all(event.received_at <= datetime.now(UTC) for event in in_order)
