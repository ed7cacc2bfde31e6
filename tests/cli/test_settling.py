"""flask messages retry, discard and resolve: a person decides what becomes of messages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from redis import Redis
from sqlalchemy import event, update

from bot.cli.messages import changing
from bot.lanes import OUTBOX, Lanes
from models import Held, Message, writing
from tests.cli.conftest import Flask
from tests.conftest import Valkey
from tests.web import Web, web_process

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def messages(web: Web, flask: Flask) -> Sequence[int]:
    """Give four messages: dead for two reasons, unknown, queued."""
    for gateway, address in (
        ("meta", "6281200000044"),
        ("wagate", "6281200000044"),
        ("meta", "6281200000045"),
        ("meta", "6281200000046"),
    ):
        flask("send", gateway, address, "halo")
    found = [message.id for message in web.messages()]
    change(web, found[0], status="dead", error="NotAuthorised: 401", created_at=YESTERDAY)
    change(web, found[1], status="dead", error="Rejected: no")
    change(web, found[2], status="unknown", error="OutcomeUnknown: reset")
    web.runtime.redis.flushall()
    return found


def change(web: Web, *ids: int, **values: object) -> None:
    with writing(web.engine) as session:
        session.execute(update(Message).where(Message.id.in_(ids)).values(**values))


def statuses(web: Web) -> list[str]:
    return [message.status for message in web.messages()]


def answer(web: Web, word: str, *arguments: str) -> Result:
    """Run a command and answer its question."""
    return web.app.test_cli_runner().invoke(args=["messages", *arguments], input=word)


def test_retries_those_that_are_named(web: Web, messages: Sequence[int], flask: Flask) -> None:
    output = flask("messages", "retry", str(messages[0]), str(messages[2])).output

    assert f"message {messages[2]} is queued again" in output
    assert statuses(web) == ["queued", "dead", "queued", "queued"]


def test_wakes_the_lanes_before_it_ends(web: Web, messages: Sequence[int], flask: Flask) -> None:
    flask("messages", "retry", "--reason", "NotAuthorised", "--yes")

    assert Lanes(web.runtime.redis).queue(OUTBOX).count == 1


def test_one_that_cannot_be_retried_holds_up_no_other(
    web: Web, messages: Sequence[int], flask: Flask
) -> None:
    change(web, messages[1], status="sending")

    named = map(str, (*messages, 4711))
    output = flask("messages", "retry", *named, code=1).output

    assert f"message {messages[1]}: it is sending, so it may be leaving right now" in output
    assert f"message {messages[3]}: it is queued" in output
    assert "message 4711: there is no such outgoing message" in output
    assert statuses(web) == ["queued", "sending", "queued", "queued"]


@pytest.mark.parametrize(
    ("options", "after"),
    [
        ("--reason notauthorised", ["queued", "dead", "unknown", "queued"]),
        ("--gateway wagate", ["dead", "queued", "unknown", "queued"]),
        ("--device 100200300400500", ["queued", "dead", "unknown", "queued"]),
        ("--older-than 2h", ["queued", "dead", "unknown", "queued"]),
        ("--newer-than 2h", ["dead", "queued", "unknown", "queued"]),
        ("--state dead --reason Rejected", ["dead", "queued", "unknown", "queued"]),
        ("--state unknown", ["dead", "dead", "queued", "queued"]),
        ("--state cancelled", ["dead", "dead", "unknown", "queued"]),
    ],
)
def test_retries_all_that_are_described(
    web: Web, messages: Sequence[int], flask: Flask, options: str, after: list[str]
) -> None:
    flask("messages", "retry", *options.split(), "--yes")

    assert statuses(web) == after


def test_asks_before_it_changes_many(web: Web, messages: Sequence[int]) -> None:
    command = ("retry", "--state", "unknown")
    before = statuses(web)

    no = answer(web, "n\n", *command)

    assert (no.exit_code, statuses(web)) == (1, before)
    assert "1 unknown\nthose that are unknown may arrive twice\nsend them again (1)?" in no.output

    yes = answer(web, "y\n", *command)

    assert yes.exit_code == 0
    assert yes.output.endswith("queued again: 1\n")


def test_retries_what_waits_for_a_contact(web: Web, messages: Sequence[int], flask: Flask) -> None:
    change(web, messages[3], held=Held.WINDOW, error="OutsideWindow: late")

    flask("messages", "retry", "--reason", "OutsideWindow", "--yes")

    assert [message.held for message in web.messages()] == [None] * 4


def test_finds_nothing_to_retry(messages: Sequence[int], flask: Flask) -> None:
    assert flask("messages", "retry", "--reason", "cuaca", "--yes").output == "nothing\n"


@pytest.mark.parametrize("command", ["retry", "discard"])
@pytest.mark.parametrize("options", [[], ["--yes"], ["1", "--reason", "Rejected"]])
def test_wants_to_know_which_messages_are_meant(
    web: Web, messages: Sequence[int], flask: Flask, command: str, options: list[str]
) -> None:
    before = statuses(web)

    flask("messages", command, *options, code=2)

    assert statuses(web) == before


def test_many_go_a_batch_at_a_time_the_oldest_first(
    web: Web, messages: Sequence[int], flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "AT_ONCE", 2)
    change(web, *messages, status="dead")
    commits: list[list[str]] = []

    def note(_session: object) -> None:
        commits.append(statuses(web))

    event.listen(web.engine, "commit", note)
    try:
        flask("messages", "retry", "--state", "dead", "--yes")
    finally:
        event.remove(web.engine, "commit", note)

    assert statuses(web) == ["queued"] * 4
    assert ["queued", "queued", "dead", "dead"] in commits


def test_what_changes_while_a_person_thinks_is_left_alone(
    web: Web, messages: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def confirm(*_: object, **_options: object) -> bool:
        change(web, messages[0], status="delivered")
        change(web, messages[1], status="failed")
        return True

    change(web, messages[2], status="dead")
    monkeypatch.setattr("click.confirm", confirm)

    output = answer(web, "", "retry", "--state", "dead").output

    assert "queued again: 1\nchanged meanwhile, left alone: 2\n" in output
    assert statuses(web) == ["delivered", "failed", "queued", "queued"]


def test_discards_those_that_are_named(web: Web, messages: Sequence[int], flask: Flask) -> None:
    for status in ("claimed", "sending", "sent"):
        change(web, messages[1], status=status)
        output = flask("messages", "discard", str(messages[1]), code=1).output
        assert f"message {messages[1]}: it is {status}" in output

    output = flask("messages", "discard", str(messages[0]), str(messages[3])).output

    assert f"message {messages[3]} is discarded" in output
    assert statuses(web) == ["cancelled", "sent", "unknown", "cancelled"]
    assert "discarded by a person" in flask("messages", "show", str(messages[3])).output


def test_discards_all_that_are_described(web: Web, messages: Sequence[int], flask: Flask) -> None:
    change(web, messages[2], status="claimed")

    assert answer(web, "n\n", "discard", "--gateway", "meta").exit_code == 1
    output = flask("messages", "discard", "--gateway", "meta", "--yes").output

    assert output == "1 dead, 1 queued\ndiscarded: 2\n"
    assert statuses(web) == ["cancelled", "dead", "claimed", "cancelled"]


@pytest.mark.parametrize(("option", "after"), [("--sent", "sent"), ("--not-sent", "queued")])
def test_resolves_what_nobody_knew(
    web: Web, messages: Sequence[int], flask: Flask, option: str, after: str
) -> None:
    change(web, messages[2], held=Held.UNKNOWN, held_at=YESTERDAY, attempted_at=YESTERDAY)

    flask("messages", "resolve", str(messages[2]), option)

    assert web.messages()[2].status == after
    assert web.messages()[2].held is None
    assert Lanes(web.runtime.redis).queue(OUTBOX).count == 1


def test_resolves_only_what_is_unknown(web: Web, messages: Sequence[int], flask: Flask) -> None:
    output = flask("messages", "resolve", str(messages[0]), "--sent", code=1).output

    assert f"message {messages[0]}: it is dead" in output
    assert statuses(web)[0] == "dead"


def test_a_person_must_say_how_it_is_resolved(messages: Sequence[int], flask: Flask) -> None:
    assert "--not-sent" in flask("messages", "resolve", str(messages[2]), code=2).output


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "satu"])
def test_a_number_that_no_message_has_is_refused(flask: Flask, number: str) -> None:
    for command in (["retry"], ["discard"], ["resolve", "--sent"], ["show"]):
        flask("messages", *command, "--", number, code=2)


def test_settles_while_redis_is_away(database_url: str, own_valkey: Valkey, redis: Redis) -> None:
    with web_process(database_url, own_valkey.url) as web:
        runner = web.app.test_cli_runner()
        runner.invoke(args=["send", "wagate", "6281200000044", "halo"])
        [message] = web.messages()
        change(web, message.id, status="dead")
        own_valkey.kill()
        result = runner.invoke(args=["messages", "retry", str(message.id)])
        found = statuses(web)

    assert (result.exit_code, found) == (0, ["queued"])
    assert "Redis does not answer" in result.output
