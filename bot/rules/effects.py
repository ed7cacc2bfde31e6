"""What a turn wants done in the world. The rules only say it; it is performed elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.events import Kind

# Values as JSON has them.
Plain = str | int | float | bool | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Effect):
    """Keep something that can be exported; `kind` says what it is."""

    kind: str
    fields: Mapping[str, Plain] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall(Effect):
    """Ask an address of the user's own, with `body` as JSON. Comes back as `effect.done`.

    `place` says which part of the rules wants it, so that its `on_error` is found again.
    """

    url: str = field(repr=False)
    timeout: timedelta
    body: Mapping[str, object] = field(repr=False)
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCall(Effect):
    """Run slow code of the user's own, by its registered name. Comes back as `effect.done`.

    `body` is what it is told, as for HttpCall.
    """

    name: str
    body: Mapping[str, object] = field(repr=False)
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Later(Effect):
    """Raise an event of our own in this conversation at a time, told with `details`."""

    at: datetime
    event: Kind
    details: Mapping[str, Plain] = field(default_factory=dict)
