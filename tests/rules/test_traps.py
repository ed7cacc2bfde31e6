"""YAML's own traps are told in one sentence, with the line and the way to write it."""

import pytest

from tests.rules.playing import problems, raised

IN_QUOTES = "must stand in quotes"


@pytest.mark.parametrize(
    ("value", "why", "instead"),
    [
        ("*tebal* halo", "begins with * (as bold text does)", '"*tebal* halo"'),
        ("*tebal", "begins with *", '"*tebal"'),
        ("@admin ya", "begins with @", '"@admin ya"'),
        ("% diskon", "begins with %", '"% diskon"'),
        ("Halo: apa kabar", "a colon and a space", '"Halo: apa kabar"'),
        ("`kode`", "begins with `", '"`kode`"'),
        ("&lain", "begins with &", '"&lain"'),
        ("!penting ya", "begins with !", '"!penting ya"'),
        ("[Info] halo", "begins with [", '"[Info] halo"'),
        ("{{ gateway }} halo", "begins with {", '"{{ gateway }} halo"'),
        ("- halo", "begins with a dash", '"- halo"'),
        ('*"halo" kak*', "begins with *", "'*\"halo\" kak*'"),
    ],
)
def test_a_text_that_needs_quotes_is_shown_with_quotes(value: str, why: str, instead: str) -> None:
    (problem,) = raised(
        f"version: 1\nrules:\n  - id: a\n    match: {{words: a}}\n    reply: {value}\n"
    )

    assert (problem.line, problem.column) == (5, 12)
    assert why in problem.text
    assert IN_QUOTES in problem.text
    assert problem.text.endswith(f"reply: {instead}")


@pytest.mark.parametrize(
    ("written", "line", "why"),
    [
        ("rules:\n\t- id: a", 3, "indent with spaces"),
        ("rules:\n  - id:a\n    reply: x", 3, "a space must follow the colon after a key: id: a"),
        ('rules:\n  - reply: "Halo" kak', 3, "something follows the closing quotation mark"),
        ("rules:\n  - reply: 'Halo\n\n", 3, "the quotation mark that opens here is never closed"),
        ('rules:\n  - reply: "a\\q"', 3, "after a backslash in double quotes"),
        ("rules:\n  - id: a\n   reply: x", 4, "the indentation does not fit"),
        ("rules:\n  - match: {words: [a}\n", 3, "the brackets do not fit together"),
        ("rules:\n  - match: {words: [@a]}\n", 3, "begins with @"),
        (
            "rules:\n  - match: {words: a\n    reply: x",
            3,
            "bracket that opens here is never closed",
        ),
        ("rules:\n  - id = a\n    reply: x", 3, "a key is followed by a colon, not by =: id: a"),
        ("rules:\n  - match: {words: a},\n", 3, "nothing may follow the closing bracket: match"),
        ("rules:\n  - reply: |\n    Halo\n  - id: a", 4, "the text after | or > must be indented"),
        (
            "rules:\n  - reply: >\n\n    Halo\n  - id: a",
            5,
            "the text after | or > must be indented",
        ),
        ("rules:\n  - id: a\nHalo kak\n", 4, "this line has no key"),
        (
            "rules:\n  - match: {words:[harga]}\n",
            3,
            "a space must follow the colon after a key: match: {words: [harga]}",
        ),
        ("rules:\n  -id: a\n    reply: x", 3, "a space must follow the dash: - id: a"),
        ("rules:\n  • id: a\n    reply: x", 3, "• is not a dash: - id: a"),
        ("rules:\n  - id: a\n    reply:x\n", 4, "a space must follow the colon after a key: reply"),
        ("rules:\n  - id: a\n\u00a0\u00a0  reply: x\n    tag: y", 4, "no-break space (U+00A0)"),
        ("rules:\n  - id: a\n    reply:\u00a0x\n", 4, "no-break space (U+00A0) follows the colon"),
        ("rules:\n  - id: a\n    match {words: [a]}\n    reply: x", 4, 'missing after "match"'),
        ("rules: [\n  {id: a, match: {words: [a]}, reply: x}\n", 2, "opens here is never closed"),
        ("rules: [\n  - id: a\n    reply: x\n", 2, "opens here is never closed"),
        ("rules:\n  - reply: “Murah: sekali”\n", 3, 'use "): reply: "Murah: sekali"'),
        ("hours:\n  toko:\n\tsenin: 09:00-17:00", 4, "indent with spaces"),
    ],
)
def test_a_line_that_is_no_yaml_is_explained(written: str, line: int, why: str) -> None:
    found = raised("version: 1\n" + written)

    assert any(problem.line == line and why in problem.text for problem in found), found


def test_all_traps_in_a_file_are_told_and_the_other_mistakes_too() -> None:
    found = problems("""\
rules:
  - id: a
    match: {words: a}
    reply: *Halo* kak
  - id: b
    match: {word: b}
    reply: Info: tutup
""")

    assert [text.split(":")[1] for text in found] == ["5", "7", "8"]


def test_the_same_key_twice_is_refused() -> None:
    found = problems("rules:\n  - id: a\n    id: b\n    match: {words: a}\n    reply: x\n")

    assert found == ['rules.yaml:4:5: "id" is written twice; the first is on line 3']


def test_a_rule_without_its_dash_is_told_once() -> None:
    rule = "    id: {0}\n    match: {{words: {0}}}\n    reply: x\n"

    found = problems("rules:\n" + rule.format("a").replace("    id", "  - id") + rule.format("b"))

    assert found == [
        'rules.yaml:6:5: "id" is written twice; the first is on line 3; begin a new rule with -'
    ]


def test_a_text_beside_the_sign_for_lines_is_not_to_be_quoted() -> None:
    found = problems("rules:\n  - id: a\n    match: {words: a}\n    reply: | Murah\n")

    assert found == ["rules.yaml:5:12: after | the text begins on the next line, indented"]


def test_what_is_nested_too_deeply_is_refused() -> None:
    assert raised("version: 1\nrules: " + "[" * 500 + "]" * 500)


def test_the_traps_are_told_in_tables_and_flows_too() -> None:
    found = problems("""\
tables:
  produk:
    - id: kopi
      nama: Kopi: Gayo
flows:
  order:
    steps:
      - id: produk
        ask: *Mau* pesan apa?
      - id: jumlah
        ask: % diskon
        error: @admin
rules:
  - {id: a, match: {words: a}, reply: x}
""")

    assert [(text.split(":")[1], text.split(": ", 1)[1].rpartition(": ")[2]) for text in found] == [
        ("5", 'Gayo"'),
        ("10", '"*Mau* pesan apa?"'),
        ("12", '"% diskon"'),
        ("13", '"@admin"'),
    ]


def test_an_overlong_line_is_not_shown_whole() -> None:
    found = raised("version: 1\nrules: [" + "*a, " * 10_000 + "]")

    assert max(len(problem.text) for problem in found) < 200
