"""Phone numbers and the JIDs (WhatsApp's internal addresses) that hold them."""

import re

from bot.events import Chat

_NOT_DIGITS = re.compile(r"\D")
_INDONESIAN_MOBILE = re.compile(r"628\d{7,11}")
_WRITTEN = re.compile(r"[\d+ ().-]+")
_ELSEWHERE = re.compile(r"[1-9]\d{6,14}")

# The part of a JID after the "@" says what kind of chat it is.
CHATS = {
    "c.us": Chat.PRIVATE,
    "s.whatsapp.net": Chat.PRIVATE,
    "lid": Chat.PRIVATE,
    "g.us": Chat.GROUP,
    "broadcast": Chat.BROADCAST,
    "newsletter": Chat.NEWSLETTER,
}


def normalise(number: str | None) -> str | None:
    """Return a phone number as digits with the country code, or None when it is none.

    Numbers that begin like an Indonesian mobile written at home (08…, 8…, 6208…) get the 62; one
    written with + or 00 has its country code already.
    """
    written = (number or "").strip()
    digits = _NOT_DIGITS.sub("", written).removeprefix("00")
    if written.startswith(("+", "00")) and not digits.startswith("620"):
        return digits if _ELSEWHERE.fullmatch(digits) else None
    if digits.startswith("620"):
        digits = "62" + digits[3:]
    elif digits.startswith("08"):
        digits = "62" + digits[1:]
    elif (
        digits.startswith("8")
        and 9 <= len(digits) <= 12
        and _INDONESIAN_MOBILE.fullmatch("62" + digits)
    ):
        digits = "62" + digits
    return digits if _ELSEWHERE.fullmatch(digits) else None


def chat_of(jid: str | None) -> Chat:
    """Return the kind of chat that a JID names; an address without "@" is a private one."""
    if jid == "status@broadcast":
        return Chat.STATUS
    return CHATS.get((jid or "").rpartition("@")[2], Chat.PRIVATE)


def phone_of(jid: str | None) -> str | None:
    """Return the phone number in a JID; a @lid and a group hold none."""
    user, at, server = (jid or "").partition("@")
    if at and server not in ("c.us", "s.whatsapp.net"):
        return None
    digits = user.partition(":")[0].partition("_")[0].removeprefix("+")
    return digits if _ELSEWHERE.fullmatch(digits) else None


def number_in(address: str) -> str | None:
    """Return the phone number that an address is or holds, None for any other address."""
    if "@" in address:
        return phone_of(address)
    return normalise(address) if _WRITTEN.fullmatch(address) else None


def without_device(jid: str) -> str:
    """Return a JID without the linked device that sent it (`628…:12@s.whatsapp.net`)."""
    user, at, server = jid.partition("@")
    return user.partition(":")[0] + at + server
