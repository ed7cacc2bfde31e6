"""Reads and writes contact cards, which WhatsApp passes on as vCards."""

import re
from typing import Any

from bot.content import Card
from bot.gateways.numbers import normalise

_NAME = re.compile(r"^FN[^:\r\n]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_PHONE = re.compile(r"^(?:item\d+\.)?TEL[^:\r\n]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def read_vcard(vcard: str, *, name: str = "") -> dict[str, Any]:
    """Return the name on a card, where none is given, and its phone numbers as they are written."""
    found = _NAME.search(vcard)
    phones = [phone.strip() for phone in _PHONE.findall(vcard)]
    return {"name": name or (found[1].strip() if found else ""), "phones": phones}


def write_vcard(card: Card) -> str:
    """Return a card as a vCard 3.0; `waid` makes WhatsApp offer to write to the number."""
    name = _escaped(card.name)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:;{name};;;", f"FN:{name}"]
    if card.organisation:
        lines.append(f"ORG:{_escaped(card.organisation)}")
    for phone in card.phones:
        number = normalise(phone)
        known = f";waid={number}:+{number}" if number else f":{_escaped(phone)}"
        lines.append(f"TEL;type=CELL;type=VOICE{known}")
    return "\n".join([*lines, "END:VCARD"])


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.splitlines())
