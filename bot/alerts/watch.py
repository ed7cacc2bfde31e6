"""Watch: look, write down what is new, and put down who is to be told, in one transaction."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot import effects
from bot.alerts import rows
from bot.alerts.apart import apart
from bot.alerts.devices import Watched
from bot.alerts.finding import Finding
from bot.alerts.kinds import Way
from bot.alerts.look import look
from bot.alerts.plan import Change, Standing, plan
from bot.alerts.rules import look_at_rules
from bot.alerts.telling import tellings
from bot.events import Kind
from bot.lanes import EFFECTS, INBOX, Lanes, lane_name, lane_of
from bot.open_hours import USUAL, OpenHours
from bot.rules import Book, Trouble
from bot.runtime import Runtime
from models import Alert, Event, insert_into, reading, writing

LOOK_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class _Written:
    """The lanes to wake once it is committed."""

    effect_lanes: set[int] = field(default_factory=set)
    inbox_lanes: set[int] = field(default_factory=set)


def watch(
    runtime: Runtime, lanes: Lanes, book: Book, *, trouble: Trouble | None = None, now: datetime
) -> None:
    """Open, renew and close alerts, every few seconds whoever calls this.

    `trouble` is what is wrong with the rules file, while `book` stays in force.
    """
    if not lanes.hold("alerts", seconds=LOOK_SECONDS):
        return
    watched = watched_by(runtime, book)
    with reading(runtime.engine) as session:
        findings = [*look(session, watched, now=now), *look_at_rules(trouble, now=now)]
        known = rows.read_standing(session, now=now)
        if not plan(findings, _standing(known.values()), ways=_ways(runtime), now=now):
            return
    with writing(runtime.engine) as session:
        written = _write(session, runtime, book, watched, findings, now=now)
    lanes.wake(
        [lane_name(EFFECTS, lane) for lane in written.effect_lanes]
        + [lane_name(INBOX, lane) for lane in written.inbox_lanes]
    )


def watched_by(runtime: Runtime, book: Book) -> Watched:
    """Return what the settings and the rules say about watching."""
    settings = runtime.settings
    return Watched(
        gateways=runtime.gateways,
        low_percent=settings.quota_low_percent,
        silent_hours=settings.alert_silent_hours,
        open_between=open_between(settings.alert_open_hours, book),
    )


def open_between(hours: OpenHours | None, book: Book) -> Callable[[datetime, datetime], timedelta]:
    """Return how to tell how much of a time it is open.

    By the hours of the setting; without them by the first of `hours` in the rules file.
    """
    schedule = next(iter(book.hours.values()), None)
    if hours is None and schedule is not None:
        return schedule.between
    return partial((hours or USUAL).between, zone=book.settings.timezone)


def _ways(runtime: Runtime) -> Collection[Way]:
    return tuple(Way) if runtime.settings.alert_url else (Way.ADMIN,)


def _standing(known: Iterable[Alert]) -> list[Standing]:
    return [found for row in known if (found := rows.standing(row))]


def _write(
    session: Session,
    runtime: Runtime,
    book: Book,
    watched: Watched,
    findings: Sequence[Finding],
    *,
    now: datetime,
) -> _Written:
    known = rows.read_standing(session, now=now, locked=True)
    told: list[tuple[Change, Alert]] = []
    written = _Written()
    for change in plan(findings, _standing(known.values()), ways=_ways(runtime), now=now):
        with apart(session, change.kind):
            before = known[change.standing.id] if change.standing else None
            row = rows.write(session, change, before, now=now)
            if row is None:
                continue
            if change.finding and change.finding.event_key:
                written.inbox_lanes |= _announce(session, change.finding, now=now)
            told.append((change, row))
    wanted = tellings(session, book, watched, told, now=now)
    written.effect_lanes = effects.add(session, wanted, now=now)
    return written


def _announce(session: Session, finding: Finding, *, now: datetime) -> set[int]:
    """Tell the inbox too, once for each time: a rule may be about it. Return its lanes."""
    lane = lane_of(finding.gateway, finding.device, None)
    details = {"hours": finding.details.get("hours")}
    created = session.scalars(
        insert_into(session, Event)
        .values(
            gateway=finding.gateway,
            device=finding.device,
            key=finding.event_key,
            kind=Kind.INBOUND_SILENT,
            address=None,
            lane=lane,
            payload=json.dumps(details, separators=(",", ":")).encode(),
            occurred_at=now,
            received_at=now,
            due_at=now,
        )
        .on_conflict_do_nothing(index_elements=["gateway", "device", "key"])
        .returning(Event.id)
    ).all()
    return {lane} if created else set()
