"""`flask up` runs everything, or says in one sentence why not; it leaves nothing running."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.embedded import free_port

ROOT = Path(__file__).parents[2]
FLASK = [sys.executable, "-m", "flask"]
START_SECONDS = 40.0

pytestmark = pytest.mark.timeout(180)


def environ(directory: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing is configured but the data folder."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "DATA_DIR": str(directory), "PORT": str(free_port()), **more}


def left_running(directory: Path) -> list[str]:
    """Return the processes that know this data folder."""
    marker, found = f"DATA_DIR={directory}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def refused(directory: Path, **more: str) -> str:
    """Return the sentence with which `flask up` ends."""
    ended = subprocess.run(
        [*FLASK, "up"],
        cwd=ROOT,
        env=environ(directory, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (directory / "run.json").exists()
    assert left_running(directory) == []
    return ended.stderr.strip()


def test_says_that_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])

        sentence = refused(tmp_path, PORT=port)

    assert port in sentence
    assert "PORT" in sentence
    assert len(sentence.splitlines()) == 1


def test_tells_the_line_of_a_mistake_in_the_rules(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "version: 1\nrules:\n  - id: sapa\n    mtch: {words: [halo]}\n    reply: hai\n"
    )

    sentence = refused(tmp_path / "data", RULES_FILE=str(rules))

    assert "mtch" in sentence
    assert "4" in sentence


def test_says_that_there_are_no_rules(tmp_path: Path) -> None:
    assert "tidak-ada.yaml" in refused(tmp_path, RULES_FILE=str(tmp_path / "tidak-ada.yaml"))


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"RIJAN_API_KEY": "x"}, "RIJAN_WEBHOOK_SECRET"),
        ({"PORT": "delapan"}, "PORT"),
        ({"DATABASE_URL": "omong kosong"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://balas@127.0.0.1:9/balas"}, "DATABASE_URL"),
        ({"DYNO": "web.1"}, "DATABASE_URL"),
    ],
)
def test_explains_a_mistake_in_the_environment(
    tmp_path: Path, more: dict[str, str], name: str
) -> None:
    sentence = refused(tmp_path, **more)

    assert name in sentence
    assert len(sentence.splitlines()) == 1


def test_says_that_the_data_folder_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    sentence = refused(tmp_path / "file" / "data")

    assert "DATA_DIR" in sentence
    assert len(sentence.splitlines()) == 1


@dataclass(frozen=True)
class Run:
    """A `flask up` under way."""

    directory: Path
    environ: dict[str, str]

    def flask(self, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        return self.shell([*FLASK, *arguments], typed=typed)

    def shell(
        self, command: Sequence[str], *, typed: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environ,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    directory = tmp_path_factory.mktemp("up")
    running = Run(directory, environ(directory))
    process = subprocess.Popen(
        [*FLASK, "up"], cwd=ROOT, env=running.environ, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        code = process.wait(60)
        process.stdout.close()
    assert code == 0
    assert rest.endswith("Balas has stopped.\n")
    assert left_running(directory) == []
    assert not (directory / "run.json").exists()


def test_refuses_a_second_run_in_the_same_folder(run: Run) -> None:
    ended = run.shell(["env", f"PORT={free_port()}", *FLASK, "up"])

    assert ended.returncode == 1
    assert str(run.directory) in ended.stderr
    assert "DATA_DIR" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert (run.directory / "run.json").exists()


@pytest.mark.skipif(not shutil.which("curl"), reason="the command that is printed is curl's")
@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["wagate"], '{"success":true}'),
        (["meta"], "OK"),
        (["rijan"], '{"received":true}'),
        (["csku"], "OK"),
        (["whatsgate"], '"result":"OK"'),
        (["meta", "button"], "OK"),
        (["wagate", "--text", "it's 'quoted' \"$HOME\" `id` \\ ☕"], '{"success":true}'),
    ],
)
def test_a_printed_payload_is_taken(run: Run, arguments: list[str], answer: str) -> None:
    printed = run.flask("payload", *arguments)

    posted = run.shell(["sh"], typed=printed.stdout)

    assert printed.returncode == 0, printed.stderr
    assert answer in posted.stdout


def test_talks_like_a_customer(run: Run) -> None:
    talked = run.flask("chat", "--from", "6281200000031", "--name", "Wati", typed="halo\n\n")

    assert talked.returncode == 0, talked.stderr
    assert "Balas> " in talked.stdout
    assert "Wati" in talked.stdout


@pytest.mark.parametrize("gateway", ["meta", "rijan", "csku", "whatsgate"])
def test_talks_through_each_gateway(run: Run, gateway: str) -> None:
    talked = run.flask("chat", "--gateway", gateway, "--from", "6281200000032", typed="halo\n\n")

    assert "Balas> " in talked.stdout, talked.stdout + talked.stderr


def test_shows_what_happened_without_texts(run: Run) -> None:
    listed = run.flask("events", "list")

    assert "message.received" in listed.stdout
    assert "6281200000001" not in listed.stdout


def test_restarts_what_dies(run: Run) -> None:
    told = json.loads((run.directory / "run.json").read_text())
    children = Path(f"/proc/{told['pid']}/task/{told['pid']}/children").read_text().split()
    web = next(
        int(pid) for pid in children if "granian" in Path(f"/proc/{pid}/cmdline").read_text()
    )

    os.kill(web, signal.SIGKILL)

    end = time.monotonic() + START_SECONDS
    talked = run.flask("chat", "--from", "6281200000033", typed="halo\n\n")
    while "Balas> " not in talked.stdout and time.monotonic() < end:
        time.sleep(0.5)
        talked = run.flask("chat", "--from", "6281200000033", typed="halo\n\n")
    assert "Balas> " in talked.stdout
