"""The tests of a rules file: each key of `expect` holds, or tells the difference."""

from dataclasses import replace

import pytest

from bot.rehearsal import Outcome, run_all
from bot.rules import read
from bot.rules.extensions import Extensions
from tests.rehearsal.shop import RULES


def outcomes(tests: str, rules: str = RULES) -> list[Outcome]:
    return list(run_all(read(f"{rules}\ntests:\n{tests}")))


def difference(turn: str) -> str:
    """Return what differs in a test of one turn, "" for nothing."""
    [outcome] = outcomes(f"  - {{name: x, {turn}}}\n")
    failure = outcome.failure
    return "; ".join(map(str, failure.differences)) if failure else ""


@pytest.mark.parametrize(
    ("happens", "expected", "wrong", "told"),
    [
        ("say: harga", "rule: harga", "rule: cs", "rule: expected cs, got harga"),
        ("say: apa", "rule: fallback", "rule: none", "rule: expected none, got fallback"),
        ("send: {type: sticker}", "rule: none", "rule: foto", "rule: expected foto, got none"),
        ("say: harga", "rules: harga", "rules: none", "rules: expected none, got harga"),
        ("send: {type: sticker}", "rules: none", "rules: [cs, foto]", "expected cs, foto"),
        ("say: makasih", "silent: true", "silent: false", "silent: expected a reply, got no reply"),
        ("say: harga", "silent: false", "silent: true", 'expected no reply, got "Rp 5.000"'),
        ("say: harga", "reply: RP  5", "reply: Rp 6", 'reply: expected "Rp 6", got "Rp 5.000"'),
        ("say: menu", "reply: [pilih, harga]", "reply: [pilih, kopi]", 'reply: expected "kopi"'),
        ("say: makasih", "silent: true", "reply: sama-sama", 'expected "sama-sama", got no reply'),
        ("say: form", "flow: form.nama", "flow: form.kota", "expected form.kota, got form.nama"),
        ("say: harga", "flow: none", "flow: form.nama", "flow: expected form.nama, got none"),
        ("say: cs", "handover: true", "handover: false", "handover: expected false, got true"),
        ("say: harga", "handover: false", "handover: true", "handover: expected true, got false"),
        ("say: cs", "notify: pemilik", "notify: gudang", "expected gudang, got pemilik"),
        ("say: harga", "notify: none", "notify: pemilik", "notify: expected pemilik, got none"),
        ("say: cs", "rule: cs", "notify: none", "notify: expected none, got pemilik"),
        ("say: catat", "record: minat", "record: order", "record: expected order, got minat"),
        ("say: harga", "record: none", "record: minat", "record: expected minat, got none"),
        ("say: catat", "record: minat", "record: none", "record: expected none, got minat"),
        ("say: catat", "tag: langganan", "tag: vip", "tag: expected vip, got langganan"),
        ("say: stop", "opted_out: true", "opted_out: false", "opted_out: expected false, got true"),
        ("say: harga", "opted_out: false", "opted_out: true", "opted_out: expected true"),
        ("say: harga", "guard: none", "guard: loop", "guard: expected loop, got none"),
    ],
)  # fmt: skip
def test_an_expectation_holds_or_tells_the_difference(
    happens: str, expected: str, wrong: str, told: str
) -> None:
    assert difference(f"{happens}, expect: {{{expected}}}") == ""
    assert told in difference(f"{happens}, expect: {{{wrong}}}")


def test_a_guard_is_expected_by_name() -> None:
    talk = "[{say: cs}, {say: harga, expect: {guard: handover}}]"
    assert difference(f"talk: {talk}") == ""
    wrong = talk.replace("guard: handover", "guard: takeover")
    assert difference(f"talk: {wrong}") == "guard: expected takeover, got handover"


