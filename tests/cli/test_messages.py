"""flask messages and flask send: the history and the outbox."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from redis import Redis
from sqlalchemy import Engine, delete, select, update

from bot.cli.common import shown
from bot.lanes import OUTBOX, Lanes
from bot.outbox.stops import UNTIL_RESUMED
from bot.rules import load
from models import (
    Breaker,
    Device,
    Direction,
    Effect,
    Held,
    Media,
    Message,
    MessageStatus,
    SendAttempt,
    insert_into,
    reading,
    writing,
)
from tests.cli.conftest import Flask
from tests.conftest import Valkey
from tests.web import CONFIGURED, Web, web_process

LATER = datetime.now(UTC) + timedelta(hours=1)
EARLIER = LATER - timedelta(hours=2)


@pytest.fixture
def reply(web: Web) -> Message:
    """Give the reply to one message."""
    web.post_text("wagate", text="halo")
    web.process(load("rules.yaml"))
    return web.messages()[-1]


def set_out(web: Web, **values: object) -> None:
    """Change every message that we send."""
    with writing(web.engine) as session:
        session.execute(update(Message).where(Message.direction == Direction.OUT).values(**values))


def ids(listed: Result) -> list[int]:
    """Return the ids of the messages that were listed."""
    return [int(line.split()[0]) for line in listed.output.splitlines()[1:]]


def test_lists_the_history_without_texts(reply: Message, flask: Flask) -> None:
    output = flask("messages", "list").output

    assert "received" in output
    assert "queued" in output
    assert reply.text.splitlines()[0] not in output
    assert "6281200000001" not in output


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ("--status queued", 1),
        ("--state received", 1),
        ("--state waiting", 1),
        ("--state held", 0),
        ("--gateway meta", 0),
        ("--gateway wagate --limit 1", 1),
        ("--device wa-lain", 0),
        ("--rule sapaan-pertama", 1),
        ("--rule pertama", 0),
        ("--reason TOLAK", 1),
        ("--reason %", 0),
        ("--older-than 1h", 0),
        ("--newer-than 1h30m", 2),
    ],
)
def test_lists_a_part(web: Web, reply: Message, flask: Flask, options: str, count: int) -> None:
    set_out(web, rule="harga,sapaan-pertama", error="Rejected: ditolak")

    assert len(ids(flask("messages", "list", *options.split()))) == count


def test_lists_what_is_old_and_what_is_new(web: Web, reply: Message, flask: Flask) -> None:
    set_out(web, created_at=datetime.now(UTC) - timedelta(hours=2))

    assert ids(flask("messages", "list", "--older-than", "1h")) == [reply.id]
    assert reply.id not in ids(flask("messages", "list", "--newer-than", "1h"))


def test_what_is_held_does_not_wait_for_time(web: Web, reply: Message, flask: Flask) -> None:
    set_out(web, held=Held.WINDOW, held_at=datetime.now(UTC))

    output = flask("messages", "list", "--state", "held").output

    assert "queued, held" in output
    assert "waits for the contact to write first" in output
    assert ids(flask("messages", "list", "--state", "waiting")) == []


@pytest.mark.parametrize("written", ["kemarin", "0s", "400d", "-1h"])
def test_says_how_a_time_is_written(flask: Flask, written: str) -> None:
    assert "--older-than" in flask("messages", "list", "--older-than", written, code=2).output


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

    assert f"waits for message {first}, which goes first" in flask("messages", "list").output
    assert f"waits for    message {first}," in flask("messages", "show", str(second)).output
    assert "waits for    -" in flask("messages", "show", str(first)).output


@pytest.mark.parametrize(
    ("device", "told"),
    [
        ({"stopped_until": UNTIL_RESUMED}, "the device, stopped by a person until it is resumed"),
        ({"stopped_until": LATER}, f"the device, stopped by a person until {shown(LATER)}"),
        (
            {"paused_until": LATER, "pauses": 1, "pause_reason": "DeviceOffline: x"},
            f"the device, which rests until {shown(LATER)} (DeviceOffline: x)",
        ),
        (
            {"paused_until": EARLIER, "pauses": 2, "pause_reason": "RateLimited: x"},
            "a probe of the device, which rested (RateLimited: x)",
        ),
        (
            {"quota_remaining": 20, "quota_reserve": 20},
            "quota: the last 20 are for messages of people",
        ),
    ],
    # What they tell holds the time, and that differs from process to process.
    ids=["stopped", "stopped for a while", "rests", "probed", "reserve"],
)
def test_tells_what_a_device_makes_wait(
    web: Web, reply: Message, flask: Flask, device: dict[str, object], told: str
) -> None:
    set_out(web, automatic=True)
    with writing(web.engine) as session:
        session.execute(
            insert_into(session, Device)
            .values(gateway=reply.gateway, device=reply.device, **device)
            .on_conflict_do_update(index_elements=["gateway", "device"], set_=device)
        )

    assert f"waits for {told}" in flask("messages", "list").output
    assert f"waits for    {told}" in flask("messages", "show", str(reply.id)).output


def test_the_reserve_is_there_for_people(web: Web, reply: Message, flask: Flask) -> None:
    set_out(web, automatic=False)
    with writing(web.engine) as session:
        of_device = (Device.gateway == reply.gateway, Device.device == reply.device)
        session.execute(delete(Device).where(*of_device))
        session.add(
            Device(gateway=reply.gateway, device=reply.device, quota_remaining=20, quota_reserve=20)
        )

    assert "waits for    -" in flask("messages", "show", str(reply.id)).output


def test_tells_that_the_gateway_s_host_rests(web: Web, reply: Message, flask: Flask) -> None:
    with writing(web.engine) as session:
        for host in ("127.0.0.1:9", "lain.example"):
            session.add(
                Breaker(
                    gateway=reply.gateway,
                    host=host,
                    paused_until=LATER,
                    pauses=1,
                    pause_reason="Unreachable: x",
                )
            )

    output = flask("messages", "list").output

    assert f"waits for 127.0.0.1:9, which rests until {shown(LATER)} (Unreachable: x)" in output
    assert "lain.example" not in output


def test_tells_when_the_next_try_is(web: Web, reply: Message, flask: Flask) -> None:
    set_out(web, due_at=LATER, attempts=2, error="Unreachable: refused")

    told = f"waits for its time, {shown(LATER)} (Unreachable: refused)"

    assert told in flask("messages", "list").output


def test_what_has_gone_out_waits_for_nothing(web: Web, reply: Message, flask: Flask) -> None:
    set_out(web, due_at=LATER, status=MessageStatus.SENT)

    assert "waits for    -" in flask("messages", "show", str(reply.id)).output


def test_shows_the_history_of_attempts(web: Web, reply: Message, flask: Flask) -> None:
    set_out(web, attempts=2, expires_at=LATER, automatic=True)
    with writing(web.engine) as session:
        for number, outcome in ((1, "queued"), (2, "dead")):
            session.add(
                SendAttempt(
                    message_id=reply.id,
                    number=number,
                    ended_at=EARLIER,
                    outcome=outcome,
                    error=f"Rejected: {number}",
                )
            )

    output = flask("messages", "show", str(reply.id)).output

    assert f"attempt 1    {shown(EARLIER)} queued: Rejected: 1\nattempt 2    " in output
    assert f"expires      {shown(LATER)}" in output
    assert "automatic    yes" in output


def test_shows_why_there_is_no_file(web: Web, reply: Message, flask: Flask) -> None:
    with writing(web.engine) as session:
        session.execute(update(Message).values(media_problem="larger than 32 MB"))

    assert "none: larger than 32 MB" in flask("messages", "show", str(reply.id)).output


def test_knows_no_other_message(flask: Flask) -> None:
    assert "no message 99" in flask("messages", "show", "99", code=1).output


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
