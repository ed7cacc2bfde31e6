"""The benchmark of the rules measures messages that its rules answer."""

import pytest

from bench.rules import KINDS, answered, file_of, text_for
from bot.rules import read


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [10, 100, 4_000])
def test_every_text_is_answered_and_as_long_as_it_is_said_to_be(kind: str, length: int) -> None:
    text = text_for(kind, length, 50)

    assert answered(read(file_of(kind, 50)), text)
    assert len(text) <= length + 20
    assert len(text) > length * 0.5
