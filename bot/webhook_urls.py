"""The URL that a gateway is to post to: put together, compared, and shown without its secret."""

import ipaddress
from urllib.parse import quote, urlsplit

from bot.gateways.accounts import Account
from bot.gateways.base import Gateway

HIDDEN = "…"


class NoPublicUrl(Exception):
    """PUBLIC_URL cannot be given to a gateway; the text says what to set."""


def webhook_url(public_url: str | None, gateway: Gateway, account: Account) -> str:
    """Return the URL of an account's webhook, its secret included. Raises NoPublicUrl."""
    base = checked_base(public_url, is_near=is_local(getattr(account, "api_url", "")))
    token = quote(account.url_token, safe="")
    return f"{base}/webhook/{gateway.name}" + (f"/{token}" if token else "")


def checked_base(public_url: str | None, *, is_near: bool = False) -> str:
    """Return PUBLIC_URL without a slash at its end; HTTPS, except for who is near. NoPublicUrl."""
    if not public_url:
        raise NoPublicUrl("set PUBLIC_URL to the address under which gateways reach Balas")
    try:
        parts = urlsplit(public_url)
        is_usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise NoPublicUrl("PUBLIC_URL is not usable: expected https://balas.example.com")
    if parts.scheme == "http" and not is_near:
        raise NoPublicUrl("PUBLIC_URL begins with http://: gateways post to https:// alone")
    if is_local(public_url) and not is_near:
        raise NoPublicUrl("PUBLIC_URL is this machine's own address: gateways cannot reach it")
    return public_url.rstrip("/")


def is_local(url: str) -> bool:
    """Return whether a URL leads to this machine itself."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def leads_here(url: str, ours: str, account: Account) -> bool:
    """Return whether a webhook's URL is `ours`; its token may stand in the query as well."""
    token = quote(account.url_token, safe="")
    in_query = f"{ours.removesuffix('/' + token)}?token={token}" if token else ours
    return _plain(url) in (_plain(ours), _plain(in_query))


def masked(url: str, ours: str = "") -> str:
    """Return a URL without what may be secret in it: `ours` up to its token, others' host alone."""
    if not url:
        return "-"
    try:
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.hostname or ''}" + (
            f":{parts.port}" if parts.port else ""
        )
    except ValueError:
        return HIDDEN
    head, found, rest = parts.path.partition("/webhook/")
    name, _, secret = rest.partition("/")
    if not found or not ours.startswith(f"{place}{head}/webhook/{name}"):
        return f"{place}/{HIDDEN}" if parts.path.strip("/") or parts.query else place
    tail = f"/{HIDDEN}" if secret else f"?{HIDDEN}" if parts.query else ""
    return f"{place}{head}/webhook/{name}{tail}"


def _plain(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}".rstrip("/")
