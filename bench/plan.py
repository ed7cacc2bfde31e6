"""Which runs are done: the cases of each system, and how long each may take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.databases import Kind
from bench.runs import Case
from bench.systems import Balas, Inline, Nothing, Queueing, Seed, System

CONNECTIONS = (16, 64)
RATE = 50.0
SLOW_MS = 100

WARM_UP = Case(count=100, connections=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many webhooks a run has: with the receiver alone, answered, and through a slow API."""

    alone: int = 0
    answered: int
    slow: int
    paced_seconds: int

    def times(self, factor: float) -> "Size":
        """Return a smaller or larger size; paced runs shrink less, since they are short already."""
        return Size(
            alone=int(self.alone * factor),
            answered=int(self.answered * factor),
            slow=int(self.slow * factor),
            paced_seconds=max(3, int(self.paced_seconds * factor)),
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A system and the cases that it is put through."""

    key: str
    system: System
    cases: Sequence[Case]


# A slower system gets fewer webhooks, so that each run takes seconds and not minutes.
SIZES = {
    "balas": Size(alone=2500, answered=1500, slow=300, paced_seconds=6),
    "rq": Size(alone=2500, answered=600, slow=100, paced_seconds=5),
    "rq-fork": Size(answered=150, slow=0, paced_seconds=3),
    "inline": Size(answered=1000, slow=400, paced_seconds=5),
    "seed": Size(answered=600, slow=400, paced_seconds=4),
}
QUICK = 0.3
KEYS = ("nothing", *SIZES)
# Leaves out what is slow to measure and says little more.
QUICK_KEYS = ("nothing", "balas", "rq", "inline")


def entries(kind: Kind, keys: Sequence[str], *, is_quick: bool) -> Iterator[Entry]:
    """Return what is run on one kind of database."""
    factor = QUICK if is_quick else 1.0
    systems: dict[str, System] = {
        "balas": Balas(),
        "rq": Queueing("simple", "RQ job each, SimpleWorker"),
        "rq-fork": Queueing("fork", "RQ job each, forking Worker"),
        "inline": Inline(),
        "seed": Seed(),
    }
    if "nothing" in keys:
        yield Entry("nothing", Nothing(), _alone(int(3000 * factor)))
    for key, system in systems.items():
        # The development server has no database and one process: once is enough.
        if key in keys and not (key == "seed" and kind is Kind.POSTGRESQL):
            yield Entry(key, system, _cases(key, SIZES[key].times(factor)))


def _cases(key: str, size: Size) -> Sequence[Case]:
    connections = CONNECTIONS[-1:] if key == "rq-fork" else CONNECTIONS
    found = [Case(count=size.answered, connections=each) for each in connections]
    paced = int(size.paced_seconds * RATE)
    found.append(Case(count=paced, connections=64, rate=RATE))
    if size.slow:
        found.append(Case(count=size.slow, connections=64, latency_ms=SLOW_MS))
        found.append(Case(count=paced, connections=64, rate=RATE, latency_ms=SLOW_MS))
    return [*found, *_alone(size.alone)]


def _alone(count: int) -> Sequence[Case]:
    if not count:
        return []
    return [Case(count=count, connections=each, has_workers=False) for each in CONNECTIONS]
