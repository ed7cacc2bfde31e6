"""Fetch the webhooks that never came: from the gateway's record of them, through the same inbox.

What is known already conflicts with itself there, so that fetching too much costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from bot.client import Client
from bot.gateways.accounts import Account
from bot.gateways.base import Gateway, WebhookRequest
from bot.gateways.errors import Unreadable
from bot.inbox import Inbox, NotKept
from bot.inbox.arrivals import Arrival, arrival, unparsed
from models import Device

logger = structlog.get_logger("balas.inbox")

# The webhook that came last may have overtaken others.
OVERLAP = timedelta(minutes=5)
FURTHEST = timedelta(days=7)
AT_LEAST = timedelta(days=1)
MOST_PAGES = 1000


@dataclass(slots=True, kw_only=True)
class Recovered:
    """What came of it, in events; `unkept` is what neither database nor spool would take."""

    new: int = 0
    known: int = 0
    unreadable: int = 0
    unkept: int = 0
    has_more: bool = False
    lanes: set[int] = field(default_factory=set)


def default_since(session: Session, gateway: str, device: str, *, now: datetime) -> datetime:
    """Return from when on webhooks may be missing.

    Since the last one came, and for the day before in any case: after an outage, the first webhook
    that gets through says nothing about those that did not.
    """
    row = session.query(Device).filter_by(gateway=gateway, device=device).one_or_none()
    last = row.webhook_at if row else None
    since = min(last - OVERLAP, now - AT_LEAST) if last else now - FURTHEST
    return max(since, now - FURTHEST)


def recover(
    client: Client,
    inbox: Inbox,
    gateway: Gateway,
    device: str,
    *,
    since: datetime,
    now: datetime,
    result: Recovered,
) -> None:
    """Put everything since then into the inbox, counting it in `result`.

    Raises a GatewayError; what was counted until then is kept.
    """
    account = gateway.account(device)
    page: int | None = 1
    for _ in range(MOST_PAGES):
        if page is None:
            return
        found = client.perform(gateway.missed_webhooks(device, since=since, page=page))
        webhooks = [read(gateway, account, body, received_at=now) for body in found.bodies]
        result.unreadable += sum(rows[0].kind == "unparsed" for rows in webhooks if rows)
        begin = now + timedelta(microseconds=result.new + result.known + result.unkept)
        _keep(inbox, _in_order(webhooks, begin), result)
        # A gateway that turns in a circle must not hold us in it.
        page = found.next_page if found.next_page and found.next_page > page else None
    result.has_more = page is not None


def read(
    gateway: Gateway, account: Account | None, body: bytes, *, received_at: datetime
) -> list[Arrival]:
    """Return the rows of a webhook's body; what nobody can read is kept as it is."""
    try:
        events = gateway.parse(WebhookRequest(body=body))
    except Unreadable:
        return [unparsed(gateway.name, body, received_at=received_at)]
    except Exception as error:  # noqa: BLE001 - authentic: whatever a module's defect, it is kept
        logger.error("a gateway module raised", gateway=gateway.name, error=type(error).__name__)
        return [unparsed(gateway.name, body, received_at=received_at)]
    accounts = (account,) if account else ()
    return [
        arrival(event, received_at=received_at)
        for event in events
        if gateway.serves(accounts, event.device)
    ]


def _in_order(webhooks: Sequence[Sequence[Arrival]], begin: datetime) -> list[Arrival]:
    """Return the rows in the order in which they happened, a microsecond apart."""
    rows = [row for rows in webhooks for row in rows]
    rows.sort(key=lambda row: row.occurred_at or begin)
    moments = [begin + timedelta(microseconds=index) for index in range(len(rows))]
    return [
        replace(row, received_at=moment, due_at=moment)
        for row, moment in zip(rows, moments, strict=True)
    ]


def _keep(inbox: Inbox, rows: Sequence[Arrival], result: Recovered) -> None:
    if not rows:
        return
    result.lanes |= {row.lane for row in rows}
    try:
        _count(inbox.append(rows), rows, result)
    except NotKept:
        for row in rows:
            try:
                _count(inbox.append([row]), [row], result)
            except NotKept:
                result.unkept += 1


def _count(new: int, rows: Sequence[Arrival], result: Recovered) -> None:
    result.new += new
    result.known += len(rows) - new
