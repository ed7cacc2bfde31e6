"""Flows that cannot be entered, left or filled in, things nobody uses, and settings that clash."""

from datetime import UTC, datetime

import pytest

from bot.rules import warnings
from tests.rules.playing import NOW, book

FLOW = """\
tables: {produk: [{id: kopi, nama: Kopi}]}
rules:
  - {id: order, match: {words: order}, start: order}
  - {id: cs, always: true, match: {words: cs}, handover: 4h, reply: tunggu}
  - {id: jam, match: {words: jam}, reply: 9-17}
flows:
  order:
    cancel: [batal, jangan]
    timeout: 1h
    interrupt: [jam]
    steps:
      - {id: apa, ask: Apa?, type: table.produk}
      - {id: yakin, ask: Yakin?, type: choice, choices: {ya: [ya], tidak: [tidak, jangan]}}
    done: {reply: oke}
"""


def told(rules: str, *, now: datetime | None = None) -> list[str]:
    return [f"{one.path}: {one.text}" for one in warnings(book(rules), now=now)]


def changed(old: str, new: str) -> list[str]:
    """Return what is told of the flow with one thing changed."""
    assert old in FLOW
    return told(FLOW.replace(old, new))


def test_nothing_is_told_of_a_flow_that_works() -> None:
    assert told(FLOW) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "start: order",
            "reply: x",
            'flows.order: nothing starts this form: write "start: order" into a rule',
        ),
        (
            "    cancel: [batal, jangan]\n",
            "",
            "flows.order: a contact can leave this form only by answering: "
            "give it words to cancel, as in cancel: [batal]",
        ),
        (
            "    done: {reply: oke}\n",
            "",
            'flows.order: nothing is done with the answers: give the form a "done"',
        ),
        (
            "interrupt: [jam]",
            "interrupt: [jam, order]",
            'flows.order.interrupt[1]: the rule "order" starts a form, '
            "which ends this form instead of interrupting it",
        ),
        (
            "interrupt: [jam]",
            "interrupt: cs",
            'flows.order.interrupt: the rule "cs" hands the chat over, '
            "which ends this form instead of interrupting it",
        ),
        (
            "ya: [ya]",
            "ya: [cs]",
            'flows.order.steps[1].choices.ya: the answer "ya" is never heard: '
            'the rule "cs" answers before',
        ),
        (
            "ya: [ya]",
            "ya: [jam]",
            'flows.order.steps[1].choices.ya: the answer "ya" is never heard: '
            'the rule "jam" answers before',
        ),
        (
            "tidak: [tidak, jangan]",
            "tidak: jangan",
            'flows.order.steps[1].choices.tidak: the answer "tidak" is never heard: '
            "it cancels the form before",
        ),
    ],
)
def test_a_flow_that_was_surely_not_meant_so_is_told(old: str, new: str, line: str) -> None:
    assert changed(old, new) == [line]


def test_a_long_flow_with_words_to_cancel_is_not_told() -> None:
    assert changed("timeout: 1h", "timeout: 2h") == []


def test_a_synonym_that_only_a_table_uses_is_not_told() -> None:
    assert changed("tables:", "synonyms: {kopi: [ngopi]}\ntables:") == []


def test_flows_that_only_start_each_other_are_told() -> None:
    flows = "".join(
        f"  {name}: {{cancel: batal, steps: [{{id: x, ask: y}}], done: {{start: {other}}}}}\n"
        for name, other in (("a", "b"), ("b", "a"))
    )
    rules = "rules: [{id: r, match: {words: r}, %s}]\nflows:\n" + flows

    assert len(told(rules % "reply: x")) == 2
    assert told(rules % "start: a") == []


