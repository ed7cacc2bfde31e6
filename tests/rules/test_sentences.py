"""Which rule answers what people write: the shop of this project, and an English one."""

from pathlib import Path

import pytest

from bot.rules import load, read
from tests.rules.playing import Chat, rules_of
from tests.rules.sentences import ENGLISH, ENGLISH_SHOP, INDONESIAN

SHOP = load(Path(__file__).parents[2] / "rules.yaml")
IN_ENGLISH = read(ENGLISH_SHOP)


def pairs(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(said, rule) for rule, sentences in table.items() for said in sentences]


@pytest.mark.parametrize(("said", "rule"), pairs(INDONESIAN))
def test_the_shop_answers_with_the_rule_that_is_meant(said: str, rule: str) -> None:
    assert rules_of(Chat(SHOP).say(said)) == (rule,)


@pytest.mark.parametrize(("said", "rule"), pairs(ENGLISH))
def test_an_english_shop_answers_with_the_rule_that_is_meant(said: str, rule: str) -> None:
    assert rules_of(Chat(IN_ENGLISH).say(said)) == (rule,)


def test_the_tables_have_two_hundred_sentences_and_none_twice() -> None:
    for table in (INDONESIAN, ENGLISH):
        said = [sentence for sentence, _ in pairs(table)]
        assert len(said) == len(set(said))
    assert len(pairs(INDONESIAN)) + len(pairs(ENGLISH)) >= 200
