"""Match a whole message with a form of words and blanks, such as `order <produk> <jumlah>`.

A blank that may be any text takes as few words as it can. Another one takes as many as still are
such a value ("dua puluh lima kopi" is twenty-five), and at first none without which the value would
be the same: in "teh dua puluh" the number is not part of the product. Nothing is tried twice, and
only so much is tried.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from bot.rules.answers import Asked
from bot.rules.blanks import Reading
from bot.rules.matchers import Found, Keys, listed
from bot.rules.state import Answer
from bot.rules.text import Token, plain, spans

# How often a message is compared with a part of one pattern, and how often a value is read; what
# people write needs a hundredth of it.
MAX_STEPS = 5_000
MAX_READS = 300
# A value that is not a text of any kind has no more words: a name of a product, an address of mail.
_LONGEST_VALUE = 12
# So many words of politeness are overlooked on either side.
_MOST_FILLERS = 5

# What only decorates a captured text: the marks of bold and the like, and of a sentence around it.
_SPACE = re.compile(r"\s")
_BEFORE = " \t\n,;:*_~`"
_AFTER = _BEFORE + ".?!"


@dataclass(frozen=True, slots=True)
class Blank:
    """A place where something is captured."""

    name: str
    asked: Asked

    @property
    def takes_any_text(self) -> bool:
        return self.asked.kind == "text"


@dataclass(frozen=True, slots=True)
class Form:
    """One pattern: its words in their normal form, and its blanks."""

    written: str
    parts: tuple[str | Blank, ...]

    @property
    def blanks(self) -> Iterator[Blank]:
        return (part for part in self.parts if isinstance(part, Blank))

    @property
    def word(self) -> str | None:
        """Return a word that every message of this form has, the most telling one."""
        words = [part for part in self.parts if isinstance(part, str)]
        return max(words, key=len, default=None)


@dataclass(frozen=True, slots=True)
class Pattern:
    """pattern: the whole message has one of these forms."""

    forms: tuple[Form, ...]
    reading: Reading

    @property
    def keys(self) -> Keys | None:
        words = [form.word for form in self.forms]
        return None if None in words else frozenset(("words", word) for word in words if word)

    @property
    def wanted(self) -> Keys:
        return frozenset(("words", form.word) for form in self.forms if form.word)

    def matches(self, found: Found) -> bool:
        return self._texts(found) is not None

    def captured(self, found: Found) -> Mapping[str, Answer]:
        asked = {blank.name: blank.asked for form in self.forms for blank in form.blanks}
        read = {
            name: self.reading.value(text, asked[name], found)
            for name, text in self._texts(found) or ()
        }
        return {name: value for name, value in read.items() if value is not None}

    def why_not(self, _found: Found, /) -> str:
        return f"pattern: not of the form {listed(form.written for form in self.forms)}"

    def _texts(self, found: Found) -> Sequence[tuple[str, str]] | None:
        """Return the name and the text of each blank of the first form that the message has."""
        if id(self) not in found.blanks:
            found.blanks[id(self)] = self._texts_anew(found)
        return found.blanks[id(self)]

    def _texts_anew(self, found: Found) -> Sequence[tuple[str, str]] | None:
        for form in self.forms:
            if form.word is None or ("words", form.word) in found.keys:
                texts = _Attempt(form, self.reading, found).texts()
                if texts is not None:
                    return texts
        return None


class _Attempt:
    """One message while it is compared with one form."""

    def __init__(self, form: Form, reading: Reading, found: Found) -> None:
        self._form, self._reading, self._found = form, reading, found
        self._parts = form.parts
        self._tokens = found.normal.tokens
        self._spans: list[tuple[int, int]] | None = None
        self._steps, self._reads = MAX_STEPS, MAX_READS
        self._end = 0
        self._is_strict = True
        # By (part, position): where the blanks of the rest begin and end, None if it does not fit.
        self._tried: dict[tuple[int, int], dict[str, tuple[int, int]] | None] = {}

    def texts(self) -> list[tuple[str, str]] | None:
        for is_strict, (start, end) in product((True, False), self._stretches()):
            self._is_strict, self._end = is_strict, end
            self._tried.clear()
            fitting = self._fit(0, start)
            if fitting is not None:
                return [
                    (blank.name, self._text(blank, *fitting[blank.name]))
                    for blank in self._form.blanks
                ]
        return None

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Yield the whole message, then what is left without politeness at its ends."""
        count = len(self._tokens)
        first = self._polite(self._tokens)
        last = count - self._polite(reversed(self._tokens))
        if self._ends_in_text and 0 < last < count:
            yield 0, last
        yield 0, count
        for end in range(last, count + 1):
            for start in range(min(first, end), -1, -1):
                if (start, end) != (0, count) and start < end:
                    yield start, end

    @property
    def _ends_in_text(self) -> bool:
        part = self._parts[-1]
        return not isinstance(part, str) and part.takes_any_text

    def _polite(self, tokens: Iterable[Token]) -> int:
        fillers = self._reading.language.fillers
        number = 0
        for token in islice(tokens, _MOST_FILLERS):
            if not (token.emoji or fillers.intersection(token.candidates)):
                break
            number += 1
        return number

    def _fit(self, number: int, position: int) -> dict[str, tuple[int, int]] | None:
        """Return where the blanks from this part on are, if it begins at this position."""
        place = number, position
        if place not in self._tried:
            self._steps -= 1
            self._tried[place] = self._fit_anew(number, position)
        return self._tried[place]

    def _fit_anew(self, number: int, position: int) -> dict[str, tuple[int, int]] | None:
        if number == len(self._parts):
            return {} if position == self._end else None
        if position >= self._end:
            return None
        part = self._parts[number]
        if isinstance(part, str):
            ends = (end for word, end in self._found.normal.readings[position] if word == part)
            rests = (self._fit(number + 1, end) for end in ends)
            return next((rest for rest in rests if rest is not None), None)
        for end in self._ends(number, part, position):
            self._steps -= 1
            rest = self._fit(number + 1, end)
            if rest is not None and self._takes(part, position, end):
                return {part.name: (position, end), **rest}
            if self._steps <= 0:
                break
        return None

    def _ends(self, number: int, blank: Blank, position: int) -> Iterable[int]:
        left = len(self._parts) - number - 1
        latest = self._end - left
        earliest = position + 1 if left else latest
        if blank.takes_any_text:
            return range(earliest, latest + 1)
        return range(min(latest, position + _LONGEST_VALUE), earliest - 1, -1)

    def _takes(self, blank: Blank, start: int, end: int) -> bool:
        if blank.takes_any_text:
            return bool(self._text(blank, start, end))
        value = self._value(blank, start, end)
        if value is None or not self._is_strict:
            return value is not None and not self._leaves_number(blank, start, end, value)
        without = ((start + 1, end), (start, end - 1)) if end - start > 1 else ()
        return all(self._value(blank, *fewer) != value for fewer in without)

    def _leaves_number(self, blank: Blank, start: int, end: int, value: Answer) -> bool:
        """Return whether a number at the end of it is none of the value: kopi 2."""
        row = blank.asked.table.row(str(value)) if blank.asked.table else None
        own = {word for cell in (row or {}).values() for word in plain(str(cell)).split()}
        while end - start > 1 and self._value(blank, start, end - 1) == value:
            end -= 1
            word = self._tokens[end].text
            is_number = word in self._reading.language.numbers or any(map(str.isdigit, word))
            if is_number and word not in own:
                return True
        return False

    def _value(self, blank: Blank, start: int, end: int) -> Answer | None:
        # Several forms ask for the same.
        place, values = (id(blank.asked), start, end), self._found.values
        if place not in values and self._reads > 0:
            self._reads -= 1
            text = self._text(blank, start, end)
            value = self._reading.unlimited(text, blank.asked, self._found) if text else None
            values[place] = value
        return values.get(place)

    def _text(self, blank: Blank, start: int, end: int) -> str:
        """Return what was typed from one token to another, without emoji around it."""
        tokens = self._tokens
        words = [place for place in range(start, end) if not tokens[place].emoji]
        if words:
            start, end = words[0], words[-1] + 1
        elif not blank.takes_any_text:
            return ""
        if self._spans is None:
            self._spans = spans(self._found.original)
        if len(self._spans) != len(tokens):
            return " ".join(token.text for token in tokens[start:end])
        return self._typed(start, end)

    def _typed(self, start: int, end: int) -> str:
        text, places = self._found.original, self._spans or []
        first, last = places[start][0], places[end - 1][1]
        head = text[places[start - 1][1] if start else 0 : first]
        tail = text[last : places[end][0] if end < len(places) else len(text)]
        # A mark that hangs on one word alone belongs to it: +62812, 5%, "Kopi".
        if not start or _SPACE.search(head):
            first -= len(_SPACE.split(head)[-1])
        if end == len(places) or _SPACE.search(tail):
            last += len(_SPACE.split(tail)[0])
        return text[first:last].lstrip(_BEFORE).rstrip(_AFTER)
