"""What only Meta does with webhooks: escaped bodies, and its challenge."""

import json
from typing import Any

import pytest

from bot.events import Event
from bot.gateways.base import WebhookRequest
from bot.gateways.errors import Forged, NotSupported
from bot.gateways.meta import Meta
from bot.gateways.signatures import hmac_sha256
from bot.gateways.wagate import Wagate
from tests.gateways.contract import (
    CURRENT,
    PAYLOADS,
    account_of,
    gateway_of,
    parse,
)

PHONE_NUMBER_ID = "106540000000021"
TOKEN = "token-akses-rahasia"
VECTOR = (
    rb'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages",'
    rb'"value":{"messages":[{"from":"628123456789","id":"wamid.T","timestamp":"1700000000",'
    rb'"type":"text","text":{"body":"caf\u00e9 \ud83d\ude00 a\/b"}}]}}]}]}'
)
VECTOR_HEADERS = {
    "x-hub-signature-256": "sha256=dc5ef211d1e94f7c3986c14746880216ac0d0c768cc9a6c06b7fce216aabcf5e"
}


@pytest.fixture
def meta() -> Meta:
    account = account_of(
        "meta",
        CURRENT,
        access_token=TOKEN,
        phone_number_id=PHONE_NUMBER_ID,
        verify_token="kata-sandi",
        api_url="https://graph.example/v23.0/",
    )
    return Meta([account])


def file_events(case: str) -> list[Event]:
    return parse(gateway_of("meta"), (PAYLOADS / "meta" / f"{case}.json").read_bytes())


def test_accepts_the_bytes_that_were_signed() -> None:
    gateway = gateway_of("meta", "app_secret_test")
    request = WebhookRequest(headers=VECTOR_HEADERS, body=VECTOR)

    assert gateway.verify(request) == gateway.accounts


def test_refuses_the_same_json_written_otherwise() -> None:
    rewritten = json.dumps(json.loads(VECTOR), separators=(",", ":"), ensure_ascii=False)
    request = WebhookRequest(headers=VECTOR_HEADERS, body=rewritten.encode())

    with pytest.raises(Forged):
        gateway_of("meta", "app_secret_test").verify(request)


@pytest.mark.parametrize("change", [str.upper, lambda value: value.removeprefix("sha256=")])
def test_refuses_a_signature_in_another_form(change: Any) -> None:
    headers = {name: change(value) for name, value in VECTOR_HEADERS.items()}

    with pytest.raises(Forged):
        gateway_of("meta", "app_secret_test").verify(WebhookRequest(headers=headers, body=VECTOR))


def test_says_which_header_is_missing() -> None:
    with pytest.raises(Forged, match="missing X-Hub-Signature-256"):
        gateway_of("meta").verify(WebhookRequest(body=b"{}"))


def test_tells_accounts_with_different_secrets_apart() -> None:
    first, second = account_of("meta", "satu", device="1"), account_of("meta", "dua", device="2")
    body = b"{}"
    headers = {"x-hub-signature-256": "sha256=" + hmac_sha256("dua", body)}

    assert Meta([first, second]).verify(WebhookRequest(headers=headers, body=body)) == (second,)


def test_accepts_nothing_signed_with_an_empty_secret() -> None:
    headers = {"x-hub-signature-256": "sha256=" + hmac_sha256("", b"{}")}
    account = Meta.account_type.model_validate({"app_secret": [""]})

    with pytest.raises(Forged):
        Meta([account]).verify(WebhookRequest(headers=headers, body=b"{}"))


def asked(**changes: str) -> WebhookRequest:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": "kata-sandi",
        "hub.challenge": "1158201444",
    }
    return WebhookRequest(method="GET", query={**query, **changes})


def test_gives_the_challenge_back_as_plain_text(meta: Meta) -> None:
    answered = meta.challenge(asked())

    assert (answered.status, answered.body) == (200, b"1158201444")
    assert answered.content_type == "text/plain"


@pytest.mark.parametrize(
    "changes",
    [
        {"hub.verify_token": "kata-sandl"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "é"},
        {"hub.verify_token": "\udcff"},
        {"hub.mode": "unsubscribe"},
    ],
)
def test_refuses_a_challenge_with_anything_wrong(meta: Meta, changes: dict[str, str]) -> None:
    with pytest.raises(Forged):
        meta.challenge(asked(**changes))


@pytest.mark.parametrize("token", [None, ""])
def test_refuses_every_challenge_while_no_verify_token_is_set(token: str | None) -> None:
    gateway = Meta([account_of("meta", CURRENT, verify_token=token)])

    with pytest.raises(Forged):
        gateway.challenge(asked(**{"hub.verify_token": ""}))


def test_gateways_without_a_challenge_say_so() -> None:
    with pytest.raises(NotSupported):
        Wagate([]).challenge(asked())


def test_acknowledges_with_ok(meta: Meta) -> None:
    for duplicate in (False, True):
        answered = meta.acknowledge(WebhookRequest(body=b"x"), duplicate=duplicate)
        assert (answered.status, answered.body) == (200, b"OK")


def test_people_and_secrets_are_not_in_representations() -> None:
    account = account_of("meta", CURRENT, access_token=TOKEN)
    shown = repr(account) + "".join(map(repr, file_events("text") + file_events("status-failed")))

    assert "harga kopi" not in shown
    assert "6281200000011" not in shown.replace("s:wamid.KAMI20:failed:6281200000011", "")
    assert CURRENT not in shown
    assert TOKEN not in shown
