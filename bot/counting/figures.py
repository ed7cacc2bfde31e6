"""The figures that are counted. Labels are words of closed sets: nobody's number gets in here."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from bot.content import NotContent
from bot.events import Kind
from bot.gateways import GATEWAYS
from bot.gateways.errors import NotSupported, SendError
from bot.rules import guards
from models import MessageStatus

# Stands for every word that is not in the set of its label.
OTHER = "other"
# In no word of a set.
SEPARATOR = "|"


class Answer(StrEnum):
    """What became of a webhook."""

    KEPT = "kept"
    REPEAT = "repeat"
    UNREADABLE = "unreadable"
    FORGED = "forged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figure:
    """A counter, or with `buckets` a histogram of seconds. `labels` have their words, in order.

    `from_zero`: each combination of words is shown before it was ever counted, so that its first
    count is seen as a change.
    """

    name: str
    says: str
    labels: Mapping[str, Collection[str]]
    buckets: Sequence[float] = ()
    from_zero: bool = False

    def closed(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words, those that are in no set replaced."""
        sets = self.labels.values()
        return tuple(
            str(word) if word in known else OTHER for word, known in zip(words, sets, strict=True)
        )

    def combinations(self) -> Iterator[tuple[str, ...]]:
        """Return all combinations of words."""
        return product(*(map(str, words) for words in self.labels.values()))


def _names(error: type[Exception]) -> Iterator[str]:
    """Return the names of a class and of all that are derived from it."""
    yield error.__name__
    for derived in error.__subclasses__():
        yield from _names(derived)


# The class of the error; "" where there was none.
REASONS = frozenset({"", NotSupported.__name__, NotContent.__name__, *_names(SendError)})
# Of models.Held, together.
HELD = "held"
OUTCOMES = frozenset(
    {
        MessageStatus.SENT,
        MessageStatus.QUEUED,
        MessageStatus.UNKNOWN,
        MessageStatus.DEAD,
        HELD,
    }
)

WEBHOOKS = Figure(
    name="balas_webhooks",
    says="Webhooks by what became of them",
    labels={"gateway": GATEWAYS, "answer": frozenset(Answer)},
    from_zero=True,
)
EVENTS = Figure(
    name="balas_events_acknowledged",
    says="Events whose webhook was acknowledged, repeats included",
    labels={"gateway": GATEWAYS, "kind": frozenset(Kind)},
)
REPEATS = Figure(
    name="balas_events_repeated",
    says="Events that were acknowledged once more",
    labels={"gateway": GATEWAYS},
    from_zero=True,
)
STOPPED_BY = frozenset(
    {
        guards.ECHO,
        guards.CHAT,
        guards.TYPE,
        guards.OPTED_OUT,
        guards.NEEDS_HUMAN,
        guards.SWITCHED_OFF,
        guards.COLLAPSED,
        guards.STALE,
        guards.LOOP,
        guards.TAKEOVER,
        guards.HANDOVER,
        "not configured",
        "receive-only",
        "another channel",
    }
)
GUARDS = Figure(
    name="balas_guards",
    says="Messages that a guard left unanswered",
    labels={"guard": STOPPED_BY},
    from_zero=True,
)
SENDS = Figure(
    name="balas_sends",
    says="Attempts to send a message, by what came of them",
    labels={"gateway": GATEWAYS, "outcome": OUTCOMES, "reason": REASONS},
)
SEND_SECONDS = Figure(
    name="balas_send_seconds",
    says="How long a gateway took for an attempt to send",
    labels={"gateway": GATEWAYS},
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0),
)
FIRST_REPLY = Figure(
    name="balas_first_reply_seconds",
    says="From a webhook until a gateway took the first reply to it",
    labels={"gateway": GATEWAYS},
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0),
)

COUNTED = (WEBHOOKS, EVENTS, REPEATS, GUARDS, SENDS, SEND_SECONDS, FIRST_REPLY)
