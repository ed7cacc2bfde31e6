"""flask messages and flask send: the history and the outbox."""

import json
import re
from datetime import UTC, datetime

import pytest
from redis import Redis
from sqlalchemy import Engine, select, update

from bot.lanes import OUTBOX, Lanes
from bot.rules import load
from models import Direction, Effect, Media, Message, MessageStatus, reading, writing
from tests.cli.conftest import Flask
from tests.conftest import Valkey
from tests.web import CONFIGURED, Web, web_process


@pytest.fixture
def reply(web: Web) -> Message:
    """Give the reply to one message."""
    web.post_text("wagate", text="halo")
    web.process(load("rules.yaml"))
    return web.messages()[-1]


def set_status(web: Web, status: MessageStatus) -> None:
    with writing(web.engine) as session:
        session.execute(
            update(Message)
            .where(Message.direction == Direction.OUT)
            .values(status=status, error="Rejected: no", failures=8)
        )


def test_lists_the_history_without_texts(reply: Message, flask: Flask) -> None:
    output = flask("messages", "list").output

    assert "received" in output
    assert "queued" in output
    assert reply.text.splitlines()[0] not in output
    assert "6281200000001" not in output


@pytest.mark.parametrize(
    ("options", "count"),
    [(["--status", "queued"], 1), (["--gateway", "meta"], 0), (["--limit", "1"], 1)],
)
def test_lists_a_part(reply: Message, flask: Flask, options: list[str], count: int) -> None:
    output = flask("messages", "list", *options).output

    assert len(output.splitlines()[1:]) == count


def test_shows_a_message_with_its_reason(reply: Message, flask: Flask) -> None:
    output = flask("messages", "show", str(reply.id)).output

    assert reply.text.splitlines()[0] in output
    assert reply.rule
    assert reply.rule in output


def test_shows_what_a_menu_stands_for_and_what_was_pressed(web: Web, flask: Flask) -> None:
    for text in ("menu", "2"):
        web.post_text("wagate", text=text)
        web.process(load("rules.yaml"))
    menu, press = web.messages()[1], web.messages()[2]

    assert "2 stands for btn_order" in flask("messages", "show", str(menu.id)).output
    output = flask("messages", "show", str(press.id)).output
    assert re.search(r"^pressed +Order Sekarang \(btn_order\)$", output, re.MULTILINE)
    assert re.search(r"^text +2$", output, re.MULTILINE)


def test_shows_buttons_files_and_tickets(web: Web, flask: Flask) -> None:
    flask("send", "meta", "6281200000044", "Pilih", "--button", "a=Harga", "--reply-to", "wamid.A")
    [message] = web.messages()
    with writing(web.engine) as session:
        media = Media(
            sha256="ab" * 32, size=17, mimetype="image/png", created_at=message.created_at
        )
        session.add(media)
        session.flush()
        session.execute(update(Message).values(ticket="tiket-7", media_id=media.id))

    output = flask("messages", "show", str(message.id)).output

    assert f"image/png, 17 bytes, sha256 {'ab' * 32}" in output
    assert re.search(r"^ticket +tiket-7$", output, re.MULTILINE)
    assert re.search(r"^replies to +wamid\.A$", output, re.MULTILINE)
    assert re.search(r"^content +\[1\] Harga  \(button: a\)$", output, re.MULTILINE)


def test_tells_behind_which_message_another_waits(web: Web, flask: Flask) -> None:
    for _ in range(2):
        flask("send", "meta", "6281200000044", "halo")
    first, second = (message.id for message in web.messages())
    unsettled = {"status": MessageStatus.UNKNOWN, "attempted_at": datetime.now(UTC)}
    with writing(web.engine) as session:
        session.execute(update(Message).where(Message.id == first).values(unsettled))

    assert f"waits behind {first}" in flask("messages", "list").output
    assert f"waits for    message {first}," in flask("messages", "show", str(second)).output
    assert "waits for    -" in flask("messages", "show", str(first)).output


def test_shows_why_there_is_no_file(web: Web, reply: Message, flask: Flask) -> None:
    with writing(web.engine) as session:
        session.execute(update(Message).values(media_problem="larger than 32 MB"))

    assert "none: larger than 32 MB" in flask("messages", "show", str(reply.id)).output


def test_knows_no_other_message(flask: Flask) -> None:
    assert "no message 99" in flask("messages", "show", "99", code=1).output


@pytest.mark.parametrize("status", [MessageStatus.DEAD, MessageStatus.FAILED])
def test_sends_again_what_was_given_up(
    web: Web, reply: Message, flask: Flask, status: MessageStatus
) -> None:
    set_status(web, status)

    flask("messages", "retry", str(reply.id))

    assert web.messages()[-1].status == MessageStatus.QUEUED


def test_wakes_the_lane_of_a_retry_before_it_ends(web: Web, reply: Message, flask: Flask) -> None:
    set_status(web, MessageStatus.DEAD)
    web.runtime.redis.flushall()

    flask("messages", "retry", str(reply.id))

    assert Lanes(web.runtime.redis).queue(OUTBOX).count == 1


