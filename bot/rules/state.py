"""What the rules remember about one conversation between two turns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

# A conversation never comes near; a broken clock or file must not make the state grow.
MAX_COOLDOWNS = 200
MAX_REPLIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Cooldowns (rule id → until), the times of recent automatic replies, and a loop-guard pause.

    `flow` is the running form, kept as it is.
    """

    cooldowns: Mapping[str, datetime] = field(default_factory=dict)
    replies: tuple[datetime, ...] = ()
    paused_until: datetime | None = None
    flow: Mapping[str, Any] | None = field(default=None, repr=False)

    def pruned(self, now: datetime, *, within: timedelta) -> "State":
        """Return the state without what has passed."""
        cooldowns = {rule: until for rule, until in self.cooldowns.items() if until > now}
        if len(cooldowns) > MAX_COOLDOWNS:
            latest = sorted(cooldowns, key=lambda rule: cooldowns[rule])[-MAX_COOLDOWNS:]
            cooldowns = {rule: cooldowns[rule] for rule in latest}
        paused = self.paused_until if self.paused_until and self.paused_until > now else None
        replies = tuple(time for time in self.replies if now - within < time <= now)
        return replace(
            self, cooldowns=cooldowns, replies=replies[-MAX_REPLIES:], paused_until=paused
        )

    def as_json(self) -> dict[str, Any]:
        """Return a small JSON object; empty parts are left out."""
        parts: dict[str, Any] = {
            "cooldowns": {rule: until.isoformat() for rule, until in self.cooldowns.items()},
            "replies": [time.isoformat() for time in self.replies],
            "paused_until": self.paused_until.isoformat() if self.paused_until else None,
            "flow": dict(self.flow) if self.flow is not None else None,
        }
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def from_json(cls, value: object) -> "State":
        """Read what `as_json` wrote; what cannot be read is forgotten."""
        parts = value if isinstance(value, dict) else {}
        cooldowns, replies, flow = (parts.get(name) for name in ("cooldowns", "replies", "flow"))
        until = {
            str(rule): _time(text)
            for rule, text in (cooldowns if isinstance(cooldowns, dict) else {}).items()
        }
        times = [_time(text) for text in (replies if isinstance(replies, list) else ())]
        return cls(
            cooldowns={rule: time for rule, time in until.items() if time is not None},
            replies=tuple(time for time in times if time is not None),
            paused_until=_time(parts.get("paused_until")),
            flow=flow if isinstance(flow, dict) else None,
        )


NOTHING = State()


def release(state: State, rule_ids: Iterable[str]) -> State:
    """Return the state with the cooldowns of these rules undone: their reply was never sent."""
    given_back = set(rule_ids)
    cooldowns = {rule: until for rule, until in state.cooldowns.items() if rule not in given_back}
    return replace(state, cooldowns=cooldowns)


def without_flow(state: State) -> State:
    """Return the state after a person has taken over: a running form ends without a word."""
    return replace(state, flow=None)


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
        return time.astimezone(UTC) if time is not None and time.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
