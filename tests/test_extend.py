"""A module of the user's own is loaded from beside the rules file, or refused in one sentence."""

import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.events import Kind
from bot.extend import Occasion, action, beside, extend
from bot.rules import Book, RulesError, Shelf, load
from bot.rules.compiling import ModuleRefused
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
FIRST = "from bot.extend import *\nfrom bot.extend import Occasion\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "toko.py") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return write


def book(tmp_path: Path, module: str = MODULE, rules: str = RULES) -> Book:
    (tmp_path / "toko.py").write_text(module)
    (tmp_path / "rules.yaml").write_text(rules)
    return load(tmp_path / "rules.yaml", extend=beside(tmp_path / "rules.yaml"))


def refused(tmp_path: Path, name: str = "toko") -> str:
    with pytest.raises(ModuleRefused) as caught:
        extend(name, tmp_path)
    return str(caught.value)


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


def test_all_that_is_registered_is_known_by_name(tmp_path: Path, write: Any) -> None:
    file = write(MODULE)
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


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("import tidak_ada", 'toko.py:1 imports "tidak_ada", which is not installed'),
        ("a = 1\ndef b(:\n", "toko.py cannot be read, see line 2: invalid syntax"),
        (
            "rahasia = 'sandi'\nraise KeyError(rahasia)",
            "toko.py:2 raises KeyError while it is loaded",
        ),
        ("import sys\nsys.exit('sandi')", "toko.py:2 raises SystemExit while it is loaded"),
        (
            '@action("a")\ndef a(o): ...\n@action("a")\ndef b(o): ...',
            'toko.py:5: there are two functions named "a"',
        ),
        (
            '@action("a")\ndef a(o): ...\n@task("a")\ndef b(o): ...',
            'toko.py:5: there are two functions named "a"',
        ),
        (
            '@matcher("a")\ndef a(o): ...\n@matcher("a")\ndef b(o): ...',
            'toko.py:5: there are two matchers named "a"',
        ),
        ('@action("a")\ndef a(): ...', 'toko.py:3: "a" must take one parameter, the occasion'),
        ('@action("a")\ndef a(o, p): ...', 'toko.py:3: "a" must take one parameter, the occasion'),
        ('@action("a")\ndef a(o, *, p): ...', '"a" must take one parameter, the occasion'),
        ('@template_filter("a")\ndef a(): ...', '"a" takes one parameter, the value first'),
        ('@action("a")\nasync def a(o): ...', '"a" is async; it must be a plain function'),
        ('@action("a")\ndef a(o): yield 1', '"a" yields; it must return'),
        ("@action\ndef a(o): ...", 'toko.py:3: give the action a name: @action("a")'),
        ('@action("a b")\ndef a(o): ...', "toko.py:3: an action needs a name such as cek_pesanan"),
        ('@template_filter("rupiah")\ndef a(o): ...', '"rupiah" is a filter of our own'),
        ('@template_filter("_each")\ndef a(o): ...', "a filter needs a name such as harga_grosir"),
        ("@listener()\ndef a(o): ...", 'name what to hear of: @listener("message.received")'),
        (
            '@listener("message.receive")\ndef a(o): ...',
            'nothing is told of "message.receive"; did you mean "message.received"?',
        ),
        ('@listener("effect.done")\ndef a(o): ...', 'nothing is told of "effect.done"'),
    ],
    ids=lambda text: text[:40],
)
def test_is_refused_with_a_plain_sentence(
    tmp_path: Path, write: Any, module: str, sentence: str
) -> None:
    write(FIRST + module if module.startswith("@") else module)

    text = refused(tmp_path)

    assert sentence in text
    assert "sandi" not in text
    assert "\n" not in text


def test_a_module_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == (
        "there is no toko.py beside the rules file, and no folder toko with an __init__.py"
    )


@pytest.mark.parametrize("content", [b"\x00\x01", b"\xff\xfe = 1", b"a = 1\n\x00"])
def test_bytes_that_are_no_python_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "toko.py").write_bytes(content)

    assert refused(tmp_path).startswith("toko.py ")


