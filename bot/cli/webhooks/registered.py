"""The webhooks that the gateways keep: register, list, change, delete, test."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import click

from bot.cli.common import client, table
from bot.cli.webhooks.group import of_gateways, webhooks
from bot.cli.webhooks.targets import NotDone, Target, at_each, targets
from bot.gateways.base import Exchange, Webhook
from bot.gateways.errors import NotSupported, PermanentError
from bot.outbox.outcome import reason
from bot.webhook_urls import NoPublicUrl, leads_here, masked

T = TypeVar("T")

NAMED_EVENTS = 3

EVENTS = click.option("--event", "events", multiple=True, help="An event's name; once for each.")
SHOW_URL = click.option("--show-url", is_flag=True, help="Print URLs whole: they may hold secrets.")
WEBHOOK_ID = click.argument("webhook_id", required=False)


@webhooks.command("register")
@of_gateways
@EVENTS
@SHOW_URL
def register(
    gateway: str | None, device: str | None, *, events: tuple[str, ...], show_url: bool
) -> None:
    """Let the gateways post to PUBLIC_URL, or say what to enter in their dashboards."""

    def act(target: Target) -> Iterator[str]:
        url = target.url
        told = url if show_url else masked(url, url)
        if not target.gateway.has("register_webhook"):
            hint = "" if told == url else " (--show-url prints it whole)"
            raise NotSupported(
                f"{target.gateway.title} has no API for its webhooks: "
                f"enter {told}{hint} in its dashboard"
            )
        try:
            kept = client().perform(target.gateway.register_webhook(target.device, url, events))
        except PermanentError as error:
            if url.startswith("https://"):
                raise
            hint = "most gateways want https:// in PUBLIC_URL"
            raise NotDone(f"{reason(error)}: {hint}") from None
        yield f"posts to {told}{_named(kept)}"

    at_each(targets(gateway, device), act, must=False)


@webhooks.command("list")
@of_gateways
@SHOW_URL
def list_webhooks(gateway: str | None, device: str | None, *, show_url: bool) -> None:
    """List the webhooks that the gateways keep."""
    rows: list[tuple[object, ...]] = []

    def act(target: Target) -> Iterator[str]:
        url = _url_or_nothing(target)
        for kept in client().perform(target.gateway.list_webhooks(target.device)):
            leads = bool(url) and leads_here(kept.url, url, target.account)
            is_ours = leads and kept.ours is not False
            rows.append(
                (
                    target,
                    kept.id or "-",
                    kept.url if show_url and kept.url else masked(kept.url, url),
                    _some(kept.events),
                    {True: "yes", False: "no", None: "-"}[kept.active],
                    _whose(target, kept, is_ours=is_ours),
                )
            )
        yield from ()

    try:
        at_each(targets(gateway, device), act, must=gateway is not None)
    finally:
        table(("ACCOUNT", "ID", "URL", "EVENTS", "ACTIVE", "OURS"), rows)


@webhooks.command("update")
@of_gateways
@WEBHOOK_ID
@click.option("--url", help="Where to post; without any option it is PUBLIC_URL's address.")
@EVENTS
@click.option("--on/--off", "active", default=None, help="Post, or pause.")
@SHOW_URL
def update(
    gateway: str | None,
    webhook_id: str | None,
    device: str | None,
    *,
    url: str | None,
    events: tuple[str, ...],
    active: bool | None,
    show_url: bool,
) -> None:
    """Change a webhook: the one with WEBHOOK_ID, or the one that is ours."""

    def act(target: Target) -> Iterator[str]:
        changes_nothing = not url and not events and active is None
        new = url or (target.url if changes_nothing else None)
        kept = _perform_at(
            target,
            webhook_id,
            lambda found: target.gateway.update_webhook(
                target.device, found, url=new, events=events, active=active
            ),
            may_be_foreign=True,
        )
        ours = _url_or_nothing(target)
        told = kept.url if show_url else masked(kept.url, ours)
        yield f"posts to {told}{_named(kept)}" if kept.url else f"changed{_named(kept)}"

    at_each(targets(gateway, device), act, must=gateway is not None)


@webhooks.command("delete")
@of_gateways
@WEBHOOK_ID
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(gateway: str | None, webhook_id: str | None, device: str | None, *, yes: bool) -> None:
    """Let the gateways post no more: to WEBHOOK_ID, or to what is ours."""

    def act(target: Target) -> Iterator[str]:
        _perform_at(
            target,
            webhook_id,
            lambda found: target.gateway.delete_webhook(target.device, found),
            may_be_foreign=False,
        )
        yield "deleted: nothing comes from there any more"

    chosen = targets(gateway, device)
    if not yes:
        click.confirm(f"stop the webhooks of {', '.join(map(str, chosen))}?", abort=True)
    at_each(chosen, act, must=gateway is not None)


@webhooks.command("test")
@of_gateways
@WEBHOOK_ID
def test(gateway: str | None, webhook_id: str | None, device: str | None) -> None:
    """Let the gateways post a test."""

    def act(target: Target) -> Iterator[str]:
        yield (
            _perform_at(
                target,
                webhook_id,
                lambda found: target.gateway.test_webhook(target.device, found),
                may_be_foreign=True,
            )
            or "asked for a test: `flask events list` shows what comes"
        )

    at_each(targets(gateway, device), act, must=gateway is not None)


def _perform_at(
    target: Target,
    webhook_id: str | None,
    change: Callable[[str], Exchange[T]],
    *,
    may_be_foreign: bool,
) -> T:
    return client().perform(change(webhook_id or _choose(target, may_be_foreign=may_be_foreign)))


def _choose(target: Target, *, may_be_foreign: bool) -> str:
    """Return the id of the webhook that is meant: ours, or (`may_be_foreign`) the only one."""
    if not target.gateway.has("list_webhooks"):
        return ""
    kept = client().perform(target.gateway.list_webhooks(target.device))
    url = _url_or_nothing(target)
    ours = [each.id for each in kept if url and leads_here(each.url, url, target.account)]
    if not ours and may_be_foreign and len(kept) == 1:
        ours = [kept[0].id]
    if len(ours) == 1:
        return ours[0]
    ids = ", ".join(each.id for each in kept if each.id)
    if ours or ids:
        raise NotDone(f"name the webhook that you mean: {ids}")
    raise NotDone("no webhook is registered there")


def _whose(target: Target, kept: Webhook, *, is_ours: bool) -> str:
    if not is_ours:
        return "no"
    return "other secret" if _has_other_secret(target, kept) else "yes"


def _has_other_secret(target: Target, kept: Webhook) -> bool:
    return bool(kept.secret) and kept.secret not in target.account.secrets


def _url_or_nothing(target: Target) -> str:
    try:
        return target.url
    except NoPublicUrl:
        return ""


def _some(events: Sequence[str]) -> str:
    """Return the first names of a list that may be long."""
    shown = ", ".join(events[:NAMED_EVENTS])
    left = len(events) - NAMED_EVENTS
    return f"{shown} and {left} more" if left > 0 else shown or "-"


def _named(kept: Webhook) -> str:
    return f" as {kept.id}" if kept.id else ""
