"""Tell which rules are in force, in a process that plays none: nobody who asks waits for them."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.extend import beside
from bot.gateways import GATEWAYS
from bot.rules import Shelf
from bot.rules.shelf import INTERVAL

# Most files are read in less; whoever asks for a larger one hears of it the next time.
PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that are in force; no `version` while they are read or broken from the start."""

    file: str
    version: str | None = None
    loaded_at: datetime | None = None
    problem: str | None = None


class RulesInForce:
    """Looks at the rules in a thread, when it is asked and as rarely as workers do."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._looking: threading.Thread | None = None
        self._look_again_at = 0.0

    def tell(self) -> InForce:
        """Return what is in force, as far as it is known by now."""
        self._look()
        shelf, name = self._shelf, self._path.name
        if shelf is None:
            return InForce(file=name)
        book, trouble, loaded_at = shelf.seen()
        return InForce(
            file=name,
            version=book.version if book else None,
            loaded_at=loaded_at if book else None,
            problem=trouble.in_public() if trouble else None,
        )

    def _look(self) -> None:
        with self._lock:
            is_looking = self._looking is not None and self._looking.is_alive()
            if not is_looking and time.monotonic() >= self._look_again_at:
                self._look_again_at = time.monotonic() + INTERVAL
                self._looking = threading.Thread(target=self._read, name="rules", daemon=True)
                self._looking.start()
            looking = self._looking
        if looking:
            looking.join(PATIENCE)

    def _read(self) -> None:
        if self._shelf is None:
            path = self._path
            self._shelf = Shelf(path, gateways=GATEWAYS, extend=beside(path), patient=True)
        else:
            self._shelf.look()
