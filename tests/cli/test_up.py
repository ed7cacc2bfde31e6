"""`flask up` runs everything, or says in one sentence why not; it leaves nothing running."""

import json
import os
import re
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
from sqlalchemy import select

from bot.cli.demonstration import places
from bot.cli.up import _migrate
from bot.config import read_settings
from bot.embedded import free_port
from bot.gateway_settings import read_gateways
from bot.simulator.compose import DEVICES
from bot.simulator.files import picture
from models import Device, make_engine, reading, writing

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


@pytest.mark.parametrize("gateway", ["meta", "wagate", "csku", "whatsgate"])
def test_sends_a_file_through_each_gateway(run: Run, gateway: str) -> None:
    file = run.directory / "promo.png"
    file.write_bytes(picture())
    # At Meta only who has written lately gets more than a template.
    run.flask("chat", "--gateway", gateway, "--from", "6281200000034", typed="halo\n\n")

    sent = run.flask("send", gateway, "081200000034", "Promo", "--image", str(file))

    assert re.fullmatch(r"queued as (\d+): `flask messages show \1`\n", sent.stdout), sent.stderr
    number = sent.stdout.split()[2].rstrip(":")
    end = time.monotonic() + START_SECONDS
    shown = run.flask("messages", "show", number).stdout
    while not re.search(r"^status +(sent|delivered|read)$", shown, re.MULTILINE):
        assert time.monotonic() < end, shown
        time.sleep(0.2)
        shown = run.flask("messages", "show", number).stdout


def test_says_why_rijan_gets_no_file_of_this_machine(run: Run) -> None:
    file = run.directory / "promo.png"
    file.write_bytes(picture())

    refused = run.flask("send", "rijan", "081200000034", "--image", str(file))

    assert "PUBLIC_URL is http://127.0.0.1" in refused.stderr


def test_the_simulated_gateways_can_be_asked_and_told(run: Run) -> None:
    asked = run.flask("devices", "--ask")
    registered = run.flask("webhooks", "register", "whatsgate")
    listed = run.flask("webhooks", "list", "whatsgate")

    assert asked.returncode == 0, asked.stdout
    assert len(re.findall(r" connected ", asked.stdout)) == 4
    assert registered.stdout.startswith("✓ whatsgate"), registered.stderr
    assert listed.stdout.rstrip().endswith("yes")


def test_the_doctor_looks_at_the_simulated_gateways(run: Run) -> None:
    told = run.flask("doctor").stdout

    assert "✓ urls: PUBLIC_URL leads here" in told
    assert "✓ csku: the API answers" in told


def test_the_secrets_of_a_run_are_in_no_file_that_it_tells_of_itself(run: Run) -> None:
    told = json.loads((run.directory / "run.json").read_text())

    assert set(told) == {"pid", "web_url", "redis_url", "simulator_url"}


def test_real_gateways_are_told_their_own_places() -> None:
    environ = {
        "WHATSGATE_WEBHOOK_TOKEN": "kelapa-muda",
        "META_APP_SECRET": "rahasia",
        "META_PHONE_NUMBER_ID": "100200300400500",
    }
    gateways = list(read_gateways(environ).values())

    public = list(places("http://127.0.0.1:8000", "https://balas.contoh.id/", gateways))
    local = list(places("http://127.0.0.1:8000", None, gateways))

    assert public == [
        "meta 100200300400500: webhooks at https://balas.contoh.id/webhook/meta",
        "whatsgate: webhooks at https://balas.contoh.id/webhook/whatsgate/…",
    ]
    assert "http://127.0.0.1:8000/webhook/whatsgate/…, on this machine alone" in local[1]
    assert "set PUBLIC_URL" in local[1]


@pytest.mark.parametrize(("is_real", "left"), [(True, []), (False, sorted(DEVICES.values()))])
def test_real_gateways_do_not_inherit_the_devices_of_simulated_ones(
    tmp_path: Path, *, is_real: bool, left: list[str]
) -> None:
    settings = read_settings({"DATA_DIR": str(tmp_path)})
    _migrate(settings, forget_simulated=False)
    engine = make_engine(settings.database)
    with writing(engine) as session:
        session.add_all(Device(gateway=name, device=each) for name, each in DEVICES.items())
        session.add(Device(gateway="rijan", device="device_mawar"))

    _migrate(settings, forget_simulated=is_real)

    with reading(engine) as session:
        found = sorted(session.scalars(select(Device.device)))
    engine.dispose()
    assert found == sorted([*left, "device_mawar"])


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
