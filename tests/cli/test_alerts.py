"""flask alerts: what a person should know of, now and lately."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import Alert, Effect, writing
from tests.cli.conftest import Flask
from tests.web import Web

DAY = timedelta(days=1)


def put(web: Web, kind: str = "device.offline", **values: Any) -> None:
    now = datetime.now(UTC)
    known = {"kind": kind, "gateway": "wagate", "device": "wa-melati", "count": 1, "details": {}}
    with writing(web.engine) as session:
        session.add(Alert(**{**known, "opened_at": now - DAY, "seen_at": now, **values}))


def test_an_empty_list_says_so(flask: Flask) -> None:
    assert flask("alerts").output == "nothing\n"


def test_lists_the_open_ones_first(web: Web, flask: Flask) -> None:
    put(web, "quota.low", details={"remaining": 80, "limit": 1000})
    put(web, closed_at=datetime.now(UTC))
    put(web, "message.dead", count=3, details={"reasons": {"expired": 3}})

    lines = flask("alerts").output.splitlines()

    assert [line.split()[1] for line in lines[1:]] == [
        "message.dead",
        "quota.low",
        "device.offline",
    ]
    assert "3 messages from WAGate wa-melati were not sent (it waited too long ×3)." in lines[1]
    assert "WAGate wa-melati has 80 of 1000 messages left." in lines[2]


def test_lists_only_what_is_so_now_where_that_is_wanted(web: Web, flask: Flask) -> None:
    put(web, closed_at=datetime.now(UTC))

    assert flask("alerts", "--open").output == "nothing\n"


def test_forgets_what_closed_long_ago(web: Web, flask: Flask) -> None:
    put(web, closed_at=datetime.now(UTC) - 8 * DAY)

    assert flask("alerts").output == "nothing\n"


def test_lists_what_only_a_newer_version_knows(web: Web, flask: Flask) -> None:
    put(web, "moon.full")

    assert "moon.full" in flask("alerts").output


def put_telling(web: Web, way: str = "url", **values: Any) -> None:
    now = datetime.now(UTC)
    known = {"kind": "alert", "gateway": "wagate", "device": "wa-melati", "lane": 1, "attempts": 1}
    details = {"alert": 1, "number": 1, "way": way, "body": {}}
    with writing(web.engine) as session:
        key = str(len(session.query(Effect).all()))
        times = {"created_at": now, "due_at": now, "details": details, "key": key}
        session.add(Effect(**{**known, **times, **values}))


REFUSED = "Unreachable: no connection to the address (NewConnectionError)"


def test_shows_why_somebody_has_not_been_told(web: Web, flask: Flask) -> None:
    put(web, told_at=datetime.now(UTC))
    put_telling(web, error=REFUSED)

    assert f"waits: {REFUSED}" in flask("alerts").output


def test_shows_when_everybody_has_been_told(web: Web, flask: Flask) -> None:
    told_at = datetime(2026, 3, 4, 9, 12, tzinfo=UTC)
    put(web, told_at=told_at)
    put_telling(web, done_at=told_at)

    output = flask("alerts").output

    assert "waits: " not in output
    assert "  waits  " not in output
    assert "2026-03-04 09:12" in output


@pytest.mark.parametrize(("attempts", "is_told"), [(1, False), (2, True)])
def test_the_doctor_says_why_alerts_are_not_told(
    web: Web, flask: Flask, attempts: int, *, is_told: bool
) -> None:
    put_telling(web, error=REFUSED, attempts=attempts)

    output = flask("doctor", "--offline", code=1).output

    assert (f"! alerts: ALERT_URL cannot be told yet: {REFUSED}" in output) == is_told


@pytest.mark.parametrize("error", [None, "Rejected: ALERT_URL answers 404"])
def test_the_doctor_says_that_the_last_telling_was_given_up(
    web: Web, flask: Flask, error: str | None
) -> None:
    now = datetime.now(UTC)
    put_telling(web, error="Rejected: ALERT_URL answers 401", done_at=now - timedelta(minutes=5))
    put_telling(web, error=error, done_at=now)

    output = flask("doctor", "--offline", code=1).output

    assert "401" not in output
    assert ("! alerts: ALERT_URL was not told: Rejected: ALERT_URL answers 404" in output) == bool(
        error
    )


def test_the_doctor_mentions_open_alerts(web: Web, flask: Flask) -> None:
    put(web)
    put(web, "quota.low", closed_at=datetime.now(UTC))

    output = flask("doctor", "--offline", code=1).output

    assert "! alerts: device.offline: wagate wa-melati since" in output
    assert "alerts: quota.low" not in output


def test_the_doctor_says_when_nobody_is_told(web: Web, flask: Flask) -> None:
    runtime = web.runtime
    rules = runtime.settings.data_dir / "rules-without-admins.yaml"
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text("version: 1\nrules: [{id: halo, match: {words: [halo]}, reply: Halo}]\n")
    settings = runtime.settings.model_copy(update={"rules_file": rules})
    object.__setattr__(runtime, "settings", settings)

    output = flask("doctor", "--offline", code=1).output

    assert "! alerts: nobody is told when something is wrong" in output
