"""Replies beyond a limit, choices that lead nowhere, and files that are missing are told."""

from pathlib import Path

import pytest

from bot.gateways.capabilities import Capabilities
from bot.rules import warnings
from tests.rules.counting import calls_of
from tests.rules.playing import book

FIRST = "rules:\n  - {id: harga, match: {words: [harga, hrg]}, reply: x}\n"
LIMITS = {
    "meta": Capabilities(
        sends=frozenset({"text", "buttons", "list", "image"}), buttons=3, rows=10, sections=10
    ),
    "csku": Capabilities(),
}
ANSWERED = "  - {id: z, match: {contains: o}, reply: y}\n"


def lines(rules: str) -> list[str]:
    return [str(warning) for warning in warnings(book(rules))]


def told(reply: str, *, folder: Path | None = None) -> list[str]:
    """Return the warnings about a reply whose choices are answered if there is an o in them."""
    rules = f"rules:\n  - {{id: a, match: {{words: a}}, reply: {reply}}}\n{ANSWERED}"
    found = warnings(book(rules), limits=LIMITS, folder=folder)
    return [problem.text for problem in found if problem.path.startswith("rules[0].")]


@pytest.mark.parametrize(
    ("reply", "warning"),
    [
        (
            "{text: x, buttons: [o1, o2, o3, o4]}",
            "there are 4 buttons, and meta shows 3 at most: there it becomes a list",
        ),
        (
            "{text: x, buttons: [Kopi dari gunung tinggi]}",
            'the button "Kopi dari gunung tinggi" has 23 characters, and meta takes 20: '
            "there it becomes a list",
        ),
        (
            f"{{text: x, list: [{', '.join(f'o{n}' for n in range(11))}]}}",
            "the list has 11 rows, and meta shows 10 at most: there it becomes a menu with numbers",
        ),
        (
            "{text: x, list: [Kopi dari gunung yang tinggi]}",
            'the row "Kopi dari gunung yang tinggi" has 28 characters, and meta takes 24: '
            "there it becomes a menu with numbers",
        ),
        (
            "{text: x, list: {label: Lihat semua pilihan kopi, rows: [Kopi]}}",
            'the label "Lihat semua pilihan kopi" has 24 characters, and meta takes 20: '
            "there it is cut",
        ),
        (
            "{text: x, list: {sections: [{rows: [Kopi]}, {title: Lain, rows: [Cokelat o]}]}}",
            "meta wants a title for each of several sections: there it becomes a menu with numbers",
        ),
        (
            f"{{text: {'x' * 1025}, buttons: [Kopi]}}",
            "the text has 1025 characters, and meta takes 1024 with buttons: "
            "it goes out in several messages",
        ),
        (
            f"{{text: x, buttons: [Kopi], footer: {'x' * 61}}}",
            "the footer has 61 characters, and meta takes 60: there it becomes part of the text",
        ),
        (
            f"{{text: {'x' * 1025}, media: {{image: 'https://toko.contoh.id/a.jpg'}}}}",
            "the caption has 1025 characters, and meta takes 1024: "
            "it goes out as a message of its own",
        ),
        (
            "{text: x, media: {image: a.jpg}}",
            "csku cannot send files: contacts there get only the text; "
            "give a link instead, which is written below the text",
        ),
        (
            "{text: x, buttons: [{id: o1, title: Kopi}, {id: o2, title: kopi}]}",
            '2 choices are called "Kopi": nobody can tell them apart',
        ),
        (
            "{text: x, buttons: [Harga]}",
            'no rule answers the button "Harga"; write match: {button: Harga}',
        ),
    ],
)
def test_a_limit_is_told_with_what_becomes_of_it(reply: str, warning: str) -> None:
    assert told(reply) == [warning]


def test_a_long_text_is_told_for_each_gateway_that_splits_it() -> None:
    assert told("x" * 4097) == [
        f"the text has 4097 characters, and {name} takes 4096: it goes out as several messages"
        for name in LIMITS
    ]


def test_a_warning_stands_at_the_reply_and_comes_once() -> None:
    rules = """\
replies: {menu: {text: x, buttons: [Harga]}}
rules:
  - {id: a, match: {words: a}, use: menu}
  - {id: b, match: {words: b}, use: menu}
"""

    assert lines(rules) == [
        "rules.yaml:2:11: replies.menu: "
        'no rule answers the button "Harga"; write match: {button: Harga}'
    ]


