"""Read a number out of an answer: 2, 2 pcs, dua, 1.000, 2,5 kg, 50 ribu."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.rules.answers.simple import simple
from bot.rules.answers.sums import Sum
from bot.rules.languages import Language
from bot.rules.text import plain

# JSON and every database keep a whole number of so many digits.
TOO_LARGE = Decimal(10) ** 15
# What may stand around a number: 2 bungkus aja.
_MAX_WORDS = 2
_NEGATIVE = re.compile(r"^[-−–]\s?\d|\s[-−–]\d")
# The id of a button, such as btn_3, says nothing about a number.
_NAME = re.compile(r"[^\W\d_][-_]\d|_")
_LITERAL = re.compile(r"(\d[\d.,]{0,24})([^\W\d_]{0,12})")


def read_number(text: str, *, language: Language, is_whole: bool) -> Decimal | None:
    """Return the one number of an answer; None where there is none, or may be another one.

    `is_whole`: only whole numbers count, so 2,5 is none.
    """
    short = simple(text)
    tokens = _tokens(short, language)
    if not tokens or _NAME.search(short):
        return None
    # What stands before it may be a word such as mau or pesan.
    starts = (start for start, word in enumerate(tokens) if _begins_number(word, language))
    words_before = next(starts, None)
    if words_before is None:
        return None
    reading = _Reading(language, tokens, place=words_before)
    number = reading.number()
    if number is None or abs(number) >= TOO_LARGE or not reading.is_all_said(words_before):
        return None
    if is_whole and (number != number.to_integral_value() or reading.has_decimals):
        return None
    return -number if _NEGATIVE.search(short) else number


def read_literal(text: str, *, language: Language) -> Decimal | None:
    """Return the number that digits and marks make; None where that is not clear."""
    thousands, decimal = re.escape(language.money.thousands), re.escape(language.money.decimal)
    whole = rf"[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+"
    foreign = rf"[1-9]\d{{0,2}}(?:{decimal}\d{{3}})+"
    if re.fullmatch(r"\d{1,15}", text):
        # What begins with several digits after a 0 is rather a phone number.
        return Decimal(text) if len(text) < 5 or text[0] != "0" else None
    if re.fullmatch(rf"[1-9]\d{{0,2}}{decimal}\d{{3}}", text):
        # 1,000 is one to some and a thousand to others.
        return None
    if re.fullmatch(rf"(?:{whole}|\d{{1,15}}){decimal}\d{{1,6}}", text):
        plain_text = text.replace(language.money.thousands, "")
        return Decimal(plain_text.replace(language.money.decimal, "."))
    if re.fullmatch(whole, text):
        return Decimal(text.replace(language.money.thousands, ""))
    if re.fullmatch(foreign, text):
        return Decimal(text.replace(language.money.decimal, ""))
    if re.fullmatch(rf"(?:{foreign}|\d{{1,15}}){thousands}\d{{1,6}}", text):
        plain_text = text.replace(language.money.decimal, "")
        return Decimal(plain_text.replace(language.money.thousands, "."))
    return None


@dataclass(slots=True)
class _Reading:
    """Reads the words of an answer from left to right."""

    language: Language
    tokens: Sequence[str]
    place: int = 0
    has_decimals: bool = False

    def number(self) -> Decimal | None:
        """Return the number that begins here; None where the words do not make one number."""
        digits = self._literal()
        made = Sum() if digits is None else Sum.of_digits(digits)
        begun = self.place
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            scale = self.language.scales.get(token)
            if token in self.language.teens and made.add_ten():
                self.place += 1
            elif scale is not None:
                self.place += 1
                self.has_decimals = False
                if not made.multiply(scale):
                    return None
            else:
                word = self._word()
                if word is None:
                    break
                if not made.add(word):
                    return None
        return None if digits is None and self.place == begun else made.total

    def is_all_said(self, words_before: int) -> bool:
        """Return whether what is left is no other number: a unit, a word or two."""
        rest = self.tokens[self.place :]
        if words_before > _MAX_WORDS or len(rest) > _MAX_WORDS:
            return False
        parts = {*self.language.teens, *self.language.scales}
        return not any(_begins_number(word, self.language) or word in parts for word in rest)

    def _literal(self) -> Decimal | None:
        found = _LITERAL.fullmatch(self.tokens[self.place])
        number = read_literal(found[1], language=self.language) if found else None
        if found is None or number is None:
            return None
        self.place += 1
        self.has_decimals = number.as_tuple().exponent != 0
        times = self.language.scales.get(found[2])
        if times:
            self.has_decimals = False
        return number * (times or 1)

    def _word(self) -> Decimal | None:
        for count in (3, 2, 1):
            words = self.tokens[self.place : self.place + count]
            number = self.language.numbers.get(" ".join(words))
            if number is not None and len(words) == count:
                self.place += count
                return Decimal(number)
        return None


def _begins_number(word: str, language: Language) -> bool:
    return any(map(str.isdigit, word)) or word in language.numbers


def _tokens(short: str, language: Language) -> list[str]:
    sign = language.money.sign.strip().casefold()
    tokens = plain(short).split()
    while len(tokens) > 1 and tokens[0] in (*language.fillers, sign):
        tokens.pop(0)
    while len(tokens) > 1 and tokens[-1] in language.fillers:
        tokens.pop()
    if sign and tokens and re.match(rf"{re.escape(sign)}\d", tokens[0]):
        tokens[0] = tokens[0].removeprefix(sign)
    return tokens
