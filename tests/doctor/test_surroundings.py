"""URLs, database, Redis, workers, clocks and files are looked at."""

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from redis import Redis
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, text, update

from bot import __version__
from bot.client import Client
from bot.config import Settings, Spool, read_settings
from bot.doctor import verdicts
from bot.doctor.clocks import TOLERANCE, check_clock, compare
from bot.doctor.database import check_database, file_system_of, judge_place
from bot.doctor.files import check_files, check_media, judge_room
from bot.doctor.redis import check_redis, judge_config, judge_unknown
from bot.doctor.rules import check_rules
from bot.doctor.urls import check_public_url, judge_api_urls, judge_health
from bot.doctor.verdicts import Level, Scene, Verdict
from bot.doctor.workers import SILENT, check_backlog, check_workers
from bot.gateways.base import HttpResponse
from bot.lane_worker import LaneWorker
from bot.lanes import INBOX, OUTBOX, Lanes
from bot.runtime import Runtime
from models import Event, writing
from tests.conftest import Valkey
from tests.making import ECHO, arrivals, receive
from tests.teluk import NAME, teluk

GOOD, WARNING, BAD = Level.GOOD, Level.WARNING, Level.BAD


def scene_of(engine: Engine | None = None, *, offline: bool = False, **environ: str) -> Scene:
    runtime = Runtime(settings=read_settings(environ), gateways={NAME: teluk()})
    if engine is not None:
        runtime.__dict__["engine"] = engine
        runtime.__dict__["settings"] = runtime.settings.model_copy(
            update={"database_url": Settings(database_url=str(engine.url)).database_url}
        )
    return Scene(runtime=runtime, client=Client(), offline=offline)


def levels(found: Any) -> list[Level]:
    return [verdict.level for verdict in found]


# URLs.


def health(**changes: object) -> HttpResponse:
    told = {"status": "healthy", "processed_events": 3, "version": __version__, "gateways": [NAME]}
    return HttpResponse(status=200, body=json.dumps({**told, **changes}).encode())


def test_an_answer_of_this_very_balas_is_good() -> None:
    assert judge_health(health(), gateways=[NAME]).level is GOOD


@pytest.mark.parametrize(
    ("answer", "level", "words"),
    [
        (HttpResponse(status=301), BAD, "redirects"),
        (HttpResponse(status=200, body=b"<html>"), BAD, "something else"),
        (HttpResponse(status=200, body=b"[]"), BAD, "something else"),
        (HttpResponse(status=502, body=b"{}"), BAD, "something else"),
        (health(version="0.0.1"), WARNING, "version"),
        (health(gateways=["meta"]), WARNING, "other gateways"),
    ],
)
def test_an_answer_of_somebody_else_is_told(answer: HttpResponse, level: Level, words: str) -> None:
    verdict = judge_health(answer, gateways=[NAME])

    assert verdict.level is level
    assert words in verdict.what


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("", WARNING),
        ("http://balas.example.com", BAD),
        ("https://localhost:8000", BAD),
        ("https://balas.example.com", GOOD),
    ],
)
def test_a_public_url_is_judged_without_asking(url: str, level: Level) -> None:
    assert levels(check_public_url(scene_of(offline=True, PUBLIC_URL=url))) == [level]


def test_a_public_url_that_does_not_answer_is_told() -> None:
    [verdict] = check_public_url(scene_of(PUBLIC_URL="https://balas.invalid"))

    assert verdict.level is BAD
    assert "does not answer" in verdict.what


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://api.example.com", []),
        ("http://127.0.0.1:3000", []),
        ("http://localhost:3000", []),
        ("http://192.168.1.7:3000", [WARNING]),
        ("http://rijan:3000", [WARNING]),
        ("http://api.example.com", [BAD]),
    ],
)
def test_a_token_in_the_open_is_told(url: str, found: list[Level]) -> None:
    assert levels(judge_api_urls([("RIJAN_API_URL", url)])) == found


# The database.


def test_a_database_that_answers_is_good(engine: Engine) -> None:
    found = check_database(scene_of(engine))

    # Wherever the test's file lies: a disk in memory is nothing to rely upon.
    assert BAD not in levels(found) or "memory" in found[0].what


def test_tables_that_are_not_current_are_told(engine: Engine) -> None:
    with writing(engine) as session:
        was = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    try:
        found = check_database(scene_of(engine))
    finally:
        with writing(engine) as session:
            session.execute(text("UPDATE alembic_version SET version_num = :was"), {"was": was})

    assert ("flask migrate", BAD) in [(verdict.advice, verdict.level) for verdict in found]


def test_a_database_that_is_away_is_told() -> None:
    [verdict] = check_database(scene_of(DATABASE_URL="postgres://balas:sandi@127.0.0.1:9/balas"))

    assert verdict.level is BAD
    assert "sandi" not in str(verdict)


