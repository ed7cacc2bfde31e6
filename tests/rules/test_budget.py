"""No message and no file takes unbounded work, however hostile it is.

Work is counted in calls where it can be, which is the same on every machine. A time is only a
safety net, many times what is needed.
"""

import time
from collections.abc import Callable
from functools import cache
from itertools import cycle, pairwise

import pytest

from bot.rules import Book, Problem, RulesError, Turn, play, read, warnings
from tests.rules.counting import calls_of
from tests.rules.playing import NOW, Chat, book, message

# Syllables, so that the words are like words and unlike each other.
_CONSONANTS, _VOWELS = "bcdghjklmnprst", "aiueo"
SECONDS = 5


def word(number: int) -> str:
    """Return a word of its own for each number."""
    syllables = []
    number += 1000
    while number:
        number, at = divmod(number, len(_CONSONANTS) * len(_VOWELS))
        syllables.append(_CONSONANTS[at % len(_CONSONANTS)] + _VOWELS[at // len(_CONSONANTS)])
    return "".join(syllables) + "ng"


KINDS: dict[str, Callable[[str], str]] = {
    "words": lambda name: f"{{words: [{name}, lihat {name}]}}",
    "phrases": lambda name: f"{{words: [a a a {name}, a {name} a, {name} a]}}",
    "fuzzy": lambda name: f"{{fuzzy: [{name}, lihat {name}]}}",
    "contains": lambda name: f"{{contains: {name}}}",
    "pattern": lambda name: f"{{pattern: '{name} <apa> untuk <siapa>'}}",
    "regex": lambda name: f"{{regex: '{name}-?\\d+|(a|aa)+{name}'}}",
}


@cache
def shop(count: int, *kinds: str) -> Book:
    """Return a shop with so many rules of some kinds, in turn."""
    rules = "".join(
        f"  - {{id: r{number}, match: {KINDS[kind](word(number))}, reply: Jawaban {number}}}\n"
        for number, kind in zip(range(count), cycle(kinds), strict=False)
    )
    return book(f"synonyms: {{a: [b c, b c d, aa]}}\nrules:\n{rules}fallback: {{reply: Maaf?}}\n")


def turn(text: str) -> Turn:
    return Turn(event=message(text), now=NOW, received_at=NOW)


LENGTH = 10_000
PLAIN = ("mau tanya apakah barangnya masih ada dan berapa ongkirnya " * 200)[:LENGTH]
HOSTILE = {
    "one letter again and again": "a " * (LENGTH // 2),
    "two letters in turn": "ab " * (LENGTH // 3),
    "the letters of a synonym": "b c " * (LENGTH // 4),
    "emoji": "😀" * LENGTH,
    "emoji of several parts": "👨‍👩‍👧‍👦" * (LENGTH // 7),
    "one long word": "a" * LENGTH,
    "one long word of two letters": "ab" * (LENGTH // 2),
    "endings": "nya" * (LENGTH // 3),
    "accents": "e" + "\u0301" * LENGTH,
    "wide letters": "ﷺ" * LENGTH,
    "punctuation": "?" * LENGTH,
    "digits and dots": "1." * (LENGTH // 2),
    "the words of the rules": " ".join(word(number) for number in range(LENGTH // 8))[:LENGTH],
    "the words of the rules, misspelt": " ".join(
        word(number)[:-1] + "k" for number in range(LENGTH // 8)
    )[:LENGTH],
    "the beginning of patterns": " ".join(f"{word(0)} x untuk" for _ in range(LENGTH // 14)),
    "nothing visible": "\u200b" * LENGTH,
    "NUL": "\x00" * LENGTH,
}

# Those that might make an index look at more than there is to be found.
HOSTILE_TO_INDEXES = [
    HOSTILE[name][:2000]
    for name in ("one letter again and again", "emoji", "one long word", "endings", "accents")
]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_message_costs_little_more_than_a_plain_one(text: str) -> None:
    rules = shop(1000, *KINDS)
    plain, hostile = turn(PLAIN), turn(text)
    play(rules, plain)

    usual = calls_of(lambda: play(rules, plain))
    started = time.perf_counter()
    play(rules, hostile)
    seconds = time.perf_counter() - started

    assert calls_of(lambda: play(rules, hostile)) < 12 * usual
    assert seconds < SECONDS


@pytest.mark.parametrize("text", [PLAIN[:2000], *HOSTILE_TO_INDEXES], ids=lambda text: text[:12])
@pytest.mark.parametrize("kind", KINDS)
def test_a_message_costs_the_same_beside_a_hundred_times_the_rules(kind: str, text: str) -> None:
    few, many = shop(10, kind), shop(1000, kind)
    for rules in (few, many):
        play(rules, turn(text))

    little, much = (calls_of(lambda: play(rules, turn(text))) for rules in (few, many))  # noqa: B023

    assert much < 2 * little


ANSWERS = (*HOSTILE.values(), "9" * LENGTH, "1e999999", "-" * LENGTH, "٣" * LENGTH)


@pytest.mark.parametrize(
    "kind", ["text", "int", "number", "phone", "email", "date", "table.produk", "choice"]
)
def test_a_form_hears_hostile_answers_in_bounded_work(kind: str) -> None:
    rows = [f"{{id: p{n}, nama: {word(n)} {word(n + 1)}}}" for n in range(1000)]
    choices = ", choices: {ya: [ya, oke], tidak: [tidak]}" if kind == "choice" else ""
    rules = book(
        f"tables: {{produk: [{', '.join(rows)}]}}\n"
        "rules: [{id: order, match: {words: order}, start: order}]\n"
        f"flows: {{order: {{cancel: batal, steps: [{{id: a, ask: b, type: {kind}{choices}, "
        "retries: 100}], done: {reply: oke}}}\n"
    )
    chat = Chat(rules)
    chat.say("order")
    before = chat.view

    def answer(text: str) -> int:
        chat.view = before
        return calls_of(lambda: chat.say(text))

    usual = answer(PLAIN)
    for text in ANSWERS:
        assert answer(text) < 12 * usual


MANY = 50_000
RULE = "rules: [{id: a, reply: x, match: {%s}}]"
FILES = {
    "aliases of aliases": "vars:\n  a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"  {after}: &{after} [{', '.join([f'*{name}'] * 9)}]\n"
        for name, after in pairwise("abcdefghi")
    ),
    "lists in lists": "rules: " + "[" * MANY + "]" * MANY,
    "maps in maps": "rules: " + "{a: " * MANY + "}" * MANY,
    "dashes": "rules:\n  " + "- " * MANY,
    "steps to the right": "".join(" " * depth + "a:\n" for depth in range(1000)),
    "a text as long as the file": f"vars: {{a: {'x' * 900_000}}}\n",
    "a reply as long as the file": RULE % f"words: a}}, tag: {{x: {'x' * 900_000}",
    "a word as long as the file": RULE % f"words: {'x' * 900_000}",
    "a phrase as long as the file": RULE % f"words: {'a b ' * 200_000}",
    "unknown keys": "".join(f"k{n}: x\n" for n in range(MANY)),
    "unknown keys of a rule": "rules:\n - id: a\n" + "".join(f"   k{n}: x\n" for n in range(MANY)),
    "unknown names": "vars:\n"
    + "".join(f"  nama_{n}: x\n" for n in range(2000))
    + "replies:\n"
    + "".join(f"  r{n}: {{text: '{{{{ nema_{n} }}}}'}}\n" for n in range(10_000)),
    "empty rules": "rules:\n" + " -\n" * MANY,
    "rules of one id": "rules:\n" + " - {id: a, match: {words: a}, reply: x}\n" * 10_000,
    "rows of one name": "tables:\n a:\n"
    + "".join(f"  - {{id: p{n}, nama: Kopi}}\n" for n in range(15_000)),
    "holidays": f"hours: {{a: {{senin: 9-17, holidays: [{'2020-01-01..2099-12-31, ' * 9_000}]}}}}",
    "misspelt words": RULE % f"fuzzy: [{', '.join(map(word, range(10_000)))}]",
    "regular expressions": RULE % f"regex: [{', '.join(f'(a{n}|b)*c+' for n in range(5_000))}]",
    "a regular expression that multiplies": RULE % "regex: '((a{1,1000}){1,1000}){1,1000}'",
    "blanks": RULE % f"pattern: '{' '.join(f'w{n} <a{n}>' for n in range(MANY))}'",
    "texts that do much": "replies:\n"
    + "".join(
        f"  r{n}: {{text: '{{% for x in range(1000) %}}{{% for y in range(20) %}}{n}"
        "{% endfor %}{% endfor %}'}\n"
        for n in range(2000)
    ),
    "broken lines": "rules:\n" + "  - *tebal*\n" * MANY,
    "tabs": "\ta: b\n" * MANY,
    "brackets that stay open": "rules: " + "{a: " * MANY,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_hostile_file_is_read_or_refused_in_bounded_time(text: str) -> None:
    started = time.process_time()
    problems: tuple[Problem, ...] = ()
    try:
        warnings(read(f"version: 1\n{text}"))
    except RulesError as error:
        problems = error.problems

    assert time.process_time() - started < 20
    assert sum(len(str(problem)) for problem in problems) < 1_000_000
