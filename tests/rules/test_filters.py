"""The filters of texts: what each makes of a value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.answers import Asked, value_of
from bot.rules.filters import FILTERS, TooMuch, default, to_int, written
from bot.rules.languages import LANGUAGES
from bot.rules.numbers import Number
from bot.rules.tables import Row

DAY = value_of("2026-03-20", Asked(kind="date"), language=LANGUAGES["id"])
NO_DAY = value_of(None, Asked(kind="date"), language=LANGUAGES["id"])
WEIGHT = value_of(2.5, Asked(kind="number"), language=LANGUAGES["id"])


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("rupiah", 50_000, "Rp 50.000"),
        ("rupiah", Number(50_000, "50.000"), "Rp 50.000"),
        ("rupiah", "50.000", "Rp 50.000"),
        ("rupiah", 1234.5, "Rp 1.235"),
        ("rupiah", -500, "-Rp 500"),
        ("rupiah", 0, "Rp 0"),
        ("rupiah", WEIGHT, "Rp 3"),
        ("rupiah", "", ""),
        ("number", 1_250_000, "1.250.000"),
        ("number", 2.5, "2,5"),
        ("number", WEIGHT, "2,5"),
        ("number", 10 / 3, "3,33"),
        ("number", 0.999, "1"),
        ("number", -1234.5, "-1.234,5"),
        ("number", -0.001, "0"),
        ("number", "1.250,75", "1.250,75"),
        ("number", "", ""),
        ("phone", "6281200000017", "0812-0000-0017"),
        ("phone", "+628120000017", "0812-0000-017"),
        ("phone", "6591234567", "+6591234567"),
        ("phone", "628", "628"),
        ("phone", "٦٢٨١٢٠٠٠٠٠٠١٧", "٦٢٨١٢٠٠٠٠٠٠١٧"),
        ("phone", "tidak ada", "tidak ada"),
        ("phone", "", ""),
        ("date", DAY, "20/03/2026"),
        ("date", NO_DAY, ""),
        ("date", "2026-03-20", "20/03/2026"),
        ("date", "besok", "besok"),
    ],
)
def test_a_value_is_written_as_people_write_it(name: str, value: object, text: str) -> None:
    assert FILTERS[name](value) == text


@pytest.mark.parametrize("name", ["rupiah", "number"])
@pytest.mark.parametrize(
    "value", ["banyak", True, float("nan"), float("inf"), 10**18, "9" * 400, "1e400", [], DAY, None]
)
def test_a_filter_of_numbers_refuses_what_is_none(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match="needs a number"):
        FILTERS[name](value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0,3"),
        (4 / 2, "2"),
        (7.5, "7,5"),
        (1e17, "100000000000000000"),
        (None, ""),
        (3, "3"),
    ],
)
def test_a_number_is_written_without_what_only_computers_see(value: object, text: str) -> None:
    assert written(value) == text


def test_a_default_stands_for_what_was_not_answered() -> None:
    assert default(NO_DAY, "kapan saja") == "kapan saja"
    assert default(Row({"id": ""}, ""), "apa saja") == "apa saja"
    assert default(DAY, "kapan saja") is DAY
    assert default(0, 5) == 0


def test_a_number_with_decimals_loses_them_as_a_whole_number() -> None:
    assert [to_int(value) for value in (2.9, WEIGHT, "50.000", "banyak")] == [2, 2, 50_000, 0]


@given(
    st.sampled_from(["rupiah", "number", "phone", "date"]),
    st.text(max_size=40) | st.floats() | st.integers(),
)
def test_a_filter_writes_something_short_or_refuses(name: str, value: object) -> None:
    try:
        text = FILTERS[name](value)
    except (TypeError, TooMuch):
        return
    assert isinstance(text, str)
    assert len(text) < 400


def test_every_filter_says_what_it_does() -> None:
    ours = {name: filter_ for name, filter_ in FILTERS.items() if filter_.__module__ != "builtins"}

    assert ours
    assert [name for name, filter_ in ours.items() if not filter_.__doc__] == []
