"""docs/rules.md and its Indonesian sister say what is so, and the reference is up to date."""

import json
import re
import shlex
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import COMMANDS
from bot.cli.rules.configured import limits_of_gateways
from bot.gateways import GATEWAYS
from bot.rehearsal import FAILS, Rehearsal
from bot.rules import RulesError, read, warnings
from bot.rules.answers import Asked, read_answer
from bot.rules.languages import LANGUAGES
from bot.rules.reference import page as reference
from bot.rules.reference import told
from bot.rules.schema import EVENTS
from bot.rules.text import Vocabulary
from tests.rules import fragments, pages
from tests.rules.fragments import Row
from tests.rules.pages import Block
from tests.rules.playing import Chat, book, rules_of

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, INDONESIAN = DOCS / "rules.md", DOCS / "rules.id.md"
BOTH = (ENGLISH, INDONESIAN)
REFERENCE = DOCS / "rules-reference.md"
MISTAKES = {
    ENGLISH: ("| you wrote | `flask rules check` says | write |", "| better |"),
    INDONESIAN: ("| yang ditulis | kata `flask rules check` | tulis |", "| lebih baik |"),
}
FLASK = {command.name: command for command in COMMANDS}


def named(page: Path, block: Block) -> str:
    return f"{page.name}:{block.line}"


def each(found: str) -> pytest.MarkDecorator:
    """Give each block of both pages."""
    all_ = [(page, block) for page in BOTH for block in getattr(pages, found)(page)]
    return pytest.mark.parametrize(
        "block", [block for _, block in all_], ids=[named(*one) for one in all_]
    )


def each_row(kind: int) -> pytest.MarkDecorator:
    """Give each row of the tables of mistakes (0) or of warnings (1)."""
    rows = [
        pytest.param(row, id=f"{page.name}: {row.written}")
        for page in BOTH
        for row in fragments.rows(page, _heading(page, kind))
    ]
    return pytest.mark.parametrize("row", rows)


def _heading(page: Path, kind: int) -> str:
    first, last = MISTAKES[page]
    return first if kind == 0 else first.rsplit("|", 2)[0] + last


@each("files")
def test_a_file_of_the_page_is_good_and_nothing_in_it_is_doubtful(
    block: Block, tmp_path: Path
) -> None:
    found = block.book(tmp_path)

    assert found.rules or found.event_rules
    assert warnings(found, limits=limits_of_gateways(), folder=tmp_path) == []


@each("conversations")
def test_a_conversation_of_the_page_goes_as_it_is_shown(block: Block, tmp_path: Path) -> None:
    assert pages.transcript(block, tmp_path) == block.text


