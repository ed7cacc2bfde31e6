"""The worker process says in one sentence why it does not start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("box", [[], ["inbox"], ["outbox"]])
def test_a_mistake_in_the_environment_ends_it(tmp_path: Path, box: list[str]) -> None:
    sentence = refused(*box, DATA_DIR=str(tmp_path), RIJAN_API_KEY="x")

    assert "RIJAN_WEBHOOK_SECRET" in sentence


@pytest.mark.parametrize("box", [[], ["inbox"]])
def test_a_redis_url_that_is_none_ends_it(tmp_path: Path, box: list[str]) -> None:
    sentence = refused(*box, DATA_DIR=str(tmp_path), REDIS_URL="redis://[::1")

    assert "REDIS_URL" in sentence


@pytest.mark.parametrize("box", [[], ["inbox"]])
def test_rules_that_are_not_there_end_it(tmp_path: Path, box: list[str]) -> None:
    rules = tmp_path / "tidak-ada.yaml"

    assert "tidak-ada.yaml" in refused(*box, DATA_DIR=str(tmp_path), RULES_FILE=str(rules))


def refused(*arguments: str, **environ: str) -> str:
    """Return the sentence with which the worker ends."""
    ended = subprocess.run(
        [sys.executable, "worker.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("balas: ")
    assert len(ended.stderr.splitlines()) == 1
    return ended.stderr
