"""Files by the SHA-256 of their bytes: once each, whole or not at all."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from bot.gateways.capabilities import MIB
from bot.media import MediaStore, NotStored, StoreAway

CONTENT = b"isi berkas"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["folder", "file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MediaStore]:
    folder = tmp_path / "media"
    place = {"folder": str(folder), "file": f"file://{folder}", "memory": "memory://media"}
    yield MediaStore(place[request.param], largest=MIB)
    fsspec.filesystem("memory").store.clear()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_gives_back_what_was_put_in(store: MediaStore) -> None:
    sha256 = store.put(CONTENT)

    assert sha256 == SHA256
    assert store.read(sha256) == CONTENT
    with store.open(sha256) as file:
        assert (file.read(3), file.read()) == (b"isi", b" berkas")


def test_knows_what_it_has(store: MediaStore) -> None:
    assert not store.exists(SHA256)
    store.put(CONTENT)
    assert store.exists(SHA256)


def test_says_when_it_has_no_such_file(store: MediaStore) -> None:
    with pytest.raises(NotStored):
        store.read(SHA256)
    with pytest.raises(NotStored):
        store.open(SHA256)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", SHA256.upper(), SHA256 + "\n"])
def test_looks_for_nothing_but_a_sha256(store: MediaStore, name: str) -> None:
    with pytest.raises(NotStored):
        store.read(name)


def test_reads_nothing_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "l").mkdir()
    (tmp_path / "media").mkdir()
    (tmp_path / "lain").write_text("rahasia")

    with pytest.raises(NotStored):
        MediaStore(str(tmp_path / "media"), largest=MIB).read("../lain")


def test_lays_files_out_by_the_first_digits(tmp_path: Path) -> None:
    MediaStore(str(tmp_path), largest=MIB).put(CONTENT)

    assert files_in(tmp_path) == [tmp_path / SHA256[:2] / SHA256[2:4] / SHA256]


def test_keeps_the_same_content_once(tmp_path: Path) -> None:
    store = MediaStore(str(tmp_path), largest=MIB)
    store.put(CONTENT)
    [path] = files_in(tmp_path)
    before = path.stat().st_ino
    store.put(CONTENT)

    [path] = files_in(tmp_path)
    assert path.stat().st_ino == before


def test_mends_a_file_that_was_cut_off(tmp_path: Path) -> None:
    store = MediaStore(str(tmp_path), largest=MIB)
    store.put(CONTENT)
    [path] = files_in(tmp_path)
    path.write_bytes(CONTENT[:4])
    store.put(CONTENT)

    assert store.read(SHA256) == CONTENT


def test_leaves_nothing_behind_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreAway):
        MediaStore(str(tmp_path), largest=MIB).put(CONTENT)

    assert files_in(tmp_path) == []


def test_many_may_put_the_same_file_at_once(tmp_path: Path) -> None:
    content = b"x" * MIB
    results: list[object] = []

    def put() -> None:
        store = MediaStore(str(tmp_path), largest=MIB)
        results.append(store.read(store.put(content)) == content)

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [True] * 8
    assert len(files_in(tmp_path)) == 1


def test_a_store_that_cannot_be_used_tells_no_more_than_the_class_of_the_error(
    tmp_path: Path,
) -> None:
    (tmp_path / "rahasia").write_text("a file stands where the folder should be")
    with pytest.raises(StoreAway) as caught:
        MediaStore(str(tmp_path / "rahasia"), largest=MIB).put(CONTENT)

    assert "rahasia" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_place_that_shows_whole_files_only_is_written_to_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There a move would be a copy, and the right to delete may be missing."""

    class Bucket(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
        protocol = ("s3", "s3a")

        def mv(self, *_: object, **__: object) -> None:
            raise PermissionError

    monkeypatch.setattr("bot.media.store.url_to_fs", lambda *_, **__: (Bucket(), "/ember"))
    store = MediaStore("s3://ember", largest=MIB)
    store.put(CONTENT)

    assert store.read(SHA256) == CONTENT


def test_a_bucket_that_is_not_there_is_a_store_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Nowhere(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
        protocol = "s3"

        def pipe_file(self, *_: object, **__: object) -> None:
            raise FileNotFoundError

    monkeypatch.setattr("bot.media.store.url_to_fs", lambda *_, **__: (Nowhere(), "/tidak-ada"))
    with pytest.raises(StoreAway):
        MediaStore("s3://tidak-ada", largest=MIB).put(CONTENT)
