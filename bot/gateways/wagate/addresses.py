"""WAGate's addresses: digits for a person; a group may come without what tells it from a number."""

import re

from bot.events import Chat
from bot.gateways.errors import Rejected, Scope
from bot.gateways.numbers import chat_of, normalise, number_in, phone_of

# The ids of groups, new and old, without the `@g.us` that would tell them from numbers.
BARE_GROUP = re.compile(r"120363\d{9,}|\d{7,15}-\d{8,11}", re.ASCII)


def kind_of_chat(address: str) -> Chat:
    """Return the kind of chat that an address names."""
    return Chat.GROUP if BARE_GROUP.fullmatch(address) else chat_of(address)


def phone_in(address: str | None) -> str | None:
    """Return the digits of a number, however it is written; those of a JID as they stand."""
    if address and "@" in address:
        return phone_of(address)
    return phone_of(address) or normalise(address)


def recipient(address: str) -> str:
    """Return the number to send to, which is all that WAGate documents. Raises Rejected."""
    if kind_of_chat(address) is not Chat.PRIVATE:
        raise Rejected("WAGate documents no way to write to a group", scope=Scope.RECIPIENT)
    if address.endswith("@lid"):
        raise Rejected("cannot send to a hidden @lid address", scope=Scope.RECIPIENT)
    number = number_in(address)
    if number is None:
        raise Rejected("the address is no phone number", scope=Scope.RECIPIENT)
    return number
