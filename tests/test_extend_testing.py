"""The conversation and the fixtures that users import for tests of their own."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.content import Buttons
from bot.extend.testing import (
    FAILS,
    Conversation,
    answers,
    conversation,
    nearest_rules,
    say,
)

__all__ = ["answers", "conversation", "say"]

URL = "https://toko.contoh.id/stok?kunci=rahasia"
RULES = f"""
version: 1
settings: {{module: toko}}
rules:
  - {{id: baru, if: {{first: true}}, reply: Selamat datang, continue: true}}
  - {{id: halo, match: {{words: halo}}, reply: {{text: Halo, buttons: [Harga]}}}}
  - {{id: harga, match: {{button: Harga}}, reply: Rp 5.000}}
  - {{id: foto, match: {{type: image}}, reply: "Foto {{{{ caption }}}}"}}
  - {{id: telepon, event: call.received, reply: Jangan telepon}}
  - {{id: stok, match: {{words: stok}}, http: {{url: "{URL}", on_error: {{reply: Gagal}}}}}}
  - {{id: lacak, match: {{words: lacak}}, call: lacak}}
  - {{id: rusak, match: {{words: rusak}}, call: rusak}}
  - {{id: isi, match: {{words: isi}}, start: isi}}
flows:
  isi:
    cancel: batal
    timeout: 30m
    on_timeout: {{reply: Habis waktunya}}
    steps: [{{id: nama, ask: Siapa?}}]
    done: {{reply: "Hai {{{{ form.nama }}}}"}}
"""
MODULE = """
from bot.extend import *
@task("lacak")
def track(occasion): return f"dilacak {occasion.name} {occasion.id.partition('_')[0]}"
@action("rusak")
def broken(occasion): raise KeyError(occasion.text)
"""


@pytest.fixture
def rules_file(tmp_path: Path) -> Path:
    (tmp_path / "toko.py").write_text(MODULE)
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path / "rules.yaml"


def test_says_what_the_rules_say(say: Callable[[str], list[str]]) -> None:
    assert say("isi") == ["Siapa?"]
    assert say("Budi") == ["Hai Budi"]


def test_tells_everything_about_the_last_reply(conversation: Conversation) -> None:
    conversation.say("halo")

    assert conversation.heard
    assert conversation.heard.rules == ("halo",)


def test_shows_buttons_where_the_gateway_has_some(rules_file: Path) -> None:
    conversation = Conversation(rules_file, gateway="meta", first=True)

    assert conversation.say("halo") == ["Selamat datang\n\nHalo"]
    assert conversation.heard
    assert isinstance(conversation.heard.replies[0], Buttons)
    assert conversation.press("Harga") == ["Rp 5.000"]


def test_lets_other_things_happen(conversation: Conversation) -> None:
    assert conversation.send("image", "bukti") == ["Foto bukti"]
    assert conversation.happen("call.received") == ["Jangan telepon"]


def test_lets_time_pass(conversation: Conversation) -> None:
    conversation.say("isi")

    assert conversation.wait(timedelta(minutes=29)) == []
    assert conversation.wait(timedelta(minutes=2)) == ["Habis waktunya"]


def test_tasks_really_run(say: Callable[[str], list[str]]) -> None:
    assert say("lacak") == ["dilacak Siti rehearsal"]


def test_what_raises_fails_the_test(say: Callable[[str], list[str]]) -> None:
    with pytest.raises(AssertionError, match=r"the module fails: KeyError at .*toko\.py:6"):
        say("rusak")


def test_what_nobody_answers_fails_the_test(say: Callable[[str], list[str]]) -> None:
    with pytest.raises(AssertionError, match="nothing answers for https://toko") as caught:
        say("stok")

    assert "rahasia" not in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "heard"),
    [({URL: {"reply": "Ada 3"}}, "Ada 3"), ({URL: "Ada 3"}, "Ada 3"), ({URL: FAILS}, "Gagal")],
    ids=["JSON", "text", "fails"],
)
def test_a_test_says_what_an_address_answers(
    say: Callable[[str], list[str]], answers: Mapping[str, object], heard: str
) -> None:
    assert say("stok") == [heard]


def test_an_answer_that_cannot_be_said_fails_the_test(rules_file: Path) -> None:
    conversation = Conversation(rules_file, answers={URL: {"text": "Ada 3"}})

    with pytest.raises(AssertionError, match=r'expected \{"reply"'):
        conversation.say("stok")


def test_finds_the_nearest_rules_file(tmp_path: Path) -> None:
    (tmp_path / "toko" / "tests").mkdir(parents=True)
    (tmp_path / "rules.yaml").touch()
    (tmp_path / "toko" / "rules.yaml").touch()

    found = [
        nearest_rules(tmp_path / "toko" / "tests" / "test_a.py"),
        nearest_rules(tmp_path / "b"),
    ]

    assert found == [tmp_path / "toko" / "rules.yaml", tmp_path / "rules.yaml"]
    with pytest.raises(FileNotFoundError, match=r"there is no rules\.yaml"):
        nearest_rules(Path("/proc/test_a.py"))
