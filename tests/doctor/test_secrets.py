"""Secrets that somebody could guess are found, and never shown."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.client import Client
from bot.config import read_settings
from bot.doctor.secrets import check_secrets, judge_env_file
from bot.doctor.verdicts import Level, Scene, Verdict
from bot.gateway_settings import read_gateways
from bot.runtime import Runtime

GOOD = "kTq8-vzR2mW0xJ5nLb7e"


def look(environ: dict[str, str]) -> list[Verdict]:
    runtime = Runtime(settings=read_settings(environ), gateways=read_gateways(environ))
    return list(check_secrets(Scene(runtime=runtime, client=Client())))


def levels(environ: dict[str, str]) -> list[Level]:
    return [verdict.level for verdict in look(environ)]


def test_a_long_secret_is_good() -> None:
    assert levels({"RIJAN_WEBHOOK_SECRET": GOOD}) == [Level.GOOD]


@pytest.mark.parametrize(
    ("secret", "level"), [("abc", Level.BAD), ("q7w2e9r", Level.BAD), ("q7w2e9r4t5", Level.WARNING)]
)
def test_a_short_secret_is_told(secret: str, level: Level) -> None:
    [verdict] = look({"RIJAN_WEBHOOK_SECRET": secret})

    assert verdict.level is level
    assert "RIJAN_WEBHOOK_SECRET" in verdict.what
    assert secret not in str(verdict)


@pytest.mark.parametrize(
    "example",
    [
        "your-webhook-secret-key",
        "your_app_secret_here_12345",
        "webhook-secret-key",
        "rahasia-1",
        "changeme",
        "ganti-dengan-rahasia-anda",
        "<your app secret>",
        "xxxxxxxxxxxxxxxxxxxx",
        "secret",
    ],
)
def test_an_examples_value_is_told(example: str) -> None:
    [verdict] = look({"RIJAN_WEBHOOK_SECRET": example})

    assert verdict.level is Level.BAD
    assert "example" in verdict.what
    assert example not in verdict.what.replace("RIJAN_WEBHOOK_SECRET", "")


@pytest.mark.parametrize("secret", ["rahasiaku-9f2c81d07b", "secretariat-4711-kantor"])
def test_a_secret_that_begins_like_an_example_is_good(secret: str) -> None:
    assert levels({"RIJAN_WEBHOOK_SECRET": secret}) == [Level.GOOD]


def test_an_examples_token_is_told_too() -> None:
    environ = {"RIJAN_WEBHOOK_SECRET": GOOD, "RIJAN_API_KEY": "YOUR_TENANT_API_KEY"}

    assert levels(environ) == [Level.BAD]


def test_a_short_token_is_the_gateways_own_choice() -> None:
    assert levels({"RIJAN_WEBHOOK_SECRET": GOOD, "RIJAN_API_KEY": "k9"}) == [Level.GOOD]


def test_two_live_secrets_are_told() -> None:
    [verdict] = look({"RIJAN_WEBHOOK_SECRET": f"{GOOD},{GOOD}-baru"})

    assert verdict.level is Level.WARNING
    assert "2 values" in verdict.what


def test_a_secret_that_two_gateways_share_is_told() -> None:
    [verdict] = look({"RIJAN_WEBHOOK_SECRET": GOOD, "WAGATE_WEBHOOK_SECRET": GOOD})

    assert "RIJAN_WEBHOOK_SECRET and WAGATE_WEBHOOK_SECRET" in verdict.what
    assert GOOD not in str(verdict)


def test_a_device_of_several_is_named() -> None:
    accounts = '[{"device": "wa-7", "webhook_secret": "abc"}]'

    [verdict] = look({"WAGATE_ACCOUNTS": accounts})

    assert "WAGATE_WEBHOOK_SECRET of wa-7" in verdict.what


def test_a_short_metrics_token_is_told() -> None:
    assert levels({"METRICS_TOKEN": "abc"}) == [Level.BAD]
    assert isinstance(read_settings({"METRICS_TOKEN": "abc"}).metrics_token, SecretStr)


def test_the_key_of_what_is_asked_is_judged_like_a_secret() -> None:
    assert levels({"HTTP_SIGNING_SECRET": "abc"}) == [Level.BAD]
    assert levels({"HTTP_SIGNING_SECRET": GOOD}) == [Level.GOOD]
    assert levels({"HTTP_SIGNING_SECRET": f"{GOOD},{GOOD}2"}) == [Level.WARNING]


@pytest.mark.parametrize(
    ("mode", "level"), [(0o600, Level.GOOD), (0o640, Level.WARNING), (0o644, Level.BAD)]
)
def test_who_may_read_the_file_of_secrets_is_told(tmp_path: Path, mode: int, level: Level) -> None:
    path = tmp_path / ".env"
    path.write_text("")
    path.chmod(mode)

    [verdict] = judge_env_file(path)

    assert verdict.level is level


def test_no_file_of_secrets_is_nothing_to_tell(tmp_path: Path) -> None:
    assert judge_env_file(tmp_path / ".env") == []
