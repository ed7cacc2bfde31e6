"""Tell which of the contacts in a webhook each of its elements is from or about."""

from typing import Any

from bot.events import canonical
from bot.gateways.base import JsonObject
from bot.gateways.numbers import phone_of
from bot.gateways.reading import Payload, Text, clean

# Where elements name somebody.
NAMES = (
    "from",
    "from_user_id",
    "recipient_id",
    "recipient_user_id",
    "to",
    "to_user_id",
    "wa_id",
    "user_id",
)


class Profile(Payload):
    """How a contact shows itself."""

    name: Text = None
    username: Text = None


class Contact(Payload):
    """Who a message is from; any of it may be missing."""

    profile: Profile = Profile()
    wa_id: Text = None
    user_id: Text = None

    @property
    def name(self) -> str | None:
        return self.profile.name or self.profile.username


class Contacts:
    """The contacts beside arrays: each belongs to elements by its ids, else by its position.

    The number in `wa_id` can differ from the one in `from`, for instance in Brazil and Mexico.
    """

    def __init__(self, rows: Any) -> None:
        self._rows: list[Any] = rows if isinstance(rows, list) else []
        self._taken: set[int] = set()
        self._by_id: dict[str, int] = {}
        for position, row in enumerate(self._rows):
            if isinstance(row, dict):
                for name in ("wa_id", "user_id"):
                    self._by_id.setdefault(_bare(row.get(name)), position)
        self._by_id.pop("", None)

    def of(self, element: Any, position: int, *, count: int) -> JsonObject | None:
        """Return the contact of one element, which is one of `count` in its array."""
        if not isinstance(element, dict):
            return None
        ids = {_bare(element.get(name)) for name in NAMES}
        found = [self._by_id[each] for each in ids if each in self._by_id]
        if not found and len(self._rows) != count:
            return None
        index = min(found, default=position)
        row = self._rows[index]
        if not isinstance(row, dict):
            return None
        self._taken.add(index)
        return row

    def left(self) -> list[Any]:
        """Return the contacts that belonged to none of the elements so far."""
        left = [row for index, row in enumerate(self._rows) if index not in self._taken]
        if not left:
            return left
        told = {canonical(self._rows[index]) for index in self._taken}
        return [row for row in left if canonical(row) not in told]


def _bare(value: Any) -> str:
    text = text_of(value)
    return phone_of(text) or text


def text_of(value: Any) -> str:
    """Return a text, or a number where the quotation marks were forgotten, else ""."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(value) if isinstance(value, str) else ""
