"""A second terminal finds a run that lives, and only that."""

import os
from pathlib import Path

import pytest

from bot import environment, local_run
from bot.local_run import LocalRun

RUN = LocalRun(
    pid=os.getpid(),
    web_url="http://127.0.0.1:1",
    redis_url="redis://127.0.0.1:2/0",
    simulator_url=None,
)


def test_a_run_is_found_while_it_holds_its_folder(tmp_path: Path) -> None:
    with local_run.hold(tmp_path):
        local_run.write(tmp_path, RUN)
        assert local_run.read(tmp_path) == RUN
    assert local_run.read(tmp_path) is None


def test_a_killed_run_is_not_believed_because_its_number_lives_again(tmp_path: Path) -> None:
    local_run.hold(tmp_path).close()
    local_run.write(tmp_path, RUN)
    assert local_run.read(tmp_path) is None


def test_a_folder_is_held_once(tmp_path: Path) -> None:
    with local_run.hold(tmp_path), pytest.raises(BlockingIOError):
        local_run.hold(tmp_path)


def test_another_projects_env_file_configures_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flask command loads the first .env it finds in a folder above."""
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:////nowhere/else.sqlite3\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["/somewhere/bin/flask"])
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/else.sqlite3")
    monkeypatch.setenv("PUBLIC_URL", "https://contoh.id")
    environment._foreign_values.cache_clear()
    try:
        environ = environment.environment()
    finally:
        environment._foreign_values.cache_clear()
    assert "DATABASE_URL" not in environ
    assert environ["PUBLIC_URL"] == "https://contoh.id"
