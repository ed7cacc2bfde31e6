"""The index keeps the order of the rules, and asks only those that may match."""

from bot.rules.matchers import Found
from tests.rules.playing import Chat, book, message, rules_of

COUNT = 10_000
MANY = book(
    "rules:\n"
    + "".join(
        f"  - {{id: r{n}, match: {{words: [kata{n}, bersama]}}, reply: {n}}}\n"
        for n in range(COUNT)
    )
)


def test_finds_one_of_ten_thousand_words() -> None:
    assert rules_of(Chat(MANY).say("mau kata7654 dong")) == ("r7654",)


def test_the_first_of_ten_thousand_rules_wins() -> None:
    assert rules_of(Chat(MANY).say("kata9999 bersama kata5")) == ("r0",)
    assert rules_of(Chat(MANY).say("kata9999 kata5")) == ("r5",)


def test_asks_only_the_rules_whose_words_are_there() -> None:
    event = message("kata3 dan kata70")
    found = MANY.index.find(event, MANY.vocabulary.normalise(event.text))

    assert MANY.index.candidates(found) == [3, 70]


def test_asks_rules_that_no_word_can_find() -> None:
    rules = book("""\
rules:
  - {id: a, match: {words: x}, reply: x}
  - {id: b, match: {contains: y}, reply: x}
  - {id: c, match: {not: {words: z}}, reply: x}
  - {id: d, match: {any: [{words: x}, {contains: y}]}, reply: x}
  - {id: e, match: {words: x, not: {words: z}}, reply: x}
  - {id: f, if: {first: true}, reply: x}
  - {id: g, match: {type: text, words: x}, reply: x}
""")

    assert rules.index.candidates(Found(frozenset({("type", "text")}))) == [2, 5]


def test_a_long_message_is_answered_like_a_short_one() -> None:
    assert rules_of(Chat(MANY).say("harganya " * 50_000)) == ()
    assert rules_of(Chat(MANY).say("kata8 " + "halo " * 50_000)) == ("r8",)


def test_every_word_is_counted_once() -> None:
    assert MANY.words == COUNT + 1
