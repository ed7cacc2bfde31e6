"""The schema for editors takes what the language takes, and refuses typical mistakes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.rules.json_schema import json_schema
from bot.rules.schema import SECTIONS
from tests.rules.pages import blocks
from tests.rules.playing import problems

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "rules.schema.json"
PAGES = sorted((ROOT / "docs").glob("rules*.md"))
FIRST_LINE = "# yaml-language-server: $schema="
FILES = (ROOT / "rules.yaml", ROOT / "tests/rules/example.yaml")
RULE = "rules:\n  - {id: a, match: {words: a}, reply: x}\n"


class CoreLoader(yaml.CSafeLoader):
    """Reads scalars by YAML 1.2's core schema, as editors do: 17:00 and no are texts."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    CoreLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}",
        re.compile(f"^(?:{pattern})$"),
        ["", *first] if tag == "null" else list(first),
    )
CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def loaded(text: str) -> Any:
    return yaml.load(text, Loader=CoreLoader)


def complaints(text: str) -> list[str]:
    """Return what an editor would underline."""
    validator = Draft202012Validator(json_schema())
    return [
        f"{list(error.absolute_path)}: {error.message}"
        for error in validator.iter_errors(loaded(text))
    ]


def test_the_schema_that_is_committed_is_up_to_date() -> None:
    written = json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"

    is_up_to_date = COMMITTED.read_text(encoding="utf-8") == written
    assert is_up_to_date, "run flask rules schema > rules.schema.json"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_every_section_is_described() -> None:
    schema = json_schema()

    assert set(schema["properties"]) == set(SECTIONS)
    assert all(section["description"] for section in schema["properties"].values())


