"""Read an answer as the type that its question has."""

import unicodedata
from datetime import date
from decimal import Decimal

from bot.rules.answers.asked import TODAY, Asked
from bot.rules.answers.contacts import read_email, read_phone
from bot.rules.answers.dates import read_date
from bot.rules.answers.numbers import read_number
from bot.rules.languages import Language
from bot.rules.meaning import Phrases
from bot.rules.state import Answer
from bot.rules.text import Vocabulary

# The longest text that is kept in a form.
MAX_TEXT = 2000
_UNPRINTABLE = frozenset({"Cc", "Cs", "Cn"})


def read_answer(
    text: str, asked: Asked, *, vocabulary: Vocabulary, language: Language, today: date
) -> Answer | None:
    """Return what to keep in the form, None if the text is no such answer.

    An int and a number are kept as such, a date as 2026-03-20, a phone number as 62812…, a choice
    as its value, a row of a table as its id.
    """
    match asked.kind:
        case "int" | "number":
            return _number(text, asked, language)
        case "phone":
            return read_phone(text)
        case "email":
            return read_email(text)
        case "date":
            return _date(text, asked, language, today)
        case "choice":
            return _choice(text, asked, vocabulary)
        case "table":
            row = asked.table and (asked.table.row(text.strip()) or asked.table.find(text))
            return str(row["id"]) if row else None
    return _text(text, asked)


def _text(text: str, asked: Asked) -> str | None:
    printable = "".join(
        character
        for character in text[: 2 * MAX_TEXT]
        if character in "\n\t" or unicodedata.category(character) not in _UNPRINTABLE
    ).strip()
    fits = 0 < len(printable) <= MAX_TEXT and _is_within(Decimal(len(printable)), asked)
    return printable if fits and len(text) <= 2 * MAX_TEXT else None


def _number(text: str, asked: Asked, language: Language) -> int | float | None:
    number = read_number(text, language=language, is_whole=asked.kind == "int")
    if number is None or not _is_within(number, asked):
        return None
    # A number below zero is meant only where one is wanted: "-3" may as well be an entry of a list.
    if number < 0 and asked.least is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _date(text: str, asked: Asked, language: Language, today: date) -> str | None:
    found = read_date(text, language=language, today=today)
    if found is None:
        return None
    least, most = (today if limit == TODAY else limit for limit in (asked.least, asked.most))
    if isinstance(least, date) and found < least:
        return None
    return None if isinstance(most, date) and found > most else found.isoformat()


def _choice(text: str, asked: Asked, vocabulary: Vocabulary) -> str | None:
    wanted = text.strip().casefold()
    for value in asked.choices:
        if value.casefold() == wanted:
            return value
    phrases = Phrases()
    for value, words in asked.choices.items():
        for phrase in words:
            phrases.add(phrase.split(), value)
    for value in asked.choices:
        # A word of one choice counts before the name of another.
        phrases.add(vocabulary.phrase(value), value)
    return phrases.whole(vocabulary.phrase(text)) or phrases.within(vocabulary.normalise(text))


def _is_within(number: Decimal, asked: Asked) -> bool:
    least, most = asked.least, asked.most
    if isinstance(least, Decimal) and number < least:
        return False
    return not (isinstance(most, Decimal) and number > most)
