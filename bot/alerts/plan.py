"""Decide what becomes of each alert, and what people are told of it. Pure.

::

    found, no alert                      it opens, and is told
    found, closed a moment ago           it opens again in silence; told if it stays
    found again                          told again when much worse, or a day later
    not found any more                   it closes; good news is told
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.finding import Finding, Key
from bot.alerts.kinds import GOOD_NEWS, SAID_BY, AlertKind, Telling

# What comes back within this time after it ended has hardly ended.
FLAPPING = timedelta(minutes=15)
AGAIN = timedelta(hours=24)
MUCH_WORSE = 10
# How often it is written down that an alert is still so.
SEEN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What people were told last, and how often so far (`number`)."""

    telling: Telling
    at: datetime
    count: int
    level: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alert as it is written down; of those with one key only the latest matters.

    `since`: when it opened, or opened again.
    """

    id: int
    key: Key
    count: int
    since: datetime
    seen_at: datetime
    closed_at: datetime | None = None
    told: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What to do about one alert. No `finding`: it closes. No `standing`: it is new."""

    kind: AlertKind
    finding: Finding | None = None
    standing: Standing | None = None
    telling: Telling | None = None


def plan(
    findings: Sequence[Finding], standing: Iterable[Standing], *, now: datetime
) -> list[Change]:
    """Return what is to be written; an empty list while nothing is new."""
    known = {each.key: each for each in standing}
    found = {finding.key: finding for finding in findings}
    ends = [each for key, each in known.items() if each.closed_at is None and key not in found]
    said = {*found, *(each.key for each in ends)}
    changes = [
        change
        for key, finding in found.items()
        if (change := _found(finding, _recent(known.get(key), now=now), said, now=now))
    ]
    return changes + [_ended(each, said) for each in ends]


def _recent(standing: Standing | None, *, now: datetime) -> Standing | None:
    if standing and standing.closed_at and standing.closed_at <= now - FLAPPING:
        return None
    return standing


def _found(
    finding: Finding, standing: Standing | None, said: Collection[Key], *, now: datetime
) -> Change | None:
    telling = None if _goes_without_saying(finding.key, said) else _due(finding, standing, now=now)
    is_news = standing is None or standing.closed_at or finding.count != standing.count
    if is_news or telling or (standing and standing.seen_at <= now - SEEN):
        return Change(kind=finding.kind, finding=finding, standing=standing, telling=telling)
    return None


def _due(finding: Finding, standing: Standing | None, *, now: datetime) -> Telling | None:
    if standing is None:
        return Telling.OPEN
    if standing.closed_at is not None:
        return None
    told = standing.told
    if told is None:
        return Telling.OPEN
    if told.telling is Telling.CLOSED:
        return Telling.OPEN if standing.since <= now - FLAPPING else None
    is_worse = finding.count >= MUCH_WORSE * told.count or finding.level > told.level
    return Telling.STILL if is_worse or told.at <= now - AGAIN else None


def _ended(standing: Standing, said: Collection[Key]) -> Change:
    kind, told = AlertKind(standing.key[0]), standing.told
    is_told = kind in GOOD_NEWS and told is not None and told.telling is not Telling.CLOSED
    telling = Telling.CLOSED if is_told and not _goes_without_saying(standing.key, said) else None
    return Change(kind=kind, standing=standing, telling=telling)


def _goes_without_saying(key: Key, said: Collection[Key]) -> bool:
    """Return whether another alert of the same device says it as well."""
    kind, *place = key
    by = SAID_BY.get(AlertKind(kind))
    return by is not None and (by, *place) in said
