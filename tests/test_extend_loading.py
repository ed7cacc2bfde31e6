"""The module is read from its files: refused in one plain sentence, loaded anew once it changes."""

import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.extend import Occasion, beside, extend
from bot.rules import Shelf
from bot.rules.compiling import ModuleRefused
from tests.rules.playing import NOW, Chat, texts

FIRST = "from bot.extend import *\nfrom bot.extend import Occasion\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "toko.py") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return write


def refused(tmp_path: Path, name: str = "toko") -> str:
    with pytest.raises(ModuleRefused) as caught:
        extend(name, tmp_path)
    return str(caught.value)


def occasion(**values: Any) -> Occasion:
    given = {"event": "message.received", "rule": "antre", "now": NOW, "gateway": "wagate"}
    return Occasion(**{**given, "device": "toko-1", **values})


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
