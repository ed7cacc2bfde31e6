"""The real processes of a run, and what they cost: started in groups of their own, ended by id.

A reaper process ends what is left when the benchmark itself is killed.
"""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from bot.config import ROOT
from bot.embedded import free_port, valkey_arguments

INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")
READY_SECONDS = 30.0
END_SECONDS = 25.0
POLL_SECONDS = 0.05


class Stage:
    """Processes in a folder, each under its name. Everything ends with the `with` block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._reaper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "bot.reaper"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(list(self._processes)):
            self.stop(name)
        if self._reaper is not None and self._reaper.stdin is not None:
            self._reaper.stdin.close()
            self._reaper.wait()

    def start(self, name: str, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        """Start a process that sees this environment and nothing else of ours."""
        inherited = {each: os.environ[each] for each in INHERITED if each in os.environ}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env={**inherited, **environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes[name] = process
        self._tell_reaper("+", process.pid)

    def start_valkey(self) -> str:
        """Start a Valkey whose writes are on disk before they are answered; return its URL."""
        port = free_port()
        self.start("valkey", valkey_arguments(self.folder / "valkey", port), {})
        self.wait_for_port(port)
        return f"redis://127.0.0.1:{port}/0"

    def stop(self, name: str) -> None:
        """Ask a process to end; kill what is left of its group after a while."""
        process = self._processes.pop(name, None)
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._tell_reaper("-", process.pid)

    def wait_for_port(self, port: int) -> None:
        """Wait until something listens, or raise RuntimeError with the name of what has ended."""
        wait_until(lambda: self._listens(port), seconds=READY_SECONDS)

    def cpu_seconds(self, name: str) -> float:
        """Return the processor time that a process and all its children have taken so far."""
        process = self._processes.get(name)
        return cpu_seconds(process.pid) if process else 0.0

    def processes(self, name: str) -> list[psutil.Process]:
        """Return a process with all its children, none where it has ended."""
        with suppress(psutil.Error, KeyError):
            root = psutil.Process(self._processes[name].pid)
            return [root, *root.children(recursive=True)]
        return []

    def _listens(self, port: int) -> bool:
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} has ended: see {self.folder / name}.log")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.connect()
        except OSError:
            return False
        finally:
            connection.close()
        return True

    def _tell_reaper(self, sign: str, pid: int) -> None:
        if self._reaper is not None and self._reaper.stdin is not None:
            with suppress(BrokenPipeError):
                self._reaper.stdin.write(f"{sign}{pid}\n".encode())
                self._reaper.stdin.flush()


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and all its children, the ended ones included."""
    total = 0.0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                total += sum(process.cpu_times()[:4])
    return total


def wait_until(condition: Callable[[], object], *, seconds: float) -> None:
    """Wait for a condition, or raise TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("a process did not get ready in time")
        time.sleep(POLL_SECONDS)
