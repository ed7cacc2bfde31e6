"""A test of the file that could never fail, or names what is not there, is refused."""

import pytest

from tests.rules.playing import problems

RULES = """\
admins: {pemilik: {to: "6281200000077"}}
rules:
  - {id: harga, match: {words: harga}, reply: x}
  - {id: form, match: {words: form}, start: form}
flows: {form: {steps: [{id: nama, ask: Siapa?}], done: {reply: y}}}
tests:
"""


def mistakes(test: str) -> list[str]:
    return problems(f"{RULES}  - {{name: t, {test}}}\n")


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("expect: {silent: true}", "tests[0]: nothing happens: give it say, press, send, event"),
        ("say: a", 'tests[0]: it expects nothing, so it cannot fail: give it an "expect"'),
        ("say: a, expect: {}", "tests[0]: it expects nothing"),
        (
            "say: a, press: b, expect: {silent: true}",
            'tests[0].press: "say" and "press" are two turns: write them below "talk"',
        ),
        (
            "talk: [{say: a, expect: {rule: none}}], expect: {silent: true}",
            'tests[0].expect: with "talk", "expect" stands in each turn of it',
        ),
        (
            "say: a, talk: [{say: a, expect: {rule: none}}]",
            'tests[0].say: with "talk", "say" stands in each turn of it',
        ),
        ("talk: [{say: a}, {wait: 1m}]", "tests[0]: it expects nothing"),
        ("talk: [{expect: {rule: none}}]", "tests[0].talk[0]: nothing happens"),
        (
            "event: device.lost, expect: {silent: true}",
            'tests[0].event: there is no event "device.lost"; did you mean "device.',
        ),
        (
            "say: a, expect: {rule: hrga}",
            'tests[0].expect.rule: there is no rule "hrga"; did you mean "harga"?',
        ),
        (
            "say: a, expect: {rules: [harga, hrga]}",
            'tests[0].expect.rules: there is no rule "hrga"',
        ),
        (
            "say: a, expect: {flow: form.nma}",
            'tests[0].expect.flow: there is no question "form.nma"; did you mean "form.nama"?',
        ),
        (
            "at: 9999-12-31 23:59, say: a, expect: {rule: none}",
            "tests[0].at: expected a date and a time",
        ),
        ("say: a, expect: {notify: budi}", 'tests[0].expect.notify: there is no admin "budi"'),
    ],
)
def test_a_mistake_in_a_test_is_told_with_its_place(test: str, told: str) -> None:
    [problem] = mistakes(test)
    assert told in problem


@pytest.mark.parametrize(
    "test",
    [
        "say: a, expect: {rule: fallback}",
        "say: a, expect: {rule: none, flow: none, notify: none}",
        "talk: [{say: form}, {say: Siti, after: 1m, expect: {flow: none}}]",
        "event: quota.low, expect: {silent: true}",
    ],
)
def test_a_good_test_is_accepted(test: str) -> None:
    with pytest.raises(AssertionError, match="accepted"):
        mistakes(test)


def test_a_name_that_a_mistake_elsewhere_took_away_is_not_missed() -> None:
    [problem] = problems(
        "rules:\n  - {id: harga, match: {words: harga}, replay: x}\n"
        "tests:\n  - {name: t, say: harga, expect: {rule: harga}}\n"
    )
    assert "replay" in problem