def test_a_folder_with_several_files_is_a_module_too(tmp_path: Path, write: Any) -> None:
    write(FIRST + "from .harga import price\n", "toko/__init__.py")
    write(FIRST + '@action("harga")\ndef price(o): return "1000"\n', "toko/harga.py")

    assert extend("toko", tmp_path).actions["harga"](occasion()) == "1000"


def test_an_unchanged_module_is_loaded_once(tmp_path: Path, write: Any) -> None:
    write(
        FIRST + "import pathlib\npathlib.Path(__file__).with_suffix('.log').touch(exist_ok=False)\n"
    )
    first = extend("toko", tmp_path)

    assert extend("toko", tmp_path) is first


@pytest.mark.parametrize("name", ["toko.py", "toko/__init__.py", "toko/harga.py"])
def test_a_changed_module_is_loaded_anew(tmp_path: Path, write: Any, name: str) -> None:
    def said() -> object:
        return extend("toko", tmp_path).actions["harga"](occasion())

    if name == "toko/harga.py":
        write("from . import harga\n", "toko/__init__.py")
    # As long, and saved in the same second.
    write(FIRST + '@action("harga")\ndef price(o): return "1000"\n', name)
    first = said()
    file = write(FIRST + '@action("harga")\ndef price(o): return "2000"\n', name)
    os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns + 1))

    assert (first, said()) == ("1000", "2000")


def test_a_broken_change_leaves_the_one_before_at_work(tmp_path: Path, write: Any) -> None:
    write("from . import harga\n", "toko/__init__.py")
    harga = (
        FIRST + '@action("harga")\ndef price(o):\n    from . import pajak\n    return pajak.RATE\n'
    )
    write(harga, "toko/harga.py")
    write("RATE = '11%'\n", "toko/pajak.py")
    before = extend("toko", tmp_path)
    write(harga + "1/0\n", "toko/harga.py")

    assert "toko/harga.py:7 raises ZeroDivisionError" in refused(tmp_path)
    assert before.actions["harga"](occasion()) == "11%"


def test_a_module_hides_no_other_and_leaves_nothing_behind(tmp_path: Path, write: Any) -> None:
    write(FIRST + '@action("a")\ndef a(o): return "b"\n', "json.py")
    path = list(sys.path)
    import json

    extend("json", tmp_path)

    assert sys.modules["json"] is json
    assert sys.path == path
    assert sorted(file.name for file in tmp_path.iterdir()) == ["json.py"]


def test_two_shops_have_modules_of_one_name(tmp_path: Path, write: Any) -> None:
    for shop in ("a", "b"):
        write(FIRST + f'@action("nama")\ndef name(o): return "{shop}"\n', f"{shop}/toko.py")

    found = [extend("toko", tmp_path / shop).actions["nama"](occasion()) for shop in ("a", "b")]

    assert found == ["a", "b"]


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


@pytest.mark.parametrize("error", ["OSError", "KeyError", "RecursionError", "AssertionError"])
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


@pytest.mark.parametrize("name", ["toko.py", "toko/harga.py"])
def test_the_rules_in_force_follow_the_module(tmp_path: Path, write: Any, name: str) -> None:
    rules = "version: 1\nsettings: {module: toko}\nrules: [{id: a, match: {exact: a}, call: a}]\n"
    file = write(rules, "rules.yaml")
    if name == "toko/harga.py":
        write("from . import harga\n", "toko/__init__.py")
    code = FIRST + '@action("a")\ndef a(occasion): return "%s"\n'
    seconds = count(0, 10)

    def save(text: str) -> None:
        write(text, name)
        # The first look finds that it was written just now, the second one that it is still so.
        shelf.look()

    write(code % "satu", name)
    shelf = Shelf(file, extend=beside(file), clock=lambda: float(next(seconds)))
    heard = [texts(Chat(shelf.book).say("a"))]
    save("1/0")
    heard.append(texts(Chat(shelf.book).say("a")))
    save(code % "tiga")
    heard.append(texts(Chat(shelf.book).say("a")))

    assert heard == [["satu"], ["satu"], ["tiga"]]
