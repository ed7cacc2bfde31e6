"""Gateways: that each posts to us, with our secret, and may be sent to."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from bot import local_run
from bot.devices import ask
from bot.doctor.verdicts import Check, Level, Scene, Verdict, bad, good, warning
from bot.events import DeviceState
from bot.gateways.accounts import Account
from bot.gateways.base import Gateway, Quota, Webhook
from bot.gateways.errors import GatewayError, NotSupported, TransientError
from bot.outbox.outcome import reason
from bot.webhook_urls import NoPublicUrl, leads_here, webhook_url

# Less than so much of it left is worth telling.
LOW = 0.1
# An answer of something that is not the API, or of another path of it.
NOT_FOUND = re.compile(r"\b404\b")
COMMAND = re.compile(r"flask [a-z ]+$")
CODE = re.compile(r" \([\w ]+\)$")


def gateway_checks(scene: Scene) -> list[Check]:
    """Return one check for each account, so that a slow gateway delays no other."""
    return [
        partial(check_account, gateway=gateway, account=account)
        for gateway in scene.runtime.gateways.values()
        for account in gateway.accounts
    ]


def check_any(scene: Scene) -> Sequence[Verdict]:
    """Look whether any gateway is configured."""
    if scene.runtime.gateways:
        return []
    run = local_run.read(scene.runtime.settings.data_dir)
    if run and run.simulator_url:
        return [good("gateways", "`make run` simulates them")]
    advice = "set the secret of one (see .env.example)"
    return [bad("gateways", "none is configured: every webhook is refused", advice)]


def check_account(scene: Scene, *, gateway: Gateway, account: Account) -> Sequence[Verdict]:
    """Look at one account as its gateway sees it."""
    part = f"{gateway.name} {account.sends_from}".strip()
    if not account.can_send:
        return [_only_receives(gateway, account, part)]
    if scene.offline:
        return [good(part, "is configured to receive and to send")]
    inspected, listed, asked = (
        [with_address(verdict, gateway) for verdict in _told(check, scene, gateway, account, part)]
        for check in (_inspection, _webhooks, _device)
    )
    # What the gateway finds by itself is told in better words than what we see from here.
    kept = once(inspected, listed, asked)
    found = [verdict for verdict in (*listed, *inspected, *asked) if verdict in kept]
    return list(dict.fromkeys(found)) or [good(part, "is configured to receive and to send")]


def once(*sources: Sequence[Verdict]) -> list[Verdict]:
    """Return what several sources say, each cause but once: in the words of the first.

    One remedy of two sources is one cause, and so is one refusal, whatever was asked.
    """
    kept: list[Verdict] = []
    for source in sources:
        remedies = {_remedy(verdict) for verdict in kept if verdict.level is not Level.GOOD}
        for verdict in source:
            refusals = {_refusal(each) for each in kept if each.level is not Level.GOOD}
            is_known = _remedy(verdict) in remedies or _refusal(verdict) in refusals
            if verdict.level is Level.GOOD or not is_known:
                kept.append(verdict)
    return kept


def with_address(verdict: Verdict, gateway: Gateway) -> Verdict:
    """Return a verdict that looks at the API's address, where that leads to no API."""
    if verdict.level is Level.GOOD or not NOT_FOUND.search(verdict.what):
        return verdict
    default = gateway.account_type.model_fields["api_url"].default
    advice = f"nothing of it is there: look at {gateway.name.upper()}_API_URL (default {default})"
    return replace(verdict, advice=advice)


def judge_webhooks(
    part: str, kept: Sequence[Webhook], account: Account, ours: str
) -> Iterator[Verdict]:
    """Yield what the webhooks mean that a gateway keeps, when ours should be among them."""
    register = f"flask webhooks register {part.partition(' ')[0]}"
    # Some gateways tell no URL: the app is subscribed, and its dashboard holds the rest.
    mine = [
        each
        for each in kept
        if each.ours is not False and (not each.url or leads_here(each.url, ours, account))
    ]
    if not mine:
        yield bad(part, "none of its webhooks leads here", register)
        return
    for each in mine:
        if each.active is False:
            yield bad(part, "its webhook is switched off", register)
        elif each.secret and each.secret not in account.secrets:
            what = "its webhook signs with another secret than ours"
            yield bad(part, what, f"delete it (flask webhooks delete), then {register}")
        elif each.ours is None and not each.url:
            what = f"whether the webhook of {each.id or 'somebody'} is ours is not known"
            yield warning(part, what, f"unless it is, {register}")
        else:
            yield good(part, "its webhook leads here" if each.url else "its webhook is on")


