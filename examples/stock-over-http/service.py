"""A service of your own that rules ask about the stock: any language and any framework will do."""

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Mapping

from flask import Flask, abort, request

STOCK = {"kopi": 12, "teh": 0}
# How old a request may be, in seconds.
TOLERANCE = 300

app = Flask(__name__)


@app.post("/stock")
def stock() -> dict[str, object]:
    """Answer how much there is of what was asked for."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not is_signed(headers, request.get_data()):
        abort(401)
    name = str(request.get_json()["captured"]["barang"]).lower()
    count = STOCK.get(name)
    if count is None:
        return {"reply": f"{name.capitalize()} tidak kami jual."}
    if count == 0:
        return {"reply": f"{name.capitalize()} sedang habis.", "tag": f"menunggu-{name}"}
    return {
        "reply": {
            "text": f"{name.capitalize()} masih ada {count}. Mau pesan?",
            "buttons": [{"id": "pesan", "title": "Pesan"}, "Nanti saja"],
        }
    }


def is_signed(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a request comes from our own Balas, and not long ago.

    The key is what HTTP_SIGNING_SECRET says on both sides.
    """
    key = os.environ["HTTP_SIGNING_SECRET"].encode()
    at = headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(time.time() - int(at)) > TOLERANCE:
        return False
    signed = f"{headers.get('webhook-id', '')}.{at}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    # While the secret is being changed there are two.
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(each.encode(), expected.encode()) for each in given)
