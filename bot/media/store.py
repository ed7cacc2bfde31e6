"""The media store: files by the SHA-256 of their bytes, wherever fsspec can keep them.

::

    StoreError
    ├── NotStored     the store has no such file
    └── StoreAway     the store cannot be used now
"""

import hashlib
import io
import os
import re
import uuid
from collections.abc import Callable
from functools import cached_property
from typing import IO, Any, TypeVar

from fsspec.core import url_to_fs

# These show a file only once it is whole, and a move would be a copy.
WHOLE_AT_ONCE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"})
_SHA256 = re.compile(r"[0-9a-f]{64}")

T = TypeVar("T")


class StoreError(Exception):
    """The media store does not give or take a file."""


class NotStored(StoreError):
    """The store has no such file."""


class StoreAway(StoreError):
    """The store cannot be used now. The text is a class: what the error says may be a secret."""


class MediaStore:
    """Keeps files under a folder or address of fsspec's. Connects on first use.

    `largest` is how many bytes a file may have that is fetched to be kept.
    """

    def __init__(self, url: str, *, largest: int) -> None:
        self._url = url
        self.largest = largest

    def put(self, content: bytes) -> str:
        """Keep a file and return its SHA-256. Raises StoreAway.

        Once this returns the file is there, whole, after a power cut too.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            _attempt(lambda: self._put(self._path(sha256), content))
        except NotStored:
            raise StoreAway("there is no such bucket or folder") from None
        return sha256

    def open(self, sha256: str) -> IO[bytes]:
        """Open a file to read it piece by piece. Raises StoreError."""
        path = self._path(sha256)
        opened: IO[bytes] = _attempt(lambda: self._filesystem.open(path, "rb"))
        return opened

    def read(self, sha256: str) -> bytes:
        """Return a file. Raises StoreError."""
        path = self._path(sha256)
        content: bytes = _attempt(lambda: self._filesystem.cat_file(path))
        return content

    def exists(self, sha256: str) -> bool:
        """Return whether the store has a file. Raises StoreAway."""
        path = self._path(sha256)
        return bool(_attempt(lambda: self._filesystem.exists(path)))

    def try_out(self) -> None:
        """Write a file and remove it again. Raises StoreAway."""
        _, root = _attempt(lambda: self._place)
        path = f"{root.rstrip('/')}/.{uuid.uuid4().hex}"
        try:
            _attempt(lambda: self._put(path, b"tried out"))
            _attempt(lambda: self._filesystem.rm_file(path))
        except NotStored:
            raise StoreAway("there is no such bucket or folder") from None

    @cached_property
    def _place(self) -> tuple[Any, str]:
        # What one process keeps in mind of a folder, another has changed.
        place: tuple[Any, str] = url_to_fs(self._url, use_listings_cache=False)
        return place

    @property
    def _filesystem(self) -> Any:
        return self._place[0]

    def _path(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise NotStored("not the SHA-256 of a file")
        _, root = _attempt(lambda: self._place)
        return f"{root.rstrip('/')}/{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def _put(self, path: str, content: bytes) -> None:
        filesystem = self._filesystem
        if filesystem.exists(path) and filesystem.size(path) == len(content):
            return
        if WHOLE_AT_ONCE.intersection(_names(filesystem)):
            filesystem.pipe_file(path, content)
            return
        folder = path.rpartition("/")[0]
        filesystem.makedirs(folder, exist_ok=True)
        # In the same folder, so that the move is nothing but a new name.
        temporary = f"{folder}/.{uuid.uuid4().hex}"
        try:
            with filesystem.open(temporary, "wb") as file:
                file.write(content)
                _sync(file)
            filesystem.mv(temporary, path)
        except BaseException:
            _remove(filesystem, temporary)
            raise
        if "file" in _names(filesystem):
            _sync_folder(folder)


def _names(filesystem: Any) -> tuple[str, ...]:
    names = filesystem.protocol
    return (names,) if isinstance(names, str) else tuple(names)


def _sync(file: Any) -> None:
    """Put a file on the disk, where it is on one of ours."""
    file.flush()
    try:
        descriptor = file.fileno()
    except (AttributeError, io.UnsupportedOperation):
        return
    os.fsync(descriptor)


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(filesystem: Any, path: str) -> None:
    try:
        filesystem.rm_file(path)
    except Exception:  # noqa: BLE001 - what broke the writing may break this too, and matters more
        return


def _attempt(step: Callable[[], T]) -> T:
    try:
        return step()
    except StoreError:
        raise
    except FileNotFoundError:
        raise NotStored("the store has no such file") from None
    except Exception as error:  # noqa: BLE001 - each backend of fsspec has errors of its own
        # Not chained: some hold addresses with passwords.
        raise StoreAway(type(error).__name__) from None
