"""Look again and again until other processes have got somewhere."""

import time
from collections.abc import Callable

WAIT_SECONDS = 90.0


def is_true_within(seconds: float, condition: Callable[[], object]) -> bool:
    """Look again and again; return whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def wait_until(condition: Callable[[], object], seconds: float = WAIT_SECONDS) -> None:
    """Wait for a condition, or raise TimeoutError."""
    if not is_true_within(seconds, condition):
        raise TimeoutError("the stage did not get there in time")
