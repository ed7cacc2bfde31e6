"""flask doctor: what is wrong with a set-up, and what to do."""

import json
import threading
from collections.abc import Iterator

import pytest
from redis import Redis
from werkzeug.serving import make_server

from bot.doctor import Verdict
from tests.cli.conftest import Flask
from tests.teluk import install, teluk
from tests.web import CONFIGURED, Web


@pytest.fixture(autouse=True)
def _no_waiting_for_a_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.workers.SWEEP_SECONDS", 0.2)


@pytest.fixture
def address(web: Web) -> Iterator[str]:
    """Give the address at which the app answers."""
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_tells_what_to_do(web: Web, flask: Flask) -> None:
    output = flask("doctor", "--offline", code=1).output

    assert "✗ workers: no worker answers\n    → start `python worker.py`" in output
    assert "✓ redis: it answers, and loses nothing" in output
    assert output.rstrip().endswith("good")


def test_prints_no_secret(web: Web, flask: Flask) -> None:
    outputs = [
        flask("doctor", "--offline", code=1).output,
        flask("doctor", "--offline", "--format", "json", code=1).output,
    ]

    for name, secret in CONFIGURED.items():
        if "URL" not in name and "ID" not in name and "PATH" not in name:
            assert not any(secret in output for output in outputs), name


def test_finds_this_very_balas_at_its_public_url(web: Web, flask: Flask, address: str) -> None:
    install_all(web, public_url=address)

    assert "✓ urls: PUBLIC_URL leads here" in flask("doctor", code=1).output


def test_asks_nobody_offline(web: Web, flask: Flask) -> None:
    found = teluk()
    install(web, found, public_url="https://balas.invalid")

    output = flask("doctor", "--offline", code=1).output

    assert found.told == []
    assert "does not answer" not in output


def test_writes_json_for_machines(web: Web, flask: Flask) -> None:
    told = json.loads(flask("doctor", "--offline", "--format", "json", code=1).output)

    assert {verdict["level"] for verdict in told} <= {"good", "warning", "bad"}
    assert all(Verdict(**verdict) for verdict in told)


def test_goes_on_when_everything_is_away(web: Web, flask: Flask, redis: Redis) -> None:
    install_all(web, public_url="https://balas.invalid")
    web.runtime.__dict__["redis"] = Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)

    output = flask("doctor", code=1).output

    assert "could not be looked at" not in output
    assert "redis: it does not answer" in output
    assert "PUBLIC_URL does not answer" in output


def test_one_broken_check_does_not_silence_the_others(
    web: Web, flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_nothing(_scene: object) -> list[Verdict]:
        raise KeyError("rahasia")

    monkeypatch.setattr("bot.doctor.CHECKS", (check_nothing,))

    output = flask("doctor", "--offline", code=1).output

    assert "nothing: this could not be looked at (KeyError)" in output
    assert "rahasia" not in output
    assert "wagate: is configured" in output


def install_all(web: Web, *, public_url: str) -> None:
    """Give the app a public URL, and leave its gateways as they are."""
    runtime = web.runtime
    settings = runtime.settings.model_copy(update={"public_url": public_url})
    object.__setattr__(runtime, "settings", settings)
