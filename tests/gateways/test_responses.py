"""An id becomes one segment of a URL, whatever stands in it."""

import pytest

from bot.gateways.errors import Rejected
from bot.gateways.responses import segment


@pytest.mark.parametrize(
    ("text", "written"), [("device_1", "device_1"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("%2e", "%252e")]
)
def test_an_id_stays_one_segment(text: str, written: str) -> None:
    assert segment(text) == written


@pytest.mark.parametrize("text", [".", ".."])
def test_an_id_cannot_climb(text: str) -> None:
    with pytest.raises(Rejected):
        segment(text)
