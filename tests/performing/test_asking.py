"""An address of the user's own is asked, and the conversation hears once what came of it."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from structlog.testing import capture_logs

from bot.lanes import lane_of
from bot.performing import asking
from models import Event, writing
from tests.peers import Connection, Peer, once, peer
from tests.performing.outside import BODY, PLACE, SECRET, Stage, answering, error_of, saying


@pytest.fixture
def service() -> Iterator[Peer]:
    with peer(once(saying({"reply": "Stok ada 3."}))) as running:
        yield running


@pytest.fixture
def stage(engine: Engine, tmp_path: Path, service: Peer) -> Stage:
    return Stage(engine, tmp_path, service.url + SECRET)


def request(service: Peer, number: int = 0) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a request."""
    head, _, body = service.requests[number].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return {
        name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
    }, body


def test_what_an_address_answers_is_heard(stage: Stage, service: Peer) -> None:
    effect = stage.ask()

    headers, body = request(service)
    assert service.requests[0].startswith(b"POST " + SECRET.encode())
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == BODY
    assert effect.done_at is not None
    assert effect.error is None
    reply = [{"kind": "text", "text": "Stok ada 3."}]
    assert stage.heard() == [{"place": "resi", "rule": "resi", "reply": reply, "tag": []}]
    assert f"inbox:{lane_of(*PLACE)}" in stage.woken


@pytest.mark.parametrize(
    ("answer", "reply", "tags"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", [], []),
        (answering(b""), [], []),
        (saying({}), [], []),
        (saying(None), [], []),
        (saying({"reply": None, "tag": "vip"}), [], ["vip"]),
        (saying({"reply": ["a", "b"], "tag": ["x", "y"]}), ["a", "b"], ["x", "y"]),
        (saying({"reply": "{{ contact.phone }}"}), ["{{ contact.phone }}"], []),
        (answering(b"Stok ada 3.\n", "text/plain; charset=utf-8"), ["Stok ada 3."], []),
        (answering(b'{"reply": "a"}', "application/vnd.toko+json"), ["a"], []),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_hears_every_way_to_answer(
    stage: Stage, service: Peer, answer: bytes, reply: list[str], tags: list[str]
) -> None:
    service.script = once(answer)

    stage.ask()

    [told] = stage.heard()
    assert [each["text"] for each in told["reply"]] == reply
    assert told["tag"] == tags
    assert "error" not in told


def test_a_reaction_is_put_on_the_message_that_was_asked_about(stage: Stage, service: Peer) -> None:
    service.script = once(saying({"reply": {"reaction": "👍"}}))

    stage.ask()

    assert stage.heard()[0]["reply"] == [{"kind": "reaction", "message_id": "M1", "emoji": "👍"}]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (answering(b"<h1>ok</h1>", "text/html"), "neither application/json nor text/plain"),
        (answering(b"{"), "it cannot be read"),
        (answering(b"\xff"), "it cannot be read"),
        (answering(b"[" * 9000), "it cannot be read"),
        (answering(b"NaN"), 'expected {"reply"'),
        (saying(["a"]), 'expected {"reply"'),
        (saying({"text": "a"}), 'expected {"reply"'),
        (saying({"reply": {"media": {"image": "promo.jpg"}}}), "files cannot be named"),
        (saying({"reply": {"media": {"image": "file:///etc/passwd"}}}), "expected a link"),
        (saying({"reply": "a" * 20_000}), "longer than 16384"),
        (saying({"reply": ["a"] * 11}), "it says more than 10 messages"),
        (saying({"tag": ["a"] * 51}), "a list of at most 50"),
        (saying({"tag": [1]}), "texts of at most 100"),
        (saying({"tag": "a" * 101}), "texts of at most 100"),
        (saying({"tag": [""]}), "texts of at most 100"),
        (answering(b'{"reply": "a"' + b" " * 262_144 + b"}"), "larger than 256 KB"),
        (answering(b"", status="302 Found"), "the address answers 302"),
        (answering(b"", status="404 Not Found"), "the address answers 404"),
        (answering(b"", status="401 Unauthorized"), "the address answers 401"),
    ],
    ids=lambda value: repr(value)[-40:],
)
def test_a_bad_answer_is_an_error_at_once(
    stage: Stage, service: Peer, answer: bytes, why: str
) -> None:
    service.script = once(answer)

    assert why in error_of(stage.ask())
    assert stage.heard() == [{"place": "resi", "rule": "resi", "error": True}]
    assert f"inbox:{lane_of(*PLACE)}" in stage.woken
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", ["500 Oops", "503 Away", "429 Slow Down"])
def test_asks_again_where_that_may_help(stage: Stage, service: Peer, status: str) -> None:
    answers = [
        answering(b"", status=f"{status}\r\nRetry-After: 3600"),
        saying({"reply": "a"}),
    ]
    service.script = lambda connection: once(answers.pop(0))(connection)

    assert stage.ask().done_at is None
    assert stage.heard() == []
    # The contact does not wait for an hour.
    assert all(wait <= asking.LONGEST_WAIT for wait in stage.waits)

    assert stage.again().done_at is not None
    assert [told["reply"] for told in stage.heard()] == [[{"kind": "text", "text": "a"}]]
    first, second = request(service, 0)[0], request(service, 1)[0]
    assert first["webhook-id"] == second["webhook-id"]


