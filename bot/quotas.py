"""What is left of a device's quota: what its gateway said last, less what was counted since.

The gateway's own counter is right. Ours, between two questions, lags by what is under way, and an
answer never gives back what was counted since its question was put.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.orm import Session

from bot.effects import EffectKind, NewEffect
from bot.gateways import GATEWAYS
from bot.gateways.base import Quota
from bot.gateways.errors import QuotaExhausted
from models import Device, insert_into
from models.base import UtcDateTime

DeviceKey = tuple[str, str]

# What an integer column holds.
LARGEST = 2**31 - 1
# A quota returns much sooner; what lies further off is no time that its gateway can mean.
NEAR = timedelta(days=730)
# How often a gateway is asked while automatic messages wait for its quota.
WAITING_SECONDS = 60

# No row is touched where no quota is known, or where the gateway was asked later: it had counted
# these itself by then.
_SPEND = (
    update(Device)
    .where(
        Device.gateway == bindparam("of_gateway"),
        Device.device == bindparam("of_device"),
        Device.quota_remaining > 0,
        Device.quota_at < bindparam("at", type_=UtcDateTime),
    )
    .values(
        quota_remaining=case(
            (
                Device.quota_remaining > bindparam("number"),
                Device.quota_remaining - bindparam("number"),
            ),
            else_=0,
        )
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """When a question was put, and what was known then: `remaining`, from the answer of `since`."""

    at: datetime
    remaining: int | None = None
    since: datetime | None = None


def is_metered(gateway: str) -> bool:
    """Return whether a gateway counts messages against a quota."""
    found = GATEWAYS.get(gateway)
    return found is not None and found.capabilities.quota


def asking(session: Session, gateway: str, device: str, *, now: datetime) -> Asking:
    """Return what `keep` must know of the time before the question."""
    known = session.execute(
        select(Device.quota_remaining, Device.quota_at).where(
            Device.gateway == gateway, Device.device == device
        )
    ).one_or_none()
    if known is None:
        return Asking(at=now)
    return Asking(at=now, remaining=known.quota_remaining, since=known.quota_at)


def keep(
    session: Session,
    gateway: str,
    device: str,
    quota: Quota,
    *,
    asking: Asking,
    reserve_percent: int,
    now: datetime,
) -> bool:
    """Write down what a gateway says is left; return whether what waited for quota may go now.

    Of two answers the one counts that was asked for last.
    """
    row = _locked(session, gateway, device)
    if row.quota_at is not None and asking.at < row.quota_at <= now:
        return False
    waited = row.quota_remaining is not None and row.quota_remaining <= (row.quota_reserve or 0)
    if quota.limit <= 0:
        # A plan without a limit, or one that is not told: nothing is known to be used up.
        row.quota_limit = row.quota_remaining = row.quota_reserve = row.quota_resets_at = None
    else:
        _write(row, quota, asking=asking, reserve_percent=reserve_percent, now=now)
    row.quota_at = asking.at
    session.flush()
    left = row.quota_remaining
    if left == 0:
        return False
    if rests_for_quota(row):
        # Refused since the question was put: the next answer tells.
        return row.rested_at is None or row.rested_at <= asking.at
    return waited and (left is None or left > (row.quota_reserve or 0))


def spend(session: Session, counts: Mapping[DeviceKey, int], *, at: datetime) -> None:
    """Count messages of devices that came or went until `at`, where a quota is known."""
    rows = [
        {"of_gateway": gateway, "of_device": device, "number": number, "at": at}
        # One order for all, so that two transactions never wait for each other in a circle.
        for (gateway, device), number in sorted(counts.items())
        if number and is_metered(gateway)
    ]
    if rows:
        session.connection().execute(_SPEND, rows)


def new_question(
    gateway: str, device: str, *, at: datetime, every: int = WAITING_SECONDS
) -> NewEffect:
    """Return the question what is left, put once in so many seconds whoever wants to know."""
    slot = int(at.timestamp()) // every
    name = sha256(f"{gateway}/{device}".encode()).hexdigest()
    return NewEffect(
        kind=EffectKind.REPORT_DEVICE,
        key=f"quota:{every}:{slot}:{name}",
        gateway=gateway,
        device=device,
    )


def is_low(row: Device, *, percent: int, now: datetime) -> bool:
    """Return whether little is left of the quota that holds now; with 0 percent never."""
    if not (percent and row.quota_limit) or row.quota_remaining is None:
        return False
    if row.quota_resets_at is not None and row.quota_resets_at <= now:
        return False
    return row.quota_remaining * 100 <= row.quota_limit * percent


def rests_for_quota(row: Device) -> bool:
    """Return whether a device rests because it had no quota left."""
    return (row.pause_reason or "").startswith(QuotaExhausted.__name__)


def _locked(session: Session, gateway: str, device: str) -> Device:
    session.execute(
        insert_into(session, Device)
        .values(gateway=gateway, device=device)
        .on_conflict_do_nothing(index_elements=["gateway", "device"])
    )
    return session.scalars(
        select(Device)
        .where(Device.gateway == gateway, Device.device == device)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _write(
    row: Device, quota: Quota, *, asking: Asking, reserve_percent: int, now: datetime
) -> None:
    is_near = quota.resets_at is not None and abs(quota.resets_at - now) < NEAR
    resets_at = quota.resets_at if is_near else None
    left, limit = _left(row, quota, resets_at, asking), _within(quota.limit)
    row.quota_limit, row.quota_remaining, row.quota_resets_at = limit, left, resets_at
    row.quota_reserve = ceil(limit * reserve_percent / 100) or None


def _left(row: Device, quota: Quota, resets_at: datetime | None, asking: Asking) -> int:
    told, ours = _within(quota.remaining), row.quota_remaining
    if ours is None:
        return told
    if row.quota_at == asking.since:
        counted = (asking.remaining or 0) - ours
        return max(told - max(counted, 0), 0)
    # Another answer came between, so what was counted since is not known.
    is_same = (row.quota_limit, row.quota_resets_at) == (_within(quota.limit), resets_at)
    return min(told, ours) if is_same else told


def _within(number: int) -> int:
    return min(max(number, 0), LARGEST)
