"""Compose the webhook bodies that each gateway would post now, from the sample cases.

A case is a file `samples/<gateway>/<case>.json` with placeholders such as `{{id}}`. A placeholder
that is a whole string is replaced by a value of its own type; a field whose value is then None is
left out.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from bot.content import MEDIA_KINDS
from bot.events import Status
from bot.simulator.ids import FRESH_IDS

SAMPLES = Path(__file__).parent / "samples"

# The numbers, names and ids of the samples belong to nobody.
SENDER = "6281200000001"
OWN_NUMBER = "6281200000099"
NAME = "Budi"
DEVICES = {
    "meta": "100200300400500",
    "wagate": "wa-melati-1700000001",
    "rijan": "device_melati",
    "csku": "channel_melati",
    "whatsgate": "19a4c07e512",
}
ACCOUNTS = {"meta": "900100200300400", "csku": "biz_melati"}
GROUP = "120363020000000001"

# How each gateway says a status. Rijan's numbers are those of Baileys, WhatsGate's are one less.
STATUS_WORDS: dict[str, dict[Status, str | int]] = {
    "meta": {status: str(status) for status in Status if status is not Status.FAILED},
    "wagate": {status: str(status) for status in Status},
    "rijan": {Status.SENT: 2, Status.DELIVERED: 3, Status.READ: 4, Status.PLAYED: 5},
    "csku": {},
    "whatsgate": {
        Status.FAILED: -1,
        Status.SENT: 1,
        Status.DELIVERED: 2,
        Status.READ: 3,
        Status.PLAYED: 4,
    },
}
# How WhatsGate names what a message holds, where its word is another one.
CHAT_TYPES = {"text": "chat", "voice": "ptt"}
# Rijan names these events one number too early, and everything else `message.updated`.
RIJAN_STATUS_EVENTS = {2: "receipt.delivery", 3: "receipt.read"}

# WhatsGate writes its event dates without a zone; they are taken to be Moscow's.
_MOSCOW = timezone(timedelta(hours=3))
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def gateways() -> list[str]:
    """Return the gateways that have samples."""
    return list(DEVICES)


def cases(gateway: str) -> list[str]:
    """Return the names of a gateway's sample cases."""
    return sorted(path.stem for path in (SAMPLES / gateway).glob("*.json"))


def text_message(
    gateway: str,
    device: str = "",
    *,
    now: datetime,
    sender: str = SENDER,
    text: str = "halo",
    name: str = NAME,
    message_id: str | None = None,
    random: Random | None = None,
) -> bytes:
    """Return the body with which a gateway would tell of a text that somebody wrote now."""
    return compose(
        gateway,
        "text",
        now=now,
        device=device,
        sender=sender,
        text=text,
        name=name,
        message_id=message_id,
        random=random,
    )


def compose(
    gateway: str,
    case: str,
    *,
    now: datetime,
    device: str = "",
    sender: str = SENDER,
    text: str = "halo",
    name: str = NAME,
    message_id: str | None = None,
    status: Status = Status.DELIVERED,
    button: str = "pesan",
    reference: str | None = None,
    kind: str = "text",
    random: Random | None = None,
) -> bytes:
    """Return the body of one case as the gateway would write it at `now`, which is aware.

    `message_id` is fresh where none is given; a status and an echo are about the message that it
    names. `sender` is the contact: digits, or an address as the gateway writes it. Raises KeyError
    for an unknown gateway or case, ValueError for a status that the gateway does not tell.
    """
    chance = random or Random()
    template = _template(gateway, case)
    address = address_of(gateway, sender)
    word = STATUS_WORDS[gateway].get(status)
    if word is None and "{{status}}" in template:
        raise ValueError(f"{gateway} does not tell the status {status}")
    values = {
        "id": message_id or FRESH_IDS[gateway](chance),
        "quoted_id": FRESH_IDS[gateway](chance),
        "event_id": chance.randrange(1, 2**31),
        "device": device or DEVICES[gateway],
        "account": ACCOUNTS.get(gateway, ""),
        "number": OWN_NUMBER,
        "group": GROUP,
        "address": address,
        "from": sender.partition("@")[0].removeprefix("+"),
        "name": name,
        "text": text,
        "button": button,
        "reference": reference,
        "type": CHAT_TYPES.get(kind, kind),
        "has_media": kind in MEDIA_KINDS,
        "status": word,
        "status_event": RIJAN_STATUS_EVENTS.get(word, "message.updated")
        if isinstance(word, int)
        else "",
        **_times(now),
    }
    return _encode(gateway, _fill(json.loads(template), values))


def address_of(gateway: str, sender: str) -> str:
    """Return the address under which a gateway tells of a contact."""
    digits = sender.removeprefix("+")
    if not digits.isdecimal():
        return sender
    match gateway:
        case "rijan":
            return f"{digits}@s.whatsapp.net"
        case "whatsgate":
            return f"{digits}@c.us"
        case "csku":
            return f"conv_{digits}"
    return digits


@cache
def _template(gateway: str, case: str) -> str:
    if gateway not in DEVICES or case not in cases(gateway):
        raise KeyError(f"{gateway} {case}")
    return (SAMPLES / gateway / f"{case}.json").read_text(encoding="utf-8")


def _times(now: datetime) -> dict[str, str | int]:
    utc = now.astimezone(UTC)
    seconds = int(utc.timestamp())
    return {
        "now": seconds,
        "now_text": str(seconds),
        "now_ms": int(utc.timestamp() * 1000),
        "now_iso": utc.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "now_local": utc.astimezone(_MOSCOW).strftime("%Y-%m-%d %H:%M:%S"),
    }


def _fill(value: Any, values: Mapping[str, str | int | None]) -> Any:
    match value:
        case dict():
            filled = {key: (child, _fill(child, values)) for key, child in value.items()}
            return {
                key: new for key, (old, new) in filled.items() if new is not None or old is None
            }
        case list():
            return [_fill(child, values) for child in value]
        case str():
            whole = _PLACEHOLDER.fullmatch(value)
            if whole:
                return values[whole[1]]
            return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), value)
    return value


def _encode(gateway: str, value: Any) -> bytes:
    # Meta and WhatsGate escape what is not ASCII, and slashes; the others write plain UTF-8. What
    # cannot be UTF-8 (half of a surrogate pair) is escaped by all.
    escapes = gateway in ("meta", "whatsgate")
    text = json.dumps(value, ensure_ascii=escapes, separators=(",", ":"))
    if escapes:
        text = text.replace("/", "\\/")
    return text.encode("utf-8", "backslashreplace")