@pytest.mark.parametrize(
    "match",
    ["{button: harga}", "{words: harga}", "[{words: x}, {button: Harga}]", "{type: button}"],
)
def test_a_button_that_some_rule_answers_is_not_told(match: str) -> None:
    assert lines(FIRST.replace("reply: x", "reply: {text: x, buttons: [Harga]}")) == []
    assert (
        lines(
            "rules:\n  - {id: a, match: {words: a}, reply: {text: x, buttons: [Harga]}}\n"
            f"  - {{id: b, match: {match}, reply: y}}\n"
        )
        == []
    )


def test_a_button_with_a_misspelt_id_is_told() -> None:
    rules = """\
rules:
  - {id: a, match: {words: a}, reply: {text: x, buttons: [{id: btn_hrga, title: Rp}]}}
  - {id: b, match: {any: [{button: btn_harga}]}, reply: y}
"""

    assert 'did you mean "btn_harga"?' in lines(rules)[0]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "toko").mkdir()
    (tmp_path / "toko" / "ada.jpg").write_bytes(b"x")
    (tmp_path / "luar.jpg").write_bytes(b"x")
    (tmp_path / "toko" / "tautan.jpg").symlink_to(tmp_path / "luar.jpg")

    def missing(name: str) -> list[str]:
        warned = told(f"{{text: x, media: {{image: {name}}}}}", folder=tmp_path / "toko")
        return [text for text in warned if "csku" not in text]

    assert missing("ada.jpg") == []
    assert missing("tiada.jpg") == ['there is no file "tiada.jpg" beside the rules file']
    assert "leads out of the folder" in missing("tautan.jpg")[0]


ORDER = """\
rules: [{id: order, match: {words: order}, start: order}]
flows:
  order:
    cancel: batal
    steps:
      - id: yakin
        ask: {text: Yakin?, buttons: [Ya, %s]}
        type: choice
        choices: {ya: [ya], tidak: [tidak]}
        error: {text: Ya atau tidak?, media: {image: a.jpg}}
    done: {reply: Oke.}
"""


def test_a_button_that_is_no_answer_to_its_question_is_told() -> None:
    assert lines(ORDER % "Tidak") == []
    assert lines(ORDER % "Mungkin") == [
        "rules.yaml:8:9: flows.order.steps[0].ask: "
        'the button "Mungkin" is no answer that the question takes'
    ]


def test_what_is_said_in_a_flow_has_the_same_limits() -> None:
    found = warnings(book(ORDER % "Tidak"), limits={"csku": Capabilities()})

    assert [problem.path for problem in found] == ["flows.order.steps[0].error"]


@pytest.mark.parametrize(
    "place",
    [
        "fallback: {reply: Maaf?, after: 2, then: {reply: %s}}",
        "fallback: {reply: %s}",
        "flows: {f: {cancel: x, on_cancel: {reply: %s}, steps: [{id: a, ask: b}], done: {tag: y}}}",
        "flows: {f: {cancel: x,on_timeout: {reply: %s}, steps: [{id: a, ask: b}], done: {tag: y}}}",
        "flows: {f: {cancel: x, steps: [{id: a, ask: b, on_fail: {reply: %s}}], done: {tag: y}}}",
        "flows: {f: {cancel: x, steps: [{id: a, ask: b}], done: {reply: %s}}}",
    ],
)
def test_every_place_where_something_is_said_is_looked_at(place: str) -> None:
    rules = "rules: [{id: a, match: {words: a}, %s}]\n"
    flow = rules % "start: f" + place % "{text: x, buttons: [Kopi]}"
    plain = rules % "reply: b" + place % "{text: x, buttons: [Kopi]}"

    assert 'no rule answers the button "Kopi"' in lines(flow if "flows" in place else plain)[0]


def test_what_is_said_when_an_address_fails_is_looked_at() -> None:
    failing = "{url: 'https://toko.contoh.id', on_error: {reply: {text: x, buttons: [Kopi]}}}"

    assert lines(f"rules: [{{id: a, match: {{words: a}}, http: {failing}}}]\n")


def test_a_reply_that_many_rules_use_is_looked_at_once() -> None:
    buttons = ", ".join(f"Pilihan {number}" for number in range(50))
    replies = f"replies: {{menu: {{text: x, buttons: [{buttons}]}}}}\n"
    rules = "".join(f"  - {{id: r{n}, match: {{words: kata{n}}}, %s}}\n" for n in range(300))
    plain = book(f"{replies}rules:\n{rules.replace('%s', 'reply: x')}")
    using = book(f"{replies}rules:\n{rules.replace('%s', 'use: menu')}")

    assert calls_of(lambda: warnings(using)) < 2 * calls_of(lambda: warnings(plain))
