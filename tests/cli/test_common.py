"""What a customer wrote does not steer the terminal of whoever looks at it."""

import pytest

from bot.cli.common import printable, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Halo Kak 👋\nbaris dua", "Halo Kak 👋\\nbaris dua"),
        ("\x1b[2J\x1b]0;judul\x07", "\\x1b[2J\\x1b]0;judul\\x07"),
        ("\u202eterbalik", "\\u202eterbalik"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_control_signs_are_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_text_may_have_several_lines_where_that_is_asked_for() -> None:
    assert printable("a\nb\x1b", lines=True) == "a\nb\\x1b"


def test_a_table_writes_them_out_too(capsys: pytest.CaptureFixture[str]) -> None:
    table(("NAME",), [["\x1b[31mjahat"]])
    assert "\x1b" not in capsys.readouterr().out
