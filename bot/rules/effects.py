"""What a turn wants done in the world. The rules only say it; it is performed elsewhere."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something to be done because of a rule."""

    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut(Effect):
    """The contact wants no automatic replies any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptIn(Effect):
    """The contact wants automatic replies again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover(Effect):
    """A person answers this contact until then; the bot is silent."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Effect):
    """Send `text` to an admin. `to` is a phone number; `device` None means the event's own."""

    admin: str
    to: str = field(repr=False)
    device: str | None = None
    text: str = field(repr=False)
