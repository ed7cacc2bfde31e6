"""Measure Balas beside two other designs of the same bot, on this machine, in one go.

`python -m bench [--quick] [--databases sqlite,postgresql] [--systems balas,rq,…] [--json FILE]`

Method. Everything is real and on loopback: processes as they are deployed (web server, workers), a
Valkey that syncs every write, an SQLite file or a PostgreSQL of our own, and a send API in a
process that answers WAGate sends after 0 or 100 ms. Webhooks are WAGate texts, each with an id of
its own and signed before the clock starts, two from each contact, and each gets one reply which
quotes it. A. is the time from a webhook's posting to its 2xx, over connections that are kept open,
with and without workers beside it. B. is the time from the first posting until the send API has
got the last reply, and for each message until the send API has got its own. At a given load (50
webhooks a second, due at fixed times) the clock of a webhook starts when it is due, not when a
connection is free for it. CPU is the processor time in ms of the web processes, the workers and
the stores (Valkey, PostgreSQL), divided by the webhooks: on a busy machine it says more than
seconds do. "Balas is" compares the same case: how many times as many per second; at a given load,
how many times as quick by the p50.

The systems. Balas; a usual design (Flask, SET NX against repeats, one RQ job for each message,
plain SQLAlchemy, requests), with RQ's forking worker and with SimpleWorker, as many worker
processes as Balas has; the gateway documents' own example, which answers inside the request and
keeps nothing. All are served by granian with Balas's options, the example also as it stands, by
Flask's development server. "nothing" answers 204: the ceiling of web server and load generator.

After each run, what is in the tables and what the send API got are compared with what was
acknowledged, text by text. A run in which something is missing or doubled prints WRONG and no
figures, and the exit status is 1. Not counted: the start of processes, a warm-up of 100 webhooks.
The load generator and the send API run on the same cores as what they measure, so the ratios say
more than the figures.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bench.databases import Kind, Server, new_database, new_server
from bench.plan import KEYS, QUICK_KEYS, WARM_UP, Entry, entries
from bench.report import machine, write_json, write_tables
from bench.runs import Bench, Figures, start_send_api
from bench.stage import Stage
from bench.systems import SHAPES, Nothing, new_environ
from bot.embedded import free_port

_tags = count(1)


def main() -> None:
    """Run what was asked for and print the tables."""
    options = _read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    facts = machine()
    started = time.monotonic()
    found: list[Figures] = []
    for kind in options.databases:
        with new_server(kind) as server:
            for entry in entries(kind, options.systems, is_quick=options.quick):
                found += _measure(entry, server)
        print(f"\n{write_tables(found, kind)}", flush=True)
    print("\n" + "  ".join(f"{name} {value}" for name, value in facts.items()))
    print(f"load average at the end {machine()['load average']}, {_since(started)} in all")
    if options.json:
        write_json(found, facts, options.json)
    if any(figures.faults for figures in found):
        raise SystemExit(1)


def _measure(entry: Entry, server: Server) -> list[Figures]:
    started = time.monotonic()
    with _ready(entry, server) as bench:
        found = []
        is_nothing = isinstance(entry.system, Nothing)
        if not is_nothing:
            bench.start_workers()
            bench.run(WARM_UP, _new_tag())
        found = [bench.run(case, _new_tag()) for case in entry.cases if case.has_workers]
        bench.stop_workers()
        found += [bench.run(case, _new_tag()) for case in entry.cases if not case.has_workers]
    sys.stderr.write(f"{server.kind}: {entry.system.name}, {_since(started)}\n")
    return found


@contextmanager
def _ready(entry: Entry, server: Server) -> Iterator[Bench]:
    shape = SHAPES[server.kind]
    with (
        tempfile.TemporaryDirectory(prefix="balas", ignore_cleanup_errors=True) as name,
        new_database(server, Path(name)) as database_url,
        Stage(Path(name)) as stage,
    ):
        send_port = start_send_api(stage)
        environ = new_environ(
            Path(name),
            shape,
            port=free_port(),
            database_url=database_url,
            redis_url=stage.start_valkey(),
            send_url=f"http://127.0.0.1:{send_port}/api",
        )
        bench = Bench(entry.system, stage, environ, shape=shape, server=server, send_port=send_port)
        bench.start()
        yield bench


def _new_tag() -> str:
    return f"r{next(_tags):03d}"


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.0f} s"


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="SQLite, fewer webhooks and systems")
    parser.add_argument("--databases", help=f"some of {','.join(Kind)}")
    parser.add_argument("--systems", help=f"some of {','.join(KEYS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here too")
    options = parser.parse_args()
    databases = options.databases or ("sqlite" if options.quick else ",".join(Kind))
    systems = options.systems or ",".join(QUICK_KEYS if options.quick else KEYS)
    try:
        options.databases = [Kind(name) for name in databases.split(",")]
    except ValueError as error:
        parser.error(str(error))
    options.systems = systems.split(",")
    if unknown := set(options.systems) - set(KEYS):
        parser.error(f"unknown systems: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
