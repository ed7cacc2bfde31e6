"""Children are kept running, ended gently, and never left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from bot import supervisor as supervisor_module
from bot.supervisor import Command, Supervisor

ROOT = Path(__file__).parents[1]

# Writes its pid, "ended" when it is asked to end, and any other signal that reaches it.
GENTLE = """
import os, signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write("ended\\n")
    sys.exit()
for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda number, _: open(sys.argv[1], "a").write(f"{number}\\n"))
signal.signal(signal.SIGTERM, end)
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
while True:
    time.sleep(0.05)
"""
STUBBORN = GENTLE.replace("signal.signal(signal.SIGTERM, end)", "signal.signal(15, signal.SIG_IGN)")
# Starts a child of its own, and dies.
PARENT = """
import os, subprocess, sys
child = subprocess.Popen(["sleep", "60"])
open(sys.argv[1], "a").write(f"{os.getpid()}\\n{child.pid}\\n")
os._exit(1) if sys.argv[2:] else child.wait()
"""


def command(code: str, notes: Path, *more: str, name: str = "child") -> Command:
    return Command(name=name, arguments=[sys.executable, "-c", code, str(notes), *more])


def lines(notes: Path) -> list[str]:
    return notes.read_text().split() if notes.exists() else []


def wait_for(predicate: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if predicate():
            return True
        time.sleep(0.02)
    return False


def is_alive(pid: str) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "RESTART_SECONDS", 0.05)
    monkeypatch.setattr(supervisor_module, "RESTART_LIMIT", 0.2)
    monkeypatch.setattr(supervisor_module, "GRACE_SECONDS", 2.0)
    monkeypatch.setattr(supervisor_module, "TICK_SECONDS", 0.02)


@contextmanager
def running(commands: Sequence[Command], *, in_order: bool = False) -> Iterator[Supervisor]:
    supervisor = Supervisor(commands, in_order=in_order)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join(20)


def test_runs_its_children_and_asks_them_to_end(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with running([command(GENTLE, notes)]):
        assert wait_for(lambda: len(lines(notes)) == 1)

    pid, ended = lines(notes)
    assert ended == "ended"
    assert not is_alive(pid)


def test_restarts_a_child_that_dies(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with running([command(GENTLE, notes)]):
        assert wait_for(lambda: len(lines(notes)) == 1)
        os.kill(int(lines(notes)[0]), signal.SIGKILL)
        assert wait_for(lambda: len(lines(notes)) == 2)

    first, second, ended = lines(notes)
    assert (first != second, ended) == (True, "ended")


def test_restarts_with_growing_pauses_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "RESTART_SECONDS", 0.2)
    monkeypatch.setattr(supervisor_module, "RESTART_LIMIT", 60.0)
    notes = tmp_path / "notes"
    code = "import sys, time; open(sys.argv[1], 'a').write(f'{time.monotonic()}\\n')"
    with running([command(code, notes)]):
        assert wait_for(lambda: len(lines(notes)) == 3)

    times = [float(line) for line in lines(notes)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= 0.4
    assert pauses[1] >= 0.8


def test_ends_what_a_dead_child_left_before_it_is_started_again(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with running([command(PARENT, notes, "die")]):
        assert wait_for(lambda: len(lines(notes)) >= 4)

    assert wait_for(lambda: not any(is_alive(pid) for pid in lines(notes)))


def test_kills_a_child_that_does_not_end(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with running([command(STUBBORN, notes)]):
        assert wait_for(lambda: len(lines(notes)) == 1)
        started = time.monotonic()

    assert not is_alive(lines(notes)[0])
    assert time.monotonic() - started < 10


# Writes when it was asked to end, and takes its time.
SLOW = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(f"{sys.argv[2]}={time.monotonic()}\\n")
    time.sleep(0.5)
    sys.exit()
signal.signal(signal.SIGTERM, end)
open(sys.argv[1], "a").write("ready\\n")
while True:
    time.sleep(0.05)
"""


@pytest.mark.parametrize("in_order", [False, True], ids=["at once", "in order"])
def test_ends_children_at_once_or_from_the_last_to_the_first(
    tmp_path: Path, *, in_order: bool
) -> None:
    notes = tmp_path / "notes"
    commands = [command(SLOW, notes, name, name=name) for name in ("redis", "web")]
    with running(commands, in_order=in_order):
        assert wait_for(lambda: len(lines(notes)) == 2)

    asked = dict(line.split("=") for line in lines(notes)[2:])
    waited = float(asked["redis"]) - float(asked["web"])
    assert (waited >= 0.5) is in_order


def test_children_get_their_own_environment_on_top(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    code = "import os, sys, time; open(sys.argv[1], 'a').write(os.environ['KHUSUS']); time.sleep(9)"
    base = command(code, notes)
    child = Command(name="child", arguments=base.arguments, environ={"KHUSUS": "a"})
    with running([child]):
        assert wait_for(lambda: bool(lines(notes)))

    assert lines(notes) == ["a"]
    assert "environ=" not in repr(child)


def test_calls_back_at_every_tick() -> None:
    ticks: list[int] = []
    supervisor = Supervisor([])

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            supervisor.stop()

    supervisor.run(on_tick=tick)

    assert len(ticks) == 3


def test_a_command_that_does_not_exist_leaves_nothing_running(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    supervisor = Supervisor(
        [command(GENTLE, notes), Command(name="none", arguments=["/tidak/ada"])]
    )

    with pytest.raises(FileNotFoundError):
        supervisor.run()

    assert not any(is_alive(pid) for pid in lines(notes))


SUPERVISE = """
import sys
from bot.supervisor import Command, Supervisor
supervisor = Supervisor([Command(name="child", arguments=[sys.executable, "-c", *sys.argv[1:]])])
supervisor.listen()
supervisor.run()
"""


@contextmanager
def supervising_process(code: str, notes: Path) -> Iterator["subprocess.Popen[bytes]"]:
    arguments = [sys.executable, "-c", SUPERVISE, code, str(notes)]
    process = subprocess.Popen(arguments, cwd=ROOT, start_new_session=True)
    try:
        assert wait_for(lambda: len(lines(notes)) >= 1)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stops_gently_on_each_signal_however_often_it_comes(
    tmp_path: Path, number: signal.Signals
) -> None:
    notes = tmp_path / "notes"
    with supervising_process(GENTLE, notes) as process:
        for _ in range(3):
            process.send_signal(number)
        assert process.wait(10) == 0

    assert lines(notes)[1:] == ["ended"]


def test_a_signal_to_the_whole_group_reaches_the_children_once(tmp_path: Path) -> None:
    """As Ctrl-C does in a terminal."""
    notes = tmp_path / "notes"
    with supervising_process(GENTLE, notes) as process:
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(10) == 0

    assert lines(notes)[1:] == ["ended"]


def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with supervising_process(PARENT, notes) as process:
        process.kill()
        process.wait()
        assert wait_for(lambda: not any(is_alive(pid) for pid in lines(notes)))


def test_a_supervisor_that_runs_again_is_not_ended_by_the_first_ones_reaper(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with supervising_process(GENTLE, first) as one, supervising_process(GENTLE, second):
        one.kill()
        one.wait()
        assert wait_for(lambda: "ended" in lines(first))
        assert is_alive(lines(second)[0])
