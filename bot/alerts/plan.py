"""Decide what becomes of each alert, and what people are told of it. Pure.

::

    found, no alert                      it opens, and is told
    found, closed a moment ago           it opens again in silence; told if it stays
    found, told not long ago             it opens in silence; admins are told if it stays
    found again                          told again when much worse, for a new reason, a day later
    not found any more                   it closes; admins are told good news, an address anything

Each way of telling is decided by itself: whoever was told that it is so hears the end of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.alerts.finding import Finding, Key
from bot.alerts.kinds import EACH_COUNTS, GOOD_NEWS, SAID_BY, AlertKind, Telling, Way

# What comes back within this time after it ended has hardly ended.
FLAPPING = timedelta(minutes=15)
AGAIN = timedelta(hours=24)
MUCH_WORSE = 10
# No admin is told more often than this of what ends and begins again.
AT_MOST = timedelta(hours=1)
# A stranger can begin these whenever a good webhook has ended them.
AT_MOST_BY_STRANGERS = timedelta(hours=6)
BY_STRANGERS = frozenset({AlertKind.WEBHOOK_FORGED, AlertKind.WEBHOOK_FAILING})
# How often it is written down that an alert is still so.
SEEN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told last in one way, and how often so far (`number`).

    `open_at`: when it was last told that it is so. `level`: how bad it was then. `reasons`: all
    that were told so far.
    """

    telling: Telling
    at: datetime
    open_at: datetime
    count: int
    level: int
    number: int
    reasons: frozenset[str] = frozenset()


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
    told: Mapping[Way, Told] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What to do about one alert. No `finding`: it closes. No `standing`: it is new."""

    kind: AlertKind
    finding: Finding | None = None
    standing: Standing | None = None
    tellings: Mapping[Way, Telling] = field(default_factory=dict)


def plan(
    findings: Sequence[Finding],
    standing: Iterable[Standing],
    *,
    ways: Collection[Way] = tuple(Way),
    now: datetime,
) -> list[Change]:
    """Return what is to be written; an empty list while nothing is new.

    `standing`: the open alerts and those that closed lately, the oldest first. `ways`: those in
    which something can be told.
    """
    standing = list(standing)
    known = {each.key: each for each in standing}
    told = {each.key: each.told[Way.ADMIN] for each in standing if Way.ADMIN in each.told}
    found = {finding.key: finding for finding in findings}
    ends = [each for key, each in known.items() if each.closed_at is None and key not in found]
    said = {*found, *(each.key for each in ends)}
    changes = [
        change
        for key, finding in found.items()
        if (
            change := _found(
                finding,
                _recent(known.get(key), now=now),
                said,
                last=told.get(key),
                ways=ways,
                now=now,
            )
        )
    ]
    return changes + [_ended(each, said, ways=ways) for each in ends]


def _recent(standing: Standing | None, *, now: datetime) -> Standing | None:
    if standing is None or standing.closed_at is None:
        return standing
    is_over = standing.closed_at <= now - FLAPPING or standing.key[0] in EACH_COUNTS
    return None if is_over else standing


def _found(
    finding: Finding,
    standing: Standing | None,
    said: Collection[Key],
    *,
    last: Told | None,
    ways: Collection[Way],
    now: datetime,
) -> Change | None:
    if not finding.opens and (standing is None or standing.closed_at):
        return None
    due = {way: _due(way, finding, standing, last=last, now=now) for way in ways}
    if not finding.for_admins or _goes_without_saying(finding.key, said):
        due[Way.ADMIN] = None
    tellings = {way: telling for way, telling in due.items() if telling}
    is_news = standing is None or standing.closed_at or finding.count != standing.count
    if is_news or tellings or (standing and standing.seen_at <= now - SEEN):
        return Change(kind=finding.kind, finding=finding, standing=standing, tellings=tellings)
    return None


def _due(
    way: Way, finding: Finding, standing: Standing | None, *, last: Told | None, now: datetime
) -> Telling | None:
    """Return what is to be told; `last`: what admins were told of this or of an earlier alert."""
    if standing and standing.closed_at is not None:
        return None
    told = standing.told.get(way) if standing else None
    if standing is None or told is None or told.telling is Telling.CLOSED:
        stays = not (standing and told) or standing.since <= now - FLAPPING
        is_known = way is Way.ADMIN and _is_known(finding, last, now=now)
        return Telling.OPEN if stays and not is_known else None
    is_worse = finding.count >= MUCH_WORSE * told.count or finding.level > told.level
    is_else = finding.kind in EACH_COUNTS and not finding.reasons <= told.reasons
    return Telling.STILL if is_worse or is_else or told.at <= now - AGAIN else None


def _is_known(finding: Finding, last: Told | None, *, now: datetime) -> bool:
    """Return whether admins were told of it so lately that they need not hear it again."""
    if last is None or finding.level > last.level or finding.kind in EACH_COUNTS:
        return False
    at_most = AT_MOST_BY_STRANGERS if finding.kind in BY_STRANGERS else AT_MOST
    # A time ahead of the clock may be as wrong as one long ago.
    return abs(now - last.open_at) < at_most


def _ended(standing: Standing, said: Collection[Key], *, ways: Collection[Way]) -> Change:
    kind = AlertKind(standing.key[0])
    waiting = {way for way in ways if _is_told(standing.told.get(way))}
    if kind not in GOOD_NEWS or _goes_without_saying(standing.key, said):
        waiting.discard(Way.ADMIN)
    return Change(kind=kind, standing=standing, tellings=dict.fromkeys(waiting, Telling.CLOSED))


def _is_told(told: Told | None) -> bool:
    return told is not None and told.telling is not Telling.CLOSED


def _goes_without_saying(key: Key, said: Collection[Key]) -> bool:
    """Return whether another alert of the same device says it as well."""
    kind, *place = key
    by = SAID_BY.get(AlertKind(kind))
    return by is not None and (by, *place) in said
