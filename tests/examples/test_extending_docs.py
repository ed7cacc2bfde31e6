"""Every example of docs/extending.md does what is written below it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot import extend
from bot.extend.decorators import HEARD
from bot.extend.testing import Conversation
from bot.performing import asking
from bot.performing.actions import ACTIONS
from bot.rules.occasion import Occasion
from bot.rules.said import MAX_MESSAGES
from tests.examples.town import EXAMPLES

PAGE = EXAMPLES.parent / "docs" / "extending.md"
TEXT = PAGE.read_text()


@dataclass
class Section:
    """The examples below one heading."""

    title: str
    blocks: dict[str, str] = field(default_factory=dict)


def sections() -> Iterator[Section]:
    for part in TEXT.split("\n## ")[1:]:
        found = re.findall(
            r"^```([a-z]+(?: answers| test)?)(?: rules.yaml)?\n(.*?)^```",
            part,
            re.MULTILINE | re.DOTALL,
        )
        yield Section(part.partition("\n")[0], dict(found))


SECTIONS = {section.title: section for section in sections()}


def talks(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is said, with the lines that come back."""
    for turn in text.removeprefix("> ").split("\n> "):
        said, _, heard = turn.strip().partition("\n")
        yield said, heard


def written(folder: Path, section: Section) -> Path:
    if "python" in section.blocks:
        (folder / "toko.py").write_text(section.blocks["python"])
    (folder / "rules.yaml").write_text(section.blocks["yaml"])
    return folder / "rules.yaml"


@pytest.mark.parametrize(
    "section",
    [section for section in SECTIONS.values() if "yaml" in section.blocks],
    ids=lambda section: section.title,
)
def test_the_examples_talk_as_they_are_written(tmp_path: Path, section: Section) -> None:
    answers: dict[str, Any] = json.loads(section.blocks.get("json answers", "{}"))
    conversation = Conversation(written(tmp_path, section), answers=answers)

    for said, heard in talks(section.blocks["text"]):
        assert "\n".join(conversation.say(said)) == heard


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    written(tmp_path, SECTIONS["Say something"])
    (tmp_path / "test_toko.py").write_text(SECTIONS["Test it"].blocks["python test"])

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, str(tmp_path / "test_toko.py")],
        cwd=PAGE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "2 passed" in run.stdout, run.stdout


@pytest.mark.parametrize(
    "word",
    [
        *(name for name in Occasion.__dataclass_fields__ if name != "id"),
        "occasion.id",
        *(f"@{name}" for name in ("action", "task", "matcher", "condition", "template_filter")),
        "@listener",
        "message.received",
        "message.echo",
        "flow.timeout",
        extend.RECORD_KEPT,
    ],
)
def test_the_page_names_everything(word: str) -> None:
    assert f"`{word}" in TEXT
    assert "." not in word or word == "occasion.id" or word in HEARD


def test_the_limits_of_the_page_are_so() -> None:
    assert MAX_MESSAGES == 10
    assert "a list of up to ten of these" in TEXT
    assert asking.TASK_SECONDS == 60
    assert "a minute at most" in TEXT
    assert asking.LARGEST_ANSWER == 256 * 1024
    assert "256 KB are the most" in TEXT
    assert asking.USEFUL_FOR.total_seconds() == 120
    kinds = {str(kind): action for kind, action in ACTIONS.items()}
    assert kinds["run_task"].tries == 3
    assert "three times in two minutes" in TEXT
    assert kinds["ask_address"].tries == 4
    assert "four times in two minutes at most" in TEXT
