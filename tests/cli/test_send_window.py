"""`flask send` says beforehand what will wait for a contact to write."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import Engine, update

from bot.inbox.conversations import ensure_conversation
from models import Conversation, Message, writing
from tests.cli.conftest import Flask
from tests.conftest import Valkey
from tests.web import CONFIGURED, Web, web_process

TO = "6281200000044"
HELD = (
    "Meta Cloud API takes only templates until a contact writes, and from 24 hours after that. "
    "This one is held until then.\n"
    "  A template goes at any time (--template NAME:LANGUAGE), see docs/gateways.md\n"
)
REPLACED = "and from 24 hours after that. The template kabar goes instead.\n"
TEMPLATE = {"META_WINDOW_TEMPLATE": "kabar/id", "META_WINDOW_TEMPLATE_TEXT": "true"}


@pytest.fixture
def web(sqlite_engine: Engine, shared_valkey: Valkey, redis: Redis) -> Iterator[Web]:
    with web_process(str(sqlite_engine.url), shared_valkey.url) as running:
        yield running


def write(web: Web, *, hours_ago: float) -> None:
    """Let the contact have written so many hours ago."""
    now = datetime.now(UTC)
    device = CONFIGURED["META_PHONE_NUMBER_ID"]
    with writing(web.engine) as session:
        ensure_conversation(session, ("meta", device, TO), now=now)
        session.execute(update(Conversation).values(wrote_at=now - timedelta(hours=hours_ago)))


def test_says_that_a_text_to_a_new_contact_is_held(web: Web, flask: Flask) -> None:
    result = flask("send", "meta", TO, "Halo")

    assert result.stderr == HELD
    assert "queued as 1" in result.stdout
    assert [message.text for message in web.messages()] == ["Halo"]


@pytest.mark.parametrize(("hours_ago", "said"), [(1, ""), (25, HELD)])
def test_says_nothing_within_a_day(hours_ago: float, said: str, web: Web, flask: Flask) -> None:
    write(web, hours_ago=hours_ago)

    assert flask("send", "meta", TO, "Halo").stderr == said


@pytest.mark.parametrize(
    ("gateway", "arguments"),
    [("meta", ["--template", "promo:id"]), ("wagate", ["--device", "wa-1", "Halo"])],
)
def test_says_nothing_of_what_goes_at_any_time(
    gateway: str, arguments: list[str], flask: Flask
) -> None:
    assert flask("send", gateway, TO, *arguments).stderr == ""


def test_says_which_template_goes_instead(sqlite_engine: Engine, shared_valkey: Valkey) -> None:
    environ = {**CONFIGURED, **TEMPLATE}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        run = web.app.test_cli_runner()
        text = run.invoke(args=["send", "meta", TO, "Halo"])
        place = run.invoke(args=["send", "meta", TO, "--location", "-6.2,106.8"])

    assert text.stderr.endswith(REPLACED)
    assert place.stderr == HELD


def test_what_went_instead_is_shown(web: Web, flask: Flask) -> None:
    flask("send", "meta", TO, "Halo\nSari")
    template = {"kind": "template", "name": "kabar", "language": "id", "parameters": ["Halo Sari"]}
    with writing(web.engine) as session:
        session.execute(update(Message).values(details={"sent_instead": template}))

    shown = flask("messages", "show", "1").output

    assert "sent as      <template: kabar, id>\nsent as      Halo Sari\n" in shown