@pytest.mark.parametrize(
    ("section", "use", "line"),
    [
        ("vars: {a: x}", "reply: '{{ a }}'", 'vars.a: nothing uses the var "a"'),
        ("vars: {a: x}", "reply: '{% if vars.a %}x{% endif %}'", "vars.a"),
        ("vars: {a: x}", "if: {eq: [a, x]}, reply: x", "vars.a"),
        ("replies: {a: {text: x}}", "use: a", 'replies.a: nothing uses the reply "a"'),
        ("replies: {a: {text: x}}", "reply: [{use: a}]", "replies.a"),
        ("replies: {a: {text: x}}", "reply: {random: [{use: a}]}", "replies.a"),
        (
            "tables: {a: [{id: x, nama: y}]}",
            "reply: '{% for x in tables.a %}{{ x }}{% endfor %}'",
            'tables.a: nothing uses the table "a"',
        ),
        (
            "tables: {a: [{id: x, nama: y}]}",
            "match: {pattern: beli <b:table.a>}, reply: x",
            "tables.a",
        ),
        (
            "hours: {toko: {senin: 9-17}, a: {senin: 9-17}}",
            "if: {open: [a]}, reply: x",
            'hours.a: nothing uses the schedule "a"',
        ),
        (
            "hours: {toko: {senin: 9-17}, a: {senin: 9-17}}",
            "reply: '{{ hours.a.text }}'",
            "hours.a",
        ),
        (
            "synonyms: {daftar harga: [hrg]}",
            "match: {words: daftar harga}, reply: x",
            'synonyms.daftar harga: no rule looks for "daftar harga"',
        ),
        ("synonyms: {kopi: [ngopi]}", "match: {pattern: beli kopi <a>}, reply: x", "synonyms.kopi"),
        ("synonyms: {kopi: [ngopi]}", "match: {fuzzy: kopi}, reply: x", "synonyms.kopi"),
    ],
)
def test_what_nobody_uses_is_told(section: str, use: str, line: str) -> None:
    match = "" if "match" in use else "match: {button: b}, "
    rules = f"{section}\nrules:\n  - {{id: c, match: {{words: c}}, reply: x}}\n"

    assert [found[: len(line)] for found in told(rules)] == [line]
    assert told(f"{rules}  - {{id: d, {match}{use}}}\n") == []


def test_waiting_long_for_more_messages_is_told() -> None:
    rules = "settings: {collapse: %s}\nrules: [{id: a, match: {words: a}, reply: x}]\n"

    assert told(rules % "4s") == []
    assert "every answer waits 10 s" in told(rules % "10s")[0]


def test_an_opt_out_without_a_way_back_is_told() -> None:
    rules = "rules:\n  - {id: a, match: {exact: stop}, opt_out: ya, reply: x}\n"
    back = "  - {id: b, match: {exact: mulai}, opt_in: ya, reply: x}\n"

    assert "whoever opts out cannot come back" in told(rules)[0]
    assert told(rules + back) == []


def test_a_tag_that_no_rule_gives_is_told() -> None:
    rules = "rules:\n  - {id: a, if: {tag: [vip, lama]}, match: {words: a}, reply: x}\n"
    given = "  - {id: b, match: {words: b}, tag: [vip, lama], reply: x}\n"
    asked = "  - {id: b, match: {words: b}, http: 'https://toko.contoh.id'}\n"

    assert told(rules) == [
        f'rules[0].if.tag[{place}]: no rule gives the tag "{tag}", so this never holds'
        for place, tag in enumerate(("vip", "lama"))
    ]
    assert told(rules + given) == []
    assert told(rules + asked) == []


HOURS = "hours: {toko: {%s}}\nrules: [{id: a, if: {open: toko}, match: {words: a}, reply: x}]\n"


def test_hours_that_never_come_are_told() -> None:
    assert told(HOURS % "senin: tutup", now=NOW) == [
        'hours.toko: "toko" is never open within a year'
    ]
    assert told(HOURS % "senin: tutup") == []
    assert told(HOURS % "senin: 9-17", now=NOW) == []


@pytest.mark.parametrize(
    ("holidays", "is_told"),
    [
        ("2025-12-25", True),
        ("[2025-08-17, 2025-12-25]", True),
        ("[{date: 2025-12-24..2025-12-26, name: Natal}]", True),
        ("[2025-12-25, 2026-12-25]", False),
        ("[{date: 2025-12-30..2026-01-06}]", False),
        ("12-25", False),
    ],
)
def test_holidays_that_are_all_past_are_told(holidays: str, *, is_told: bool) -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)

    found = told(HOURS % f"senin: 9-17, holidays: {holidays}", now=now)

    assert (
        found == ["hours.toko.holidays: all these holidays are past: write the next ones"] * is_told
    )
