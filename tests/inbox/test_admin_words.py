"""What people write to switch the bot, and what only looks like it."""

from datetime import timedelta

import pytest

from bot.inbox.admin_words import UNCLEAR, AdminWord, Wish, read_admin_word

HOUR = timedelta(hours=1)
PHONE = "6281200000011"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("#bot", AdminWord(wish=Wish.TELL)),
        ("  #BOT  ", AdminWord(wish=Wish.TELL)),
        ("#bot off", AdminWord(wish=Wish.OFF)),
        ("#Bot OFF", AdminWord(wish=Wish.OFF)),
        ("# bot on", AdminWord(wish=Wish.ON)),
        ("#bot\noff", AdminWord(wish=Wish.OFF)),
        ("#bot off 2h", AdminWord(wish=Wish.OFF, for_=2 * HOUR)),
        ("#bot off 1h30m", AdminWord(wish=Wish.OFF, for_=1.5 * HOUR)),
        ("#bot off 2 jam", AdminWord(wish=Wish.OFF, for_=2 * HOUR)),
        ("#bot off 2jam", AdminWord(wish=Wish.OFF, for_=2 * HOUR)),
        ("#bot off 30 menit", AdminWord(wish=Wish.OFF, for_=HOUR / 2)),
        ("#bot off 3 days", AdminWord(wish=Wish.OFF, for_=72 * HOUR)),
        ("#bot off \uff12\uff48", AdminWord(wish=Wish.OFF, for_=2 * HOUR)),
        (f"#bot off {PHONE}", AdminWord(wish=Wish.OFF, contact=PHONE)),
        (f"#bot on {PHONE}", AdminWord(wish=Wish.ON, contact=PHONE)),
        ("#bot off 0812 0000 0011 2h", AdminWord(wish=Wish.OFF, for_=2 * HOUR, contact=PHONE)),
        ("#bot off 2h +62 812-0000-0011", AdminWord(wish=Wish.OFF, for_=2 * HOUR, contact=PHONE)),
        (f"#bot {PHONE}", UNCLEAR),
        ("#bot tell", UNCLEAR),
        ("#bot hidup", UNCLEAR),
        ("#bot off besok", UNCLEAR),
        ("#bot off 0h", UNCLEAR),
        ("#bot off 2h 3h", UNCLEAR),
        ("#bot off 12", UNCLEAR),
        ("#bot off 999999w", UNCLEAR),
        ("#bot on 2h", UNCLEAR),
        ("bot off", None),
        ("#botol diskon?", None),
        ("tolong #bot off", None),
        ("", None),
        ("#bot " + "off " * 30, None),
        ("#bot off\0", UNCLEAR),
    ],
)
def test_reads_what_is_meant(text: str, word: AdminWord | None) -> None:
    assert read_admin_word(text) == word
