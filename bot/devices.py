"""How devices are: which there are, and what their gateways answer when they are asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import Session

from bot import outbox, quotas
from bot.client import Client
from bot.events import DeviceState
from bot.gateways.accounts import Account
from bot.gateways.base import DeviceReport, Exchange, Gateway, Quota
from bot.gateways.errors import GatewayError, NotSupported, QuotaExhausted, Rejected
from bot.gateways.reading import clean
from bot.inbox.arrivals import KEY_LIMIT, folded
from bot.lanes import LANES, OUTBOX, lane_name
from bot.outbox.outcome import reason
from bot.quotas import Asking
from models import Device, insert_into

TEXT_LIMIT = 255
PHONE_LIMIT = 32
# A device that nobody configured by name is forgotten when it was silent for so long.
REMEMBERED = timedelta(days=7)

DeviceKey = tuple[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a gateway said of a device just now; `problem` is why it said nothing."""

    report: DeviceReport | None = None
    quota: Quota | None = None
    problem: str = ""


def configured(gateways: Mapping[str, Gateway]) -> list[tuple[DeviceKey, Account]]:
    """Return every account with its device, "" for one that speaks for all the others."""
    return [
        ((name, account.sends_from), account)
        for name, gateway in gateways.items()
        for account in gateway.accounts
    ]


def hosts(gateways: Mapping[str, Gateway]) -> set[tuple[str, str]]:
    """Return the hosts of the APIs that the accounts send to, with the gateway of each."""
    return {
        (name, gateway.host(account.device))
        for name, gateway in gateways.items()
        for account in gateway.accounts
    }


def askable(session: Session, gateways: Mapping[str, Gateway], *, now: datetime) -> list[DeviceKey]:
    """Return the devices that a gateway can be asked about: those configured, those seen lately."""
    named = {key for key, _ in configured(gateways) if key[1]}
    named |= {(row.gateway, row.device) for row in _seen_since(session, now - REMEMBERED)}
    return sorted(key for key in named if _is_askable(gateways.get(key[0]), key[1]))


def ask(client: Client, gateway: Gateway, device: str) -> Asked:
    """Ask a gateway how a device is and what quota it has left, as far as it can be asked."""
    problems: list[GatewayError] = []
    report, quota = None, None
    if gateway.has("device_report"):
        report = _perform(client, gateway.device_report(device), problems)
    if gateway.has("quota"):
        quota = _perform(client, gateway.quota(device), problems)
    if not device and problems and all(isinstance(each, Rejected) for each in problems):
        problems.clear()  # some gateways know of which device a token speaks, others want a name
    return Asked(
        report=report, quota=quota, problem="; ".join(dict.fromkeys(map(reason, problems)))
    )


def keep_report(
    session: Session,
    gateway: str,
    device: str,
    report: DeviceReport,
    *,
    asked_at: datetime,
    now: datetime,
) -> DeviceState | None:
    """Write down how a device is and return its state; a webhook that came meanwhile knows better.

    A device that is connected again may send again.
    """
    device = folded(clean(device or report.device), KEY_LIMIT)
    fresh: dict[str, object] = {"reported_at": now}
    changed: dict[str, object] = {"reported_at": now}
    if report.phone:
        fresh["phone"] = changed["phone"] = clean(report.phone)[:PHONE_LIMIT]
    if report.name:
        fresh["name"] = changed["name"] = clean(report.name)[:TEXT_LIMIT]
    if report.state:
        why = clean(report.reason)[:TEXT_LIMIT] or None
        is_outdated = and_(Device.changed_at > asked_at, Device.changed_at <= now)
        fresh |= {"state": report.state, "reason": why, "changed_at": now}
        changed |= {
            "state": case((is_outdated, Device.state), else_=report.state),
            "reason": case((is_outdated, Device.reason), else_=why),
            "changed_at": case(
                (or_(is_outdated, Device.state == report.state), Device.changed_at), else_=now
            ),
        }
    state = session.scalar(
        insert_into(session, Device)
        .values(gateway=gateway, device=device, **fresh)
        .on_conflict_do_update(index_elements=["gateway", "device"], set_=changed)
        .returning(Device.state)
    )
    if report.state is DeviceState.CONNECTED and state == DeviceState.CONNECTED:
        outbox.resume(session, gateway, device)
    return DeviceState(state) if state else None


def asking(session: Session, gateway: str, device: str, *, now: datetime) -> Asking:
    """Return what `keep_quota` must know of the time before its question."""
    return quotas.asking(session, gateway, folded(clean(device), KEY_LIMIT), now=now)


def keep_quota(
    session: Session,
    gateway: str,
    device: str,
    quota: Quota,
    *,
    asking: Asking,
    reserve_percent: int,
    now: datetime,
) -> set[str]:
    """Write down what is left and return the lanes to wake once the transaction is committed.

    A device that has quota again may send again at once, whatever it was told before.
    """
    device = folded(clean(device), KEY_LIMIT)
    is_back = quotas.keep(
        session, gateway, device, quota, asking=asking, reserve_percent=reserve_percent, now=now
    )
    if not is_back:
        return set()
    outbox.resume(session, gateway, device, after=QuotaExhausted)
    return {lane_name(OUTBOX, lane) for lane in range(LANES)}


def _perform(client: Client, exchange: Exchange[T], problems: list[GatewayError]) -> T | None:
    try:
        return client.perform(exchange)
    except NotSupported:
        return None
    except GatewayError as error:
        problems.append(error)
        return None


def _seen_since(session: Session, since: datetime) -> Iterable[Device]:
    return session.scalars(
        select(Device).where(
            Device.device != "", or_(Device.webhook_at >= since, Device.changed_at >= since)
        )
    )


def _is_askable(gateway: Gateway | None, device: str) -> bool:
    if gateway is None or not (gateway.has("device_report") or gateway.has("quota")):
        return False
    account = gateway.account(device)
    return account is not None and account.can_send
