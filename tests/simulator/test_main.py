"""The simulator as a process: ready in one line, and never beside real gateways."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping

import pytest
import requests

from bot.simulator.__main__ import main, reason_to_refuse
from bot.simulator.routes import API_PATHS
from tests.simulator.calls import META, RIJAN


def test_serves_the_holders_of_the_environment_s_tokens_until_stopped() -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "META_ACCESS_TOKEN": "token-meta",
        "META_PHONE_NUMBER_ID": "100200300400500",
    }
    command = [sys.executable, "-m", "bot.simulator", "--port", "0"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = re.fullmatch(
            r"the simulator is ready on (http://127\.0\.0\.1:\d+)\n", process.stdout.readline()
        )
        assert ready
        taken = requests.post(ready[1] + META.path, data=META.body, headers=META.headers, timeout=5)
        refused = requests.post(
            ready[1] + RIJAN.path, data=RIJAN.body, headers=RIJAN.headers, timeout=5
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout.read().splitlines() == [
            f"{gateway.upper()}_API_URL={ready[1]}{path}" for gateway, path in API_PATHS.items()
        ]
    assert (taken.status_code, refused.status_code) == (200, 401)


@pytest.mark.parametrize(
    "environ",
    [
        {"DYNO": "web.1"},
        {"META_API_URL": "https://graph.facebook.com/v23.0"},
        {"WAGATE_API_URL": "https://127.0.0.1.example/api"},
    ],
)
def test_does_not_run_beside_real_gateways(environ: Mapping[str, str]) -> None:
    assert reason_to_refuse(environ)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/rijan", "http://localhost:3000"])
def test_runs_beside_a_local_gateway(url: str) -> None:
    assert reason_to_refuse({"RIJAN_API_URL": url}) == ""


def test_posts_to_no_other_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--webhook-url", "https://bot.example"]) == 2
    assert capsys.readouterr().err == "--webhook-url must be on this machine\n"
