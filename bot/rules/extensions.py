"""Code of the user's own that rules may reach, by registered name; `bot.extend` fills it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.content import Content
from bot.rules.occasion import Occasion

# What a function says: nothing, a text, a content, a map as in rules.yaml, or several of them.
Said = str | Content | Mapping[str, Any] | Sequence["str | Content | Mapping[str, Any]"] | None
Test = Callable[[Occasion], bool]
Action = Callable[[Occasion], Said]
Listener = Callable[[Occasion], None]
# Any: filters take and give what templates have.
Filter = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a module has registered. `actions` are quick and pure; `tasks` may be slow and use the
    network: they run in a lane of their own, and what they say comes later.

    `listeners` hear of events afterwards, like tasks: by the kind of event, by name. `files` are
    those that were read.
    """

    matchers: Mapping[str, Test] = field(default_factory=dict)
    conditions: Mapping[str, Test] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    tasks: Mapping[str, Action] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    listeners: Mapping[str, Mapping[str, Listener]] = field(default_factory=dict)
    files: tuple[str, ...] = ()


NO_EXTENSIONS = Extensions()
# What a listener hears of besides events: something was kept with `record`.
RECORD_KEPT = "record.kept"
