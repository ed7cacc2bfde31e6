"""What only Rijan does: its signature and token, its answers, its keys."""

import json
from typing import Any

import pytest

from bot.events import DeviceChanged, MessageReceived
from bot.gateways.base import WebhookRequest
from bot.gateways.errors import Forged
from bot.gateways.rijan import Account, Rijan
from bot.gateways.signatures import hmac_sha256
from tests.gateways.contract import account_of, parse

SECRET, TOKEN = "rahasia-rijan", "token-bersama"
BODY = '{"event":"message.received","data":{"from":"62812@s.whatsapp.net","text":"☕"}}'.encode()
SIGNATURE = hmac_sha256(SECRET, BODY)


def rijan(**fields: Any) -> Rijan:
    return Rijan([account_of("rijan", SECRET, **fields)])


def webhook(signature: str = SIGNATURE, **fields: Any) -> WebhookRequest:
    return WebhookRequest(headers={"x-rijan-signature": signature}, body=BODY, **fields)


@pytest.mark.parametrize(
    "signature", [SIGNATURE.upper(), f"sha256={SIGNATURE}", SIGNATURE[:-1], f"{SIGNATURE}0", ""]
)
def test_refuses_a_signature_in_another_form(signature: str) -> None:
    with pytest.raises(Forged, match="signature"):
        rijan().verify(webhook(signature))


def test_signs_the_raw_bytes_and_not_what_they_mean() -> None:
    escaped = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    request = WebhookRequest(headers={"x-rijan-signature": SIGNATURE}, body=escaped)

    with pytest.raises(Forged):
        rijan().verify(request)


@pytest.mark.parametrize(
    "place",
    [{"query": {"token": TOKEN}}, {"token": TOKEN}, {"token": TOKEN, "query": {"token": ""}}],
)
def test_finds_the_shared_token_in_the_query_or_the_path(place: dict[str, Any]) -> None:
    gateway = rijan(webhook_token=TOKEN)
    assert gateway.verify(webhook(**place)) == gateway.accounts


@pytest.mark.parametrize(
    "place", [{}, {"query": {"token": "salah"}}, {"token": "salah"}, {"token": TOKEN.upper()}]
)
def test_refuses_a_signed_webhook_without_the_shared_token(place: dict[str, Any]) -> None:
    with pytest.raises(Forged, match="token"):
        rijan(webhook_token=TOKEN).verify(webhook(**place))


def test_refuses_the_shared_token_without_a_signature() -> None:
    with pytest.raises(Forged, match="signature"):
        rijan(webhook_token=TOKEN).verify(webhook("", token=TOKEN))


def test_asks_for_no_token_where_the_setting_is_empty() -> None:
    gateway = rijan(webhook_token="")
    assert gateway.verify(webhook()) == gateway.accounts


def test_tells_which_of_two_accounts_signed() -> None:
    first, second = account_of("rijan", "lain", device="a"), account_of("rijan", SECRET, device="b")
    assert Rijan([first, second]).verify(webhook()) == (second,)


def test_acknowledges_a_repeat_as_a_duplicate() -> None:
    answers = [rijan().acknowledge(webhook(), duplicate=repeat).body for repeat in (False, True)]
    assert answers == [b'{"received":true}', b'{"received":true,"duplicate":true}']


def test_keeps_the_key_of_a_message_that_a_backfill_sends_slimmer() -> None:
    key = {"remoteJid": "120000000000011@lid", "id": "3EB0A", "fromMe": False}
    full = {"key": {**key, "remoteJidAlt": "6281200000011@s.whatsapp.net"}, "pushName": "Siti"}
    keys = [
        event.key
        for data in (full, {"key": key})
        for event in parse(
            rijan(), json.dumps({"eventType": "message.received", "data": data}).encode()
        )
    ]
    assert keys[0] == keys[1] == "message:120000000000011@lid:3EB0A"


def test_gives_receipts_the_same_keys_in_any_batch() -> None:
    receipts = [
        {"key": {"id": f"3EB0{n}", "remoteJid": "1@g.us"}, "receipt": {"readTimestamp": n}}
        for n in range(1, 4)
    ]
    envelope = {"eventType": "receipt.delivery", "deviceId": "d", "event_id": "evt_1"}

    def keys(data: list[Any]) -> list[str]:
        body = json.dumps({**envelope, "timestamp": len(data), "data": data}).encode()
        return [event.key for event in parse(rijan(), body)]

    assert keys(receipts) == [key for receipt in receipts for key in keys([receipt])]


def receipts(jid: str, *members: str) -> list[str]:
    """Return the keys of receipts of one message, as each of these members sends it."""
    data = [
        {
            "key": {"id": "3EB0A", "remoteJid": jid},
            "receipt": {"userJid": member, "readTimestamp": 1795000000 + number},
        }
        for number, member in enumerate(members)
    ]
    envelope = {"eventType": "receipt.delivery", "timestamp": 1795000000}
    bodies = [json.dumps({**envelope, "data": [element]}).encode() for element in data]
    return [event.key for body in bodies for event in parse(rijan(), body)]


