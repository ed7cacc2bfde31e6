"""Put into words what is told of alerts, and to whom."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.alerts import rows, texts, ways
from bot.alerts.apart import apart
from bot.alerts.kinds import AlertKind, Telling
from bot.alerts.plan import Change
from bot.alerts.ways import News
from bot.effects import NewEffect
from bot.rules import Book
from models import Alert

logger = structlog.get_logger("balas.alerts")

# Admins are told of so many alike one by one; of more, in one message.
ALIKE = 3


def tellings(
    session: Session,
    book: Book,
    told: Sequence[tuple[Change, Alert]],
    *,
    posts: bool,
    now: datetime,
) -> list[NewEffect]:
    """Return the effects that tell people, and note in the rows that they are told.

    `posts`: there is an address that every one of them is posted to.
    """
    effects: list[NewEffect] = []
    alike: defaultdict[tuple[AlertKind, Telling | None], list[tuple[Change, Alert]]]
    alike = defaultdict(list)
    for change, row in told:
        alike[change.kind, change.telling].append((change, row))
    for group in alike.values():
        more = len(group) - 1 if len(group) > ALIKE else 0
        is_first = True
        for change, row in group:
            with apart(session, change.kind):
                news = _news(change, row, book, more=more if is_first else 0, now=now)
                wanted = [ways.by_url(news)] if posts else []
                if is_first or not more:
                    wanted += ways.by_admins(session, book, news, now=now)
                if wanted or more:
                    row.told_at = now
                session.flush()
                effects += wanted
                is_first = False
    return effects


def _news(change: Change, row: Alert, book: Book, *, more: int, now: datetime) -> News:
    telling = change.telling
    assert telling is not None  # noqa: S101 - only what is told gets here
    number = rows.note_telling(row, change, telling, now=now)
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
    logger.warning("alert", kind=row.kind, state=str(telling), alert=row.id, gateway=row.gateway)
    return News(
        alert_id=row.id,
        number=number,
        telling=telling,
        key=(row.kind, row.gateway, row.device),
        body=body,
    )
