"""Matchers together: contains, call, several kinds in one rule, and what each says of itself."""

import random

import pytest

from bot.rules import Book, RulesError, read
from bot.rules.extensions import Extensions
from bot.rules.occasion import Occasion
from tests.rules.playing import Chat, book, message, rules_of, texts

CONTAINS = book("""\
rules:
  - {id: kirim, match: {contains: [kirim, "no. resi"]}, reply: x}
  - {id: both, match: {contains: "50.000", words: rupiah}, reply: x}
  - {id: not, match: {type: text, not: {contains: [a, 🙏]}}, reply: x}
fallback: {reply: maaf}
""")


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("kapan dikirimkan", "kirim"),
        ("KIRIMMMM", "kirim"),
        ("no resi berapa", "kirim"),
        ("a 50.000 rupiah", "both"),
        ("rp50.000", "not"),
        ("apa 150.000", "fallback"),
        ("oke", "not"),
        ("oke 🙏", "fallback"),
    ],
)
def test_letters_are_found_inside_words(said: str, rule: str) -> None:
    assert rules_of(Chat(CONTAINS).say(said)) == (rule,)


def test_letters_inside_an_answer_do_not_interrupt_a_form() -> None:
    rules = book("""\
rules:
  - {id: mulai, match: {words: mulai}, start: f}
  - {id: jam, match: {contains: jam}, reply: x}
flows: {f: {interrupt: [jam], steps: [{id: a, ask: a?}, {id: b, ask: b?}]}}
""")
    chat = Chat(rules)
    chat.say("mulai")

    assert rules_of(chat.say("jam")) == ("jam",)
    assert rules_of(chat.say("Jl. Jambu 5")) == ()


def test_asks_only_the_rules_whose_letters_are_there() -> None:
    many = "".join(
        f"  - {{id: r{n}, match: {{contains: [x{n}y, bersama{n}z]}}, reply: x}}\n"
        for n in range(10_000)
    )
    rules = book("rules:\n" + many)
    event = message("adax777yada bersama12zz")

    found = rules.index.find(event, rules.vocabulary.normalise(event.text))

    assert rules.index.candidates(found) == [12, 777]


WITH_CALL = """\
version: 1
settings: {module: toko}
rules:
  - {id: vip, match: {call: pelanggan_lama, words: diskon}, reply: x}
  - {id: lama, match: {not: {call: pelanggan_lama}}, reply: y}
fallback: {reply: maaf}
"""


def with_matcher(heard: list[Occasion]) -> Book:
    def is_known(occasion: Occasion) -> bool:
        heard.append(occasion)
        return occasion.text.endswith("!")

    extensions = Extensions(matchers={"pelanggan_lama": is_known})
    return read(WITH_CALL, extend=lambda _name: extensions)


def test_a_matcher_of_the_users_own_is_asked() -> None:
    heard: list[Occasion] = []
    rules = with_matcher(heard)

    assert rules_of(Chat(rules).say("diskon!")) == ("vip",)
    assert rules_of(Chat(rules).say("diskon")) == ("lama",)
    assert rules_of(Chat(rules).say("halo!")) == ("fallback",)
    assert {occasion.name for occasion in heard} == {"Siti"}


def test_a_matcher_of_the_users_own_is_asked_last() -> None:
    heard: list[Occasion] = []
    rules = with_matcher(heard)
    vip = rules.rules[0].matcher
    event = message("halo!")
    assert vip is not None

    vip.matches(rules.index.find(event, rules.vocabulary.normalise(event.text)))

    assert heard == []


def test_a_name_that_is_not_registered_is_a_mistake() -> None:
    extensions = Extensions(matchers={"pelanggan_baru": lambda _: True})

    with pytest.raises(RulesError) as raised:
        read(WITH_CALL, extend=lambda _name: extensions)

    shown = [str(problem) for problem in raised.value.problems]
    assert len(shown) == 2
    assert 'there is no matcher "pelanggan_lama"; did you mean "pelanggan_baru"?' in shown[0]


def test_names_are_believed_where_nobody_knows_what_is_registered() -> None:
    rules = read(WITH_CALL)

    assert rules_of(Chat(rules).say("diskon!")) == ("lama",)


