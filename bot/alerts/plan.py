"""Decide what becomes of each alert, and what people are told of it. Pure.

::

    found, no alert                      it opens, and is told
    found, closed a moment ago           it opens again in silence; told if it stays
    found, told not long ago             it opens in silence; told if it stays
    found again                          told again when much worse, or a day later
    not found any more                   it closes; good news is told, unless it was short
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
# Nobody is told more often than this of what ends and begins again.
AT_MOST = timedelta(hours=1)
# A stranger can begin these whenever a good webhook has ended them.
AT_MOST_BY_STRANGERS = timedelta(hours=6)
BY_STRANGERS = frozenset({AlertKind.WEBHOOK_FORGED, AlertKind.WEBHOOK_FAILING})
# The end of what was shorter is no news.
LASTED = timedelta(minutes=5)
# How often it is written down that an alert is still so.
SEEN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What people were told last, and how often so far (`number`).

    `open_at`: when they were last told that it is so. `level`: how bad it was then.
    """

    telling: Telling
    at: datetime
    open_at: datetime
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
    """Return what is to be written; an empty list while nothing is new.

    `standing`: the open alerts and those that closed lately, the oldest first.
    """
    standing = list(standing)
    known = {each.key: each for each in standing}
    told = {each.key: each.told for each in standing if each.told}
    found = {finding.key: finding for finding in findings}
    ends = [each for key, each in known.items() if each.closed_at is None and key not in found]
    said = {*found, *(each.key for each in ends)}
    changes = [
        change
        for key, finding in found.items()
        if (
            change := _found(
                finding, _recent(known.get(key), now=now), said, last=told.get(key), now=now
            )
        )
    ]
    return changes + [_ended(each, said, now=now) for each in ends]


def _recent(standing: Standing | None, *, now: datetime) -> Standing | None:
    if standing and standing.closed_at and standing.closed_at <= now - FLAPPING:
        return None
    return standing


def _found(
    finding: Finding,
    standing: Standing | None,
    said: Collection[Key],
    *,
    last: Told | None,
    now: datetime,
) -> Change | None:
    if not finding.opens and (standing is None or standing.closed_at):
        return None
    telling = _due(finding, standing, last=last, now=now)
    if _goes_without_saying(finding.key, said):
        telling = None
    is_news = standing is None or standing.closed_at or finding.count != standing.count
    if is_news or telling or (standing and standing.seen_at <= now - SEEN):
        return Change(kind=finding.kind, finding=finding, standing=standing, telling=telling)
    return None


def _due(
    finding: Finding, standing: Standing | None, *, last: Told | None, now: datetime
) -> Telling | None:
    """Return what is to be told; `last`: what was told of this or of an earlier alert."""
    if standing and standing.closed_at is not None:
        return None
    told = standing.told if standing else None
    if standing is None or told is None or told.telling is Telling.CLOSED:
        stays = not (standing and told) or standing.since <= now - FLAPPING
        return Telling.OPEN if stays and not _is_known(finding, last, now=now) else None
    is_worse = finding.count >= MUCH_WORSE * told.count or finding.level > told.level
    return Telling.STILL if is_worse or told.at <= now - AGAIN else None


def _is_known(finding: Finding, last: Told | None, *, now: datetime) -> bool:
    """Return whether people were told of it so lately that they need not hear it again."""
    if last is None or finding.level > last.level:
        return False
    at_most = AT_MOST_BY_STRANGERS if finding.kind in BY_STRANGERS else AT_MOST
    # A time ahead of the clock may be as wrong as one long ago.
    return abs(now - last.open_at) < at_most


def _ended(standing: Standing, said: Collection[Key], *, now: datetime) -> Change:
    kind, told = AlertKind(standing.key[0]), standing.told
    is_told = told is not None and told.telling is not Telling.CLOSED
    is_told = is_told and kind in GOOD_NEWS and standing.since <= now - LASTED
    telling = Telling.CLOSED if is_told and not _goes_without_saying(standing.key, said) else None
    return Change(kind=kind, standing=standing, telling=telling)


def _goes_without_saying(key: Key, said: Collection[Key]) -> bool:
    """Return whether another alert of the same device says it as well."""
    kind, *place = key
    by = SAID_BY.get(AlertKind(kind))
    return by is not None and (by, *place) in said