@pytest.mark.parametrize("status", [MessageStatus.SENT, MessageStatus.SENDING])
def test_sends_nothing_again_that_may_be_on_its_way(
    web: Web, reply: Message, flask: Flask, status: MessageStatus
) -> None:
    set_status(web, status)

    flask("messages", "retry", str(reply.id), code=1)

    assert web.messages()[-1].status == status


def test_sends_through_the_outbox(web: Web, flask: Flask) -> None:
    output = flask("send", "wagate", "0812-0000-0044", "Pesanan siap").output

    [message] = web.messages()
    assert (message.direction, message.status, message.text) == ("out", "queued", "Pesanan siap")
    assert "queued" in output
    assert Lanes(web.runtime.redis).queue(OUTBOX).count == 1


def test_writes_a_number_as_the_webhooks_do(web: Web, flask: Flask) -> None:
    web.post_text("wagate", sender="6281200000044")
    web.process(load("rules.yaml"))
    before = {message.conversation_id for message in web.messages()}

    flask("send", "wagate", "081200000044", "halo", "--device", web.events()[0].device)

    assert {message.conversation_id for message in web.messages()} == before


def test_sends_through_no_gateway_that_is_not_configured(
    sqlite_engine: Engine, shared_valkey: Valkey
) -> None:
    with web_process(str(sqlite_engine.url), shared_valkey.url, {}) as web:
        result = web.app.test_cli_runner().invoke(args=["send", "meta", "6281200000044", "halo"])

    assert result.exit_code == 1
    assert "not configured" in result.output


def test_sends_through_no_gateway_that_only_receives(
    sqlite_engine: Engine, shared_valkey: Valkey
) -> None:
    environ = {"META_APP_SECRET": "rahasia"}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        result = web.app.test_cli_runner().invoke(args=["send", "meta", "6281200000044", "halo"])
        found = web.messages()

    assert result.exit_code == 1
    assert "META_ACCESS_TOKEN" in result.output
    assert found == []


def test_queues_while_redis_is_away(
    sqlite_engine: Engine, own_valkey: Valkey, redis: Redis
) -> None:
    own_valkey.kill()
    with web_process(str(sqlite_engine.url), own_valkey.url, CONFIGURED) as web:
        result = web.app.test_cli_runner().invoke(args=["send", "wagate", "6281200000044", "halo"])
        found = web.messages()

    assert result.exit_code == 0
    assert "Redis" in result.output
    assert [message.status for message in found] == ["queued"]


@pytest.mark.parametrize("options", [[], ["--device", "wa-asing"]])
def test_asks_for_the_device_where_several_are_configured(
    sqlite_engine: Engine, shared_valkey: Valkey, options: list[str]
) -> None:
    accounts = [
        {"device": device, "webhook_secret": device, "api_token": "kunci"}
        for device in ("wa-melati", "wa-mawar")
    ]
    environ = {"WAGATE_ACCOUNTS": json.dumps(accounts)}
    command = ["send", "wagate", "6281200000044", "halo", *options]
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        result = web.app.test_cli_runner().invoke(args=command)
        found = web.messages()

    assert result.exit_code == 1
    assert "wa-melati, wa-mawar" in result.output
    assert found == []


@pytest.mark.parametrize("text", ["a\0b", "a\udcffb"])
def test_sends_a_text_that_databases_refuse_in_a_cleaned_form(
    web: Web, flask: Flask, text: str
) -> None:
    flask("send", "wagate", "6281200000044", text)

    assert web.messages()[0].text == "a\N{REPLACEMENT CHARACTER}b"


def test_sends_to_nobody_for_no_address(web: Web, flask: Flask) -> None:
    flask("send", "wagate", " ", "halo", code=1)

    assert web.messages() == []


def test_asks_the_gateway_s_people_to_take_over(web: Web, flask: Flask) -> None:
    web.post_text("csku")
    web.process(load("rules.yaml"))
    [first, *_] = web.messages()

    assert "CSKU is asked" in flask("messages", "escalate", str(first.id)).output

    with reading(web.engine) as session:
        [effect] = session.scalars(select(Effect).where(Effect.kind == "call_human")).all()
    assert (effect.gateway, effect.message_id) == ("csku", first.id)
    assert effect.address


def test_says_where_there_is_nobody_to_take_over(reply: Message, flask: Flask) -> None:
    assert "WAGate has no people" in flask("messages", "escalate", str(reply.id), code=1).output
    assert "no message 4711" in flask("messages", "escalate", "4711", code=1).output


def test_a_text_of_several_lines_passes_for_no_line_of_ours(web: Web, flask: Flask) -> None:
    web.post_text("wagate", text="halo\nstatus       read")
    web.process(load("rules.yaml"))
    [message] = [each for each in web.messages() if each.direction == Direction.IN]

    lines = flask("messages", "show", str(message.id)).output.splitlines()

    assert [line for line in lines if line.startswith("status")] == ["status       received"]
    assert "             status       read" in lines
