"""What only Meta does with webhooks: escaped bodies, its challenge, and batches."""

import json
import random
from typing import Any

import pytest

from bot.events import Event, MessageReceived, StatusChanged
from bot.gateways.base import WebhookRequest
from bot.gateways.errors import Forged, NotSupported
from bot.gateways.meta import Meta
from bot.gateways.signatures import hmac_sha256
from bot.gateways.wagate import Wagate
from tests.gateways.contract import (
    CURRENT,
    PAYLOADS,
    WRONG_VALUES,
    account_of,
    gateway_of,
    parse,
    paths,
    payload_files,
    replaced,
)

PHONE_NUMBER_ID = "106540000000021"
PARTS_OF_TWO = ("messages", "statuses")
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


def two_of_each() -> dict[str, Any]:
    """Return a batch in which every array holds two elements."""
    messages = [
        {
            "from": f"62812000000{number}",
            "id": f"wamid.B{number}",
            "timestamp": "1764900000",
            "type": "text",
            "text": {"body": f"pesan {number}"},
            "context": {"id": "wamid.KAMI", "from": "62215550021"},
        }
        for number in (31, 32)
    ]
    statuses = [
        {
            "id": f"wamid.S{number}",
            "status": "failed",
            "timestamp": "1764900000",
            "recipient_id": f"62812000000{number}",
            "errors": [{"code": 131026, "title": "Message undeliverable"}],
        }
        for number in (31, 32)
    ]
    contacts = [
        {"profile": {"name": f"Nama {number}"}, "wa_id": f"62812000000{number}"}
        for number in (31, 32)
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "62215550021", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": contacts,
        "messages": messages,
        "statuses": statuses,
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "204610000000001", "changes": [{"field": "messages", "value": value}]}],
    }


@pytest.mark.parametrize("array", PARTS_OF_TWO)
def test_an_odd_element_leaves_its_neighbours_as_they_are(meta: Meta, array: str) -> None:
    batch = two_of_each()
    before = parse(meta, json.dumps(batch).encode())
    place = ("entry", 0, "changes", 0, "value", array, 0)
    first = batch["entry"][0]["changes"][0]["value"][array][0]
    position = 0 if array == "messages" else 2
    neighbours = [event for number, event in enumerate(before) if number != position]
    for path in [(), *paths(first)]:
        for value in WRONG_VALUES:
            odd = json.dumps(replaced(batch, (*place, *path), value)).encode()
            after = parse(meta, odd)
            assert [event for event in after if event in neighbours] == neighbours, (path, value)


def test_an_odd_contact_takes_at_most_its_own_name(meta: Meta) -> None:
    batch = two_of_each()
    place = ("entry", 0, "changes", 0, "value", "contacts", 0)
    second = parse(meta, json.dumps(batch).encode())[1]
    for value in WRONG_VALUES:
        after = parse(meta, json.dumps(replaced(batch, place, value)).encode())
        assert after[1] == second


def test_every_element_of_every_array_is_read(meta: Meta) -> None:
    events = parse(meta, json.dumps(two_of_each()).encode())

    assert [type(event) for event in events] == [MessageReceived] * 2 + [StatusChanged] * 2


def test_keys_do_not_depend_on_the_batch(meta: Meta) -> None:
    alone = [event for file in payload_files("meta") for event in parse(meta, file.read_bytes())]
    enveloped = [event for event in alone if b'"entry":[{' in event.raw]
    entries = [json.loads(event.raw)["entry"][0] for event in enveloped if _is_ours(event)]
    order = list(range(len(entries)))
    random.Random(7).shuffle(order)
    batch = {"entry": [entries[number] for number in order], "object": "whatsapp_business_account"}

    together = parse(meta, json.dumps(batch).encode())

    expected = [event for event in enveloped if _is_ours(event)]
    assert together == [expected[number] for number in order]
    assert len(together) > 80


def _is_ours(event: Event) -> bool:
    return b'"object":"whatsapp_business_account"' in event.raw


def test_a_device_that_fits_no_column_is_no_device(meta: Meta) -> None:
    place = ("entry", 0, "changes", 0, "value", "metadata", "phone_number_id")
    odd = json.dumps(replaced(two_of_each(), place, "1" * 201)).encode()

    assert {event.device for event in parse(meta, odd)} == {""}


def test_the_smallest_envelope_holds_nobody_else(meta: Meta) -> None:
    first, *_ = parse(meta, json.dumps(two_of_each()).encode())

    assert b"62812000000" + b"31" in first.raw
    assert b"62812000000" + b"32" not in first.raw
    assert json.loads(first.raw)["entry"][0]["id"] == "204610000000001"


def test_the_same_notice_at_another_time_is_another_event(meta: Meta) -> None:
    body = json.loads((PAYLOADS / "meta" / "template-status.json").read_bytes())
    later = replaced(body, ("entry", 0, "time"), 1764990000)

    (first,), (second,) = (parse(meta, json.dumps(one).encode()) for one in (body, later))

    assert first.key != second.key


def test_reads_a_thousand_updates_at_once(meta: Meta) -> None:
    batch = two_of_each()
    value = batch["entry"][0]["changes"][0]["value"]
    value["messages"] = [
        {**value["messages"][0], "id": f"wamid.M{number}"} for number in range(1000)
    ]

    events = parse(meta, json.dumps(batch).encode())

    assert len({event.key for event in events}) == 1002


def test_people_and_secrets_are_not_in_representations() -> None:
    account = account_of("meta", CURRENT, access_token=TOKEN)
    shown = repr(account) + "".join(map(repr, file_events("text") + file_events("status-failed")))

    assert "harga kopi" not in shown
    assert "6281200000011" not in shown.replace("s:wamid.KAMI20:failed:6281200000011", "")
    assert CURRENT not in shown
    assert TOKEN not in shown
