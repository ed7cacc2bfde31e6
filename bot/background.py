"""A thread of a process's own, for what nobody should have to wait for."""

import os
import threading
from abc import ABC, abstractmethod


class Background(ABC):
    """Work in a daemon thread, which starts with the first need of it.

    Threads do not survive a fork, nor do locks that one of them held: a forked child begins anew.
    """

    def __init__(self, name: str) -> None:
        self._thread_name = name
        self._process = 0
        self._starting = threading.Lock()
        self._reset()

    @abstractmethod
    def _reset(self) -> None:
        """Make the state that the thread shares with the others."""

    @abstractmethod
    def _run(self) -> None:
        """Do the work, for as long as the process lives."""

    def _be_running(self) -> None:
        """Start the thread, unless this process has done so."""
        if self._process == os.getpid():
            return
        with self._starting:
            if self._process == os.getpid():
                return
            if self._process:
                self._reset()
            self._process = os.getpid()
            threading.Thread(target=self._run, name=self._thread_name, daemon=True).start()