def test_an_address_that_stays_away_is_an_error_in_the_end(engine: Engine, tmp_path: Path) -> None:
    stage = Stage(engine, tmp_path, f"http://127.0.0.1:9{SECRET}")
    with capture_logs() as logs:
        stage.ask()
        for _ in range(3):
            effect = stage.again()

    assert error_of(effect) == "Unreachable: no connection to the address (NewConnectionError)"
    assert stage.heard() == [{"place": "resi", "rule": "resi", "error": True}]
    assert "rahasia" not in f"{logs} {effect.error} {stage.desk}"


def test_nobody_waits_longer_than_two_minutes(stage: Stage, service: Peer) -> None:
    service.script = once(answering(b"", status="503 Away"))
    stage.ask()
    stage.change(created_at=datetime.now(UTC) - timedelta(seconds=121))

    assert error_of(stage.again()) == "too old to be of use"
    assert stage.heard()[0]["error"] is True
    assert len(service.requests) == 1


def test_an_address_that_takes_too_long_is_left(stage: Stage, service: Peer) -> None:
    def drip(connection: Connection) -> None:
        connection.take()
        connection.give(b"HTTP/1.1 200 OK\r\n")
        for _ in range(60):
            connection.give(b"X-Pad: a\r\n")
            time.sleep(0.1)

    service.script = drip
    began = time.monotonic()

    effect = stage.ask(timeout=1)

    assert time.monotonic() - began < 4
    assert effect.done_at is None
    assert (effect.error or "").startswith("TransientError")


def test_an_address_may_take_longer_than_a_gateway(
    stage: Stage, service: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(connection: Connection) -> None:
        connection.take()
        time.sleep(0.6)
        connection.give(saying({"reply": "a"}))

    monkeypatch.setattr("bot.client.READ_SECONDS", 0.2)
    monkeypatch.setattr("bot.client.TOTAL_SECONDS", 0.2)
    service.script = late

    assert stage.ask(timeout=5).error is None
    assert len(stage.heard()) == 1


def test_is_signed_with_every_key(engine: Engine, tmp_path: Path, service: Peer) -> None:
    old = base64.b64encode(b"kunci-lama").decode()
    stage = Stage(engine, tmp_path, service.url, keys=f"whsec_{old}, kunci-baru")

    stage.ask()

    headers, body = request(service)
    sent = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = [
        "v1," + base64.b64encode(hmac.new(key, sent, hashlib.sha256).digest()).decode()
        for key in (b"kunci-lama", b"kunci-baru")
    ]
    assert headers["webhook-signature"].split(" ") == expected
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert "kunci" not in f"{stage.desk}"


def test_without_a_key_nothing_is_signed(stage: Stage, service: Peer) -> None:
    stage.ask()

    headers, _ = request(service)
    assert "webhook-signature" not in headers
    assert headers["webhook-id"].startswith("balas_")


def test_what_is_performed_twice_is_heard_once(stage: Stage, service: Peer) -> None:
    stage.ask()
    stage.change(done_at=None, claimed_at=None)

    assert stage.again().done_at is not None
    assert len(service.requests) == 2
    assert len(stage.heard()) == 1


def test_what_ends_its_process_each_time_is_an_error(stage: Stage, service: Peer) -> None:
    stage.ask()
    with writing(stage.engine) as session:
        session.execute(update(Event).values(key="another"))
    stage.change(done_at=None, claimed_at=None, attempts=4)

    assert error_of(stage.again()) == "no attempt came to an end"
    assert [("error" in told) for told in stage.heard()] == [False, True]
    assert len(service.requests) == 1


def test_a_body_that_no_database_keeps_is_kept_without_that(stage: Stage, service: Peer) -> None:
    message = {**BODY["message"], "text": "a\x00b\ud800"}

    stage.ask(body={**BODY, "message": message})

    assert json.loads(request(service)[1])["message"]["text"] == "a\ufffdb\ufffd"
