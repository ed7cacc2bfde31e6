"""What the rules remember about one conversation between two turns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

# A conversation never comes near; a broken clock or file must not make the state grow.
MAX_COOLDOWNS = 200
MAX_REPLIES = 200
MAX_TAGS = 50
MAX_FORM = 50

# A value of a form, as JSON has it; the type of its step says what it means.
Answer = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A flow that a contact is filling in: the open question, and the answers so far.

    `failures` counts the answers to this question that did not fit. `has_menu`: the question is
    asked with buttons or a list, so a number may press one.
    """

    flow: str
    step: str
    started_at: datetime
    asked_at: datetime
    form: Mapping[str, Answer] = field(default_factory=dict, repr=False)
    failures: int = 0
    has_menu: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return a small JSON object."""
        return {
            "flow": self.flow,
            "step": self.step,
            "started_at": self.started_at.isoformat(),
            "asked_at": self.asked_at.isoformat(),
            "form": dict(self.form),
            "failures": self.failures,
            "has_menu": self.has_menu,
        }

    @classmethod
    def from_json(cls, value: object) -> "Running | None":
        """Read what `as_json` wrote; None for what cannot be read."""
        if not isinstance(value, dict):
            return None
        flow, step, form = value.get("flow"), value.get("step"), value.get("form")
        started_at, asked_at = _time(value.get("started_at")), _time(value.get("asked_at"))
        failures = value.get("failures")
        if not (isinstance(flow, str) and isinstance(step, str) and started_at and asked_at):
            return None
        answers = {
            str(name): answer
            for name, answer in list((form if isinstance(form, dict) else {}).items())[:MAX_FORM]
            if isinstance(answer, str | int | float)
        }
        return cls(
            flow=flow,
            step=step,
            started_at=started_at,
            asked_at=asked_at,
            form=answers,
            failures=failures if isinstance(failures, int) else 0,
            has_menu=bool(value.get("has_menu")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the rules know of a contact from the turns before.

    Cooldowns (rule id → until), the times of recent automatic replies, a loop-guard pause, the
    running flow, how many messages in a row no rule has understood, and the contact's tags.
    """

    cooldowns: Mapping[str, datetime] = field(default_factory=dict)
    replies: tuple[datetime, ...] = ()
    paused_until: datetime | None = None
    flow: Running | None = None
    misses: int = 0
    tags: frozenset[str] = frozenset()

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
            "flow": self.flow.as_json() if self.flow else None,
            "misses": self.misses,
            "tags": sorted(self.tags),
        }
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def from_json(cls, value: object) -> "State":
        """Read what `as_json` wrote; what cannot be read is forgotten."""
        parts = value if isinstance(value, dict) else {}
        cooldowns, replies = (parts.get(name) for name in ("cooldowns", "replies"))
        misses, tags = (parts.get(name) for name in ("misses", "tags"))
        until = {
            str(rule): _time(text)
            for rule, text in (cooldowns if isinstance(cooldowns, dict) else {}).items()
        }
        times = [_time(text) for text in (replies if isinstance(replies, list) else ())]
        return cls(
            cooldowns={rule: time for rule, time in until.items() if time is not None},
            replies=tuple(time for time in times if time is not None),
            paused_until=_time(parts.get("paused_until")),
            flow=Running.from_json(parts.get("flow")),
            misses=misses if isinstance(misses, int) else 0,
            tags=frozenset(map(str, (tags if isinstance(tags, list) else ())[:MAX_TAGS])),
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
