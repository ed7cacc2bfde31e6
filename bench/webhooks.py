"""The webhooks of a run: WAGate texts, each with a fresh id and signed, ready to be written out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from bot.gateways.wagate import Wagate
from bot.simulator.compose import text_message
from bot.simulator.signers import SIGNERS, SignedWebhook

SECRET = "rahasia-melati"
TOKEN = "token-melati"
SESSION = "melati-1"
# The gateway documents' own example: the words that customers write.
WORDS = ("halo", "harga", "order", "cs", "jam")
# Every contact writes so many times in a run.
TEXTS_PER_CONTACT = 2
FIRST_CONTACT = 6281200000000


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook. `text` names it: no other text in any run is the same."""

    text: str
    request: bytes = field(repr=False)


def make_webhooks(tag: str, count: int, *, port: int) -> Sequence[Webhook]:
    """Return the webhooks of the run `tag` for a receiver on this port, stamped now."""
    account = Wagate.account_type.model_validate({"webhook_secret": SECRET})
    now, random = datetime.now(UTC), Random(tag)
    contacts = max(1, count // TEXTS_PER_CONTACT)
    webhooks = []
    for number in range(count):
        text = f"{WORDS[number % len(WORDS)]} {tag} {number:06d}"
        sender = str(FIRST_CONTACT + number % contacts)
        body = text_message("wagate", now=now, sender=sender, text=text, random=random)
        signed = SIGNERS["wagate"](account, body)
        webhooks.append(Webhook(text, written(signed, port=port)))
    return webhooks


def written(webhook: SignedWebhook, *, port: int) -> bytes:
    """Return a signed webhook as it goes over the line."""
    lines = [
        f"POST {webhook.path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Content-Length: {len(webhook.body)}",
        *(f"{name}: {value}" for name, value in webhook.headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + webhook.body
