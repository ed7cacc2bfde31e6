"""A running simulator with one customer at each gateway, and a receiver to post webhooks to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import pytest
import requests

from bot.simulator.calls import Customer
from bot.simulator.server import Simulator
from tests.simulator.calls import TOKENS, ApiCall

CUSTOMERS = {
    "meta": [Customer(token=TOKENS["meta"], devices=("100200300400500",))],
    "wagate": [Customer(token=TOKENS["wagate"], devices=("wa-melati",))],
    "rijan": [Customer(token=TOKENS["rijan"], devices=("device_melati",))],
    "csku": [
        Customer(token=TOKENS["csku"], business_id="biz_melati", send_path="/v1/message/send")
    ],
    "whatsgate": [Customer(token=TOKENS["whatsgate"], devices=("19a4c07e512",))],
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(CUSTOMERS) as running:
        yield running


@pytest.fixture
def make(simulator: Simulator) -> Iterator[Callable[[ApiCall], requests.Response]]:
    """Make a call, on one connection for all of them."""
    with requests.Session() as session:
        session.trust_env = False

        def make_call(call: ApiCall) -> requests.Response:
            return session.request(
                call.method,
                simulator.url + call.path,
                headers=call.headers,
                data=call.body,
                timeout=5,
            )

        yield make_call


@dataclass
class Receiver:
    """A webhook receiver that answers what it is told to, and keeps what came."""

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    location: str = ""
    lock: Lock = field(default_factory=Lock)

    def answer(self) -> tuple[int, bytes]:
        """Return the next answer; the last one is repeated."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Connection(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with told.lock:
                told.requests.append((self.command, self.path, headers, body))
                status, answer = told.answer()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", told.location)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815 - the name is the base's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Connection) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}"
        yield told
        server.shutdown()
        thread.join()
