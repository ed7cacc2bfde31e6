"""One right call of each send API, to be made wrong in one way at a time."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

TOKENS = {
    "meta": "token-meta",
    "wagate": "token-wagate",
    "rijan": "key-rijan",
    "csku": "key-csku",
    "whatsgate": "key-whatsgate",
}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class ApiCall:
    """One HTTP call."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    method: str = "POST"

    def with_headers(self, **headers: str | None) -> "ApiCall":
        """Return the call with other headers; None takes one away."""
        changed = {**self.headers, **{name.replace("_", "-"): v for name, v in headers.items()}}
        return replace(self, headers={name: v for name, v in changed.items() if v is not None})

    def with_fields(self, **fields: Any) -> "ApiCall":
        """Return the call with other fields in its body; None takes one away."""
        changed = {**json.loads(self.body), **fields}
        kept = {name: value for name, value in changed.items() if value is not None}
        return replace(self, body=json.dumps(kept).encode())


def _call(path: str, headers: dict[str, str], fields: dict[str, Any]) -> ApiCall:
    return ApiCall(path, {**JSON, **headers}, json.dumps(fields).encode())


def _bearer(gateway: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[gateway]}"}


META = _call(
    "/meta/v23.0/100200300400500/messages",
    _bearer("meta"),
    {
        "messaging_product": "whatsapp",
        "to": "+6281200000001",
        "type": "text",
        "text": {"body": "Pesanan siap"},
        "biz_opaque_callback_data": "ref-1",
    },
)
WAGATE = _call(
    "/wagate/api/v1/send-message",
    _bearer("wagate"),
    {"recipient": "6281200000001", "message": "Pesanan siap"},
)
WAGATE_SESSION = _call(
    "/wagate/api/webhook/send/wa-melati",
    _bearer("wagate"),
    {"to": "6281200000001", "message": "Pesanan siap"},
)
WAGATE_QUOTA = ApiCall("/wagate/api/webhook/quota", _bearer("wagate"), method="GET")
RIJAN = _call(
    "/rijan/v1/devices/device_melati/messages/text",
    _bearer("rijan"),
    {"to": "6281200000001@s.whatsapp.net", "text": "Pesanan siap", "idempotencyKey": "key-1"},
)
CSKU = _call(
    "/csku/v1/message/send",
    {"Business": "biz_melati", "Secret": TOKENS["csku"]},
    {"conversation_id": "conv_1", "text": "Pesanan siap"},
)
WHATSGATE = _call(
    "/whatsgate/api/v1/send",
    {"X-Api-Key": TOKENS["whatsgate"]},
    {
        "WhatsappID": "19a4c07e512",
        "async": False,
        "recipient": {"id": "6281200000001@c.us"},
        "message": {"type": "text", "body": "Pesanan siap"},
    },
)
SENDS = {
    "meta": META,
    "wagate": WAGATE,
    "rijan": RIJAN,
    "csku": CSKU,
    "whatsgate": WHATSGATE,
}


def rijan_status(message_id: str) -> ApiCall:
    """Return the question what became of a message at Rijan."""
    path = f"/rijan/v1/devices/device_melati/messages/{message_id}/status"
    return ApiCall(path, _bearer("rijan"), method="GET")
