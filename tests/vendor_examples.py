"""The example payloads of the gateways' own documents, with ids and names of our own."""

from typing import Any

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
