"""Texts whose end is a comment to YAML, though nobody meant one."""

import pytest

from bot.rules import warnings
from tests.rules.playing import book


def told(reply: str) -> list[str]:
    rules = book(f"rules:\n  - id: promo\n    match: {{words: promo}}\n    reply: {reply}\n")
    return [str(warning) for warning in warnings(rules)]


def test_a_hashtag_that_nobody_would_read_is_told() -> None:
    [warning] = told("Diskon 10% #promo hari ini")

    assert warning == (
        'rules.yaml:5:12: rules[0].reply: "#promo" is a comment here, so nobody reads it: '
        "put the whole text in quotes"
    )


@pytest.mark.parametrize(
    "reply",
    [
        "Diskon 10%  # sampai Jumat",
        '"Diskon 10% #promo"',
        "'Diskon 10% #promo'",
        '"Diskon 10%" #promo',
        "|\n      Diskon 10% #promo",
        "Diskon#promo",
        "Diskon ##",
        "none",
    ],
)
def test_what_is_meant_as_a_comment_or_is_none_is_not(reply: str) -> None:
    assert told(reply) == []
