"""Put into words what is told of alerts, and to whom."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.alerts import rows, texts, ways
from bot.alerts.apart import apart
from bot.alerts.devices import Watched
from bot.alerts.kinds import AlertKind, Telling, Way
from bot.alerts.plan import Change
from bot.alerts.ways import News
from bot.effects import NewEffect
from bot.rules import Book
from models import Alert

logger = structlog.get_logger("balas.alerts")

# Admins are told of so many alike one by one; of more, in one message.
ALIKE = 3

Changed = tuple[Change, Alert]


def tellings(
    session: Session,
    book: Book,
    watched: Watched,
    changed: Sequence[Changed],
    *,
    now: datetime,
) -> list[NewEffect]:
    """Return the effects that tell people, and note in the rows that they are told."""
    effects: list[NewEffect] = []
    for change, row in changed:
        if Way.URL in change.tellings:
            with apart(session, change.kind):
                is_gone = _is_gone(change, row, watched)
                news = _news(change, row, Way.URL, book, is_gone=is_gone, now=now)
                row.told_at = now
                session.flush()
                effects.append(ways.by_url(news))
    for group in _alike(changed, watched):
        more = len(group) - 1 if len(group) > ALIKE else 0
        is_first = True
        for change, row in group:
            with apart(session, change.kind):
                news = _news(change, row, Way.ADMIN, book, more=more if is_first else 0, now=now)
                wanted: list[NewEffect] = []
                if is_first or not more:
                    wanted += ways.by_admins(session, book, news, now=now)
                if wanted or more:
                    row.told_at = now
                session.flush()
                effects += wanted
                is_first = False
    return effects


def _alike(changed: Sequence[Changed], watched: Watched) -> Iterable[list[Changed]]:
    """Return what admins are told, those alike together."""
    alike: defaultdict[tuple[AlertKind, Telling], list[Changed]] = defaultdict(list)
    for change, row in changed:
        # That a device is taken away is no good news; it only ends what an address was told.
        if Way.ADMIN in change.tellings and not _is_gone(change, row, watched):
            alike[change.kind, change.tellings[Way.ADMIN]].append((change, row))
    return alike.values()


def _is_gone(change: Change, row: Alert, watched: Watched) -> bool:
    """Return whether an alert ends because nobody configures any more what it is about."""
    if change.finding:
        return False
    # Not every alert is about a gateway, nor about a device.
    if not row.gateway:
        return False
    gateway = watched.gateways.get(row.gateway)
    return gateway is None or bool(row.device and gateway.account(row.device) is None)


def _news(
    change: Change,
    row: Alert,
    way: Way,
    book: Book,
    *,
    more: int = 0,
    is_gone: bool = False,
    now: datetime,
) -> News:
    telling = change.tellings[way]
    number = rows.note_telling(row, change, way, now=now)
    details = rows.public(row.details)
    text = texts.write(
        change.kind,
        telling,
        place=(row.gateway, row.device),
        count=row.count,
        details=details,
        opened_at=row.opened_at,
        language=book.settings.language,
        zone=book.settings.timezone,
        more=more,
        is_gone=is_gone,
    )
    body = {
        "kind": row.kind,
        "state": telling,
        "gateway": row.gateway,
        "device": row.device,
        "count": row.count,
        "details": details,
        "opened_at": row.opened_at.isoformat(),
        "text": text,
    }
    logger.warning(
        "alert",
        kind=row.kind,
        state=str(telling),
        way=str(way),
        alert=row.id,
        gateway=row.gateway,
    )
    return News(
        alert_id=row.id,
        number=number,
        telling=telling,
        key=(row.kind, row.gateway, row.device),
        body=body,
    )
