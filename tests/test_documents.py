"""The documents name only what there is, and their examples work."""

import importlib.util
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import click
import pytest
from dotenv import dotenv_values

from bot import content
from bot.cli import COMMANDS
from bot.config import Settings, read_settings
from bot.events import MessageReceived
from bot.gateway_settings import read_gateways
from bot.gateways import GATEWAYS
from bot.gateways.base import OutgoingMessage, WebhookRequest
from bot.gateways.errors import DeviceOffline, Forged
from bot.gateways.signatures import hmac_sha256
from bot.rules import read
from tests.gateways.contract import answer, describe, differences, drive
from tests.gateways.received import received_table
from tests.rules.playing import Chat, texts

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TARGETS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
FLASK = {command.name: command for command in COMMANDS}
ENV_EXAMPLE = ROOT / ".env.example"
# Their examples may be of several files: tests/rules/test_docs.py reads and plays them.
THEIR_OWN_TESTS = ("rules.md", "rules.id.md")
# Heroku sets it; nobody writes it down.
NOT_FOR_PEOPLE = {"DYNO"}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@every_page
def test_a_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    relative = [link.partition("#")[0] for link in links if "://" not in link and link[0] != "#"]

    assert [link for link in relative if not (page.parent / link).exists()] == []


@every_page
def test_a_page_names_only_make_targets_that_there_are(page: Path) -> None:
    named = [target for code in code_in(page) for target in re.findall(r"\bmake ([a-z]+)", code)]

    assert set(named) <= TARGETS


@every_page
def test_a_page_names_only_flask_commands_that_there_are(page: Path) -> None:
    named = re.compile(r"\bflask ([a-z]+)(?: ([a-z]+))?")
    found = [words for code in code_in(page) for words in named.findall(code)]

    assert [words for words in found if not is_command(*words)] == []


@every_page
def test_a_rules_example_is_a_good_file(page: Path) -> None:
    if page.name in THEIR_OWN_TESTS:
        return
    for block in blocks_in(page, "yaml"):
        if block.startswith("version:"):
            book = read(block, page.name)
            assert book.rules or book.event_rules


def test_the_rules_of_the_readme_make_its_conversation() -> None:
    chat = Chat(read(blocks_in(ROOT / "README.md", "yaml")[0]))
    lines = blocks_in(ROOT / "README.md", "text")[0].splitlines()
    said = [line.partition(":")[::2] for line in lines]
    asked = [text.strip() for who, text in said if who == "Siti"]
    # Silence after the last question too.
    turns = [*pairwise(said), (said[-1], ("Siti", ""))]
    answered = [
        [text.strip()] if follower == "Balas" else []
        for (who, _), (follower, text) in turns
        if who == "Siti"
    ]

    assert asked
    assert [texts(chat.say(text)) for text in asked] == answered


def test_both_readmes_have_the_same_headings_and_code() -> None:
    english, indonesian = ROOT / "README.md", ROOT / "README.id.md"

    assert levels(english) == levels(indonesian)
    assert blocks_in(english) == blocks_in(indonesian)


def test_the_example_names_every_variable_and_no_other() -> None:
    named = re.findall(r"^# ([A-Z][A-Z0-9_]*)=", ENV_EXAMPLE.read_text(), re.MULTILINE)

    assert sorted(named) == sorted(variables())


def test_the_example_configures_nothing_as_it_stands() -> None:
    assert dotenv_values(ENV_EXAMPLE) == {}


def test_the_example_tells_the_values_that_hold_without_it() -> None:
    told = dict(re.findall(r"^# ([A-Z_]+)=(\w+)$", ENV_EXAMPLE.read_text(), re.MULTILINE))
    settings = read_settings({})
    general = [name for name in told if name.lower() in Settings.model_fields]

    assert len(general) > 5
    for name in general:
        assert told[name].lower() in str(getattr(settings, name.lower())).lower(), name


@pytest.mark.parametrize("name", GATEWAYS)
def test_each_gateways_lines_of_the_example_turn_it_on(name: str) -> None:
    lines = re.findall(rf"^# ({name.upper()}_[A-Z_]+)=(.*)$", ENV_EXAMPLE.read_text(), re.MULTILINE)
    accounts = {variable: value for variable, value in lines if variable.endswith("_ACCOUNTS")}

    assert list(read_gateways(accounts)) == [name]


def test_the_page_tells_what_comes_in_as_the_payload_files_do() -> None:
    page = (ROOT / "docs" / "gateways.md").read_text(encoding="utf-8")

    assert received_table() in page


def test_the_gateway_of_the_example_page_receives_and_sends(tmp_path: Path) -> None:
    page = ROOT / "docs" / "adding-a-gateway.md"
    lontar = module_of(blocks_in(page, "python")[0], tmp_path / "lontar_of_the_page.py")
    payload, expected = blocks_in(page, "json")
    gateway = lontar.Lontar([lontar.Account(webhook_secret="rahasia", api_key="kunci")])
    body = payload.encode()
    signature = hmac_sha256("rahasia", body)

    signed = WebhookRequest(headers={"x-lontar-signature": signature}, body=body)
    assert gateway.verify(signed) == gateway.accounts
    with pytest.raises(Forged):
        gateway.verify(WebhookRequest(headers={"x-lontar-signature": signature}, body=body + b" "))

    (event,) = gateway.parse(signed)
    assert isinstance(event, MessageReceived)
    assert differences(json.loads(expected)[0], describe(event)) == []
    assert gateway.parse(WebhookRequest(body=event.raw)) == [event]

    message = OutgoingMessage(
        device="toko-1",
        address="6281200000042",
        content=content.Text(text="Masih"),
        reference="1",
        idempotency_key="k",
    )
    sent, _ = drive(gateway.send(message), [answer(200, {"id": "L-2"})])
    assert getattr(sent, "external_id", None) == "L-2"
    refused, _ = drive(gateway.send(message), [answer(409)])
    assert isinstance(refused, DeviceOffline)


def code_in(page: Path) -> list[str]:
    """Return what a page shows as code: blocks, and spans within the text."""
    text = page.read_text(encoding="utf-8")
    without_blocks = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [*blocks_in(page), *re.findall(r"`([^`\n]+)`", without_blocks)]


def blocks_in(page: Path, language: str = r"\w*") -> list[str]:
    """Return a page's code blocks, of one language or of all."""
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def levels(page: Path) -> list[int]:
    """Return how deep each heading of a page is."""
    text = "\n".join(re.split(r"^```.*?^```$", page.read_text(), flags=re.MULTILINE | re.DOTALL))
    return [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]


def is_command(first: str, second: str) -> bool:
    """Return whether `flask first second` names a command, or a command and its argument."""
    command = FLASK.get(first)
    if isinstance(command, click.Group):
        return not second or second in command.commands
    return command is not None


def variables() -> Iterator[str]:
    """Yield every environment variable that the code reads."""
    for field in Settings.model_fields:
        if field.upper() not in NOT_FOR_PEOPLE:
            yield field.upper()
    for name, gateway in GATEWAYS.items():
        yield f"{name}_ACCOUNTS".upper()
        yield f"{name}_ALLOWED_IPS".upper()
        yield from gateway.account_type.aliases.values()
        for field in gateway.account_type.model_fields:
            if field != "device":
                yield f"{name}_{field}".upper()


def module_of(code: str, path: Path) -> ModuleType:
    """Return the module that a code block is."""
    path.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
