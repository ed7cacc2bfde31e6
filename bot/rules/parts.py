"""What a rules file becomes: compiled rules, in the order in which they are looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.events import Kind
from bot.rules.index import Index
from bot.rules.matchers import Matcher
from bot.rules.schema import EXPIRES, Admin, Condition, Settings
from bot.rules.templates import Text
from bot.rules.text import Vocabulary
from bot.rules.wording import Wording

FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording of a reply, for when its conditions hold."""

    conditions: tuple[Condition, ...]
    wording: Wording


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
class Rule:
    """One compiled rule. No `variants`: it says nothing. What it says is of use for `expires`."""

    id: str
    line: int
    always: bool = False
    event: Kind | None = None
    matcher: Matcher | None = None
    conditions: tuple[Condition, ...] = ()
    variants: tuple[Variant, ...] = ()
    continues: bool = False
    cooldown: timedelta | None = None
    opt_out: bool = False
    opt_in: bool = False
    notification: Notification | None = None
    handover: Handover | None = None
    expires: timedelta = EXPIRES


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A rules file that can be played. `version` tells one content of the file from another."""

    name: str
    version: str
    settings: Settings
    variables: Mapping[str, object]
    vocabulary: Vocabulary
    # Rules about messages, `always` first, otherwise as in the file; and those about other events.
    rules: tuple[Rule, ...]
    event_rules: tuple[Rule, ...]
    fallback: Rule | None
    fallback_types: frozenset[str]
    index: Index
    admins: Mapping[str, Admin] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> int:
        """Return how many different words and phrases the rules look for."""
        return len(self.index.phrases)
