"""Keeps child processes running: restarts what dies, stops everything, leaves nothing behind.

Each child leads a process group of its own. A signal from the terminal reaches only the
supervisor, which passes it on once; what a dead child leaves in its group is ended before it is
started again; and a small reaper process ends all groups when the supervisor itself is killed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from bot.config import ROOT

logger = structlog.get_logger("balas.supervisor")

GRACE_SECONDS = 25.0
RESTART_SECONDS = 0.5
RESTART_LIMIT = 10.0
# A child that ran this long has recovered: its next restart is quick again.
STEADY_SECONDS = 30.0
TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A child to keep running. `environ` is added to our own environment."""

    name: str
    arguments: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Whether only its errors are of interest.
    is_silent: bool = False


@dataclass(slots=True)
class _Child:
    command: Command
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    restart_at: float = 0.0
    wait: float = RESTART_SECONDS


class Supervisor:
    """Runs commands until it is told to stop.

    All are told to end at once; with `in_order`, each only after those that come later in the list
    and may still need it.
    """

    def __init__(self, commands: Sequence[Command], *, in_order: bool = False) -> None:
        self._in_order = in_order
        self._children = [_Child(command) for command in commands]
        # Not a threading.Event: a signal that comes while one is being set would wait for itself.
        self._is_stopping = False
        self._reaper: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Ask `run` to end all children and return."""
        self._is_stopping = True

    def listen(self) -> None:
        """Stop on SIGTERM and SIGINT, however often they come."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stop())

    def run(self, *, on_tick: Callable[[], None] | None = None) -> None:
        """Start the children, keep them running until `stop`, end them."""
        self._start_reaper()
        try:
            while not self._is_stopping:
                time.sleep(TICK_SECONDS)
                for child in self._children:
                    self._look_after(child)
                if on_tick is not None:
                    on_tick()
        finally:
            self._end_all()

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.restart_at:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        _signal_group(child.process.pid, signal.SIGKILL)
        self._tell_reaper("-", child.process.pid)
        lasted = now - child.started_at
        child.wait = (
            RESTART_SECONDS if lasted > STEADY_SECONDS else min(child.wait * 2, RESTART_LIMIT)
        )
        child.restart_at = now + child.wait
        child.process = None
        logger.warning("process ended, restarting", process=child.command.name, code=code)

    def _start(self, child: _Child) -> None:
        child.process = subprocess.Popen(
            list(child.command.arguments),
            env={**os.environ, **child.command.environ},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if child.command.is_silent else None,
        )
        child.started_at = time.monotonic()
        self._tell_reaper("+", child.process.pid)

    def _end_all(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._children:
            if child.process is not None and not self._in_order:
                child.process.terminate()
        for child in reversed(self._children):
            if child.process is None:
                continue
            if self._in_order:
                child.process.terminate()
            self._wait(child.process, deadline)
            _signal_group(child.process.pid, signal.SIGKILL)
            self._tell_reaper("-", child.process.pid)
        if self._reaper is not None and self._reaper.stdin is not None:
            self._reaper.stdin.close()
            self._reaper.wait()

    def _wait(self, process: "subprocess.Popen[bytes]", deadline: float) -> None:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("process does not end, killed", pid=process.pid)
            process.kill()
            process.wait()

    def _start_reaper(self) -> None:
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "bot.reaper"],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd=ROOT,
        )

    def _tell_reaper(self, sign: str, pid: int) -> None:
        if self._reaper is None or self._reaper.stdin is None:
            return
        try:
            self._reaper.stdin.write(f"{sign}{pid}\n".encode())
            self._reaper.stdin.flush()
        except BrokenPipeError:
            logger.warning("the reaper is gone")


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