def test_a_cancel_word_ends_a_form_though_no_rule_has_it() -> None:
    rules = book("""\
rules:
  - {id: mulai, match: {words: mulai}, start: f}
flows:
  f:
    cancel: [batal, "tidak jadi"]
    on_cancel: {reply: dibatalkan}
    steps: [{id: a, ask: a?}]
""")

    for said in ("batal", "Batal!", "tidak jadi", "gk jadi 🙏"):
        chat = Chat(rules)
        chat.say("mulai")
        assert texts(chat.say(said)) == ["dibatalkan"]
        assert chat.view.state.flow is None


def test_the_first_alternative_that_matches_says_what_is_captured() -> None:
    rules = book(r"""
rules:
  - id: a
    match:
      - {regex: 'kode (?P<x>\d+)', not: {words: batal}}
      - {all: [{pattern: "kode <x> batal"}, {regex: '(?P<y>\d+)'}]}
      - {words: kode}
    reply: "[{{ captured.x }}|{{ captured.y }}]"
""")

    assert texts(Chat(rules).say("kode 12")) == ["[12|]"]
    assert texts(Chat(rules).say("kode A1 batal")) == ["[A1|1]"]
    assert texts(Chat(rules).say("kode apa")) == ["[|]"]


def test_of_two_parts_that_capture_one_name_the_first_one_counts() -> None:
    rules = book(r"""
rules:
  - id: a
    match: {all: [{regex: '(?P<x>\d+)'}, {pattern: "kode <x>"}]}
    reply: "{{ captured.x }}"
""")

    assert texts(Chat(rules).say("kode A12")) == ["12"]


EVERY_KIND = {
    "words": "{words: satu}",
    "exact": "{exact: dua}",
    "starts": "{starts: tiga}",
    "contains": "{contains: mpa}",
    "fuzzy": "{fuzzy: sepuluh}",
    "pattern": '{pattern: "enam <x>"}',
    "regex": '{regex: "^tujuh$"}',
    "all": "{all: [{words: delapan}, {not: {words: x}}]}",
}
SAID = {
    "satu": "words",
    "dua": "exact",
    "dua tiga": "none",
    "tiga ya": "starts",
    "empat": "contains",
    "seplh": "none",
    "spuluh": "fuzzy",
    "enam lagi": "pattern",
    "enam": "none",
    "TUJUH": "regex",
    "delapan": "all",
    "delapan x": "none",
}


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_rules_that_exclude_each_other_does_not_matter(seed: int) -> None:
    names = list(EVERY_KIND)
    random.Random(seed).shuffle(names)
    rules = book(
        "rules:\n"
        + "".join(f"  - {{id: {name}, match: {EVERY_KIND[name]}, reply: x}}\n" for name in names)
        + "fallback: {reply: maaf}\n"
    )

    answered = {said: rules_of(Chat(rules).say(said))[0] for said in SAID}

    assert answered == {said: rule.replace("none", "fallback") for said, rule in SAID.items()}


def test_each_kind_says_why_it_does_not_match() -> None:
    rules = book(r"""
rules:
  - {id: a, match: {words: [b, a]}, reply: x}
  - {id: b, match: {contains: zz}, reply: x}
  - {id: c, match: {call: f}, reply: x}
  - {id: d, match: {not: {words: halo}}, reply: x}
  - {id: e, match: [{words: a}, {exact: "terima kasih"}], reply: x}
  - {id: f, match: {words: halo, button: x}, reply: x}
  - {id: g, match: {words: [s1, s2, s3, s4, s5, s6, s7]}, reply: x}
""")
    event = message("halo")
    found = rules.index.find(event, rules.vocabulary.normalise(event.text))

    assert [rule.matcher.why_not(found) for rule in rules.rules if rule.matcher] == [
        "words: none of a, b",
        "contains: none of z",
        "call: f says no",
        "not: that is what it says",
        "words: none of a; exact: none of terima kasih",
        "button: none of x",
        "words: none of s1, s2, s3, s4, s5 and 2 more",
    ]
