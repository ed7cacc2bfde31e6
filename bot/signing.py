"""Sign what is sent to an address of the user's own, as Standard Webhooks has it.

https://www.standardwebhooks.com: `webhook-signature` is "v1," and the base64 HMAC-SHA256 of the id,
the time and the body with dots between them; one for each key, with spaces between them.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"


def read_keys(setting: str) -> tuple[bytes, ...]:
    """Return the keys of a setting: one, or several with commas while one is being changed.

    What begins with `whsec_` is base64 as the standard has it, anything else is taken as it is.
    Raises ValueError with what is expected.
    """
    return tuple(_key(part.strip()) for part in setting.split(",") if part.strip())


def signed(keys: Iterable[bytes], *, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers of a request; without a key it is not signed. `at` is Unix time."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(at)}
    content = f"{message_id}.{at}.".encode() + body
    signatures = [f"v1,{_signature(key, content)}" for key in keys]
    return headers | ({"webhook-signature": " ".join(signatures)} if signatures else {})


def _signature(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def _key(text: str) -> bytes:
    if not text.startswith(PREFIX):
        return text.encode()
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"what follows {PREFIX} must be base64") from None
    if not key:
        raise ValueError(f"nothing follows {PREFIX}")
    return key
