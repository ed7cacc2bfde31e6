"""A line that is indented wrongly is told as such, quickly, wherever it is."""

from contextlib import suppress
from pathlib import Path

import pytest

from bot.rules import RulesError, read

SHIPPED = Path(__file__).parents[2] / "rules.yaml"


def test_a_line_indented_too_far_is_told_as_such() -> None:
    rules = """version: 1
rules:
  - id: karpet
      match: {words: [karpet]}
    reply: "Rp 10.000"
"""
    with pytest.raises(RulesError) as caught:
        read(rules)
    [problem] = caught.value.problems
    assert problem.line == 4
    assert "indented too far" in problem.text


RULE = "version: 1\nrules:\n  - id: a\n    match: {words: a}\n"


@pytest.mark.parametrize(
    ("below", "told"),
    [
        ("   reply: x\n", '"match" on line 4 begins in column 5, this one in column 4'),
        ("     reply: x\n", '"match" on line 4 begins in column 5, this one in column 6'),
        ("- id: b\n  reply: x\n", '"-" on line 3 begins in column 3, this one in column 1'),
        ("    - id: b\n      reply: x\n", '"-" on line 3 begins in column 3, this one in column 5'),
    ],
)
def test_a_line_that_does_not_fit_is_told_with_the_line_that_it_should(
    below: str, told: str
) -> None:
    with pytest.raises(RulesError) as caught:
        read(RULE + below)
    [problem] = caught.value.problems
    assert problem.line == 5
    assert problem.text == f"the indentation does not fit: {told}"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("shift", [-2, -1, 1, 2, 4])
def test_every_line_of_the_shipped_file_may_slip(shift: int) -> None:
    """Each is read or refused, and neither takes long or much."""
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        slipped = " " * shift + line if shift > 0 else line.removeprefix(" " * -shift)
        text = "\n".join([*lines[:number], slipped, *lines[number + 1 :]]) + "\n"
        with suppress(RulesError):
            read(text)
