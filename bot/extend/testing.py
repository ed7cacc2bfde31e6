"""Try a rules file and its module in tests of your own: without a phone, a gateway or any process.

::

    from bot.extend.testing import answers, conversation, rules_file, say

    def test_greets(say):
        assert say("halo") == ["Halo Kak, ada yang bisa kami bantu?"]

Functions of the module really run, tasks too. What `http` asks is answered by the fixture
`answers`, which a test may replace. For more than one text use `conversation`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from bot.extend.loading import beside
from bot.gateways import GATEWAYS
from bot.rehearsal import FAILS as _FAILS
from bot.rehearsal import Heard, Rehearsal
from bot.rules import load

__all__ = ["FAILS", "Conversation", "answers", "conversation", "rules_file", "say"]

# Among the answers: an address or a task that fails.
FAILS: Final = _FAILS


class Conversation:
    """A contact, Siti, who talks to the bot; every turn takes ten seconds.

    `answers` stand in for what is asked outside: by address, the JSON that it answers; by name of a
    task, what it returns; FAILS for either. `at` is when it begins, an hour at which the shop is
    open if not given. `first`: Siti has never written before. Each method returns the texts of the
    replies; `heard` is everything about the last one: contents, rules, records, notifications.
    """

    def __init__(
        self,
        file: Path | str,
        *,
        answers: Mapping[str, object] | None = None,
        at: datetime | None = None,
        first: bool = False,
        gateway: str = "wagate",
    ) -> None:
        book = load(file, gateways=GATEWAYS, extend=beside(file))
        self.rehearsal = Rehearsal(
            book, gateway=gateway, at=at, first=first, answers=answers, runs_tasks=True
        )
        self.heard: Heard | None = None

    def say(self, text: str) -> list[str]:
        """Let Siti type something."""
        return self._texts(self.rehearsal.say(text))

    def press(self, button: str) -> list[str]:
        """Let Siti press the button or the row with an id."""
        return self._texts(self.rehearsal.press(button))

    def send(self, kind: str, caption: str = "") -> list[str]:
        """Let Siti send something that is no text: `image`, `sticker` …"""
        return self._texts(self.rehearsal.send(kind, caption))

    def happen(self, name: str, **told: object) -> list[str]:
        """Let something else happen: `call.received`, `device.disconnected` …"""
        return self._texts(self.rehearsal.happen(name, told))

    def wait(self, duration: timedelta) -> list[str]:
        """Let time pass, with everything that is due meanwhile: a form that times out."""
        return self._texts(self.rehearsal.wait(duration))

    def _texts(self, heard: Heard) -> list[str]:
        self.heard = heard
        if heard.error is not None:
            raise AssertionError(f"the module fails: {heard.error}")
        if heard.asked:
            asked = ", ".join(each.shown for each in heard.asked)
            raise AssertionError(f"nothing answers for {asked}: name it among the answers")
        return heard.texts


@pytest.fixture
def rules_file(request: pytest.FixtureRequest) -> Path:
    """Return the rules file: the nearest rules.yaml in the folder of the test or above."""
    return nearest_rules(request.path)


@pytest.fixture
def answers() -> Mapping[str, object]:
    """Return what stands in for addresses and tasks: nothing, unless a test says otherwise."""
    return {}


@pytest.fixture
def conversation(rules_file: Path, answers: Mapping[str, object]) -> Conversation:
    """Return a conversation with the rules file."""
    return Conversation(rules_file, answers=answers)


@pytest.fixture
def say(conversation: Conversation) -> Callable[[str], list[str]]:
    """Return what lets Siti type something, and returns the texts of the replies."""
    return conversation.say


def nearest_rules(test: Path) -> Path:
    """Return the rules.yaml beside a test or above it. Raises FileNotFoundError."""
    for folder in test.parents:
        if (folder / "rules.yaml").is_file():
            return folder / "rules.yaml"
    raise FileNotFoundError("there is no rules.yaml beside the test or above it")
