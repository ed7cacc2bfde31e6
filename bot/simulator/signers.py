"""Sign webhook bodies the way each gateway does it, for tests and for trying the bot by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from bot.gateways import rijan
from bot.gateways.accounts import Account
from bot.gateways.signatures import hmac_sha256


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """A webhook ready to be posted. `path` is percent-encoded and may end in a query."""

    path: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def meta(account: Account, body: bytes) -> SignedWebhook:
    """Sign as Meta does: the app secret over the raw body."""
    signature = hmac_sha256(account.secrets[0], body)
    return _signed("meta", {"X-Hub-Signature-256": f"sha256={signature}"}, body)


def wagate(account: Account, body: bytes) -> SignedWebhook:
    """Sign as WAGate does: the device's own secret over the raw body."""
    headers = {"X-Webhook-Signature": hmac_sha256(account.secrets[0], body)}
    if account.device:
        headers["X-Device-Id"] = account.device
    return _signed("wagate", headers, body)


def rijan_wa(account: Account, body: bytes) -> SignedWebhook:
    """Sign as Rijan does, with the token in the query where the account has one."""
    headers = {
        "X-Rijan-Signature": hmac_sha256(account.secrets[0], body),
        "X-Rijan-Attempt": "1",
    }
    query = ""
    if isinstance(account, rijan.Account) and account.webhook_token:
        query = "?token=" + quote(account.webhook_token.get_secret_value(), safe="")
    return _signed("rijan" + query, headers, body)


def csku(account: Account, body: bytes) -> SignedWebhook:
    """Authenticate as CSKU does: the secret itself, without "Bearer"."""
    return _signed("csku", {"Authorization": account.secrets[0]}, body)


def whatsgate(account: Account, body: bytes) -> SignedWebhook:
    """Authenticate as WhatsGate can: by the secret end of the URL."""
    return _signed("whatsgate/" + quote(account.secrets[0], safe=""), {}, body)


SIGNERS: dict[str, Callable[[Account, bytes], SignedWebhook]] = {
    "meta": meta,
    "wagate": wagate,
    "rijan": rijan_wa,
    "csku": csku,
    "whatsgate": whatsgate,
}


def _signed(path: str, headers: dict[str, str], body: bytes) -> SignedWebhook:
    return SignedWebhook(f"/webhook/{path}", {"Content-Type": "application/json", **headers}, body)