def test_every_key_is_described_on_one_line() -> None:
    for name, model in json_schema()["$defs"].items():
        for key, found in model["properties"].items():
            assert found.get("description"), f"{name}.{key}"
            assert "\n" not in found["description"]
            assert model["additionalProperties"] is (name == "Happened")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_shipped_file_and_the_example_are_taken(file: Path) -> None:
    assert complaints(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_in_the_docs_is_taken(page: Path) -> None:
    files = [text for kind, text in blocks(page) if kind == "yaml" and text.startswith("version:")]

    assert [complaints(text) for text in files] == [[]] * len(files)


def test_the_first_line_of_the_shipped_file_leads_to_the_schema() -> None:
    first = (ROOT / "rules.yaml").read_text(encoding="utf-8").splitlines()[0]

    assert first.startswith(FIRST_LINE)
    assert (ROOT / first.removeprefix(FIRST_LINE)).resolve() == COMMITTED


@pytest.mark.parametrize(
    "written",
    [
        "settings: {takeover: off, collapse: 0s}",
        "settings: {takeover: false}",
        "settings: {takeover: {for: 1h30m, ai: ya}}",
        "admins: {bos: {to: 6281200000001}, kasir: {to: '+62 812-0000-0002'}}",
        "hours: {toko: {senin-jumat: 09:00-17:00, 'sabtu, minggu': tutup}}",
        "hours: {toko: {Senin: [09:00-12:00, 13:00-17:00], holidays: [2026-03-20, {date: 12-25}]}}",
        "hours: {toko: 09:00-17:00, gudang: [08.00-12.00, 13.00 s/d 16.00]}",
        "hours: {toko: {senin: 24 jam, holidays: 2026-03-20}}",
        "vars: {harga: 50.000, buka: true, nomor: 0812}",
        "synonyms: {halo: hai, harga: [hrg, 1]}",
        "tables: {produk: [{id: kopi, alias: [kopi, 2], harga: 50.000, catatan: ''}]}",
        "replies: {menu: {text: x, buttons: [Harga, {id: a, title: 5}], footer: y}}",
        "replies: {menu: {text: x, list: [A, {id: b, title: B, description: c}]}}",
        "replies: {menu: {text: x, list: {sections: [{title: A, rows: [b]}]}}}",
        "replies: {menu: {media: {image: gambar/promo.jpg}}}",
        "replies: {menu: {template: promo}}",
        "replies: {menu: {location: {latitude: -6.175392, longitude: '106.82'}}}",
        "fallback: {reply: x, match_types: text, after: 2, then: {handover: 4h}}",
        "fallback: {reply: x, then: {handover: {for: 4h, notify: {to: bos, text: x}}}}",
        "flows: {f: {steps: [{id: a, ask: x, type: table.produk, min: 1, max: '10'}]}}",
        "flows: {f: {steps: [{id: a, ask: x, choices: {ya: [y, ok], tidak: no}}]}}",
        "flows: {f: {steps: [{id: a, ask: [{if: {first: ya}, text: x}, y]}], done: {reply: none}}}",
        "tests: [{name: x, say: 5, at: 2026-01-04 20:00, expect: {silent: tidak, rules: a}}]",
        "tests: [{name: x, event: device.disconnected}, {name: y, event: {name: z, reason: w}}]",
        "include: harga.yaml",
        "include: [harga.yaml, aturan/promo.yml]",
    ],
)
def test_what_the_language_takes_is_taken(written: str) -> None:
    assert complaints(f"version: 1\n{RULE}{written}\n") == []


@pytest.mark.parametrize(
    "rule",
    [
        "id: b, match: [{words: a}, {pattern: 'x <y>', not: {words: b}}], reply: [x, {use: menu}]",
        "id: b, match: {button: x, type: [image, document]}, reply: none, cooldown: 10m",
        "id: b, event: call.received, reply: {random: [x, {text: y}]}",
        "id: 5, if: {any: [{silent_for: 14d}, {eq: [form.a, 5]}], first: false}, continue: Ya",
        "id: b, match: {words: x}, call: stok, http: https://toko.contoh.id/x, tag: a",
        "id: b, match: {words: x}, call: {name: x, with: {a: 1}}, record: {kind: k, fields: [a]}",
        "id: b, match: {words: x}, http: {url: 'https://a.id', on_error: {reply: x}}",
        "id: b, match: {words: x}, record: {kind: k, fields: {total: '{{ x }}', b: c}}",
    ],
)
def test_every_form_of_a_rule_is_taken(rule: str) -> None:
    assert complaints(f"version: 1\n{RULE}  - {{{rule}}}\n") == []


MISTAKES = (
    "sttings: {}",
    "settings: {chats: grup}",
    "settings: {max_age: 15 menit}",
    "settings: {timezone: WIB}",
    "settings: {language: indonesia}",
    "settings: {takeover: mungkin}",
    "settings: {module: toko.py}",
    "settings: {loop_guard: {replies: 0}}",
    "admins: {bos: {to: 0812}}",
    "admins: {bos: {nomor: 6281200000001}}",
    "admins: {bos: 6281200000001}",
    "hours: {toko: {sennin: 09:00-17:00}}",
    "hours: {toko: {senin: 9 pagi}}",
    "hours: {nama toko: {senin: 09:00-17:00}}",
    "vars: {nama toko: x}",
    "vars: {a: [x]}",
    "vars: {a: }",
    "synonyms: [halo]",
    "tables: {produk: {id: x}}",
    "tables: {produk: [{nama: Kopi}]}",
    "replies: {menu: halo}",
    "replies: {menu: {txt: x}}",
    "replies: {menu: {text: x, buttons: [{id: a}]}}",
    "replies: {menu: {media: {image: ../a.jpg}}}",
    "replies: {menu: {media: {image: /a.jpg}}}",
    "fallback: maaf",
    "fallback: {reply: x, match_types: txt}",
    "flows: {f: {steps: []}}",
    "flows: {f: {steps: {id: a, ask: x}}}",
    "flows: {f: {steps: [{id: a}]}}",
    "flows: {f: {steps: [{id: a, ask: x, type: angka}]}}",
    "flows: {f: {steps: [{id: a, ask: x, choices: [ya]}]}}",
    "flows: {f: {steps: [{id: a, ask: x}], done: {replay: x}}}",
    "flows: {f: {steps: [{id: a, ask: x}], timeout: 0s}}",
    "tests: [{say: x}]",
    "tests: [{name: x, send: image}]",
    "tests: [{name: x, say: x, at: 20:00}]",
    "tests: [{name: x, say: x, expect: {rul: a}}]",
    "include: ../a.yaml",
    "include: []",
    "rules: halo",
)
BAD_RULES = (
    "match: {words: a}, reply: x",
    "id: a b, match: {words: a}, reply: x",
    "id: b, match: {word: a}, reply: x",
    "id: b, match: a, reply: x",
    "id: b, match: {}, reply: x",
    "id: b, match: {words: []}, reply: x",
    "id: b, match: {type: imge}, reply: x",
    "id: b, match: {words: a}, balas: x",
    "id: b, match: {words: a}, reply: ",
    "id: b, match: {words: a, if: {open: toko}}, reply: x",
    "id: b, if: {first: mungkin}, reply: x",
    "id: b, if: {eq: form.a}, reply: x",
    "id: b, match: {words: a}, cooldown: 10 menit, reply: x",
    "id: b, match: {words: a}, handover: ya",
    "id: b, match: {words: a}, notify: bos",
    "id: b, match: {words: a}, record: {kind: order}",
    "id: b, match: {words: a}, http: toko.id",
    "id: b, event: call.recieved, reply: x",
    "id: b, match: {words: a}, reply: {text: x, button: [a]}",
)


@pytest.mark.parametrize("written", MISTAKES)
def test_a_typical_mistake_is_underlined(written: str) -> None:
    rules = "" if written.startswith("rules") else RULE

    assert complaints(f"version: 1\n{rules}{written}\n")
    assert problems(f"{rules}{written}\n")


@pytest.mark.parametrize("rule", BAD_RULES)
def test_a_typical_mistake_in_a_rule_is_underlined(rule: str) -> None:
    assert complaints(f"version: 1\n{RULE}  - {{{rule}}}\n")
    assert problems(f"{RULE}  - {{{rule}}}\n")


def test_a_file_that_is_included_needs_no_version() -> None:
    assert complaints(RULE) == []