@pytest.mark.parametrize(
    ("path", "kind", "found"),
    [
        ("/srv/balas/balas.sqlite3", "ext4", []),
        ("/home/sari/Dropbox/balas/balas.sqlite3", "ext4", [BAD]),
        ("/home/sari/OneDrive - Toko/balas.sqlite3", "ext4", [BAD]),
        ("/mnt/nas/balas.sqlite3", "nfs4", [BAD]),
        ("/mnt/nas/balas.sqlite3", "fuse.sshfs", [BAD]),
        ("/run/balas.sqlite3", "tmpfs", [BAD]),
        ("/app/data/balas.sqlite3", "overlay", [WARNING]),
    ],
)
def test_a_bad_place_for_sqlite_is_told(path: str, kind: str, found: list[Level]) -> None:
    assert levels(judge_place(Path(path), lambda _folder: kind)) == found


def test_knows_the_file_system_of_a_folder() -> None:
    assert file_system_of(Path("/proc/self")) == "proc"


# Redis.

DURABLE = {"appendonly": "yes", "appendfsync": "always", "maxmemory": "0"}


@pytest.mark.parametrize(
    ("changes", "spool", "level"),
    [
        ({}, Spool.AUTO, GOOD),
        ({"appendonly": "no"}, Spool.AUTO, WARNING),
        ({"appendfsync": "everysec"}, Spool.AUTO, WARNING),
        ({"appendfsync": "everysec"}, Spool.OFF, GOOD),
        ({"appendfsync": "everysec"}, Spool.ON, BAD),
        ({"maxmemory": "100", "maxmemory-policy": "allkeys-lru"}, Spool.OFF, WARNING),
        ({"maxmemory": "100", "maxmemory-policy": "noeviction"}, Spool.AUTO, GOOD),
    ],
)
def test_what_redis_may_lose_is_told(changes: dict[str, str], spool: Spool, level: Level) -> None:
    assert judge_config({**DURABLE, **changes}, spool).level is level


@pytest.mark.parametrize(
    ("spool", "level"), [(Spool.AUTO, WARNING), (Spool.ON, GOOD), (Spool.OFF, GOOD)]
)
def test_a_redis_that_tells_nothing_is_judged_by_the_setting(spool: Spool, level: Level) -> None:
    assert judge_unknown(spool).level is level


def test_a_durable_redis_is_good(shared_valkey: Valkey) -> None:
    assert levels(check_redis(scene_of(REDIS_URL=shared_valkey.url))) == [GOOD]


def test_a_redis_that_is_away_is_told() -> None:
    assert levels(check_redis(scene_of(REDIS_URL="redis://127.0.0.1:9/0"))) == [BAD]


# Workers.


def register(redis: Redis, box: str) -> LaneWorker:
    worker = LaneWorker([Lanes(redis).queue(box)], connection=redis, serializer=JSONSerializer)
    worker.register_birth()  # type: ignore[no-untyped-call]
    return worker


@pytest.fixture
def workers(redis: Redis) -> list[LaneWorker]:
    redis.set("balas:sweep", 1)
    return [register(redis, INBOX), register(redis, OUTBOX)]


def test_workers_that_live_are_good(workers: list[LaneWorker], shared_valkey: Valkey) -> None:
    assert levels(check_workers(scene_of(REDIS_URL=shared_valkey.url))) == [GOOD]


