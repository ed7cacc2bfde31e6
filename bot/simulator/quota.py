"""WAGate's quota: every message that goes out or comes in counts, until it is set back."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.gateways.base import Quota

LIMIT = 1_000_000
PERIOD = timedelta(days=30)


@dataclass
class QuotaCounter:
    """The numbers may be changed at any time; from `resets_at` on they count from 0 again."""

    limit: int = LIMIT
    sent: int = 0
    received: int = 0
    resets_at: datetime = field(default_factory=lambda: datetime.now(UTC) + PERIOD)

    @property
    def quota(self) -> Quota:
        """Return what is left."""
        now = datetime.now(UTC)
        if self.resets_at <= now:
            self.sent = self.received = 0
            self.resets_at = now + PERIOD
        remaining = max(self.limit - self.sent - self.received, 0)
        return Quota(limit=self.limit, remaining=remaining, resets_at=self.resets_at)

    def lets_out(self, body: bytes) -> bool:
        """Count what a webhook tells; return whether it is posted: without quota none is."""
        if self.quota.remaining <= 0:
            return False
        self.received += json.loads(body).get("event") == "message"
        return True