@pytest.mark.parametrize(
    "turn",
    [
        "press: btn_harga, expect: {rule: harga}",
        "send: {type: image, caption: bukti}, expect: {reply: 'foto: bukti'}",
        "event: call.received, expect: {rule: ditelepon}",
        "event: {name: device.disconnected, reason: logout}, expect: {notify: pemilik}",
        "first: true, say: harga, expect: {rules: [baru, harga]}",
        "tags: vip, say: harga, expect: {tag: vip}",
        "gateway: whatsgate, talk: [{owner: halo}, {say: harga, expect: {guard: takeover}}]",
        "talk: [{say: form}, {wait: 31m, expect: {reply: Habis, flow: none}}]",
        "talk: [{say: harga}, {say: harga, expect: {silent: true}}]",
        "talk: [{say: harga}, {say: harga, after: 11m, expect: {silent: false}}]",
    ],
)
def test_everything_that_can_happen_in_a_test_happens(turn: str) -> None:
    assert difference(turn) == ""


def test_a_test_is_in_a_conversation_of_its_own() -> None:
    both = outcomes(
        "  - {name: a, say: stop, expect: {opted_out: true}}\n"
        "  - {name: b, say: harga, expect: {rule: harga}}\n"
    )

    assert [outcome.passed for outcome in both] == [True, True]


def test_a_failure_names_the_turn_and_the_reason() -> None:
    [outcome] = outcomes(
        "  - name: x\n    talk: [{say: harga}, {say: harga, expect: {reply: Rp}}, {say: cs}]\n"
    )

    assert outcome.failure is not None
    assert outcome.failure.turn == 2
    assert outcome.failure.happened == 'say: "harga"'
    assert outcome.failure.reasons == ("harga: cooldown",)


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ("say: halo", 'say: "halo"'),
        ("press: btn_harga", 'press: "btn_harga"'),
        ("owner: halo", 'owner: "halo"'),
        ("send: {type: image}", "send: image"),
        ("event: call.received", "event: call.received"),
        ("wait: 1h", "wait"),
    ],
)
def test_a_failure_says_what_happened(turn: str, told: str) -> None:
    [outcome] = outcomes(f"  - {{name: x, {turn}, expect: {{record: order}}}}\n")

    assert outcome.failure is not None
    assert outcome.failure.happened == told


def test_a_failure_tells_what_nothing_answers_in_a_test() -> None:
    [outcome] = outcomes("  - {name: x, say: stok, expect: {reply: Ada}}\n")

    assert outcome.failure is not None
    asked = "would ask https://toko.contoh.id/stok, and nothing answers in a test"
    assert asked in outcome.failure.reasons


def test_a_test_fails_when_code_of_the_users_own_does() -> None:
    def broken(_: object) -> str:
        raise KeyError("rahasia")

    rules = read(
        "version: 1\nrules:\n  - {id: x, match: {words: x}, call: rusak}\n"
        "tests:\n  - {name: x, say: x, expect: {silent: true}}\n"
    )
    [outcome] = run_all(replace(rules, extensions=Extensions(actions={"rusak": broken})))

    assert outcome.failure is not None
    assert "KeyError at" in str(outcome.failure.error)


def test_tests_are_chosen_by_a_part_of_their_name() -> None:
    book = read(
        f"{RULES}\ntests:\n  - {{name: Harga, say: harga, expect: {{rule: harga}}}}\n"
        "  - {name: cs, say: cs, expect: {rule: cs}}\n"
    )

    assert [outcome.test.example.name for outcome in run_all(book, named="harg")] == ["Harga"]


HOURS = """
version: 1
hours:
  toko: {senin-jumat: 09:00-17:00}
  gudang: {rabu: 13:00-15:00}
rules:
  - {id: buka, if: {all: [{open: toko}, {open: gudang}]}, reply: Buka}
fallback: {reply: Tutup}
"""


def test_a_test_happens_while_all_opening_hours_are_open() -> None:
    [outcome] = outcomes("  - {name: x, say: halo, expect: {rule: buka}}\n", HOURS)
    assert outcome.passed


def test_a_test_happens_when_it_says() -> None:
    [outcome] = outcomes(
        "  - {name: x, at: 2026-01-04 20:00, say: halo, expect: {rule: fallback}}\n", HOURS
    )
    assert outcome.passed
