"""The examples of the gateways' own documents: their addresses, headers, bodies and answers."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from redis import Redis

from bot import rules
from bot.gateways.signatures import hmac_sha256
from models import Direction
from tests.conftest import Valkey
from tests.vendor_examples import CSKU, META_CURL, RIJAN, WAGATE, WHATSGATE
from tests.web import CONFIGURED, Web, web_process


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def signed(name: str, body: bytes) -> str:
    return hmac_sha256(CONFIGURED[f"{name.upper()}_WEBHOOK_SECRET"], body)


def kinds(web: Web) -> list[str]:
    return [event.kind for event in web.events()]


def test_meta_verifies_the_address(web: Web) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": CONFIGURED["META_VERIFY_TOKEN"],
        "hub.challenge": "1158201444",
    }

    answer = web.client.get("/webhook?" + urlencode(query))

    assert (answer.status_code, answer.data) == (200, b"1158201444")


def test_the_curl_of_meta_is_refused_as_it_is_because_nobody_signed_it(web: Web) -> None:
    headers = {"Content-Type": "application/json"}

    answer = web.client.post("/webhook", data=written(META_CURL), headers=headers)

    assert answer.status_code == 401
    assert web.events() == []


def test_the_curl_of_meta_is_taken_once_signed_and_kept_once(web: Web) -> None:
    body = written(META_CURL)
    signature = "sha256=" + hmac_sha256(CONFIGURED["META_APP_SECRET"], body)

    answers = [
        web.client.post("/webhook", data=body, headers={"X-Hub-Signature-256": signature})
        for _ in range(2)
    ]

    assert [(answer.status_code, answer.data) for answer in answers] == [(200, b"OK")] * 2
    assert kinds(web) == ["message.received"]


@pytest.mark.parametrize("case", WAGATE)
def test_takes_the_payloads_of_wagate(web: Web, case: str) -> None:
    body = written(WAGATE[case])
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Signature": signed("wagate", body),
        "X-Device-Id": "wa-melati-1700000001",
    }

    answer = web.client.post("/webhook/whatsapp", data=body, headers=headers)

    assert (answer.status_code, answer.get_json()) == (200, {"success": True})
    assert kinds(web) == [case.partition(" ")[0]]


@pytest.mark.parametrize("kind", RIJAN)
@pytest.mark.parametrize("path", ["/webhook", "/webhook/whatsapp", "/webhook/whatsapp/sandi-url"])
def test_takes_the_payloads_of_rijan(web: Web, kind: str, path: str) -> None:
    body = written(RIJAN[kind])

    answer = web.client.post(path, data=body, headers={"X-Rijan-Signature": signed("rijan", body)})

    assert (answer.status_code, answer.get_json()) == (200, {"received": True})
    assert kinds(web) == [kind]


@pytest.mark.parametrize("case", CSKU)
def test_takes_the_examples_of_csku(web: Web, case: str) -> None:
    headers = {
        "Authorization": CONFIGURED["CSKU_WEBHOOK_SECRET"],
        "Content-Type": "application/json",
    }

    answer = web.client.post("/webhook", data=written(CSKU[case]), headers=headers)

    assert (answer.status_code, answer.data) == (200, b"OK")
    assert kinds(web) == ["message.received"]


def test_answers_health_as_the_example_of_csku_does(web: Web) -> None:
    headers = {"Authorization": CONFIGURED["CSKU_WEBHOOK_SECRET"]}
    web.client.post("/webhook", data=written(CSKU["curl"]), headers=headers)
    before = web.client.get("/health").get_json()
    web.process(rules.load("rules.yaml"))

    after = web.client.get("/health").get_json()

    assert (before["status"], before["processed_events"]) == ("healthy", 0)
    assert (after["status"], after["processed_events"]) == ("healthy", 1)


@pytest.mark.parametrize("kind", WHATSGATE)
def test_takes_the_payloads_of_whatsgate(web: Web, kind: str) -> None:
    token = CONFIGURED["WHATSGATE_WEBHOOK_TOKEN"]

    answer = web.client.post(f"/webhook/whatsapp/{token}", data=written(WHATSGATE[kind]))

    assert answer.status_code == 200
    assert answer.get_json() == {"result": "OK", "id": WHATSGATE[kind]["id"]}
    assert kinds(web) == [kind]


def test_does_not_answer_what_was_written_long_ago(web: Web) -> None:
    """The examples' times are old: they are kept and shown, and nobody is written to."""
    body = written(WAGATE["message.received"])
    web.client.post("/webhook", data=body, headers={"X-Webhook-Signature": signed("wagate", body)})

    web.process(rules.load("rules.yaml"))

    assert [message.direction for message in web.messages()] == [Direction.IN]
