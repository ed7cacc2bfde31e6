"""A long text is split where a person would split it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outbox.bubbles import bubbles


def test_a_short_text_is_one_bubble() -> None:
    assert list(bubbles("halo", 4)) == ["halo"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("satu dua\n\ntiga empat", ["satu dua", "tiga empat"]),
        ("satu dua\ntiga empat", ["satu dua", "tiga empat"]),
        ("satu dua tiga empat", ["satu dua", "tiga empat"]),
        ("abcdefghijklmnop", ["abcdefghijkl", "mnop"]),
    ],
)
def test_splits_at_the_best_place(text: str, parts: list[str]) -> None:
    assert list(bubbles(text, 12)) == parts


@given(st.text(max_size=300), st.integers(min_value=4, max_value=40))
def test_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    parts = list(bubbles(text, limit))
    assert all(0 <= len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.text(max_size=300), st.integers(min_value=4, max_value=40))
def test_no_bubble_is_empty(text: str, limit: int) -> None:
    assert all(part.strip() for part in bubbles(text, limit))


@pytest.mark.parametrize("sign", ["👨‍👩‍👧", "👍🏽", "e\u0301", "❤️"])
def test_no_sign_is_torn_apart(sign: str) -> None:
    parts = list(bubbles(sign * 20, 32))

    assert len(parts) > 1
    assert [part.replace(sign, "") for part in parts] == [""] * len(parts)
