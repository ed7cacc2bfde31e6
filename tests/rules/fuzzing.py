"""What people type, and how many examples of anything are tried.

`HYPOTHESIS_PROFILE=long pytest tests/rules -k fuzz` tries twenty times as many.
"""

import os

from hypothesis import settings
from hypothesis import strategies as st

FACTOR = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1

WORDS = st.sampled_from(
    [
        *("halo", "harganya", "order", "kopi", "teh", "2", "batal", "ya", "tidak", "stop", "mulai"),
        *("cs", "biaya", "admin", "jam", "buka", "Jl. Melati no. 5", "daftar", "ok", "besok"),
        *("👍", "{{", "}}", "{{ 7*7 }}", "\u200b", "ﷺ", "\x00", "e\u0301" * 5, "\u202e", "９", "٣"),
    ]
)
SAID = st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=20).map(" ".join))


def examples(count: int) -> settings:
    return settings(max_examples=count * FACTOR, deadline=None)
