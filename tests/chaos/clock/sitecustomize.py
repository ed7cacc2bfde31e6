"""Let the wall clock of a stage's processes jump: Python imports this before anything else.

The stage puts this folder on PYTHONPATH and names a file; what the file says is by how many seconds
the clock is wrong. Monotonic clocks go on, as they do when a real clock is set.
"""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import time_machine

VARIABLE = "BALAS_STAGE_CLOCK"
LOOK_SECONDS = 0.02


class Clock:
    """Follows the file for as long as the process lives."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = 0.0
        self._traveller: time_machine.Traveller | None = None

    def start(self) -> None:
        """Set the clock before anybody looks at it, and follow the file from a thread."""
        self._follow()
        threading.Thread(target=self._keep_following, name="clock", daemon=True).start()

    def _keep_following(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            self._follow()

    def _follow(self) -> None:
        offset = 0.0
        with suppress(FileNotFoundError):
            offset = float(self._file.read_text())
        if offset == self._offset:
            return
        self._offset = offset
        # A process whose clock never jumps pays nothing for it.
        import time_machine

        if self._traveller is None:
            self._traveller = time_machine.travel(time.time() + offset, tick=True).start()
        else:
            self._traveller.move_to(time_machine.escape_hatch.time.time() + offset)


if VARIABLE in os.environ:
    clock = Clock(Path(os.environ[VARIABLE]))
    clock.start()
    # Threads do not survive a fork.
    os.register_at_fork(after_in_child=clock.start)
