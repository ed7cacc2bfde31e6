"""Add up the parts of a number as they are said: dua ratus lima puluh ribu."""

from dataclasses import dataclass
from decimal import Decimal

_HUNDRED, _THOUSAND = 100, 1000
_NOTHING, _LARGE = Decimal(0), Decimal("Infinity")


@dataclass(slots=True)
class Sum:
    """A number so far. Each of its parts must be smaller than the one before.

    `one` waits for what multiplies it. `room`: what the next word must be less than. `below` and
    `above`: what the next scale under and from a thousand must be less than.
    """

    one: Decimal | None = None
    room: Decimal = _LARGE
    hundreds: Decimal = _NOTHING
    thousands: Decimal = _NOTHING
    below: Decimal = Decimal(_THOUSAND)
    above: Decimal = _LARGE

    @classmethod
    def of_digits(cls, number: Decimal) -> "Sum":
        """Return a sum that begins with digits, to which no word is added: 2 lima is no number."""
        return cls(one=number, room=_NOTHING)

    @property
    def total(self) -> Decimal:
        return self.thousands + self.hundreds + (self.one or 0)

    def add(self, word: Decimal) -> bool:
        """Add a number; return whether it belongs to the same one."""
        if word >= self.room:
            return False
        if word >= _THOUSAND:
            self.thousands, self.room, self.above = word, Decimal(_THOUSAND), word
        elif word >= _HUNDRED:
            self.hundreds, self.room, self.below = word, word, word
        else:
            is_tens = word >= 20 and word % 10 == 0
            self.one, self.room = (self.one or 0) + word, Decimal(10 if is_tens else 0)
        return True

    def add_ten(self) -> bool:
        """Make eleven to nineteen of the number that came last; return whether that can be."""
        if self.one is None or not 1 < self.one < 10:
            return False
        self.one, self.room = self.one + 10, _NOTHING
        return True

    def multiply(self, scale: int) -> bool:
        """Multiply what came last; return whether that can be."""
        if scale < _THOUSAND:
            if self.one is None or scale >= self.below:
                return False
            self.hundreds += self.one * scale
            self.below = self.room = Decimal(scale)
        else:
            if scale >= self.above or not (self.hundreds or self.one):
                return False
            self.thousands += (self.hundreds + (self.one or 0)) * scale
            self.hundreds, self.below = _NOTHING, Decimal(_THOUSAND)
            self.room, self.above = Decimal(_THOUSAND), Decimal(scale)
        self.one = None
        return True
