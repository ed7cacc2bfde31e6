"""The form in which numbers, dates and phone numbers are looked for in what people typed."""

import unicodedata

# Nobody needs more for a number or a date.
MAX_LENGTH = 200


def simple(text: str) -> str:
    """Return a text in small letters, with the digits 0-9 for those of any script.

    A text that is too long to be a short answer comes out empty.
    """
    folded = unicodedata.normalize("NFKC", text[: MAX_LENGTH + 1]).casefold()
    if len(folded) > MAX_LENGTH:
        return ""
    return "".join(map(_plain_digit, folded)).strip()


def _plain_digit(character: str) -> str:
    if character.isascii():
        return character
    return str(unicodedata.decimal(character)) if character.isdecimal() else character