def test_a_worker_that_says_nothing_any_more_is_missed(
    workers: list[LaneWorker], shared_valkey: Valkey, redis: Redis
) -> None:
    before = (datetime.now(UTC) - SILENT - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    redis.hset(workers[0].key, "last_heartbeat", before)

    [verdict] = check_workers(scene_of(REDIS_URL=shared_valkey.url))

    assert (verdict.level, verdict.what) == (BAD, "no worker answers")


def test_nobody_who_works_is_told(
    redis: Redis, shared_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doctor.workers.SWEEP_SECONDS", 0.2)

    assert levels(check_workers(scene_of(REDIS_URL=shared_valkey.url))) == [BAD] * 3


def test_workers_on_two_machines_are_told_with_sqlite(
    workers: list[LaneWorker], shared_valkey: Valkey, redis: Redis
) -> None:
    redis.hset(workers[0].key, "hostname", f"bukan-{socket.gethostname()}")
    postgres = "postgres://127.0.0.1:9/balas"

    on_sqlite = check_workers(scene_of(REDIS_URL=shared_valkey.url))
    on_postgres = check_workers(scene_of(REDIS_URL=shared_valkey.url, DATABASE_URL=postgres))

    assert levels(on_sqlite) == [BAD]
    assert "2 machines" in on_sqlite[0].what
    assert levels(on_postgres) == [GOOD]


def test_what_waits_for_a_person_is_told(engine: Engine) -> None:
    assert levels(check_backlog(scene_of(engine))) == [GOOD]
    receive(engine, arrivals(now=datetime.now(UTC) - timedelta(minutes=2)))
    assert levels(check_backlog(scene_of(engine))) == [BAD]
    with writing(engine) as session:
        session.execute(update(Event).values(error="KeyError"))
    assert levels(check_backlog(scene_of(engine))) == [WARNING]


# Clocks.


def test_a_clock_that_agrees_is_good(engine: Engine, shared_valkey: Valkey) -> None:
    scene = scene_of(engine, offline=True, REDIS_URL=shared_valkey.url)

    assert levels(check_clock(scene)) == [GOOD]


def test_a_clock_that_goes_wrong_is_told(
    shared_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=3)
    monkeypatch.setattr(verdicts.Scene, "now", lambda _self: ahead)

    [verdict] = check_clock(scene_of(offline=True, REDIS_URL=shared_valkey.url))

    assert verdict.level is BAD
    assert "ahead of Redis" in verdict.what


def test_a_slow_answer_is_no_wrong_clock() -> None:
    told = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)

    _, offset, doubt = compare("x", told, told, told + timedelta(seconds=6))

    assert abs(offset) - doubt < TOLERANCE


# Files and rules.


@pytest.mark.parametrize(("mebibytes", "level"), [(50, BAD), (500, WARNING), (5000, GOOD)])
def test_little_room_is_told(mebibytes: int, level: Level) -> None:
    assert judge_room(mebibytes * 1024 * 1024).level is level


def test_a_data_folder_for_everybody_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "balas.sqlite3").touch(mode=0o644)

    found = check_files(scene_of(DATA_DIR=str(tmp_path)))
    tmp_path.chmod(0o700)

    assert WARNING in levels(found)
    assert WARNING not in levels(check_files(scene_of(DATA_DIR=str(tmp_path))))


def test_a_media_store_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "berkas").write_text("")
    places = {str(tmp_path / "baik"): GOOD, str(tmp_path / "berkas" / "media"): BAD, "off": GOOD}

    for place, level in places.items():
        scene = scene_of(DATA_DIR=str(tmp_path), MEDIA_STORE=place)
        assert levels(check_media(scene)) == [level], place
    # What it tries the place with, it takes away again.
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["berkas"]


def test_a_media_store_that_nobody_may_write_to_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError

    monkeypatch.setattr(LocalFileSystem, "open", refuse)

    assert levels(check_media(scene_of(MEDIA_STORE=str(tmp_path)))) == [BAD]


# Without a rule after which nobody could come back.
GOOD_RULES = ECHO.replace("    opt_out: true\n", "")


def test_rules_are_judged(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD_RULES.replace("settings:", "settings:\n  takeover: off"))
    assert levels(check_rules(scene_of(RULES_FILE=str(path)))) == [GOOD]
    path.write_text(ECHO.replace("match:", "mtch:"))
    found: list[Verdict] = list(check_rules(scene_of(RULES_FILE=str(path))))
    assert set(levels(found)) == {BAD}
    assert "mtch" in found[0].what


def test_an_admin_without_a_number_of_their_own_is_told() -> None:
    shipped = str(Path(__file__).parents[2] / "rules.yaml")

    found = list(check_rules(scene_of(RULES_FILE=shipped)))

    assert 'the admin "pemilik" has the number of the example' in [each.what for each in found]


ASKING_RULE = """
version: 1
rules:
  - {id: stok, match: {exact: stok}, http: "https://toko.contoh.id/stok"}
"""
ASKING_FLOW = """
version: 1
rules: [{id: stok, match: {exact: stok}, start: isian}]
flows:
  isian:
    cancel: batal
    steps: [{id: nama, ask: Nama?}]
    done: {http: "https://toko.contoh.id/stok"}
"""


@pytest.mark.parametrize("text", [ASKING_RULE, ASKING_FLOW], ids=["rule", "flow"])
def test_what_is_asked_without_a_signature_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    unsigned = check_rules(scene_of(RULES_FILE=str(path)))
    signed = check_rules(
        scene_of(RULES_FILE=str(path), HTTP_SIGNING_SECRET="kunci-yang-panjang-sekali")
    )

    [verdict] = [each for each in unsigned if "is not signed" in each.what]
    assert verdict.level is WARNING
    assert [each for each in signed if "is not signed" in each.what] == []


def test_a_takeover_that_nothing_tells_of_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD_RULES)

    [found] = check_rules(scene_of(RULES_FILE=str(path)))

    assert found.level is WARNING
    assert f"{NAME} does not tell what you write from the phone" in found.what
