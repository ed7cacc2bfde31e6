"""What holds for the whole file: settings and admins."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from bot.rules.schema.part import Part
from bot.rules.values import (
    NO,
    Count,
    Duration,
    Flag,
    Language,
    ModuleName,
    Phone,
    Text,
    Zone,
    choice,
)


class LoopGuard(Part):
    """After so many automatic replies within a time, the bot pauses for that contact.

    It is probably another bot. Questions and answers of a running flow do not count.
    """

    replies: Count = 12
    """How many replies are too many."""
    within: Duration = timedelta(minutes=1)
    """The time in which they are counted."""
    pause: Duration = timedelta(minutes=30)
    """How long the bot is silent for that contact then."""
    notify: Text | None = None
    """The name of the admin who is told."""


class Takeover(Part):
    """A person who writes from the device silences the bot in that chat for a time.

    It counts from what the person wrote last.
    """

    for_: Duration = Field(default=timedelta(hours=2), alias="for")
    """How long the bot is silent."""
    ai: Flag = False
    """Whether what the gateway's own AI writes counts, too."""


def _read_takeover(value: object) -> object:
    if isinstance(value, str):
        return {"for": "0s" if value.lower() in NO else value}
    return value


class Settings(Part):
    """What holds for the whole file."""

    language: Language = "id"
    """The language of the contacts and of what the bot says by itself: `id` or `en`."""
    timezone: Zone = "Asia/Jakarta"
    """The time zone of all hours and dates in the file: `Asia/Jakarta` is WIB, `Asia/Makassar`
    WITA, `Asia/Jayapura` WIT."""
    chats: Annotated[str, choice("private", "group", "all")] = "private"
    """Where the bot answers: `private` chats, `group` chats, or `all`."""
    max_age: Duration = timedelta(minutes=15)
    """A message that was older when it reached us is kept, and not answered."""
    collapse: Duration = timedelta()
    """Several messages of a contact within this time are answered once, together; `0s` is never."""
    bubbles: Annotated[str, choice("merge", "separate")] = "merge"
    """Whether the texts of several rules go out as one message (`merge`) or one each."""
    takeover: Annotated[Takeover, BeforeValidator(_read_takeover)] = Takeover()
    """How long the bot is silent in a chat in which you wrote yourself; `off` is never."""
    loop_guard: LoopGuard = LoopGuard()
    """After how many replies the bot takes a contact for another bot, and pauses."""
    module: ModuleName | None = None
    """A Python file of your own beside the rules file, for `call`: `toko` is `toko.py`."""


class Admin(Part):
    """A person whom `notify` can reach, and who may write `#bot off` and `#bot on`."""

    to: Phone
    """The phone number, with its country code."""
    device: Text = "auto"
    """The device that writes to this person; `auto` is the one that the event is of."""