@each("commands")
def test_a_command_of_the_page_prints_what_is_shown(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block.book(tmp_path)
    monkeypatch.chdir(tmp_path)
    command, *shown = block.text.removeprefix("$ ").splitlines()
    flask, name, *arguments = shlex.split(command)
    typed = [line.removeprefix("Siti> ") for line in shown if line.startswith("Siti> ")]

    result = CliRunner().invoke(FLASK[name], arguments, input="\n".join(typed))

    assert flask == "flask"
    assert re.fullmatch(_pattern("\n".join(shown)), result.output.strip()), result.output


@pytest.mark.parametrize("page", BOTH, ids=lambda page: page.name)
def test_a_command_that_the_page_only_names_has_such_options(page: Path) -> None:
    named = [code for language, code in pages.blocks(page) if language == "sh"]
    lines = [shlex.split(line) for line in "".join(named).splitlines() if "flask" in line]

    assert len(lines) > 2
    for _, name, *arguments in lines:
        FLASK[name].make_context(name, arguments)


@pytest.mark.parametrize("page", BOTH, ids=lambda page: page.name)
def test_the_answer_of_a_service_is_said_as_the_page_says(page: Path, tmp_path: Path) -> None:
    [answer] = [json.loads(code) for language, code in pages.blocks(page) if language == "json"]
    [block] = [block for block in pages.files(page) if "http:" in block.text]

    url = "https://toko.contoh.id/stok"
    service = Rehearsal(block.book(tmp_path), answers={url: answer}).say("stok gayo")
    broken = Rehearsal(block.book(tmp_path), answers={url: FAILS}).say("stok gayo")

    assert service.texts == ["Kopi Gayo: 12 bungkus\n\n1. Order\n\nKetik 1"]
    assert service.tags == {"tanya-stok"}
    assert broken.texts == ["Maaf, stok sedang tidak bisa dicek."]


def _pattern(shown: str) -> str:
    """Return a pattern in which … stands for anything, and alone on a line for any lines."""
    lines = [r"(?s:.*)" if line == "…" else _line(line) for line in shown.splitlines()]
    return "".join(lines).removesuffix(r"\n")


def _line(line: str) -> str:
    return ".*".join(map(re.escape, line.split("…"))) + r"\n"


def test_both_pages_have_the_same_steps_files_and_conversations() -> None:
    english, indonesian = map(_skeleton, BOTH)

    assert indonesian == english


def _skeleton(page: Path) -> list[str]:
    """Return a page's blocks without what is in the language of the page, and its headings."""
    text = page.read_text(encoding="utf-8")
    without_blocks = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+", without_blocks, re.MULTILINE)
    found = [_same(language, code) for language, code in pages.blocks(page)]
    return [*headings, *found]


def _same(language: str, code: str) -> str:
    return pages.without_comments(code) if language in ("yaml", "sh") else pages.cues(code)


@each_row(0)
def test_a_mistake_of_the_page_is_told_as_the_page_says(row: Row) -> None:
    with pytest.raises(RulesError) as refused:
        read(fragments.file_of(row.written), gateways=GATEWAYS)

    assert re.fullmatch(_pattern(row.said), refused.value.problems[0].text)
    if row.mended:
        read(fragments.file_of(row.mended), gateways=GATEWAYS)


@each_row(1)
def test_a_doubt_of_the_page_is_told_as_the_page_says(row: Row, tmp_path: Path) -> None:
    assert _is_doubted(row.written, row.said, tmp_path)
    if row.mended:
        assert not _is_doubted(row.mended, row.said, tmp_path)


def _is_doubted(fragment: str, said: str, folder: Path) -> bool:
    found = read(fragments.file_of(fragment), gateways=GATEWAYS)
    texts = [each.text for each in warnings(found, limits=limits_of_gateways(), folder=folder)]
    return any(re.fullmatch(_pattern(said), text) for text in texts)


@pytest.mark.parametrize("page", BOTH, ids=lambda page: page.name)
def test_the_limits_of_the_page_are_those_of_meta(page: Path) -> None:
    limits = GATEWAYS["meta"].capabilities
    text = page.read_text(encoding="utf-8")
    table = text[text.index("| | Meta |") :].split("\n\n", 1)[0].splitlines()[2:]

    assert [[int(n) for n in re.findall(r"\d+", line.split("|")[2])] for line in table] == [
        [limits.buttons, limits.button_title_limit],
        [limits.rows, limits.row_title_limit, limits.row_description_limit],
        [limits.buttons_text_limit, limits.list_text_limit],
        [limits.list_label_limit],
        [limits.header_limit],
        [limits.caption_limit],
    ]


@pytest.mark.parametrize("page", BOTH, ids=lambda page: page.name)
def test_the_page_names_every_guard_in_its_order(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    table = text[text.index("| guard |") :].split("\n\n", 1)[0]

    assert re.findall(r"^ *\| `([\w -]+)` \|", table, re.MULTILINE) == list(told.GUARDS)


@pytest.mark.parametrize("page", [*BOTH, REFERENCE], ids=lambda page: page.name)
def test_a_link_leads_to_a_heading_that_there_is(page: Path) -> None:
    links = re.findall(r"\]\(([\w.-]*)#([^)]+)\)", page.read_text(encoding="utf-8"))

    assert [
        f"{name}#{anchor}"
        for name, anchor in links
        if anchor not in _anchors(page.parent / name if name else page)
    ] == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_reference_is_that_of_the_schema() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(GATEWAYS), (
        "run: flask rules reference > docs/rules-reference.md"
    )


@pytest.mark.parametrize(
    ("written", "text", "matches"),
    [
        (written, text, matches)
        for written, good, bad in told.MATCHING.values()
        for texts, matches in ((good, True), (bad, False))
        for text in texts
    ],
)
def test_an_example_of_matching_is_true(written: str, text: str, *, matches: bool) -> None:
    rules = book(f"rules:\n- id: a\n  match: {{{written}}}\n  reply: a\n")

    assert rules_of(Chat(rules).say(text)) == (("a",) if matches else ())


@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        (kind, text, fits)
        for kind, (good, bad) in told.ANSWERS.items()
        for texts, fits in ((good, True), (bad, False))
        for text in texts
    ],
)
def test_an_example_of_an_answer_is_true(kind: str, text: str, *, fits: bool) -> None:
    language = LANGUAGES["id"]

    answer = read_answer(
        text,
        Asked(kind=kind),
        vocabulary=Vocabulary(language),
        language=language,
        today=date(2026, 1, 5),
    )

    assert (answer is not None) == fits


@pytest.mark.parametrize(
    "lines",
    [
        *(line for line, _ in told.HOURS),
        *(f"setiap hari: 09:00-17:00\n    {line}" for line, _ in told.HOURS_BESIDE),
    ],
)
def test_an_example_of_hours_can_be_read(lines: str) -> None:
    found = book(
        f"hours:\n  toko:\n    {lines}\nrules:\n"
        "- {id: jam, match: {words: jam}, reply: '{{ hours.toko.text }}'}\n"
    )

    assert found.hours["toko"].name == "toko"


def test_the_reference_tells_of_every_event_and_every_way_to_match() -> None:
    assert set(told.EVENTS) == set(EVENTS)
    assert all(f"{name}:" in written for name, (written, _, _) in told.MATCHING.items())
