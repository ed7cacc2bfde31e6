"""Wait for what another thread is about to do."""

import time
from collections.abc import Callable

SECONDS = 5.0


def wait_until(holds: Callable[[], object]) -> None:
    """Return as soon as it holds; a test fails that waits for too long."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.002)
