"""Count in the memory of this process; once a second a thread adds it to the sums in Redis.

Whoever counts waits for nothing: an item is put at the end of a deque, without a lock. While Redis
is away the counts are kept, and added when it is back; they are never more than there are words.
When Redis falls silent while it adds, that second may count twice. A Redis that lost its data
begins at 0, which Prometheus takes for a restart.
"""

import math
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from multiprocessing.util import Finalize

import structlog
from redis import Redis
from redis.exceptions import RedisError

from bot.background import Background
from bot.counting.figures import COUNTED, SEPARATOR, Figure

logger = structlog.get_logger("balas.counting")

KEY = "balas:counts"
SECONDS = 1.0
# More than a process counts while its thread waits for Redis.
LARGEST = 200_000
# The parts of a histogram: its buckets by their upper bounds, the last one, and the sum.
ABOVE = "+Inf"
SUM = "sum"

# Figure → words → part → number. A counter has one part, without a name.
Totals = dict[Figure, dict[tuple[str, ...], dict[str, float]]]

_FIGURES = {figure.name: figure for figure in COUNTED}


class Counts(Background):
    """What this process has counted since it last told Redis."""

    def __init__(self, redis: Redis, *, every: float = SECONDS) -> None:
        self._redis = redis
        self._every = every
        super().__init__("counts")

    def count(self, figure: Figure, *words: str, times: int = 1) -> None:
        """Count something. Never raises, never waits."""
        self._be_running()
        self._items.append((figure, words, times))

    def observe(self, figure: Figure, *words: str, seconds: float) -> None:
        """Count something that took so long. Never raises, never waits."""
        self._be_running()
        self._items.append((figure, words, seconds))

    def flush(self) -> None:
        """Add what was counted to the sums. Raises RedisError; then it is kept."""
        with self._telling:
            self._gather()
            if not self._untold:
                return
            fields = list(self._untold)
            # All or nothing, so that a half is not added twice.
            with self._redis.pipeline(transaction=True) as pipeline:
                for field in fields:
                    if field.endswith(SEPARATOR + SUM):
                        pipeline.hincrbyfloat(KEY, field, self._untold[field])
                    else:
                        pipeline.hincrby(KEY, field, int(self._untold[field]))
                results = pipeline.execute(raise_on_error=False)
            for field, result in zip(fields, results, strict=True):
                if not isinstance(result, Exception):
                    del self._untold[field]
            refused = [result for result in results if isinstance(result, RedisError)]
            if refused:
                raise refused[0]

    def stop(self) -> None:
        """Let the thread end, and tell what is not told yet if Redis answers."""
        self._is_over.set()
        self._tell()

    def _reset(self) -> None:
        self._items: deque[tuple[Figure, tuple[str, ...], float]] = deque(maxlen=LARGEST)
        self._untold: dict[str, float] = {}
        self._telling = threading.Lock()
        self._is_over = threading.Event()
        self._is_away = False

    def _run(self) -> None:
        # Unlike atexit this runs at the end of granian's workers, and never in a forked child.
        Finalize(None, self.stop, exitpriority=0)
        while not self._is_over.wait(self._every):
            self._tell()

    def _tell(self) -> None:
        try:
            self.flush()
            self._is_away = False
        except Exception as error:  # noqa: BLE001 - nobody would start this thread again
            if not self._is_away:
                logger.warning("counts wait for redis", error=type(error).__name__)
            self._is_away = True

    def _gather(self) -> None:
        for _ in range(len(self._items)):
            figure, words, amount = self._items.popleft()
            for part, number in _parts(figure, amount):
                field = SEPARATOR.join((figure.name, *figure.closed(words), part))
                self._untold[field] = self._untold.get(field, 0) + number


def total(redis: Redis) -> Totals:
    """Return what all processes have counted. Raises RedisError."""
    totals: Totals = {figure: {} for figure in COUNTED}
    for name, value in redis.hgetall(KEY).items():
        for figure, words, part, number in _read(name, value):
            totals[figure].setdefault(words, {})[part] = number
    return totals


def parts(figure: Figure) -> list[str]:
    """Return the names of a figure's parts."""
    return [*map(str, figure.buckets), ABOVE, SUM] if figure.buckets else [""]


def _parts(figure: Figure, amount: float) -> Iterator[tuple[str, float]]:
    if not figure.buckets:
        yield "", amount
        return
    # A clock that was set back must not make a sum smaller.
    seconds = max(amount, 0.0)
    index = bisect_left(figure.buckets, seconds)
    yield (ABOVE if index == len(figure.buckets) else str(figure.buckets[index])), 1
    yield SUM, seconds


def _read(
    name: bytes | str, value: bytes | str
) -> Iterator[tuple[Figure, tuple[str, ...], str, float]]:
    """Read a field; what another version has counted, or somebody else wrote, is left out."""
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    first, *words = text.split(SEPARATOR)
    figure = _FIGURES.get(first)
    if figure is None or len(words) != len(figure.labels) + 1:
        return
    *words, part = words
    try:
        number = float(value)
    except ValueError:
        return
    is_known = tuple(words) == figure.closed(words) and part in parts(figure)
    if is_known and math.isfinite(number):
        yield figure, tuple(words), part, number
