"""Reads contact cards, which WhatsApp passes on as vCards."""

import re
from typing import Any

_NAME = re.compile(r"^FN[^:\r\n]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_PHONE = re.compile(r"^(?:item\d+\.)?TEL[^:\r\n]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def read_vcard(vcard: str, *, name: str = "") -> dict[str, Any]:
    """Return the name on a card, where none is given, and its phone numbers as they are written."""
    found = _NAME.search(vcard)
    phones = [phone.strip() for phone in _PHONE.findall(vcard)]
    return {"name": name or (found[1].strip() if found else ""), "phones": phones}
