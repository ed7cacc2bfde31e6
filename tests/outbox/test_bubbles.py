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
