"""Find the device through which an admin can be told: one that is well, and may write to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.devices import DeviceKey, configured
from bot.events import DeviceState
from bot.gateways.base import Gateway
from bot.inbox.arrivals import ADDRESS_LIMIT, folded
from bot.rules.schema import Admin
from models import Breaker, Conversation, Device

# A message takes its time to leave.
MARGIN = timedelta(minutes=5)
ANY = "auto"


@dataclass(frozen=True, slots=True)
class _Candidate:
    gateway: Gateway
    device: str
    row: Device


def way_to(
    session: Session,
    gateways: Mapping[str, Gateway],
    admin: Admin,
    *,
    about: DeviceKey,
    now: datetime,
) -> tuple[str, str, str] | None:
    """Return the conversation in which to tell an admin, None while no device is fit for it.

    The device that the admin's entry names goes first, the one that it is about last.
    """

    def rank(each: _Candidate) -> tuple[bool, bool, bool, str, str]:
        is_about = (each.gateway.name, each.device) == about
        is_sure = each.row.state == DeviceState.CONNECTED
        is_named = admin.device == each.device
        return (is_about, not is_named, not is_sure, each.gateway.name, each.device)

    for candidate in sorted(_fit(session, gateways, now=now), key=rank):
        address = _address(session, candidate, admin.to, now=now)
        if address is not None:
            return (candidate.gateway.name, candidate.device, address)
    return None


def _fit(
    session: Session, gateways: Mapping[str, Gateway], *, now: datetime
) -> Iterator[_Candidate]:
    rows = {(row.gateway, row.device): row for row in session.scalars(select(Device))}
    open_breakers = {
        (row.gateway, row.host)
        for row in session.scalars(select(Breaker).where(Breaker.paused_until.is_not(None)))
    }
    for name, device in {*rows, *(key for key, _ in configured(gateways))}:
        gateway = gateways.get(name)
        account = gateway.account(device) if gateway and device else None
        if gateway is None or account is None or not account.can_send:
            continue
        row = rows.get((name, device)) or Device(pauses=0)
        if (
            _is_well(row, now=now)
            and (name, gateway.host(device)) not in open_breakers
            and "text" in gateway.abilities(device).sends
        ):
            yield _Candidate(gateway, device, row)


def _is_well(row: Device, *, now: datetime) -> bool:
    return (
        row.state in (None, DeviceState.CONNECTED)
        and row.pauses == 0
        and not (row.paused_until and row.paused_until > now)
        and not (row.stopped_until and row.stopped_until > now)
        # Nothing left of nothing is a plan without a limit, or one that nobody knows.
        and (row.quota_remaining is None or row.quota_remaining > 0 or row.quota_limit == 0)
    )


def _address(session: Session, candidate: _Candidate, to: str, *, now: datetime) -> str | None:
    """Return the address under which an admin can be written to now."""
    gateway, device = candidate.gateway, candidate.device
    address = folded(gateway.address(to), ADDRESS_LIMIT)
    window = gateway.window(device, address)
    if gateway.reaches_numbers and window is None:
        return address
    is_theirs = Conversation.address == address
    if not gateway.reaches_numbers:
        is_theirs = or_(is_theirs, Conversation.phone == to)
    known = session.scalars(
        select(Conversation)
        .where(Conversation.gateway == gateway.name, Conversation.device == device, is_theirs)
        .order_by(Conversation.last_inbound_at.desc())
        .limit(1)
    ).one_or_none()
    if known is None:
        return None
    if window and not (known.wrote_at and known.wrote_at > now - window + MARGIN):
        return None
    return known.address
