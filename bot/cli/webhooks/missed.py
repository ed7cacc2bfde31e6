"""The webhooks that never came: what a gateway could not deliver, and what it remembers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.acting import known_devices
from bot.cli.common import DatabaseProblem, client, runtime, shown, table, wake
from bot.cli.webhooks.group import of_gateways, webhooks
from bot.cli.webhooks.targets import NotDone, Target, at_each, targets
from bot.gateways.errors import GatewayError, NotSupported
from bot.inbox import Inbox
from bot.lanes import INBOX, lane_name
from bot.outbox.outcome import reason
from bot.recovering import Recovered, default_since, recover
from models import reading

SPANS = {"m": "minutes", "h": "hours", "d": "days"}


@webhooks.command("failed")
@of_gateways
def failed(gateway: str | None, device: str | None) -> None:
    """List what the gateways could not deliver."""
    rows: list[tuple[object, ...]] = []

    def act(target: Target) -> Iterator[str]:
        found = client().perform(target.gateway.failed_webhooks(target.device))
        rows.extend(
            (target, each.id, each.event, each.attempts, shown(each.at), each.error)
            for each in found
        )
        yield from ()

    try:
        at_each(targets(gateway, device), act, must=gateway is not None)
    finally:
        table(("ACCOUNT", "ID", "EVENT", "ATTEMPTS", "AT", "ERROR"), rows)


@webhooks.command("retry")
@of_gateways
@click.argument("failed_ids", nargs=-1)
def retry(gateway: str | None, failed_ids: tuple[str, ...], device: str | None) -> None:
    """Let the gateways deliver again: the failed webhooks with FAILED_IDS, or all of them."""

    def act(target: Target) -> Iterator[str]:
        yield f"{_retry(target, failed_ids)} asked for again"

    at_each(targets(gateway, device), act, must=gateway is not None)


@webhooks.command("recover")
@of_gateways
@click.option("--since", help='"2h", "3d" or "2026-11-20T08:00"; by default, the last webhook.')
def recover_missed(gateway: str | None, device: str | None, *, since: str | None) -> None:
    """Fetch the webhooks that never came. What is known already is not kept twice."""
    now = datetime.now(UTC)
    begin = read_since(since, now=now) if since is not None else None
    lanes: set[int] = set()

    def act(target: Target) -> Iterator[str]:
        found = target.gateway
        keeps_failed = found.has("failed_webhooks") and found.has("retry_webhook")
        if not found.has("missed_webhooks") and not keeps_failed:
            raise NotSupported(f"{found.title} has no record of past webhooks")
        if found.has("missed_webhooks"):
            for each in _devices(target):
                yield _recover(target, each, begin, now=now, lanes=lanes)
        if keeps_failed:
            yield f"{_retry(target, ())} asked for again"

    try:
        at_each(targets(gateway, device), act, must=gateway is not None)
    finally:
        wake({lane_name(INBOX, lane) for lane in lanes})


def read_since(text: str, *, now: datetime) -> datetime:
    """Return the time that "2h", "3d" or "2026-11-20T08:00" (in this machine's zone) means."""
    try:
        if text[-1:] in SPANS:
            since = now - timedelta(**{SPANS[text[-1]]: float(text[:-1])})
        else:
            since = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f'write it as 2h, 3d or 2026-11-20T08:00, not "{text}"') from None
    if since >= now:
        raise click.BadParameter("that is not in the past")
    return since


def _retry(target: Target, ids: tuple[str, ...]) -> int:
    """Ask for failed webhooks again, all if none is named, and return how many."""
    gateway, shared = target.gateway, client()
    if not ids:
        ids = tuple(each.id for each in shared.perform(gateway.failed_webhooks(target.device)))
    done, last = 0, None
    for failed_id in ids:
        try:
            shared.perform(gateway.retry_webhook(target.device, failed_id))
            done += 1
        except GatewayError as error:
            last = error
    if last is not None:
        raise NotDone(f"{done} asked for again, {len(ids) - done} refused ({reason(last)})")
    return done


def _recover(
    target: Target, device: str, since: datetime | None, *, now: datetime, lanes: set[int]
) -> str:
    result = Recovered()
    begin = since or _default_since(target, device, now=now)
    try:
        recover(
            client(),
            # Its own waker would come too late, or stand in the way of the one at the end.
            Inbox(runtime().engine, runtime().spool, lambda _names: None),
            target.gateway,
            device,
            since=begin,
            now=now,
            result=result,
        )
    except GatewayError as error:
        raise NotDone(f"{_told(result, begin)}, then {reason(error)}") from None
    finally:
        lanes |= result.lanes
    if result.unkept:
        raise NotDone(f"{_told(result, begin)}: run it again when the database is back")
    return _told(result, begin)


def _told(result: Recovered, since: datetime) -> str:
    parts = [f"{result.new} new", f"{result.known} known"]
    if result.unreadable:
        parts.append(f"{result.unreadable} unreadable")
    if result.unkept:
        parts.append(f"{result.unkept} not kept")
    more = ", and there is more: run it again with a later --since" if result.has_more else ""
    return f"since {shown(since)}: {', '.join(parts)}{more}"


def _default_since(target: Target, device: str, *, now: datetime) -> datetime:
    try:
        with reading(runtime().engine) as session:
            return default_since(session, target.gateway.name, device, now=now)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None


def _devices(target: Target) -> list[str]:
    """Return the devices to ask about: the account's own, else those known that it serves."""
    if target.device:
        return [target.device]
    return known_devices(target.gateway, target.account) or [""]
