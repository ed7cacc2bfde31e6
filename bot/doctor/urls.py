"""URLs: that of Balas as the gateways see it, and those of the gateways."""

import ipaddress
import json
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from bot import __version__
from bot.doctor.verdicts import Scene, Verdict, bad, get, good, warning
from bot.gateways.base import HttpResponse
from bot.gateways.errors import GatewayError
from bot.outbox.outcome import reason
from bot.webhook_urls import NoPublicUrl, checked_base, is_local

PART = "urls"


def check_public_url(scene: Scene) -> Sequence[Verdict]:
    """Look whether PUBLIC_URL is usable and whether this very Balas answers there."""
    settings = scene.runtime.settings
    if not settings.public_url:
        advice = "set it to https://… : `flask webhooks register` and this check need it"
        return [warning(PART, "PUBLIC_URL is not set", advice)]
    is_near = all(_is_near(url) for url in _api_urls(scene))
    try:
        base = checked_base(settings.public_url, is_near=is_near)
    except NoPublicUrl as error:
        return [bad(PART, "PUBLIC_URL cannot be given to every gateway", str(error))]
    if scene.offline:
        return [good(PART, "PUBLIC_URL is usable")]
    try:
        answer = scene.client.perform(get(f"{base}/health"))
    except GatewayError as error:
        advice = "start the web process; look at the name, the certificate and the proxy"
        return [bad(PART, f"PUBLIC_URL does not answer: {reason(error)}", advice)]
    return [judge_health(answer, gateways=list(scene.runtime.gateways))]


def judge_health(answer: HttpResponse, *, gateways: Sequence[str]) -> Verdict:
    """Return what an answer of /health means."""
    if 300 <= answer.status < 400:
        advice = "take the address that it redirects to: gateways lose webhooks on a redirect"
        return bad(PART, f"PUBLIC_URL redirects (status {answer.status})", advice)
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if answer.status != 200 or not isinstance(told, dict) or "processed_events" not in told:
        advice = "look where the name and the proxy lead"
        return bad(PART, f"something else answers at PUBLIC_URL (status {answer.status})", advice)
    if told.get("version") != __version__:
        advice = "restart the web process, or point PUBLIC_URL to this installation"
        return warning(PART, "another version of Balas answers at PUBLIC_URL", advice)
    if told.get("gateways") != sorted(gateways):
        advice = "give the web process the settings that this command has, and restart it"
        return warning(PART, "the Balas at PUBLIC_URL has other gateways configured", advice)
    return good(PART, "PUBLIC_URL leads here")


def check_api_urls(scene: Scene) -> Sequence[Verdict]:
    """Look whether tokens leave this machine in the open."""
    urls = _named_api_urls(scene)
    if not urls:
        return []
    return list(judge_api_urls(urls)) or [good(PART, "no token leaves this machine in the open")]


def judge_api_urls(urls: Sequence[tuple[str, str]]) -> Iterator[Verdict]:
    """Yield what is wrong with the addresses of gateways' APIs, given with their variables."""
    for variable, url in urls:
        if url.startswith("https://") or is_local(url):
            continue
        advice = f"begin {variable} with https://"
        if _is_near(url):
            what = f"{variable} is not https: whoever is in that network can read the token"
            yield warning(PART, what, advice)
        else:
            what = f"{variable} is not https: everybody on the way can read the token"
            yield bad(PART, what, advice)


def _named_api_urls(scene: Scene) -> list[tuple[str, str]]:
    found = {
        (f"{name}_API_URL".upper(), str(getattr(account, "api_url", "")))
        for name, gateway in scene.runtime.gateways.items()
        for account in gateway.accounts
    }
    return sorted(pair for pair in found if pair[1])


def _api_urls(scene: Scene) -> list[str]:
    return [url for _, url in _named_api_urls(scene)]


def _is_near(url: str) -> bool:
    """Return whether a URL leads to this machine or its own network."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan"))
