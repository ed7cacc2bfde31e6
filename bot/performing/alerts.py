"""Tell people of an alert: post it to ALERT_URL, or write to one of the admins."""

import json
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from bot import outbox
from bot.alerts.kinds import Way
from bot.alerts.reach import way_to
from bot.alerts.rows import number_told
from bot.content import Text
from bot.effects import ClaimedEffect
from bot.gateways.base import HttpRequest
from bot.gateways.errors import GatewayError, NotSupported
from bot.inbox.conversations import ensure_conversation
from bot.lanes import OUTBOX, lane_name
from bot.performing.desk import Desk, NotYet, Record, nothing
from bot.performing.outside import post
from models import Alert, reading

logger = structlog.get_logger("balas.alerts")

# Later nobody wants to be woken for it.
USEFUL_FOR = timedelta(hours=6)
# While no device is fit, in seconds.
FIRST_WAIT = 15.0
LONGEST_WAIT = 3600.0


def tell(effect: ClaimedEffect, desk: Desk) -> Record:
    """Tell of an alert, unless there is newer to tell of it.

    What is posted is left out only when it did not get through at first: whoever reads it there
    wants to see an alert open before it closes.
    """
    way = Way(effect.details.get("way", Way.ADMIN))
    is_posted = way is Way.URL
    is_late = effect.attempts > 1 or not is_posted
    if is_late and _is_outdated(effect, way, desk):
        return nothing
    try:
        return _post(effect, desk) if is_posted else _write_to_admin(effect, desk)
    except (GatewayError, NotYet) as error:
        if effect.attempts == 1:
            logger.warning(
                "an alert is not told yet",
                way=str(way),
                alert=effect.details.get("alert"),
                reason=str(error) if isinstance(error, NotYet) else type(error).__name__,
                attempts=effect.attempts,
            )
        raise


def _is_outdated(effect: ClaimedEffect, way: Way, desk: Desk) -> bool:
    with reading(desk.engine) as session:
        row = session.get(Alert, effect.details.get("alert"))
        return row is None or number_told(row, way) > int(effect.details.get("number", 0))


def _post(effect: ClaimedEffect, desk: Desk) -> Record:
    if desk.alert_url is None:
        raise NotSupported("ALERT_URL is not set any more")
    body = json.dumps(effect.details.get("body"), ensure_ascii=False).encode()
    request = HttpRequest(
        method="POST",
        url=desk.alert_url.get_secret_value(),
        headers={"Content-Type": "application/json"},
        body=body,
        # Told twice is better than not at all.
        is_safe=True,
    )
    post(desk.client, request, name="ALERT_URL")
    return nothing


def _write_to_admin(effect: ClaimedEffect, desk: Desk) -> Record:
    shelf = desk.shelf() if desk.shelf else None
    if shelf is None:
        raise NotYet("the rules are broken, and with them the admins")
    admin = shelf.book.admins.get(str(effect.details.get("admin")))
    if admin is None:
        raise NotSupported("the rules have no such admin any more")
    about = (effect.gateway, effect.device)
    with reading(desk.engine) as session:
        place = way_to(session, desk.gateways, admin, about=about, now=desk.now())
    if place is None:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (effect.attempts - 1))
        raise NotYet("no device is fit to tell an admin", after=wait)

    def record(session: Session) -> set[str]:
        now = desk.now()
        message = outbox.NewMessage(
            conversation_id=ensure_conversation(session, place, now=now),
            place=place,
            content=Text(text=str(effect.details["body"]["text"])),
            useful_for=USEFUL_FOR,
            alert_id=effect.details["alert"],
        )
        lanes = outbox.add(session, [message], now=now)
        return {lane_name(OUTBOX, lane) for lane in lanes}

    return record
