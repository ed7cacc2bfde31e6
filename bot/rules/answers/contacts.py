"""Read a phone number or an e-mail address out of an answer."""

import re

from bot.rules.answers.simple import simple

# The country of numbers that begin with 0 or 8.
COUNTRY = "62"
_PHONE = re.compile(r"\+?\d[\d\s().-]{5,30}\d")
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,8}"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}",
    re.IGNORECASE,
)
MAX_EMAIL = 254


def read_phone(text: str) -> str | None:
    """Return the one phone number of an answer with its country code: 62812…"""
    found = {_with_country(each) for each in _PHONE.findall(simple(text))}
    return found.pop() if len(found) == 1 else None


def read_email(text: str) -> str | None:
    """Return the one address of an answer; what stands after the @ in small letters."""
    words = [word.strip("<>()[]\"'.,;:") for word in text[:1000].split() if "@" in word]
    if len(words) != 1 or len(words[0]) > MAX_EMAIL:
        return None
    word = words[0].removeprefix("mailto:")
    name, _, host = word.rpartition("@")
    return f"{name}@{host.lower()}" if len(name) <= 64 and _EMAIL.fullmatch(word) else None


def _with_country(written: str) -> str | None:
    digits = re.sub(r"\D", "", written.replace("(0)", ""))
    if written.startswith("+"):
        number = digits
    elif digits.startswith("00"):
        number = digits[2:]
    elif digits.startswith("0"):
        number = COUNTRY + digits[1:]
    elif digits.startswith("8"):
        number = COUNTRY + digits
    else:
        number = digits if digits.startswith(COUNTRY) else ""
    # +62 0812: the 0 is written beside the country only by mistake.
    number = re.sub(rf"^{COUNTRY}0", COUNTRY, number)
    if number.startswith(COUNTRY):
        return number if re.fullmatch(rf"{COUNTRY}[2-9]\d{{6,11}}", number) else None
    return number if re.fullmatch(r"[1-9]\d{6,14}", number) else None
