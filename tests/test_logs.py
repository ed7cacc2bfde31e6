"""Logs are lines for a person or JSON for a machine, and say nothing about people."""

import contextlib
import json
import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from bot.config import LogFormat, LogLevel
from bot.logs import QUIET, set_up


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave everything as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_writes_one_json_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogFormat.JSON, LogLevel.INFO)

    structlog.get_logger("balas.test").warning("message waits", attempt=2)

    [line] = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert found.pop("timestamp").endswith("Z")
    assert found == {"event": "message waits", "level": "warning", "attempt": 2}


def test_writes_a_line_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogFormat.CONSOLE, LogLevel.INFO)

    structlog.get_logger("balas.test").info("webhook kept", gateway="rijan")

    [line] = capsys.readouterr().err.splitlines()
    assert "webhook kept" in line
    assert "gateway=rijan" in line
    assert "\x1b" not in line


def test_a_line_break_in_a_value_starts_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    for log_format in LogFormat:
        set_up(log_format, LogLevel.INFO)
        structlog.get_logger("balas.test").info("forged webhook", reason="a\n2026 [info] kept")

    assert len(capsys.readouterr().err.splitlines()) == len(LogFormat)


@pytest.mark.parametrize("log_format", LogFormat)
def test_leaves_out_what_is_below_the_level(
    capsys: pytest.CaptureFixture[str], log_format: LogFormat
) -> None:
    set_up(log_format, LogLevel.WARNING)

    structlog.get_logger("balas.test").info("not this")
    logging.getLogger("somewhere").info("nor this")
    structlog.get_logger("balas.test").warning("this")

    assert capsys.readouterr().err.count("this") == 1


@pytest.mark.parametrize("name", QUIET)
def test_libraries_that_tell_every_request_are_quiet(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    set_up(LogFormat.CONSOLE, LogLevel.INFO)

    logging.getLogger(name).info("POST /webhook/whatsgate/rahasia")
    logging.getLogger(name).error("broken")

    [line] = capsys.readouterr().err.splitlines()
    assert "broken" in line


def test_a_library_writes_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogFormat.JSON, LogLevel.INFO)

    logging.getLogger("library").warning("slow")

    [line] = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert (found["event"], found["level"]) == ("slow", "warning")


@pytest.mark.parametrize("log_format", LogFormat)
def test_of_an_exception_only_the_class_is_told(
    capsys: pytest.CaptureFixture[str], log_format: LogFormat
) -> None:
    set_up(log_format, LogLevel.INFO)
    try:
        int("rahasia")
    except ValueError:
        logging.getLogger("library").exception("failed")
        structlog.get_logger("balas.test").exception("failed")

    told = capsys.readouterr().err
    assert "rahasia" not in told
    assert told.count("ValueError") == 2


@pytest.mark.parametrize("log_format", LogFormat)
def test_an_exception_shows_no_local_variables(
    capsys: pytest.CaptureFixture[str], log_format: LogFormat
) -> None:
    set_up(log_format, LogLevel.INFO)
    secret = "-".join(["rahasia", "sekali"])
    try:
        {"lain": 1}[secret[:3]]
    except KeyError:
        structlog.get_logger("balas.test").exception("failed")

    assert "rahasia-sekali" not in capsys.readouterr().err


def test_outlives_a_log_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    broken = os.fdopen(writer, "w", buffering=1)
    monkeypatch.setattr("sys.stderr", broken)
    set_up(LogFormat.JSON, LogLevel.INFO)

    structlog.get_logger("balas.test").warning("message waits")

    monkeypatch.undo()
    with contextlib.suppress(BrokenPipeError):
        broken.close()