@pytest.mark.parametrize("jid", ["120363040000000021@g.us", "status@broadcast", "1@broadcast"])
def test_every_member_of_a_group_has_a_receipt_of_their_own(jid: str) -> None:
    member = "6281200000011@s.whatsapp.net"

    first, linked, second = receipts(
        jid, member, "6281200000011:7@s.whatsapp.net", "6281200000012@s.whatsapp.net"
    )

    assert first == linked == f"receipt.delivery:3EB0A:4:{member}"
    assert second != first


def test_a_receipt_in_a_direct_chat_is_one_whoever_is_named() -> None:
    person = "6281200000011@s.whatsapp.net"

    assert set(receipts(person, person, "120000000000011@lid")) == {"receipt.delivery:3EB0A:4"}


def test_a_member_who_is_named_beside_the_receipt_only_is_told_apart_too() -> None:
    keys = set()
    for member in ("6281200000011@s.whatsapp.net", "6281200000012@s.whatsapp.net"):
        key = {"id": "3EB0A", "remoteJid": "1@g.us", "participant": member}
        element = {"key": key, "receipt": {"readTimestamp": 1795000000}}
        body = {"eventType": "receipt.delivery", "data": [element]}
        keys |= {event.key for event in parse(rijan(), json.dumps(body).encode())}

    assert keys == {
        "receipt.delivery:3EB0A:4:6281200000011@s.whatsapp.net",
        "receipt.delivery:3EB0A:4:6281200000012@s.whatsapp.net",
    }


def test_folds_the_key_of_a_receipt_that_is_too_long() -> None:
    keys = receipts("1@g.us", "1" * 200 + "@lid", "1" * 201 + "@lid")

    assert {len(key) for key in keys} == {64}
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "name",
    [
        "message.received",
        "message.status",
        "message.updated",
        "receipt.delivery",
        "receipt.read",
        "call.received",
    ],
)
def test_takes_an_array_for_as_many_webhooks(name: str) -> None:
    rows = [{"key": {"id": each, "remoteJid": "1@g.us"}} for each in ("3EB0A", "3EB0B")]
    body = json.dumps({"eventType": name, "deviceId": "d", "data": rows}).encode()

    events = parse(rijan(), body)

    assert [json.loads(event.raw)["data"] for event in events] == [[row] for row in rows]


@pytest.mark.parametrize("name", ["group.updated", "device.connected", "hologram.shown"])
def test_takes_an_array_of_anything_else_for_one_webhook(name: str) -> None:
    body = json.dumps({"eventType": name, "data": [{"id": "a"}, {"id": "b"}]}).encode()

    assert [event.raw for event in parse(rijan(), body)] == [body]


@pytest.mark.parametrize(
    "told",
    [
        {"phoneNumber": "+62 812-0000-0099"},
        {"phone_number": "6281200000099"},
        {"waJid": "6281200000099:12@s.whatsapp.net"},
        {"wa_jid": "6281200000099@s.whatsapp.net"},
    ],
)
def test_finds_the_number_of_a_device_in_either_place(told: dict[str, str]) -> None:
    body = json.dumps({"eventType": "device.connected", "data": {"deviceId": "d", **told}})
    (event,) = parse(rijan(), body.encode())

    assert isinstance(event, DeviceChanged)
    assert event.phone == "6281200000099"


def test_tells_two_unknown_webhooks_without_content_apart() -> None:
    bodies = (b'{"event":"x","a":1}', b'{"event":"x","a":2}')
    first, second = (parse(rijan(), body)[0] for body in bodies)
    assert first.key != second.key


def test_cleans_what_a_database_refuses() -> None:
    body = b'{"event":"message.received","data":{"from":"a@g.us","text":"x\\u0000y\\ud83d"}}'
    (event,) = parse(rijan(), body)
    assert isinstance(event, MessageReceived)
    assert event.text == "x\ufffdy\ufffd"


def test_shows_no_secret_of_an_account() -> None:
    account = account_of("rijan", SECRET, api_key="kunci-api", webhook_token=TOKEN)
    assert isinstance(account, Account)
    assert not any(secret in repr(account) for secret in (SECRET, "kunci-api", TOKEN))


def test_tells_a_repeated_disconnection_from_a_repeated_webhook() -> None:
    def key(timestamp: int) -> str:
        data = {"deviceId": "d", "status": "disconnected", "reason": "monitor_detected"}
        envelope = {"eventType": "device.disconnected", "deviceId": "d", "timestamp": timestamp}
        return parse(rijan(), json.dumps({**envelope, "data": data}).encode())[0].key

    assert key(1795000000) == key(1795000000) != key(1795000030)


def test_restarts_devices_only_where_that_is_wanted() -> None:
    accounts = [account_of("rijan", SECRET), account_of("rijan", SECRET, restart="true")]
    assert [account.restarts_device for account in accounts] == [False, True]
