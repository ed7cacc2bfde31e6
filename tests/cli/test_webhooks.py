"""flask webhooks: where the gateways post to, and what never came."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from bot.gateways.base import FailedWebhook, Webhook
from bot.gateways.errors import OutcomeUnknown, Rejected
from bot.lanes import INBOX, Lanes
from bot.simulator.compose import text_message
from models import Device, writing
from tests.cli.conftest import Flask
from tests.conftest import Valkey
from tests.teluk import NAME, SECRET, Teluk, install, teluk
from tests.web import CONFIGURED, Web, web_process

PUBLIC = "https://balas.example.com"
OURS = f"{PUBLIC}/webhook/{NAME}"
TOKEN = "kelapa/muda+7"
NOW = datetime.now(UTC)


@pytest.fixture
def gateway(web: Web) -> Teluk:
    found = teluk()
    install(web, found, public_url=PUBLIC)
    return found


@pytest.fixture
def with_token(web: Web) -> Teluk:
    found = teluk({"webhook_token": TOKEN})
    install(web, found, public_url=PUBLIC + "/")
    return found


def body(message_id: str, *, minutes_ago: int = 60) -> bytes:
    then = NOW - timedelta(minutes=minutes_ago)
    return text_message("wagate", "wa-7", now=then, sender="6281200000011", message_id=message_id)


# Registering.


def test_registers_the_public_url(gateway: Teluk, flask: Flask) -> None:
    output = flask("webhooks", "register", NAME).output

    assert gateway.asked("register_webhook") == [("", OURS)]
    assert output == f"✓ {NAME}: posts to {OURS} as wh-1\n"


def test_registers_chosen_events(gateway: Teluk, flask: Flask) -> None:
    flask("webhooks", "register", NAME, "--event", "message", "--event", "ready")

    assert gateway.asked("register_webhook") == [("", OURS, "message", "ready")]


def test_registers_for_each_account(web: Web, flask: Flask) -> None:
    found = teluk({"device": "toko-1"}, {"device": "toko-2"})
    install(web, found, public_url=PUBLIC)

    flask("webhooks", "register")

    assert [device for device, _ in found.asked("register_webhook")] == ["toko-1", "toko-2"]


def test_registers_for_the_account_of_one_device(web: Web, flask: Flask) -> None:
    found = teluk({"device": "toko-1"}, {"device": "toko-2"})
    install(web, found, public_url=PUBLIC)

    flask("webhooks", "register", NAME, "--device", "toko-2")
    output = flask("webhooks", "register", NAME, "--device", "asing", code=1).output

    assert [device for device, _ in found.asked("register_webhook")] == ["toko-2"]
    assert "asing" in output


def test_a_token_in_the_url_is_given_to_the_gateway_and_not_shown(
    with_token: Teluk, flask: Flask
) -> None:
    output = flask("webhooks", "register").output
    shown = flask("webhooks", "register", "--show-url").output

    assert with_token.asked("register_webhook")[0] == ("", f"{OURS}/kelapa%2Fmuda%2B7")
    assert f"{OURS}/…" in output
    assert "kelapa" not in output
    assert "kelapa%2Fmuda%2B7" in shown


@pytest.mark.parametrize(
    ("public_url", "words"),
    [
        (None, "set PUBLIC_URL"),
        ("http://balas.example.com", "https://"),
        ("http://127.0.0.1:8000", "https://"),
        ("https://localhost", "own address"),
        ("balas.example.com", "not usable"),
        ("https://[::1", "not usable"),
        ("https://balas.example.com/?x=1", "not usable"),
    ],
)
def test_a_public_url_that_no_gateway_could_use_is_not_registered(
    web: Web, flask: Flask, public_url: str | None, words: str
) -> None:
    found = teluk()
    install(web, found, public_url=public_url)

    assert words in flask("webhooks", "register", code=1).output
    assert found.told == []


def test_a_gateway_on_this_machine_takes_http(web: Web, flask: Flask) -> None:
    found = teluk({"api_url": "http://localhost:3000"})
    install(web, found, public_url="http://127.0.0.1:8000")

    flask("webhooks", "register")

    assert found.asked("register_webhook") == [("", f"http://127.0.0.1:8000/webhook/{NAME}")]


def test_a_refusal_of_http_names_what_to_change(web: Web, flask: Flask) -> None:
    found = teluk({"api_url": "http://localhost:3000"})
    found.refusal = Rejected("a parameter is not valid")
    install(web, found, public_url="http://127.0.0.1:8000")

    output = flask("webhooks", "register", code=1).output

    assert "a parameter is not valid: most gateways want https:// in PUBLIC_URL" in output


def test_says_what_to_enter_where_there_is_no_api(
    database_url: str, redis: Redis, shared_valkey: Valkey
) -> None:
    environ = {name: value for name, value in CONFIGURED.items() if name.startswith("CSKU_")}
    with web_process(database_url, shared_valkey.url, {**environ, "PUBLIC_URL": PUBLIC}) as web:
        result = web.app.test_cli_runner().invoke(args=["webhooks", "register"])

    assert result.exit_code == 0
    assert f"enter {OURS} in its dashboard" in result.output


def test_one_account_that_refuses_does_not_keep_the_others(web: Web, flask: Flask) -> None:
    found = teluk({"device": "toko-1"}, {"device": "toko-2"})
    found.refuses = {"toko-1"}
    install(web, found, public_url=PUBLIC)

    output = flask("webhooks", "register", code=1).output

    assert [line[0] for line in output.splitlines()] == ["✗", "✓"]


def test_a_broken_connection_is_told(gateway: Teluk, flask: Flask) -> None:
    gateway.refusal = OutcomeUnknown("the connection broke")

    output = flask("webhooks", "register", code=1).output

    assert output == f"✗ {NAME}: OutcomeUnknown: the connection broke\n"


# Listing, changing.


def test_lists_webhooks_and_says_which_are_ours(gateway: Teluk, flask: Flask) -> None:
    gateway.kept = [
        Webhook(id="wh-1", url=OURS + "/", events=("message",), active=True, secret=SECRET),
        Webhook(id="wh-2", url=OURS, active=False, secret="rahasia-orang-lain"),
        Webhook(id="wh-3", url="https://kawan:sandi@lain.example/kait/rahasia-lain?token=rahasia"),
    ]

    output = flask("webhooks", "list").output

    first, second, third = output.splitlines()[1:]
    assert first.split() == [NAME, "wh-1", OURS, "message", "yes", "yes"]
    assert second.endswith("other secret")
    assert "https://lain.example/…" in third
    assert third.endswith("no")
    for secret in ("sandi", "rahasia", SECRET):
        assert secret not in output


def test_a_token_in_the_query_is_ours_too(with_token: Teluk, flask: Flask) -> None:
    with_token.kept = [Webhook(id="wh-1", url=f"{OURS}?token=kelapa%2Fmuda%2B7")]

    output = flask("webhooks", "list").output

    assert output.rstrip().endswith("yes")
    assert "kelapa" not in output


def test_lists_whole_urls_when_asked(gateway: Teluk, flask: Flask) -> None:
    gateway.kept = [Webhook(id="wh-3", url="https://lain.example/kait/abc")]

    assert "https://lain.example/kait/abc" in flask("webhooks", "list", "--show-url").output


def test_a_gateway_without_a_list_fails_only_when_it_was_asked_for(
    database_url: str, redis: Redis, shared_valkey: Valkey
) -> None:
    environ = {name: value for name, value in CONFIGURED.items() if name.startswith("CSKU_")}
    with web_process(database_url, shared_valkey.url, environ) as web:
        runner = web.app.test_cli_runner()
        everything = runner.invoke(args=["webhooks", "list"])
        named = runner.invoke(args=["webhooks", "list", "csku"])

    assert (everything.exit_code, named.exit_code) == (0, 1)
    assert "look at its dashboard" in named.output


def test_updates_the_webhook_that_is_ours(gateway: Teluk, flask: Flask) -> None:
    gateway.kept = [Webhook(id="wh-8", url="https://lain.example/"), Webhook(id="wh-9", url=OURS)]

    flask("webhooks", "update", NAME, "--off")

    assert gateway.asked("update_webhook") == [("", "wh-9", "None", "False")]


def test_points_the_only_webhook_here(gateway: Teluk, flask: Flask) -> None:
    gateway.kept = [Webhook(id="wh-8", url="https://lama.example/webhook/csku")]

    flask("webhooks", "update", NAME)

    assert gateway.asked("update_webhook") == [("", "wh-8", OURS, "None")]


def test_wants_to_know_which_webhook_is_meant(gateway: Teluk, flask: Flask) -> None:
    gateway.kept = [Webhook(id="wh-8", url="https://a.example/"), Webhook(id="wh-9", url="")]

    output = flask("webhooks", "update", NAME, "--on", code=1).output

    assert "wh-8, wh-9" in output
    assert gateway.asked("update_webhook") == []


def test_deletes_what_is_ours_after_a_question(web: Web, gateway: Teluk, flask: Flask) -> None:
    gateway.kept = [Webhook(id="wh-9", url=OURS)]

    runner = web.app.test_cli_runner()
    declined = runner.invoke(args=["webhooks", "delete", NAME], input="n\n")
    assert (declined.exit_code, gateway.asked("delete_webhook")) == (1, [])

    flask("webhooks", "delete", NAME, "--yes")
    assert gateway.asked("delete_webhook") == [("", "wh-9")]


def test_deletes_nothing_of_others_unless_it_is_named(gateway: Teluk, flask: Flask) -> None:
    gateway.kept = [Webhook(id="wh-8", url="https://lain.example/")]

    flask("webhooks", "delete", NAME, "--yes", code=1)
    assert gateway.asked("delete_webhook") == []

    flask("webhooks", "delete", NAME, "wh-8", "--yes")
    assert gateway.asked("delete_webhook") == [("", "wh-8")]


def test_asks_for_a_test(gateway: Teluk, flask: Flask) -> None:
    gateway.kept = [Webhook(id="wh-9", url=OURS)]

    assert "a test was posted" in flask("webhooks", "test", NAME).output
    assert gateway.asked("test_webhook") == [("", "wh-9")]


# What never came.


def test_lists_what_could_not_be_delivered(gateway: Teluk, flask: Flask) -> None:
    gateway.failed = [
        FailedWebhook(id="f-1", event="message.received", error="status 500", attempts=3, at=NOW)
    ]

    output = flask("webhooks", "failed").output

    assert output.splitlines()[1].split()[:4] == [NAME, "f-1", "message.received", "3"]
    assert "status 500" in output


def test_retries_all_or_those_that_are_named(gateway: Teluk, flask: Flask) -> None:
    gateway.failed = [FailedWebhook(id="f-1"), FailedWebhook(id="f-2")]

    flask("webhooks", "retry", NAME)
    flask("webhooks", "retry", NAME, "f-9")

    assert gateway.asked("retry_webhook") == [("", "f-1"), ("", "f-2"), ("", "f-9")]


def test_recovers_page_by_page_what_is_missing(web: Web, gateway: Teluk, flask: Flask) -> None:
    gateway.pages = [[body("A"), body("B")], [body("C"), body("B"), b"["]]
    gateway.failed = [FailedWebhook(id="f-1")]

    first = flask("webhooks", "recover", NAME, "--since", "2h").output
    second = flask("webhooks", "recover", NAME, "--since", "2h").output

    assert "4 new, 1 known, 1 unreadable" in first
    assert "1 asked for again" in first
    assert "0 new, 5 known" in second
    kinds = [event.kind for event in web.events()]
    assert sorted(kinds) == [*["message.received"] * 3, "unparsed"]


def test_recovered_messages_are_processed_in_the_order_in_which_they_happened(
    web: Web, gateway: Teluk, flask: Flask
) -> None:
    gateway.pages = [[body("baru", minutes_ago=1), body("lama", minutes_ago=9)], [body("tua")]]

    flask("webhooks", "recover", NAME)

    ordered = sorted(web.events(), key=lambda event: event.received_at)
    assert [event.key for event in ordered] == ["message:lama", "message:baru", "message:tua"]


def test_wakes_the_lanes_of_what_it_recovered(web: Web, gateway: Teluk, flask: Flask) -> None:
    gateway.pages = [[body("A")]]

    flask("webhooks", "recover", NAME)

    assert Lanes(web.runtime.redis).queue(INBOX).count == 1


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (timedelta(hours=3), timedelta(days=1)),
        (timedelta(days=3), timedelta(days=3, minutes=5)),
        (timedelta(days=30), timedelta(days=7)),
        (None, timedelta(days=7)),
    ],
)
def test_recovers_since_the_last_webhook_of_each_device(
    web: Web, gateway: Teluk, flask: Flask, last: timedelta | None, expected: timedelta
) -> None:
    now = datetime.now(UTC)
    with writing(web.engine) as session:
        session.add(Device(gateway=NAME, device="wa-7", webhook_at=now - last if last else None))

    flask("webhooks", "recover", NAME)

    [(device, since, _)] = gateway.asked("missed_webhooks")
    assert device == "wa-7"
    assert abs(now - expected - datetime.fromisoformat(since)) < timedelta(seconds=30)


@pytest.mark.parametrize("since", ["kemarin", "h", "-2h", "2030-01-01", "1e400d", ""])
def test_a_time_that_makes_no_sense_is_refused(gateway: Teluk, flask: Flask, since: str) -> None:
    flask("webhooks", "recover", NAME, "--since", since, code=2)

    assert gateway.told == []


def test_a_gateway_that_turns_in_a_circle_is_left(
    gateway: Teluk, flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.recovering.MOST_PAGES", 3)
    gateway.pages = [[body(str(number))] for number in range(9)]

    assert "there is more" in flask("webhooks", "recover", NAME).output
    assert len(gateway.asked("missed_webhooks")) == 3


def test_a_gateway_without_a_record_says_so(flask: Flask) -> None:
    assert "no record of past webhooks" in flask("webhooks", "recover", "wagate", code=1).output


def test_a_gateway_that_is_not_configured_is_named(gateway: Teluk, flask: Flask) -> None:
    assert "META_APP_SECRET" in flask("webhooks", "list", "meta", code=1).output
