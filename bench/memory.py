"""Watch how much memory the processes of a run take."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from bench.stage import Stage

SAMPLE_SECONDS = 0.02


class Memory:
    """Watches the memory of all processes from a thread of its own.

    `peaks` is the largest that each process ever had, `together` the largest sum at one moment.
    """

    def __init__(self, stage: Stage, names: Sequence[str]) -> None:
        self._stage = stage
        self._names = names
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.together = 0
        self.peaks: dict[str, int] = {}

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        processes = {name: self._stage.processes(name) for name in self._names}
        while not self._is_over.wait(SAMPLE_SECONDS):
            own, shared = 0, 0
            for name, tree in processes.items():
                for process in tree:
                    with suppress(psutil.Error):
                        memory = process.memory_info()
                        # The pages of libraries are there once, whoever maps them.
                        mapped = getattr(memory, "shared", 0)
                        own += memory.rss - mapped
                        shared = max(shared, mapped)
                        called = _called(name, process)
                        self.peaks[called] = max(self.peaks.get(called, 0), _peak(process))
            self.together = max(self.together, own + shared)


def _called(name: str, process: psutil.Process) -> str:
    words = process.cmdline()
    return f"{name} {words[-1]}" if words[-1] in ("inbox", "outbox") else name


def _peak(process: psutil.Process) -> int:
    """Return the largest memory that a process ever had, as far as the kernel tells."""
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)
