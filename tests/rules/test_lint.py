"""Rules that can never answer are told, and only those."""

from pathlib import Path

import pytest

from bot.rules import load, warnings
from tests.rules.playing import book

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
        'rules.yaml:4:5: the rule "lagi" never answers: "harga" (line 3) above it always does'
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


def test_the_shop_has_no_rule_that_never_answers() -> None:
    assert warnings(load(Path(__file__).parents[2] / "rules.yaml")) == []
