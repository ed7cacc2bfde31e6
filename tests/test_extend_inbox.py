"""Code of the user's own in the inbox: its failures are its own event's, and listeners hear."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from bot.effects import EffectKind
from bot.extend import beside
from bot.inbox.fold import Responder
from bot.rules import load
from bot.rules.occasion import Occasion
from models import Effect, reading
from tests.making import all_events, arrivals, gateways, outgoing, process_all, receive

RULES = """
version: 1
settings: {module: toko, loop_guard: {replies: 100, within: 1m, pause: 30m}}
rules:
  - {id: cari, match: {starts: cari}, call: cari}
  - {id: jaga, match: {call: jaga}, reply: dijaga}
  - {id: kalau, match: {exact: kalau}, if: {call: kalau}, reply: kalau}
  - {id: simpan, match: {exact: simpan}, record: {kind: order, fields: {isi: "{{ message.text }}"}}}
  - {id: ditelepon, event: call.received, reply: jangan}
fallback: {reply: "balas {{ message.text }}"}
"""
FIRST = "from bot.extend import *\n"
FINE = """
@matcher("jaga")
def watched(occasion): return False
@condition("kalau")
def maybe(occasion): return True
@action("cari")
def look(occasion): return "ketemu"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def answering(folder: Path, module: str) -> Responder:
    (folder / "toko.py").write_text(FIRST + module)
    (folder / "rules.yaml").write_text(RULES)
    path = folder / "rules.yaml"
    return Responder(book=load(path, extend=beside(path)), gateways=gateways())


def say(engine: Engine, who: Responder, *texts: str) -> list[str]:
    """Let texts come in, each from somebody else, and return the replies."""
    before = len(outgoing(engine))
    for number, text in enumerate(texts):
        given: dict[str, Any] = {"text": text, "message_id": f"M{before}-{number}-{text}"}
        receive(engine, arrivals("wagate", **given))
    process_all(engine, who)
    return [message.text for message in outgoing(engine)[before:]]


def told(engine: Engine) -> list[tuple[str, Occasion]]:
    """Return what listeners are told, with their names."""
    with reading(engine) as session:
        rows = session.scalars(select(Effect).order_by(Effect.id)).all()
    return [
        (row.details["name"], Occasion.from_json(row.details["body"]))
        for row in rows
        if row.kind == EffectKind.TELL_LISTENER
    ]


BROKEN = {
    # (what is right, what is put there instead), the text that meets it, the class of the error
    "action": (('return "ketemu"', "raise KeyError(occasion.text)"), "cari sandi", "KeyError"),
    "deep in a library": (
        ('return "ketemu"', "import json; json.loads(occasion.text)"),
        "cari sandi",
        "JSONDecodeError",
    ),
    "what ends a command line": (
        ('return "ketemu"', "import sys; sys.exit(occasion.text)"),
        "cari sandi",
        "ExitCalled",
    ),
    "a matcher that ends": (
        ("return False", "return 'sandi' in occasion.text and exit('sandi')"),
        "sandi",
        "ExitCalled",
    ),
    "matcher": (("return False", "return 'sandi' in occasion.text and 1 / 0"), "sandi", "ZeroDiv"),
    "condition": (("return True", "return occasion.form[occasion.text]"), "kalau", "KeyError"),
}


@pytest.mark.parametrize(("change", "text", "error"), BROKEN.values(), ids=BROKEN)
def test_what_raises_fails_its_own_event_only(
    engine: Engine, folder: Path, change: tuple[str, str], text: str, error: str
) -> None:
    module = FINE.replace(*change)
    line = (FIRST + module).partition(change[1])[0].count("\n") + 1
    who = answering(folder, module)

    with capture_logs() as logs:
        replies = say(engine, who, "satu", text, "dua")

    assert replies == ["balas satu", "balas dua"]
    events = all_events(engine)
    assert [event.error is None for event in events] == [True, False, True]
    assert [event.processed_at is None for event in events] == [False, True, False]
    found = events[1].error or ""
    assert found.startswith(error)
    assert found.endswith(f"toko.py:{line}")
    assert "sandi" not in f"{found} {logs}"


