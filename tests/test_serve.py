"""The web server as it really runs: granian, its sockets, and what it does with odd requests."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.config import read_settings
from bot.embedded import free_port
from bot.serve import arguments
from bot.simulator.signers import SIGNERS, SignedWebhook
from models import make_engine
from models.migrate import upgrade
from tests.conftest import Valkey
from tests.gateways.contract import account_of
from tests.web import CONFIGURED, text_body

ROOT = Path(__file__).parents[1]
START_SECONDS = 30.0
MIB = 1024 * 1024


class Server:
    """A running web process."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def post(self, webhook: SignedWebhook, **options: object) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.post(
                self.url + webhook.path,
                data=options.get("data", webhook.body),  # type: ignore[arg-type] # a generator too
                headers=webhook.headers,
                timeout=20,
            )

    def events(self) -> int:
        """Return how many events wait, as /metrics tells."""
        with requests.Session() as session:
            session.trust_env = False
            lines = session.get(self.url + "/metrics", timeout=20).text.splitlines()
        [value] = [line for line in lines if line.startswith("balas_events_waiting ")]
        return int(float(value.split()[1]))

    def raw(self, request: bytes) -> bytes:
        """Write bytes and return the head of what comes back, b"" when nothing does."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(request)
            return connection.recv(65536)


def signed(name: str, body: bytes) -> SignedWebhook:
    secret = {"meta": "rahasia-meta", "wagate": "rahasia-wagate", "rijan": "rahasia-rijan"}[name]
    return SIGNERS[name](account_of(name, secret), body)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared_valkey: Valkey) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("serve")
    engine = make_engine(f"sqlite:///{directory}/balas.sqlite3")
    upgrade(engine)
    engine.dispose()
    port = free_port()
    environ = {
        **os.environ,
        **CONFIGURED,
        "DATA_DIR": str(directory),
        "REDIS_URL": shared_valkey.url,
        "PORT": str(port),
        "BIND": "127.0.0.1",
    }
    process = subprocess.Popen([sys.executable, "-m", "bot.serve"], cwd=ROOT, env=environ)
    running = Server(port)
    try:
        wait_until_ready(running)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_until_ready(server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            if server.raw(b"GET /health HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200"):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def test_keeps_a_webhook(server: Server) -> None:
    before = server.events()

    answer = server.post(signed("wagate", text_body("wagate")))

    assert (answer.status_code, answer.content) == (200, b'{"success":true}')
    assert server.events() == before + 1


def test_keeps_a_body_that_comes_in_chunks(server: Server) -> None:
    webhook = signed("meta", text_body("meta"))
    parts = (webhook.body[start : start + 50] for start in range(0, len(webhook.body), 50))
    before = server.events()

    answer = server.post(webhook, data=parts)

    assert answer.status_code == 200
    assert server.events() == before + 1


def test_asks_for_a_body_that_waits_to_be_asked_for(server: Server) -> None:
    """As curl does for large bodies."""
    webhook = signed("wagate", text_body("wagate"))
    head = f"POST /webhook/wagate HTTP/1.1\r\nHost: x\r\nContent-Length: {len(webhook.body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in webhook.headers.items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
        asked = connection.recv(65536)
        connection.sendall(webhook.body)
        answer = connection.recv(65536)

    assert asked.startswith(b"HTTP/1.1 100")
    assert answer.startswith(b"HTTP/1.1 200")


def test_refuses_too_many_chunks(server: Server) -> None:
    webhook = signed("meta", b"")

    answer = server.post(webhook, data=(b" " * MIB for _ in range(4)))

    assert answer.status_code == 413


def test_refuses_a_hundred_megabytes_without_reading_them(server: Server) -> None:
    head = (
        b"POST /webhook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n"
        b"X-Hub-Signature-256: sha256=%s\r\n\r\n" % (b"0" * 64)
    )
    started = time.monotonic()

    answer = server.raw(head)

    assert answer.startswith(b"HTTP/1.1 413")
    assert time.monotonic() - started < 5


def test_keeps_an_empty_body_and_says_so(server: Server) -> None:
    before = server.events()

    answer = server.post(signed("rijan", b""))

    assert answer.status_code == 200
    assert server.events() == before + 1


def test_refuses_a_compressed_body(server: Server) -> None:
    webhook = signed("meta", text_body("meta"))
    webhook.headers["Content-Encoding"] = "gzip"

    assert server.post(webhook).status_code == 415


@pytest.mark.parametrize("value", [b"sha256=\xff\xfe", b"\xe2\x98\x83", b"sha256=" + b"\xb2" * 64])
def test_refuses_header_bytes_that_are_not_ascii(server: Server, value: bytes) -> None:
    request = b"POST /webhook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"

    answer = server.raw(request + b"X-Hub-Signature-256: " + value + b"\r\n\r\n{}")

    assert answer.split(b" ")[1] in (b"400", b"401")


@pytest.mark.parametrize(
    "path", [b"//webhook", b"//webhook/meta", b"/webhook/%ff", b"/webhook/a?%00"]
)
def test_never_redirects_an_odd_address(server: Server, path: bytes) -> None:
    answer = server.raw(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")

    assert answer.split(b" ")[1][:1] == b"4"


def test_goes_on_after_a_body_that_breaks_off(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"POST /webhook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
        )

    assert server.post(signed("wagate", text_body("wagate"))).status_code == 200


def test_answers_health_ready_and_metrics(server: Server) -> None:
    with requests.Session() as session:
        session.trust_env = False
        found = [session.get(server.url + path, timeout=20) for path in ("/health", "/ready")]

    assert [answer.status_code for answer in found] == [200, 200]
    assert found[0].json()["status"] == "healthy"
    assert isinstance(found[0].json()["processed_events"], int)
    assert found[1].json() == {"ready": True, "degraded": []}


SHOW_ENVIRON = """
import json, os, sys
from app import without_environment
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(sorted(environ)).encode()]
bare = application
stripped = without_environment(application)
"""


@pytest.mark.parametrize(("target", "is_seen"), [("bare", True), ("stripped", False)])
def test_no_request_carries_the_environment(tmp_path: Path, target: str, *, is_seen: bool) -> None:
    """The first case shows that there is something to strip."""
    (tmp_path / "shown.py").write_text(SHOW_ENVIRON)
    port = free_port()
    environ = {**os.environ, "RAHASIA_KITA": "x", "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    process = subprocess.Popen([*command, f"shown:{target}"], cwd=tmp_path, env=environ)
    server = Server(port)
    try:
        wait_until_ready(server)
        answer = server.raw(b"GET /health HTTP/1.0\r\nX-Tanda: a\r\n\r\n")
    finally:
        process.terminate()
        process.wait(30)

    names = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert ("RAHASIA_KITA" in names) is is_seen
    assert {"HTTP_X_TANDA", "PATH_INFO", "REQUEST_METHOD", "wsgi.input"} <= set(names)


def test_sqlite_gets_one_process_and_postgresql_several() -> None:
    several = {"DATABASE_URL": "postgres://localhost/balas", "WEB_CONCURRENCY": "3"}

    for environ, workers in (({"WEB_CONCURRENCY": "3"}, "1"), (several, "3")):
        command = arguments(read_settings(environ))
        assert command[command.index("--workers") + 1] == workers


@pytest.mark.parametrize(
    ("environ", "name"), [({"PORT": "delapan"}, "PORT"), ({"RIJAN_API_KEY": "x"}, "RIJAN_API_KEY")]
)
def test_a_mistake_ends_it_in_one_sentence(environ: dict[str, str], name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bot.serve"],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("balas: ")
    assert name in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
