"""Read from a header of Meta's when calls that were throttled are taken again.

`{"<account>": [{"type", "call_count", …, "estimated_time_to_regain_access": <minutes>}]}`, where
0 minutes say that nothing is throttled.
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

import math

from bot.gateways.errors import Unreadable
from bot.gateways.reading import LONGEST_WAIT, read_object


def regained_after(usage: str) -> float | None:
    """Return the seconds until the last of the throttled uses is free again, None if none is."""
    try:
        accounts = read_object(usage.encode("utf-8", "replace"))
    except Unreadable:
        return None
    minutes = [
        _minutes(use) for uses in accounts.values() if isinstance(uses, list) for use in uses
    ]
    return min(max(minutes, default=0.0) * 60, LONGEST_WAIT) or None


def _minutes(use: object) -> float:
    told = use.get("estimated_time_to_regain_access") if isinstance(use, dict) else None
    try:
        minutes = float(told) if isinstance(told, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return minutes if math.isfinite(minutes) and minutes > 0 else 0.0
