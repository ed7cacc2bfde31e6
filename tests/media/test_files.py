"""Files beside the rules file may be sent, and no others."""

from pathlib import Path

import pytest

from bot.gateways.errors import Rejected
from bot.media.files import Files, shown_size


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "toko"
    for path, content in {
        folder / "rules.yaml": b"version: 1",
        folder / "katalog.pdf": b"isi katalog",
        folder / "gambar" / "melati.png": b"isi gambar",
        folder / ".env": b"META_APP_SECRET=rahasia",
        folder / ".git" / "config": b"rahasia",
        folder / "data" / "balas.sqlite3": b"rahasia",
        tmp_path / "lain.txt": b"rahasia",
        tmp_path / "toko-lain" / "lain.txt": b"rahasia",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "keluar.txt").symlink_to(tmp_path / "lain.txt")
    (folder / "keluar").symlink_to(tmp_path)
    (folder / "lingkaran").symlink_to(folder / "lingkaran")
    (folder / "sama.pdf").symlink_to(folder / "katalog.pdf")
    return Files(folder=folder, private=(folder / "data",), largest=100)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("katalog.pdf", b"isi katalog"),
        ("./gambar/melati.png", b"isi gambar"),
        ("gambar/../katalog.pdf", b"isi katalog"),
        ("sama.pdf", b"isi katalog"),
    ],
)
def test_reads_files_below_the_folder(files: Files, name: str, content: bytes) -> None:
    assert files.read(name) == content


@pytest.mark.parametrize(
    "name",
    [
        "../lain.txt",
        "gambar/../../lain.txt",
        "../toko-lain/lain.txt",
        "/etc/passwd",
        "keluar.txt",
        "keluar/lain.txt",
        "lingkaran",
        ".env",
        "./.env",
        ".git/config",
        "gambar/../.env",
        "data/balas.sqlite3",
        "tidak-ada.pdf",
        "gambar",
        "",
        ".",
        "katalog.pdf/lagi",
        "katalog\0.pdf",
        "x" * 5000,
    ],
    ids=lambda name: repr(name[:30]),
)
def test_reads_nothing_else(files: Files, name: str) -> None:
    with pytest.raises(Rejected):
        files.read(name)


def test_names_a_file_that_is_missing(files: Files) -> None:
    with pytest.raises(Rejected, match=r"tidak-ada\.pdf"):
        files.read("tidak-ada.pdf")


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(files: Files) -> None:
    (files.folder / "besar.bin").write_bytes(b"x" * 100)
    assert len(files.read("besar.bin")) == 100
    (files.folder / "besar.bin").write_bytes(b"x" * 101)
    with pytest.raises(Rejected, match=r"besar\.bin"):
        files.read("besar.bin")


def test_the_gateways_limit_counts_where_it_is_lower(files: Files) -> None:
    assert files.read("katalog.pdf", limit=11) == b"isi katalog"
    with pytest.raises(Rejected):
        files.read("katalog.pdf", limit=10)


def test_a_size_is_shown_in_words() -> None:
    assert shown_size(32 * 1024 * 1024) == "32 MB"
    assert shown_size(500 * 1024) == "500 KB"
