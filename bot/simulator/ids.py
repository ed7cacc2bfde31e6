"""Fresh ids, shaped as each gateway shapes them."""

import base64
from collections.abc import Callable
from random import Random


def wamid(random: Random) -> str:
    """Return a message id of Meta: base64 of bytes nobody outside Meta reads."""
    return "wamid." + base64.b64encode(random.randbytes(36)).decode()


def short_id(random: Random) -> str:
    """Return a message id as WhatsApp Web makes it."""
    return "3EB0" + random.randbytes(8).hex().upper()


def csku_id(random: Random) -> str:
    """Return a message id of CSKU."""
    return "msg_" + random.randbytes(10).hex()


FRESH_IDS: dict[str, Callable[[Random], str]] = {
    "meta": wamid,
    "wagate": short_id,
    "rijan": short_id,
    "csku": csku_id,
    "whatsgate": short_id,
}