def test_what_cannot_be_said_fails_its_own_event_only(engine: Engine, folder: Path) -> None:
    who = answering(folder, FINE.replace('return "ketemu"', 'return {"teks": occasion.text}'))

    assert say(engine, who, "satu", "cari sandi", "dua") == ["balas satu", "balas dua"]
    assert (all_events(engine)[1].error or "").startswith("NotSaid at ")
    assert "sandi" not in str(all_events(engine)[1].error)


def test_a_failed_event_leaves_its_conversation_as_it_was(engine: Engine, folder: Path) -> None:
    # The rule above has spoken already when the next one fails.
    who = answering(folder, FINE.replace("return True", "return 1 / 0"))

    assert say(engine, who, "kalau") == []
    assert say(engine, who, "cari apa") == ["ketemu"]


def test_a_listener_hears_of_a_message_after_it_was_answered(engine: Engine, folder: Path) -> None:
    who = answering(folder, FINE + '@listener("message.received")\ndef note(o): 1 / 0')

    assert say(engine, who, "cari topi") == ["ketemu"]

    [(name, occasion)] = told(engine)
    assert name == "note"
    assert (occasion.text, occasion.rule, occasion.event) == (
        "cari topi",
        "cari",
        "message.received",
    )
    assert occasion.first is True
    assert all_events(engine)[0].error is None


def test_a_message_that_comes_twice_is_told_once(engine: Engine, folder: Path) -> None:
    who = answering(folder, FINE + '@listener("message.received")\ndef note(o): ...')
    given: dict[str, Any] = {"text": "halo", "message_id": "M1"}

    receive(engine, arrivals("wagate", **given))
    process_all(engine, who)
    # The same message under another key, as another event of the gateway tells it.
    [again] = arrivals("wagate", **given)
    receive(engine, [replace(again, key="message:another")])
    process_all(engine, who)

    assert len(all_events(engine)) == 2
    assert len(told(engine)) == 1


def test_a_listener_hears_of_what_was_kept(engine: Engine, folder: Path) -> None:
    who = answering(folder, FINE + '@listener("record.kept")\ndef note(o): ...')

    say(engine, who, "simpan", "lain")

    [(name, occasion)] = told(engine)
    assert (name, occasion.event, occasion.rule) == ("note", "record.kept", "simpan")
    assert occasion.details == {"kind": "order", "fields": {"isi": "simpan"}}


@pytest.mark.parametrize(
    ("gateway", "case", "kind"),
    [
        ("whatsgate", "create", "message.echo"),
        ("rijan", "call", "call.received"),
    ],
)
def test_a_listener_hears_of_other_events(
    engine: Engine, folder: Path, gateway: str, case: str, kind: str
) -> None:
    module = f'@listener("{kind}")\ndef note(o): ...\n@listener("quota.low")\ndef other(o): ...'
    who = answering(folder, FINE + module)

    receive(engine, arrivals(gateway, case))
    process_all(engine, who)

    [(name, occasion)] = told(engine)
    assert (name, occasion.event, occasion.gateway) == ("note", kind, gateway)


def test_an_echo_is_not_told_as_the_message_before_it(engine: Engine, folder: Path) -> None:
    kinds = ("message.received", "message.echo")
    module = "".join(f'@listener("{kind}")\ndef note_{kind[8:]}(o): ...\n' for kind in kinds)
    who = answering(folder, FINE + module)

    receive(engine, arrivals("whatsgate", "text"), arrivals("whatsgate", "create"))
    process_all(engine, who)

    heard = [(name, occasion.event) for name, occasion in told(engine)]
    assert heard == [("note_received", "message.received"), ("note_echo", "message.echo")]


def test_without_a_listener_nothing_is_told(engine: Engine, folder: Path) -> None:
    say(engine, answering(folder, FINE), "halo")

    with reading(engine) as session:
        kinds = set(session.scalars(select(Effect.kind)))
    assert EffectKind.TELL_LISTENER not in kinds
