"""What is counted over all processes: in the memory of each, and summed up in Redis."""

from bot.counting.counts import ABOVE, SUM, Counts, Totals, total
from bot.counting.figures import (
    COUNTED,
    EVENTS,
    FIRST_REPLY,
    GUARDS,
    HELD,
    OTHER,
    REPEATS,
    SEND_SECONDS,
    SENDS,
    WEBHOOKS,
    Answer,
    Figure,
)

__all__ = [
    "ABOVE",
    "COUNTED",
    "EVENTS",
    "FIRST_REPLY",
    "GUARDS",
    "HELD",
    "OTHER",
    "REPEATS",
    "SENDS",
    "SEND_SECONDS",
    "SUM",
    "WEBHOOKS",
    "Answer",
    "Counts",
    "Figure",
    "Totals",
    "total",
]
