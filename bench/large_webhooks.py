"""The webhooks of `bench.large_bodies`: small ones of all gateways, and one that is very large."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from random import Random

from bench.webhooks import Webhook, written
from bot.gateways.base import Gateway
from bot.simulator.compose import text_message
from bot.simulator.signers import SIGNERS, SignedWebhook

SMALL = 200


@dataclass(slots=True, kw_only=True)
class Large:
    """A large webhook, which is let go once it is posted, and what must be found of it."""

    key: str
    body_sha256: str
    file_sha256: str
    webhook: SignedWebhook | None

    def take_webhook(self) -> SignedWebhook:
        """Return the webhook, and keep it no longer."""
        webhook, self.webhook = self.webhook, None
        assert webhook is not None
        return webhook


def make_small(
    gateways: Mapping[str, Gateway], random: Random, numbers: "count[int]", *, port: int
) -> list[Webhook]:
    """Return texts at all five gateways, stamped now."""
    names = list(gateways)
    webhooks = []
    for number in range(SMALL):
        name = names[number % len(names)]
        text = f"halo {next(numbers):06d}"
        sender = f"62812{number:08d}"
        body = text_message(name, now=datetime.now(UTC), sender=sender, text=text, random=random)
        signed = SIGNERS[name](gateways[name].accounts[0], body)
        webhooks.append(Webhook(text, written(signed, port=port)))
    return webhooks


def make_large(gateway: Gateway, random: Random, *, size: int) -> Large:
    """Return a signed document of about this size."""
    message = json.loads(
        text_message("wagate", now=datetime.now(UTC), text="harga ini", random=random)
    )
    content = b"%PDF-1.7\n" + os.urandom(size * 3 // 4 - 300)
    message["data"] |= {
        "type": "document",
        "media": {
            "mimetype": "application/pdf",
            "filename": "nota.pdf",
            "data": base64.b64encode(content).decode(),
        },
    }
    body = json.dumps(message, separators=(",", ":")).encode()
    return Large(
        key=f"message:{message['data']['message_id']}",
        body_sha256=hashlib.sha256(body).hexdigest(),
        file_sha256=hashlib.sha256(content).hexdigest(),
        webhook=SIGNERS["wagate"](gateway.accounts[0], body),
    )
