"""Let everything go wrong that can, on SQLite and PostgreSQL at once, and print what came of it.

`python -m bench.chaos [--databases sqlite,postgresql] [--customers 30] [--faults web,429]`. Each
database has one stage on which all faults happen, one after the other; at the end the stage is
looked at as a whole. The exit code is 1 if an invariant was broken.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.faults import FAULTS, POSTGRESQL, SQLITE, Fault
from tests.chaos.invariants import Verdict
from tests.chaos.postgres import new_postgres
from tests.chaos.rehearsal import Round, look_back, rehearse
from tests.chaos.stage import Stage

CUSTOMERS = 30
HEADINGS = ("events", "lost", "doubled", "held", "out of order", "stuck", "left", "seconds")
WHOLE = "all of it, afterwards"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; without a verdict, `remark` says why the fault was not tried."""

    fault: str
    database: str
    verdict: Verdict | None = None
    seconds: float | None = None
    remark: str = ""

    def __str__(self) -> str:
        head = f"{self.fault:<28}{self.database:<12}"
        if self.verdict is None:
            return f"{head}  {self.remark}"
        found = self.verdict
        figures = [found.events, found.lost, found.doubled, found.held]
        figures += [found.out_of_order, found.stuck, found.left]
        seconds = "" if self.seconds is None else f"{self.seconds:.1f}"
        return head + "".join(f"{figure:>13}" for figure in (*figures, seconds))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--databases", default=f"{SQLITE},{POSTGRESQL}")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="in each round")
    parser.add_argument("--faults", default="", help="comma-separated beginnings of their names")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    names = tuple(options.faults.split(","))
    faults = [fault for fault in FAULTS if fault.name.startswith(names)]
    databases = options.databases.split(",")
    with ThreadPoolExecutor(len(databases)) as pool:
        tried = [
            pool.submit(_try_all, database, faults, customers=options.customers)
            for database in databases
        ]
        lines = [line for each in tried for line in each.result()]
    print(f"{'fault':<28}{'database':<12}" + "".join(f"{name:>13}" for name in HEADINGS))
    for line in lines:
        print(line)
    findings = [
        f"{line.database}, {line.fault}: {finding}"
        for line in lines
        if line.verdict
        for finding in line.verdict.findings
    ]
    if findings:
        sys.exit("\n".join(["", *findings]))


def _try_all(database: str, faults: Sequence[Fault], *, customers: int) -> list[Line]:
    """Let the faults happen to one stage, or to a new one after a round that ended badly."""
    lines: list[Line] = []
    waiting = [fault for fault in faults if database in fault.databases]
    while waiting:
        with _new_stage(database) as stage:
            lines += _try_some(stage, database, waiting, customers=customers)
    return lines


def _try_some(
    stage: Stage, database: str, waiting: list[Fault], *, customers: int
) -> Iterator[Line]:
    rounds: list[Round] = []
    while waiting and all(each.verdict.is_sound for each in rounds):
        fault = waiting.pop(0)
        if fault.impossible:
            yield Line(fault.name, database, remark=fault.impossible)
            continue
        found = rehearse(stage, fault, customers=customers)
        rounds.append(found)
        line = Line(fault.name, database, found.verdict, found.seconds)
        sys.stderr.write(f"{line}\n")
        yield line
    yield Line(WHOLE, database, look_back(stage, rounds))


@contextmanager
def _new_stage(database: str) -> Iterator[Stage]:
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="balas")))
        postgres = opened.enter_context(new_postgres()) if database == POSTGRESQL else None
        url = postgres.url if postgres else f"sqlite:///{folder / 'balas.sqlite3'}"
        stage = opened.enter_context(Stage(folder, url, postgres=postgres))
        stage.start()
        yield stage


if __name__ == "__main__":
    main()
