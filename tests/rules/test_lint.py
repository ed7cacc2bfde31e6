"""Rules that never answer are told, and of a good file nothing is."""

import re
from pathlib import Path

import pytest

from bot.gateways import GATEWAYS
from bot.rules import load, read, warnings
from tests.rules.counting import calls_of
from tests.rules.playing import NOW, book

FIRST = "rules:\n  - {id: harga, match: {words: [harga, hrg]}, reply: x}\n"


def never(rules: str) -> list[str]:
    return [str(warning) for warning in warnings(book(rules))]


@pytest.mark.parametrize(
    "match",
    [
        "{words: harga}",
        "{words: [hrg, harga]}",
        "{words: daftar harga}",
        "{words: harganya}",
        "{exact: daftar harga}",
        "{starts: harga kopi}",
        "{words: harga, type: text}",
        "[{words: harga}, {exact: hrg}]",
    ],
)
def test_a_rule_is_told_when_an_earlier_one_always_answers(match: str) -> None:
    assert never(FIRST + f"  - {{id: lagi, match: {match}, reply: y}}\n") == [
        'rules.yaml:4:5: rules[1]: the rule "lagi" never answers: '
        '"harga" (line 3) above it always does'
    ]


@pytest.mark.parametrize(
    "match",
    [
        "{words: [harga, biaya]}",
        "{words: menghargai}",
        "{contains: harga}",
        "[{words: harga}, {button: b}]",
        "{not: {words: harga}}",
    ],
)
def test_a_rule_with_something_left_to_answer_is_not_told(match: str) -> None:
    assert never(FIRST + f"  - {{id: lagi, match: {match}, reply: y}}\n") == []


@pytest.mark.parametrize(
    "rule",
    [
        "match: {words: harga}, if: {first: true}, reply: x",
        "match: {words: harga}, continue: true, reply: x",
        "match: {words: harga, type: image}, reply: x",
        "match: {exact: harga}, reply: x",
        "match: {starts: harga}, reply: x",
    ],
)
def test_a_rule_that_does_not_always_answer_hides_none(rule: str) -> None:
    assert (
        never(f"rules:\n  - {{id: a, {rule}}}\n  - {{id: b, match: {{words: harga}}, reply: y}}\n")
        == []
    )


def only_told(above: str, below: str) -> str:
    """Return what is told of the second of two rules, "" for nothing."""
    rules = (
        "hours: {toko: {senin: 9-17}, rumah: {selasa: 9-17}}\nrules:\n"
        f"  - {{id: a, {above}, reply: x}}\n  - {{id: b, {below}, reply: y}}\n"
    )
    found = [problem for problem in warnings(book(rules)) if problem.path == "rules[1]"]
    return "; ".join(problem.text for problem in found)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("match: {fuzzy: pengiriman}", "match: {words: pengiriman}"),
        ("match: {fuzzy: pengiriman}", "match: {exact: pengiriman}"),
        ("match: {words: order}", "match: {pattern: order <apa>}"),
        ("match: {words: order}", "match: {pattern: mau order <apa>}"),
        ("match: {regex: 'INV-\\d+'}", "match: {regex: 'INV-\\d+'}"),
        ("match: {contains: [kilat, cepat]}", "match: {contains: kilat}"),
        ("match: {words: a, not: {words: b}}", "match: {words: a, not: {words: b}}"),
        ("if: {first: true}, match: {words: a}", "if: {first: true}, match: {words: a}"),
        ("if: {first: true}, match: {words: a}", "if: {first: true, tag: vip}, match: {words: a}"),
        ("if: {silent_for: 1d}, match: {words: a}", "if: {silent_for: 2d}, match: {words: a}"),
        (
            "if: {gateway: [meta, rijan]}, match: {words: a}",
            "if: {gateway: meta}, match: {words: a}",
        ),
        ("if: {tag: vip}", "if: {tag: vip}, match: {words: a}"),
        ("if: [{tag: vip}, {first: true}]", "if: {tag: vip}, match: {words: a}"),
        ("if: {closed: [toko, rumah]}", "if: {closed: rumah}, match: {words: a}"),
        (
            "if: {tag: vip}",
            "if: [{tag: vip, first: true}, {tag: vip, device: x}], match: {words: a}",
        ),
        ("if: {open: toko}", "if: {open: toko}, match: {button: a}"),
    ],
)
def test_a_rule_below_a_weaker_one_is_told(above: str, below: str) -> None:
    assert (
        only_told(above, below) == 'the rule "b" never answers: "a" (line 4) above it always does'
    )


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("match: {words: pengiriman}", "match: {fuzzy: pengiriman}"),
        ("match: {pattern: order <apa>}", "match: {words: order}"),
        ("match: {words: kopi}", "match: {pattern: order <apa>}"),
        ("match: {words: a, not: {words: b}}", "match: {words: a}"),
        ("if: {first: true, tag: vip}, match: {words: a}", "if: {first: true}, match: {words: a}"),
        ("if: {silent_for: 2d}, match: {words: a}", "if: {silent_for: 1d}, match: {words: a}"),
        (
            "if: {gateway: meta}, match: {words: a}",
            "if: {gateway: [meta, rijan]}, match: {words: a}",
        ),
        ("if: {tag: vip}, match: {words: a}", "match: {words: a}"),
        ("if: {tag: vip}, continue: true", "if: {tag: vip}, match: {words: a}"),
        ("if: {open: toko}, match: {words: a}", "if: {closed: toko}, match: {words: a}"),
        ("if: {closed: toko}, match: {words: a}", "match: {words: a}"),
        ("if: {closed: toko}", "if: {tag: vip}, match: {words: a}"),
        ("if: {closed: toko}", "if: {closed: [toko, rumah]}, match: {words: a}"),
    ],
)
def test_a_rule_below_a_stronger_one_is_not_told(above: str, below: str) -> None:
    assert only_told(above, below) == ""


