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
from tests.web import CONFIGURED, Web, web_process

# Each gateway's shortest documented message: (address, event kind, body).
META_CURL = {
    "object": "whatsapp_business_account",
    "entry": [
        {
            "changes": [
                {
                    "value": {
                        "messages": [
                            {
                                "from": "6281200000041",
                                "type": "text",
                                "text": {"body": "Pesan percobaan"},
                            }
                        ]
                    },
                    "field": "messages",
                }
            ]
        }
    ],
}


def wagate(event: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": event,
        "device_id": "wa-melati-1700000001",
        "timestamp": "2026-01-04T10:30:00.000Z",
        "data": data,
    }


def wagate_message(**more: Any) -> dict[str, Any]:
    return wagate(
        "message",
        {
            "from": "6281200000042",
            "message": "Halo, saya mau pesan",
            "message_id": "3EB0C0FFEE0000000001",
            "name": "Sari",
            "type": "text",
            "timestamp": 1767522600,
            **more,
        },
    )


WAGATE = {
    "message.received": wagate_message(),
    "message.received with media": wagate_message(
        type="image", media={"mimetype": "image/jpeg", "data": "aGFsbw==", "filename": "a.jpg"}
    ),
    "device.connected": wagate(
        "ready", {"phone_number": "6281200000099", "device_name": "Toko Melati"}
    ),
}


def rijan(event: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": event,
        "tenant_id": "tenant_melati",
        "device_id": "device_melati",
        "timestamp": 1767522600,
        "data": data,
    }


JID = "6281200000043@s.whatsapp.net"
RIJAN = {
    "message.received": rijan(
        "message.received",
        {
            "message_id": "msg_masuk_1",
            "from": JID,
            "from_me": False,
            "type": "text",
            "text": "Halo, ada stok?",
            "timestamp": 1767522600,
            "chat_id": JID,
        },
    ),
    "message.status": rijan(
        "message.status",
        {
            "message_id": "msg_keluar_1",
            "to": JID,
            "status": "delivered",
            "wa_message_id": "3EB0C0FFEE0000000002",
            "delivered_at": 1767522602,
        },
    ),
    "device.connected": rijan(
        "device.connected",
        {"phone_number": "6281200000099", "wa_jid": JID, "status": "connected"},
    ),
    "device.disconnected": rijan(
        "device.disconnected", {"reason": "logout", "status": "disconnected"}
    ),
    "call.received": rijan(
        "call.received",
        {"call_id": "call_1", "from": JID, "type": "voice", "status": "ringing"},
    ),
    "group.changed": rijan(
        "group.join",
        {
            "group_id": "120363020000000001@g.us",
            "participants": [JID],
            "added_by": "6281200000044@s.whatsapp.net",
        },
    ),
}

CSKU = {
    "curl": {
        "event": "channel.message_in",
        "timestamp": 1767522600,
        "conversation_id": "conv_uji_1",
        "conversation_label": "Pelanggan Uji",
        "need_human": 0,
        "message": {
            "id": "msg_uji_1",
            "sender_name": "Pelanggan Uji",
            "channel": {"id": "channel_melati", "name": "WhatsApp Business", "engine": "wa"},
            "bisnis": {"id": "biz_melati", "name": "Toko Melati"},
            "user": {"id": "merchant_melati", "name": "Toko Melati"},
            "content": {"type": "text", "text": "Halo, saya butuh bantuan"},
        },
    },
    "Postman": {
        "event": "channel.message_in",
        "timestamp": 1767522600,
        "conversation_id": "conv_uji_2",
        "message": {
            "id": "msg_uji_2",
            "sender_name": "Pelanggan Uji",
            "channel": {"name": "WhatsApp Business", "engine": "wa"},
            "content": {"type": "text", "text": "Pesan uji"},
        },
    },
}


def whatsgate(number: int, action: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": number,
        "whatsapp_id": "19a4c07e512",
        "event_action": action,
        "event_date": "2026-01-04 13:30:00",
        "status_code": None,
        "event_data": data,
    }


OWN, CONTACT = "6281200000099@c.us", "6281200000045@c.us"


def whatsgate_message(sender: str, recipient: str) -> dict[str, Any]:
    return {
        "message": {
            "_id": "3EB0C0FFEE0000000003",
            "id": f"false_{OWN}_3EB0C0FFEE0000000003",
            "ack": 1,
            "hasMedia": False,
            "mediaKey": "",
            "body": "212",
            "type": "chat",
            "timestamp": 1767522600,
            "from": sender,
            "to": recipient,
            "isForwarded": False,
        }
    }


WHATSGATE = {
    "message.received": whatsgate(18, "message", whatsgate_message(CONTACT, OWN)),
    "message.echo": whatsgate(19, "create", whatsgate_message(OWN, CONTACT)),
    "message.status": whatsgate(20, "ack", whatsgate_message(OWN, CONTACT)),
    "device.connected": whatsgate(
        21, "ready", {"pushname": "melati", "number": "6281200000099", "id": OWN}
    ),
    "device.disconnected": whatsgate(22, "disconnect", {"reason": "Client disconnected"}),
}


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
