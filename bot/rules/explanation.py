"""Why an event was answered as it was: small, kept with every message, without anybody's words."""

from dataclasses import dataclass
from typing import Any

COOLDOWN = "cooldown"
CONDITION = "condition"
FAILED = "text failed"
NOTHING_TO_SAY = "nothing to say"

MAX_SKIPPED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The version of the rules, the guard that stopped the event, and what the rules did.

    `rules` matched, in order, the last one being the answer; `skipped` are those that the message
    asked for but that said nothing, each with its reason. `flow` is the question that is open now.
    """

    version: str
    guard: str | None = None
    rules: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    flow: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return a small JSON object; empty parts are left out."""
        parts: dict[str, Any] = {
            "version": self.version,
            "guard": self.guard,
            "rules": list(self.rules),
            "skipped": dict(self.skipped[:MAX_SKIPPED]),
            "flow": self.flow,
        }
        return {name: part for name, part in parts.items() if part}
