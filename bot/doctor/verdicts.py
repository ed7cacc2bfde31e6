"""What a check says: how it is, and what to do about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from bot.client import Client
from bot.gateways.base import Exchange, HttpRequest, HttpResponse
from bot.runtime import Runtime


class Level(StrEnum):
    """How bad it is: as it should be, worth a look, or in the way of messages or secrets."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


MARKS = {Level.GOOD: "✓", Level.WARNING: "!", Level.BAD: "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One thing that was looked at. Holds no secret, no text of a message, no whole number."""

    level: Level
    part: str
    what: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the checks look at. `offline`: nothing outside this set-up is asked."""

    runtime: Runtime
    client: Client = field(repr=False)
    offline: bool = False

    def now(self) -> datetime:
        """Return the time of this machine."""
        return datetime.now(UTC)


Check = Callable[[Scene], Sequence[Verdict]]


def good(part: str, what: str) -> Verdict:
    """Return that something is as it should be."""
    return Verdict(level=Level.GOOD, part=part, what=what)


def warning(part: str, what: str, advice: str) -> Verdict:
    """Return that something deserves a look."""
    return Verdict(level=Level.WARNING, part=part, what=what, advice=advice)


def bad(part: str, what: str, advice: str) -> Verdict:
    """Return that something is wrong."""
    return Verdict(level=Level.BAD, part=part, what=what, advice=advice)


def get(url: str) -> Exchange[HttpResponse]:
    """Ask for a page."""
    return (yield HttpRequest(method="GET", url=url, is_safe=True))