@pytest.mark.parametrize("match", ["{regex: .}", "{type: text}", "{any: [{type: text}]}"])
def test_a_rule_below_one_that_takes_every_text_is_told(match: str) -> None:
    assert only_told(f"match: {match}", "match: {words: a}") == (
        'the rule "b" answers no text: "a" (line 4) above it answers every one'
    )
    assert only_told(f"match: {match}", "match: {button: a}") == ""
    assert only_told(f"if: {{first: true}}, match: {match}", "match: {words: a}") == ""


def test_a_rule_that_answers_for_a_contact_who_opted_out_is_not_told() -> None:
    rules = """\
rules:
  - {id: semua, match: {words: mulai}, reply: x}
  - {id: mulai, match: {exact: mulai}, opt_in: true, reply: y}
"""

    assert never(rules) == []


@pytest.mark.parametrize(
    ("match", "is_told"), [("{regex: .}", True), ("{words: a}", False), ("{type: image}", False)]
)
def test_a_rule_that_takes_every_answer_in_a_form_is_told(match: str, *, is_told: bool) -> None:
    rules = f"""\
rules:
  - {{id: semua, always: true, match: {match}, reply: x}}
  - {{id: order, match: {{button: order}}, start: order}}
flows: {{order: {{cancel: x, steps: [{{id: a, ask: b}}], done: {{reply: c}}}}}}
"""

    assert any("no form can be filled in" in line for line in never(rules)) == is_told


def test_each_rule_is_told_in_the_order_and_with_the_names_of_the_files() -> None:
    main = "version: 1\ninclude: [a.yaml]\nrules:\n  - {id: a, match: {words: a}, reply: x}\n"
    other = "vars: {b: x}\nrules:\n  - {id: b, match: {words: a}, reply: x}\n"

    found = warnings(read(main + "vars: {a: x}\n", files={"a.yaml": other}))

    assert [(problem.file, problem.line, problem.path) for problem in found] == [
        ("rules.yaml", 5, "vars.a"),
        ("a.yaml", 1, "vars.b"),
        ("a.yaml", 3, "rules[0]"),
    ]


FOLDER = Path(__file__).parents[2]
PAGES = [*(FOLDER / "docs").glob("rules*.md")]
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"```yaml\n(version: 1.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    )
    if "\nrules:" in block and "include:" not in block
]
FILES = [
    FOLDER / "rules.yaml",
    Path(__file__).parent / "example.yaml",
    *(FOLDER / "examples").glob("*/rules.yaml"),
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_nothing_is_to_be_said_about_the_shops(file: Path) -> None:
    limits = {name: gateway.capabilities for name, gateway in GATEWAYS.items()}

    assert warnings(load(file), limits=limits, folder=file.parent, now=NOW) == []


@pytest.mark.parametrize("block", BLOCKS)
def test_nothing_is_to_be_said_about_the_examples_of_the_page(block: str) -> None:
    assert [str(warning) for warning in warnings(read(block), now=NOW)] == []


def test_warnings_of_ten_times_the_rules_take_about_ten_times_the_work() -> None:
    def work(count: int) -> int:
        rules = "".join(
            f"  - {{id: r{n}, match: {{words: [kata{n}, lain{n}]}}, reply: Jawaban {n}}}\n"
            for n in range(count)
        )
        found = book(f"rules:\n{rules}")
        return calls_of(lambda: warnings(found))

    assert work(2000) < 15 * work(200)
