"""What a module of the user's own registers is what the rules reach by name."""

from pathlib import Path
from typing import Any

import pytest

from bot.events import Kind
from bot.extend import Occasion, action, beside, extend
from bot.rules import Book, RulesError, load
from tests.rules.playing import NOW, Chat, rules_of, texts

RULES = """
version: 1
settings: {module: toko}
rules:
  - {id: antre, match: {exact: antre}, call: antre}
  - {id: malam, match: {exact: malam}, if: {call: ramai}, reply: ramai}
  - {id: resi, match: {call: resi}, reply: "resi {{ message.text | pendek }}"}
  - {id: kirim, match: {exact: kirim}, call: {name: kirim, with: {kota: "{{ contact.name }}"}}}
fallback: {reply: tidak paham}
"""
MODULE = """
from bot.extend import Occasion, action, condition, listener, matcher, task, template_filter

@matcher("resi")
def is_receipt(occasion: Occasion) -> bool:
    return occasion.text.startswith("JP")

@condition("ramai")
def is_busy(occasion: Occasion) -> bool:
    return occasion.first

@action("antre")
def queue(occasion: Occasion):
    return ["Nomor 7", {"text": "Mau tunggu?", "buttons": ["Ya", "Tidak"]}]

@task("kirim")
def ship(occasion: Occasion) -> str:
    return "dikirim"

@template_filter("pendek")
def short(value: str, length: int = 4) -> str:
    return value[:length]

@listener("message.received", "record.kept")
def hear(occasion: Occasion) -> None:
    pass
"""


def book(tmp_path: Path, module: str = MODULE, rules: str = RULES) -> Book:
    (tmp_path / "toko.py").write_text(module)
    (tmp_path / "rules.yaml").write_text(rules)
    return load(tmp_path / "rules.yaml", extend=beside(tmp_path / "rules.yaml"))


def occasion(**values: Any) -> Occasion:
    given = {"event": "message.received", "rule": "antre", "now": NOW, "gateway": "wagate"}
    return Occasion(**{**given, "device": "toko-1", **values})


def test_an_action_says_what_it_returns(tmp_path: Path) -> None:
    answer = Chat(book(tmp_path)).say("antre")

    assert texts(answer) == ["Nomor 7\n\nMau tunggu?"]
    assert answer.replies[0].content.kind == "buttons"


def test_a_condition_decides(tmp_path: Path) -> None:
    rules = book(tmp_path)

    assert rules_of(Chat(rules, first=True).say("malam")) == ("malam",)
    assert rules_of(Chat(rules).say("malam")) == ("fallback",)


def test_a_matcher_decides_and_a_filter_writes(tmp_path: Path) -> None:
    rules = book(tmp_path)

    assert texts(Chat(rules).say("JP123456")) == ["resi JP12"]
    assert rules_of(Chat(rules).say("XX123456")) == ("fallback",)


def test_a_task_is_only_asked_for(tmp_path: Path) -> None:
    answer = Chat(book(tmp_path)).say("kirim")

    [effect] = answer.effects
    told = Occasion.from_json(effect.body)  # type: ignore[attr-defined] # a TaskCall
    assert answer.replies == ()
    assert (told.text, told.rule, told.arguments) == ("kirim", "kirim", {"kota": "Siti"})


def test_all_that_is_registered_is_known_by_name(tmp_path: Path) -> None:
    file = tmp_path / "toko.py"
    file.write_text(MODULE)
    found = extend("toko", tmp_path)

    assert list(found.matchers) == ["resi"]
    assert list(found.conditions) == ["ramai"]
    assert list(found.actions) == ["antre"]
    assert list(found.tasks) == ["kirim"]
    assert list(found.filters) == ["pendek"]
    assert {kind: list(by_name) for kind, by_name in found.listeners.items()} == {
        Kind.MESSAGE_RECEIVED: ["hear"],
        "record.kept": ["hear"],
    }
    assert found.files == (str(file),)


def test_a_function_stays_what_it_is() -> None:
    @action("antre")
    def queue(told: Occasion) -> str:
        return f"halo {told.name}"

    assert queue(occasion(name="Siti")) == "halo Siti"


def test_a_name_that_nothing_has_is_a_mistake_in_the_rules(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match='there is no function "antri"; did you mean "antre"'):
        book(tmp_path, rules=RULES.replace("call: antre", "call: antri"))


def test_a_module_that_is_refused_is_a_mistake_in_the_rules(tmp_path: Path) -> None:
    with pytest.raises(RulesError) as caught:
        book(tmp_path, module="import tidak_ada_di_sini")

    assert str(caught.value).startswith(f"{tmp_path / 'rules.yaml'}:3:20: settings.module: toko.py")


def test_a_file_without_a_module_loads_none(tmp_path: Path) -> None:
    loaded = book(tmp_path, module="1/0", rules="version: 1\nrules: []\nfallback: {reply: hm}\n")

    assert loaded.extensions.actions == {}


def test_a_filter_that_raises_is_a_mistake_when_the_file_is_read(tmp_path: Path) -> None:
    module = MODULE.replace("return value[:length]", "raise LookupError('sandi')")

    with pytest.raises(RulesError) as caught:
        book(tmp_path, module=module)

    assert 'this text fails: the filter "pendek" raises LookupError at toko.py:' in str(
        caught.value
    )
    assert "sandi" not in str(caught.value)


@pytest.mark.parametrize(
    "error", ["OSError", "KeyError", "RecursionError", "AssertionError", "SystemExit"]
)
def test_a_filter_that_raises_at_a_message_fails_only_the_text(tmp_path: Path, error: str) -> None:
    raises = f"if value == 'JPsandi': raise {error}(value)\n    return value"
    rules = book(tmp_path, module=MODULE.replace("return value[:length]", raises))

    answer = Chat(rules).say("JPsandi")

    assert texts(answer) == ["tidak paham"]
    [(rule, why)] = answer.explanation.skipped
    assert rule == "resi"
    assert "sandi" not in why


def test_what_a_filter_makes_too_long_is_not_said(tmp_path: Path) -> None:
    much = "return value * 10_000 if len(value) > 8 else value"
    rules = book(tmp_path, module=MODULE.replace("return value[:length]", much))

    assert texts(Chat(rules).say("JP1")) == ["resi JP1"]
    assert texts(Chat(rules).say("JP" + "1" * 9)) == ["tidak paham"]


def test_nothing_of_a_filter_can_be_reached_but_its_value(tmp_path: Path) -> None:
    reaching = RULES.replace("| pendek }}", "| pendek | attr('__class__') }}")

    with pytest.raises(RulesError, match='unknown filter "attr"'):
        book(tmp_path, rules=reaching)
