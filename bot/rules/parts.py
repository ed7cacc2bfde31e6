"""What a rules file becomes: compiled rules, in the order in which they are looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.events import Kind
from bot.rules.answers import Asked
from bot.rules.extensions import NO_EXTENSIONS, Extensions
from bot.rules.hours import Schedule
from bot.rules.index import Index
from bot.rules.languages import Language
from bot.rules.matchers import Matcher
from bot.rules.schema import EXPIRES, Admin, Condition, Example, Settings
from bot.rules.source import Source
from bot.rules.tables import Row, Table
from bot.rules.templates import Text
from bot.rules.text import Vocabulary
from bot.rules.wording import Wording

FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Variant:
    """One entry of a reply, for when its conditions hold; of several wordings any one is said."""

    conditions: tuple[Condition, ...]
    wordings: tuple[Wording, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What to tell which admin; `every` limits how often."""

    admin: str
    to: str
    device: str | None
    text: Text
    every: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """For how long a rule leaves a contact to a person, and who is told."""

    for_: timedelta
    notification: Notification | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is kept. A field without a text is what was answered or captured under its name."""

    kind: str
    fields: Mapping[str, Text | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """A registered function, with the values for it, and what is done when a slow one fails."""

    name: str
    arguments: Mapping[str, Text]
    on_error: "Actions | None" = None


def called(place: str) -> str:
    """Return the place of a task, as opposed to that of an address which is asked beside it."""
    return f"{place}#call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """An address to ask, with the values for it, and what is done when it does not answer."""

    url: str = field(repr=False)
    timeout: timedelta
    arguments: Mapping[str, Text]
    on_error: "Actions | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What is said and done, in one place of the file. No `variants`: nothing is said.

    `place` is the id of the rule, or `flow.step` and the like; it is what the history shows.
    """

    place: str
    variants: tuple[Variant, ...] = ()
    notification: Notification | None = None
    handover: Handover | None = None
    tags: tuple[str, ...] = ()
    untags: tuple[str, ...] = ()
    recording: Recording | None = None
    start: str | None = None
    calling: Calling | None = None
    asking: Asking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One compiled rule. What it says is of use for `expires`. `file` is where it is written."""

    id: str
    line: int
    file: str = ""
    always: bool = False
    event: Kind | None = None
    matcher: Matcher | None = None
    captures: Mapping[str, Asked] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    actions: Actions
    continues: bool = False
    cooldown: timedelta | None = None
    opt_out: bool = False
    opt_in: bool = False
    expires: timedelta = EXPIRES


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What is said to messages of some types when no rule answered, and after how many of them
    something else happens."""

    rule: Rule
    types: frozenset[str]
    after: int | None = None
    then: Actions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question of a flow, and what its answer must be."""

    id: str
    asks: tuple[Variant, ...]
    asked: Asked
    errors: tuple[Variant, ...]
    retries: int
    on_fail: Actions | None
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One entry of what happens with a filled form."""

    conditions: tuple[Condition, ...]
    actions: Actions


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A compiled flow. `cancel` matches the words that end it."""

    name: str
    line: int
    file: str = ""
    steps: tuple[Step, ...]
    cancel: Matcher | None
    on_cancel: Actions | None
    timeout: timedelta
    on_timeout: Actions | None
    interrupt: frozenset[str]
    done: tuple[Done, ...]

    def step(self, name: str) -> Step | None:
        """Return the step of that name."""
        return next((step for step in self.steps if step.id == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A test of the file, with its place there."""

    example: Example
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A rules file that can be played. `version` tells one content of the file from another.

    `files` are all that it was read from, the first one first.
    """

    name: str
    files: tuple[str, ...]
    version: str
    settings: Settings
    language: Language
    zone: ZoneInfo
    variables: Mapping[str, object]
    vocabulary: Vocabulary
    # Rules about messages, `always` first, otherwise as in the file; and those about other events.
    rules: tuple[Rule, ...]
    event_rules: tuple[Rule, ...]
    fallback: Fallback | None
    index: Index
    admins: Mapping[str, Admin] = field(default_factory=dict, repr=False)
    hours: Mapping[str, Schedule] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    tests: tuple[Test, ...] = ()
    extensions: Extensions = NO_EXTENSIONS
    # What an admin is told when the loop guard pauses.
    loop_paused: Text | None = None
    # Every place where `http` or `call` may have failed, by its name.
    on_errors: Mapping[str, Actions] = field(default_factory=dict)
    # Reads once more what is written in the files: it is too large to be kept for rare use.
    source: Callable[[], Source] | None = field(default=None, repr=False, compare=False)

    @property
    def words(self) -> int:
        """Return how many different words and phrases the rules look for."""
        return len(self.index.phrases)