def judge_quota(part: str, quota: Quota) -> Verdict:
    """Return what it means that so much quota is left."""
    left = f"{quota.remaining} of {quota.limit} messages are left"
    advice = "buy quota: without it nothing is sent, and webhooks may stay away"
    if quota.limit <= 0:
        return good(part, "no limit of its quota is told")
    if quota.remaining <= 0:
        return bad(part, left, advice)
    if quota.limit > 0 and quota.remaining < quota.limit * LOW:
        return warning(part, left, advice)
    return good(part, left)


def judge_state(part: str, state: DeviceState, why: str = "") -> Verdict:
    """Return what a device's state means."""
    because = f" ({why})" if why else ""
    match state:
        case DeviceState.CONNECTED:
            return good(part, "its device is connected")
        case DeviceState.QR:
            advice = "scan it with the phone, in the gateway's dashboard"
            return bad(part, "its device waits for its QR code to be scanned", advice)
        case DeviceState.DISCONNECTED:
            advice = "connect it in the dashboard, or by `flask devices restart`"
            return bad(part, f"its device is not connected{because}", advice)


def _told(
    check: Callable[[Scene, Gateway, Account, str], Iterator[Verdict]],
    scene: Scene,
    gateway: Gateway,
    account: Account,
    part: str,
) -> Iterator[Verdict]:
    try:
        yield from check(scene, gateway, account, part)
    except NotSupported as error:
        if check is not _device:
            yield warning(part, str(error), "without it, look at its dashboard")
    except TransientError as error:
        yield warning(part, reason(error), "try again; look at its API URL")
    except GatewayError as error:
        yield bad(part, reason(error), _look_at(gateway))


def _remedy(verdict: Verdict) -> str:
    """Return the command at the end of an advice, or all of it."""
    advice = verdict.advice.replace("`", "")
    found = COMMAND.search(advice)
    return found[0] if found else advice


def _refusal(verdict: Verdict) -> str:
    """Return what the gateway said, without the question and the code; unlike any other if none."""
    _, found, said = verdict.what.rpartition(": ")
    return CODE.sub("", said) if found else f"{verdict.what} {verdict.advice}"


def _webhooks(scene: Scene, gateway: Gateway, account: Account, part: str) -> Iterator[Verdict]:
    if not gateway.has("list_webhooks"):
        return
    try:
        ours = webhook_url(scene.runtime.settings.public_url, gateway, account)
    except NoPublicUrl:
        return  # said of PUBLIC_URL already
    kept = scene.client.perform(gateway.list_webhooks(account.sends_from))
    yield from judge_webhooks(part, kept, account, ours)


def _inspection(scene: Scene, gateway: Gateway, account: Account, part: str) -> Iterator[Verdict]:
    for finding in scene.client.perform(gateway.inspect(account.sends_from)):
        if finding.ok:
            yield good(part, finding.what)
        else:
            yield bad(part, finding.what, finding.advice)


def _device(scene: Scene, gateway: Gateway, account: Account, part: str) -> Iterator[Verdict]:
    if gateway.has("inspect"):
        return  # which looks at the device by itself
    asked = ask(scene.client, gateway, account.sends_from)
    if asked.report and asked.report.state:
        yield judge_state(part, asked.report.state, asked.report.reason)
    if asked.quota:
        yield judge_quota(part, asked.quota)
    if asked.problem:
        yield bad(part, asked.problem, _look_at(gateway))


def _look_at(gateway: Gateway) -> str:
    """Return the advice to look at the token and at the API's address, by their names."""
    kind = gateway.account_type
    needed = [field for field in kind.send_fields if field not in kind.optional_send_fields]
    names = " and ".join(f"{gateway.name}_{field}".upper() for field in (*needed, "api_url"))
    return f"look at {names} (see docs/gateways.md)"


def _only_receives(gateway: Gateway, account: Account, part: str) -> Verdict:
    missing = [name for name in account.send_fields if not getattr(account, name)]
    names = " and ".join(f"{gateway.name}_{name}".upper() for name in missing)
    return warning(part, "only receives: nothing is answered", f"set {names} to answer")
