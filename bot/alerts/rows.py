"""Alerts as rows: what stands in them of earlier tellings, and how they are written.

`details` holds what is found, `told` beside it what was told last in each way, and `again_at` when
the alert opened again after it had closed.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.alerts.finding import Finding
from bot.alerts.kinds import AlertKind, Telling, Way
from bot.alerts.plan import AT_MOST_BY_STRANGERS, Change, Standing, Told
from models import Alert, insert_into

OWN = frozenset({"told", "again_at"})


def read_standing(session: Session, *, now: datetime, locked: bool = False) -> dict[int, Alert]:
    """Return the open alerts, and those that closed lately, by id; the oldest first."""
    query = (
        select(Alert)
        .where(or_(Alert.closed_at.is_(None), Alert.closed_at > now - AT_MOST_BY_STRANGERS))
        .order_by(Alert.id)
    )
    if locked:
        query = query.with_for_update()
    return {row.id: row for row in session.scalars(query)}


def standing(row: Alert) -> Standing | None:
    """Return what the plan has to know of a row, None for a kind that this version lacks."""
    if row.kind not in frozenset(AlertKind):
        return None
    details = _own(row.details)
    return Standing(
        id=row.id,
        key=(row.kind, row.gateway, row.device),
        count=row.count,
        since=_time(details.get("again_at")) or row.opened_at,
        seen_at=row.seen_at,
        closed_at=row.closed_at,
        told=_told(details),
    )


def public(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details as others may see them."""
    return {name: value for name, value in _own(details).items() if name not in OWN}


def write(session: Session, change: Change, row: Alert | None, *, now: datetime) -> Alert | None:
    """Write one change and return its row, None where another process was faster."""
    if row is None:
        return _open(session, change.finding, now=now) if change.finding else None
    details = dict(_own(row.details))
    if change.finding:
        details = {name: details[name] for name in OWN & details.keys()}
        details |= change.finding.details
        row.count, row.seen_at = change.finding.count, now
        if row.closed_at is not None:
            row.closed_at = None
            details["again_at"] = now.isoformat()
    else:
        row.closed_at = now
        # Told or not: when it opens again, it is told anew.
        closed = {
            way: replace(told, telling=Telling.CLOSED) for way, told in _told(details).items()
        }
        details["told"] = _written(closed)
    row.details = details
    return row


def note_telling(row: Alert, change: Change, way: Way, *, now: datetime) -> int:
    """Write down that an alert is told in one way, and return how often it has been."""
    told, telling, finding = _told(row.details), change.tellings[way], change.finding
    before = told.get(way)
    earlier = before.reasons if before else frozenset()
    news = Told(
        telling=telling,
        at=now,
        open_at=before.open_at if before and telling is Telling.CLOSED else now,
        count=row.count,
        level=finding.level if finding else before.level if before else 0,
        number=before.number + 1 if before else 1,
        reasons=earlier | finding.reasons if finding else earlier,
    )
    row.details = {**_own(row.details), "told": _written({**told, way: news})}
    return news.number


def number_told(row: Alert, way: Way) -> int:
    """Return how often an alert has been told in one way."""
    told = _told(row.details).get(way)
    return told.number if told else 0


def _open(session: Session, finding: Finding, *, now: datetime) -> Alert | None:
    kind, gateway, device = finding.key
    created = session.scalars(
        insert_into(session, Alert)
        .values(
            kind=kind,
            gateway=gateway,
            device=device,
            count=finding.count,
            details=dict(finding.details),
            opened_at=now,
            seen_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Alert.id)
    ).one_or_none()
    return session.get(Alert, created) if created else None


def _own(details: object) -> Mapping[str, Any]:
    return details if isinstance(details, Mapping) else {}


def _told(details: object) -> dict[Way, Told]:
    """Return what was told in each way; what cannot be read was not."""
    written = _own(_own(details).get("told"))
    read = {way: _read(written.get(way)) for way in Way}
    return {way: told for way, told in read.items() if told}


def _written(told: Mapping[Way, Told]) -> dict[str, Any]:
    return {
        str(way): {
            "telling": each.telling,
            "at": each.at.isoformat(),
            "open_at": each.open_at.isoformat(),
            "count": each.count,
            "level": each.level,
            "number": each.number,
            "reasons": sorted(each.reasons),
        }
        for way, each in told.items()
    }


def _read(written: object) -> Told | None:
    known = _own(written)
    at = _time(known.get("at"))
    if at is None:
        return None
    try:
        return Told(
            telling=Telling(known["telling"]),
            at=at,
            open_at=_time(known.get("open_at")) or at,
            count=int(known["count"]),
            level=int(known["level"]),
            number=int(known["number"]),
            reasons=frozenset(map(str, known.get("reasons", ()))),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _time(written: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return time if time.tzinfo else None
