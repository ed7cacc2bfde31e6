"""A file's type is what its content shows, whatever anybody claims."""

import time

import pytest

from bot.content import MEDIA_KINDS
from bot.media.types import (
    ACTIVE,
    UNKNOWN,
    filename_for,
    harmless,
    mismatch,
    outgoing_type,
    type_of,
)
from bot.simulator.files import sample
from tests.media.samples import SAMPLES


@pytest.mark.parametrize(
    ("mimetype", "content"), [each[1:] for each in SAMPLES], ids=[each[0] for each in SAMPLES]
)
def test_tells_the_type_from_the_content(mimetype: str, content: bytes) -> None:
    assert type_of(content) == mimetype


@pytest.mark.parametrize(
    "content",
    [
        b"<!---->" * 600,
        b"<!--" * 1024,
        b"<?xml" + b" " * 4096,
        b" " * 4096,
        b"<!doctype svg>" * 300,
        b"OggS" + b"\x80" * 4096,
        b"PK\x03\x04" + b"PK\x01\x02" * 1_000_000,
    ],
    ids=["comments", "open comments", "declaration", "spaces", "doctypes", "pages", "entries"],
)
def test_is_not_held_up_by_a_hostile_file(content: bytes) -> None:
    started = time.monotonic()
    type_of(content)
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("kind", MEDIA_KINDS)
def test_finds_nothing_wrong_with_what_a_message_of_its_kind_holds(kind: str) -> None:
    claimed, content = sample(kind)

    assert mismatch(kind, type_of(content), claimed=claimed) is None


@pytest.mark.parametrize("kind", ["audio", "voice"])
@pytest.mark.parametrize("shown", ["video/mp4", "video/3gpp", "video/webm"])
def test_a_sound_may_come_in_a_films_container(kind: str, shown: str) -> None:
    assert mismatch(kind, shown) is None


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("image", "text/html"),
        ("image", "image/svg+xml"),
        ("image", "application/x-msdownload"),
        ("image", "video/mp4"),
        ("image", UNKNOWN),
        ("sticker", "application/pdf"),
        ("video", "image/png"),
        ("audio", "image/png"),
        ("voice", "text/plain"),
    ],
)
def test_finds_content_of_another_kind_than_the_message(kind: str, shown: str) -> None:
    found = mismatch(kind, shown)

    assert found is not None
    assert shown in found
    assert kind in found


@pytest.mark.parametrize(
    ("claimed", "shown", "is_wrong"),
    [
        ("application/pdf", "application/pdf", False),
        ("application/pdf", "image/png", False),
        ("application/pdf; charset=binary", "text/html", True),
        ("application/pdf", "application/x-msdownload", True),
        ("text/html", "text/html", False),
        ("application/octet-stream", "application/x-msdownload", False),
        ("", "application/x-msdownload", False),
    ],
)
def test_a_document_may_be_anything_that_does_not_pretend_to_be_harmless(
    claimed: str, shown: str, *, is_wrong: bool
) -> None:
    assert (mismatch("document", shown, claimed=claimed) is not None) is is_wrong


# No content shows these; a name could.
TOLD_BY_NAMES = {
    "application/hta",
    "application/javascript",
    "application/xhtml+xml",
    "text/javascript",
}


@pytest.mark.parametrize("name", ["a.js", "a.xhtml", "a.hta", "a.html", "a.svg", "a.php", "a.exe"])
def test_a_name_makes_nothing_runnable(name: str) -> None:
    assert outgoing_type("text/plain", filename=name) == "text/plain"
    assert outgoing_type(UNKNOWN, filename=name) == UNKNOWN


@pytest.mark.parametrize(
    "content", [b"<style>b{}</style>", b"<object data=x>", b"<x:script xmlns:x='y'>", b"</p>"]
)
def test_a_tag_of_any_name_is_a_page(content: bytes) -> None:
    assert type_of(content) == "text/html"


def test_a_text_that_begins_with_an_arrow_is_a_text() -> None:
    assert type_of(b"<3 dari Bu Sari") == "text/plain"


def test_what_a_browser_or_a_computer_would_run_is_given_no_type() -> None:
    shown = {type_of(content) for _, _, content in SAMPLES}

    assert {harmless(each) for each in shown & ACTIVE} == {UNKNOWN}
    assert shown | {"application/x-mach-binary"} | TOLD_BY_NAMES >= ACTIVE
    assert harmless("application/pdf") == "application/pdf"


@pytest.mark.parametrize(
    ("shown", "told", "expected"),
    [
        ("application/pdf", {"said": "image/png"}, "application/pdf"),
        ("text/plain", {"filename": "harga.csv"}, "text/csv"),
        ("text/plain", {"said": "text/csv", "filename": "harga.txt"}, "text/csv"),
        ("text/plain", {}, "text/plain"),
        ("application/x-ole-storage", {"filename": "surat.doc"}, "application/msword"),
        ("video/mp4", {"kind": "voice"}, "audio/mp4"),
        ("video/mp4", {"kind": "video"}, "video/mp4"),
    ],
)
def test_we_name_a_type_ourselves_only_where_the_content_is_vague(
    shown: str, told: dict[str, str], expected: str
) -> None:
    assert outgoing_type(shown, **told) == expected


def test_a_file_without_a_name_gets_one_with_the_right_ending() -> None:
    assert filename_for("document", "application/pdf") == "document.pdf"
    assert filename_for("document", "application/x-tidak-ada") == "document"
