"""Words that mean more, or less, than they seem to are told; so are matches better written else."""

import re

import pytest

from bot.rules import warnings
from tests.rules.playing import book


def told(rules: str) -> list[str]:
    """Return what is told, without what nobody uses."""
    found = warnings(book(rules))
    return [f"{one.path}: {one.text}" for one in found if "nothing uses" not in one.text]


def only(match: str, *, before: str = "synonyms: {order: [beli, pesan barang]}\n") -> list[str]:
    """Return what is told of a rule beside one that looks for "order"."""
    return told(
        f"{before}rules:\n  - {{id: a, match: {match}, reply: x}}\n"
        "  - {id: b, match: {words: order}, reply: y}\n"
    )


def test_a_word_that_is_a_synonym_of_another_is_told() -> None:
    assert only("{words: [kopi, beli], type: image}") == [
        'rules[0].match.words[1]: "beli" is a synonym of "order" (line 2), so this matches '
        'whatever means "order": write that word, or take "beli" out of the synonyms'
    ]


@pytest.mark.parametrize("words", ["{words: [order, beli], type: image}", "{words: [pembelian]}"])
def test_a_synonym_beside_its_meaning_is_not_told(words: str) -> None:
    assert only(words) == []


def test_a_word_inside_a_synonym_of_a_rule_below_is_told() -> None:
    assert only("{words: barang}") == [
        'rules[0].match.words: "barang" also stands in "pesan barang" (line 2), which means '
        '"order": this rule answers it before the rule "b" can; move it below that one'
    ]


@pytest.mark.parametrize(
    "rules",
    [
        "{id: a, match: {words: barang}, reply: x, continue: true}",
        "{id: a, match: {words: barang, not: {words: order}}, reply: x}",
        "{id: a, match: {words: [barang, order], type: image}, reply: x}",
        "{id: a, match: {exact: barang}, reply: x}",
        "{id: 0, match: {words: order}, reply: z}\n  - {id: a, match: {words: barang}, reply: x}",
    ],
)
def test_a_word_inside_a_synonym_that_keeps_nothing_away_is_not_told(rules: str) -> None:
    synonyms = "synonyms: {order: [beli, pesan barang]}\nrules:\n"
    below = "" if "id: 0" in rules else "  - {id: b, match: {words: order}, reply: y}\n"

    assert told(f"{synonyms}  - {rules}\n{below}") == []


def test_an_abbreviation_is_told() -> None:
    assert only("{words: brp}") == [
        'rules[0].match.words: "brp" is only one spelling of "berapa": write "berapa", '
        "and every spelling of it matches"
    ]
    assert only("{words: [brp, berapa]}") == []


def test_a_greeting_above_a_question_is_told() -> None:
    assert only("{words: [permisi, halo]}", before="") == [
        'rules[0].match.words[1]: "halo, order?" is answered here and not by "b" (line 4): '
        'move this rule below that one, or give it "continue: true"'
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("match: {words: order}", "match: {words: halo}"),
        ("match: {words: halo}", "match: {words: makasih}"),
        ("continue: true, match: {words: halo}", "match: {words: order}"),
        ("match: {exact: halo}", "match: {words: order}"),
        ("match: {words: halo}", "match: {words: 👍}"),
    ],
)
def test_a_greeting_that_keeps_no_question_away_is_not_told(first: str, second: str) -> None:
    rules = f"rules:\n  - {{id: a, {first}, reply: x}}\n  - {{id: b, {second}, reply: y}}\n"

    assert told(rules) == []


@pytest.mark.parametrize("regex", ["harga", "harga|biaya", "^(harga|biaya)$", r"\bdaftar harga\b"])
def test_a_regular_expression_of_words_alone_is_told(regex: str) -> None:
    [line] = only(f"{{regex: '{regex}'}}")

    assert re.search(r"write words: \[(daftar )?harga[,\]]", line)


@pytest.mark.parametrize("regex", [r"INV-\d+", "harga.*kopi", "pesa+n", "(?P<kode>k)", "[ab]"])
def test_another_regular_expression_is_not_told(regex: str) -> None:
    assert only(f"{{regex: '{regex}'}}") == []


def test_letters_that_stand_inside_many_words_are_told() -> None:
    assert only("{contains: cs}") == [
        'rules[0].match.contains: "cs" also stands inside many other words, as "jam" in "pinjam": '
        "write words: [cs] to match it as a word"
    ]


@pytest.mark.parametrize("match", ["{contains: garansi}", "{words: a, not: {contains: cs}}"])
def test_other_letters_are_not_told(match: str) -> None:
    assert only(match) == []
