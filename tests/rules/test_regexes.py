"""Regular expressions: what they find, capture and refuse, and that they stay quick together."""

import pytest
import re2

from bot.rules import searching
from bot.rules.searching import Search
from tests.rules.playing import Chat, book, message, problems, rules_of, texts

RULES = book(r"""
rules:
  - {id: nomor, match: {regex: 'INV-(?P<nomor>\d{4})'}, reply: "{{ captured.nomor }}"}
  - {id: dua, match: {regex: ['^a+b$', 'kode (?P<x>\w+)|KODE']}, reply: "dua {{ captured.x }}"}
  - {id: seru, match: {regex: '!{2,}'}, reply: seru}
  - {id: lain, match: {regex: 'é'}, reply: lain}
fallback: {reply: maaf}
""")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("pesanan INV-1007 sampai mana?", "1007"),
        ("inv-1007", "1007"),
        ("ＩＮＶ-１００７", "1007"),  # full-width letters are the same ones
        ("AAAB", "dua"),
        ("kode ABC9", "dua ABC9"),
        ("kode", "dua"),
        ("cepat!!!", "seru"),
        ("CAFÉ", "lain"),
        ("cafe\u0301", "lain"),
        ("INV 1007", "maaf"),
        ("INV-100", "maaf"),
        ("xaab", "maaf"),
        ("satu!", "maaf"),
    ],
)
def test_an_expression_is_looked_for_in_what_was_typed(said: str, answer: str) -> None:
    assert texts(Chat(RULES).say(said)) == [answer]


def test_a_group_named_like_a_step_has_its_type() -> None:
    rules = book(r"""
rules:
  - {id: a, match: {regex: 'beli (?P<jumlah>\w+)(?: ke (?P<alamat>.+))?'}, start: f}
flows:
  f:
    steps:
      - {id: jumlah, ask: berapa?, type: int, max: 9}
      - {id: alamat, ask: mana?}
""")

    def form(said: str) -> object:
        chat = Chat(rules)
        chat.say(said)
        return chat.view.state.flow.form if chat.view.state.flow else None

    assert form("beli 5") == {"jumlah": 5}
    assert form("beli banyak ke Solo") == {"alamat": "Solo"}
    assert form("beli 50") == {}


def test_an_expression_goes_with_other_matchers() -> None:
    rules = book(r"""
rules:
  - {id: both, match: {regex: '(?P<n>\d+)', words: meja}, reply: "meja {{ captured.n }}"}
  - id: either
    match: {any: [{regex: '(?P<n>\d+)kg'}, {words: ringan}]}
    reply: "{{ captured.n }}kg"
  - {id: not, match: {not: {regex: '\d'}}, reply: tanpa}
fallback: {reply: maaf}
""")

    expected = {"meja 7": "meja 7", "5kg": "5kg", "ringan 5": "kg", "5": "maaf", "lima": "tanpa"}
    assert {said: texts(Chat(rules).say(said))[0] for said in expected} == expected


def test_only_a_whole_message_interrupts_a_form() -> None:
    rules = book(r"""
rules:
  - {id: mulai, match: {words: mulai}, start: f}
  - {id: nomor, match: {regex: 'INV-(?P<n>\d+)'}, reply: "{{ captured.n }}"}
flows: {f: {interrupt: [nomor], steps: [{id: a, ask: a?}, {id: b, ask: b?}]}}
""")
    chat = Chat(rules)
    chat.say("mulai")

    assert texts(chat.say(" inv-12 ")) == ["12\n\na?"]
    assert rules_of(chat.say("Jl. INV-12")) == ()
    assert chat.view.state.flow is not None
    assert chat.view.state.flow.form == {"a": "Jl. INV-12"}


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (r"(?=a)b", "looking ahead"),
        (r"(?!a)b", "looking ahead"),
        (r"(?<=a)b", "looking behind"),
        (r"(?<!a)b", "looking behind"),
        (r"(a)\1", "a reference to an earlier group"),
        (r"(?P<x>a)(?P=x)", "a reference to an earlier group"),
        (r"(?>a)", "an atomic group"),
        (r"(a", "cannot be read: missing )"),
        (r"[z-a]", "cannot be read"),
        (r"\pL{1,900}", "too large"),
        (r"a*", "matches every message, even an empty one"),
        (r"|a", "matches every message, even an empty one"),
        ("a" * 1_001, "at most 1000 characters"),
    ],
)
def test_an_expression_that_cannot_be_used_is_refused(expression: str, reason: str) -> None:
    found = problems(f"rules:\n  - {{id: a, match: {{regex: ['x', '{expression}']}}, reply: y}}\n")

    assert len(found) == 1
    assert reason in found[0]
    assert found[0].startswith("rules.yaml:3")


EVIL = ["(a+)+b", "(a|aa)+c", "(.*)*d", "a.*a.*a.*a.*e", "(x+x+)+y", "([a-zA-Z]+)*f"]


@pytest.mark.parametrize(
    "said",
    ["a" * 100_000, "ab\x00" * 5_000, "😊" * 5_000, "\u202eevil", "e\u0301" * 9_000, "\ud800é", ""],
)
def test_no_message_makes_an_expression_raise_or_hang(said: str) -> None:
    listed = "".join(
        f"  - {{id: r{n}, match: {{regex: '{evil}'}}, reply: x}}\n" for n, evil in enumerate(EVIL)
    )

    assert Chat(book("rules:\n" + listed)).say(said).state
    assert Chat(RULES).say(said).state


def test_asks_only_the_rules_whose_expression_is_there() -> None:
    many = "".join(f"  - {{id: r{n}, match: {{regex: 'x{n}y'}}, reply: r}}\n" for n in range(2_000))
    rules = book("rules:\n" + many)
    event = message("ada x777y dan X3Y")

    found = rules.index.find(event, rules.vocabulary.normalise(event.text))

    assert rules.index.candidates(found) == [3, 777]


TOGETHER = [*(rf"[ab]*{letter}[ab]{{{n}}}c" for letter in "ab" for n in (40, 41)), "ba"]
TEXT = b"ab" * 3_000 + b"c"
THERE = {r"[ab]*a[ab]{41}c", r"[ab]*b[ab]{40}c", "ba"}


@pytest.mark.parametrize("memory", [2_000, 5_000, 10_000, 20_000, 64_000_000])
def test_expressions_that_are_too_large_together_are_searched_apart(
    monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    monkeypatch.setattr(searching, "_SET_MEMORY", memory)

    assert set(Search(TOGETHER, literal=False).found_in(TEXT)) == THERE


def test_a_search_that_runs_out_of_memory_still_finds_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # This is how RE2 says that it ran out of memory: nothing matches.
    monkeypatch.setattr(re2.Set, "Match", lambda _set, _text: None)

    assert set(Search(TOGETHER, literal=False).found_in(TEXT)) == THERE


def test_literals_and_expressions_are_told_apart() -> None:
    assert list(Search(["a.c", "."], literal=True).found_in(b"abc")) == []
    assert set(Search(["a.c", "."], literal=True).found_in(b"a.c")) == {"a.c", "."}
    assert list(Search(["a.c"], literal=False).found_in(b"ABC")) == ["a.c"]


def test_says_why_a_message_does_not_match() -> None:
    matcher = RULES.rules[1].matcher
    assert matcher is not None
    event = message("x")

    why = matcher.why_not(RULES.index.find(event, RULES.vocabulary.normalise("x")))

    assert why == r"regex: none of ^a+b$, kode (?P<x>\w+)|KODE"
