"""flask payload and flask chat at configured gateways, and the smaller commands."""

import json
import shlex
from pathlib import Path

import pytest

from bot.simulator.compose import cases
from bot.simulator.signers import SignedWebhook
from tests.cli.conftest import Flask
from tests.web import NAMES, Web


def read_command(command: str) -> SignedWebhook:
    """Return the webhook that a curl command would post."""
    parts = shlex.split(command)
    headers = [parts[place + 1] for place, part in enumerate(parts) if part == "-H"]
    return SignedWebhook(
        parts[4].partition("8000")[2],
        dict(header.split(": ", 1) for header in headers),
        parts[parts.index("--data-binary") + 1].encode(),
    )


@pytest.mark.parametrize(("name", "case"), [(name, case) for name in NAMES for case in cases(name)])
def test_prints_a_command_that_the_receiver_takes(
    web: Web, flask: Flask, name: str, case: str
) -> None:
    printed = flask("payload", name, case, "--real").output

    assert web.post(read_command(printed)).status_code == 200
    assert len(web.events()) >= 1
    assert {event.kind for event in web.events()}.isdisjoint({"unparsed"})


@pytest.mark.parametrize("name", NAMES)
def test_each_command_brings_a_fresh_message(web: Web, flask: Flask, name: str) -> None:
    for _ in range(2):
        web.post(read_command(flask("payload", name, "--real").output))

    assert len(web.events()) == 2


@pytest.mark.parametrize("name", NAMES)
def test_asks_before_it_signs_for_a_configured_gateway(flask: Flask, name: str) -> None:
    assert "--real" in flask("payload", name, code=1).output


def test_names_the_cases_that_there_are(flask: Flask) -> None:
    output = flask("payload", "wagate", "tidak-ada", code=1).output

    assert "text" in output
    assert "message_ack" in output or "status" in output


def test_posts_where_it_is_told(flask: Flask) -> None:
    output = flask("payload", "meta", "--real", "--url", "https://toko.contoh.id/").output

    assert " https://toko.contoh.id/webhook/meta " in output


def test_chat_asks_before_it_talks_through_a_configured_gateway(web: Web) -> None:
    result = web.app.test_cli_runner().invoke(args=["chat"], input="halo\n")

    assert result.exit_code == 1
    assert "--real" in result.output


def test_migrates_twice(flask: Flask) -> None:
    flask("migrate")

    assert "up to date" in flask("migrate").output


def test_checks_the_rules_that_are_shipped(flask: Flask) -> None:
    assert flask("rules", "check").output.startswith("✓")


def test_explains_a_text(flask: Flask) -> None:
    output = flask("rules", "explain", "halo").output

    assert "words:   halo" in output
    assert "reply 1" in output


def test_rules_that_are_broken_end_with_code_1(flask: Flask, tmp_path: Path) -> None:
    broken = tmp_path / "rules.yaml"
    broken.write_text(json.dumps({"version": 1, "rules": [{"id": "a", "replay": "x"}]}))

    assert "replay" in flask("rules", "check", str(broken), code=1).output
