"""The files of our own messages: those beside the rules file, and no others."""

from dataclasses import dataclass
from pathlib import Path

from bot.gateways.capabilities import MIB
from bot.gateways.errors import Rejected

# So much of a file's name stands in a reason.
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where our own files lie, and how large one may be.

    `folder` is that of the rules file; `private` are places below it which nobody is sent.
    """

    folder: Path
    private: tuple[Path, ...] = ()
    largest: int = 32 * MIB

    def read(self, name: str, *, limit: int | None = None) -> bytes:
        """Return a file's bytes. Raises Rejected, naming the file."""
        path = self._find(name)
        name = path.name
        largest = min(self.largest, limit or self.largest)
        try:
            with path.open("rb") as file:
                content = file.read(largest + 1)
        except OSError as error:
            raise Rejected(f"the file {name} cannot be read ({error.strerror})") from None
        if len(content) > largest:
            raise Rejected(f"the file {name} is larger than {shown_size(largest)}")
        return content

    def size(self, name: str) -> int:
        """Return how many bytes a file has. Raises Rejected, naming the file."""
        path = self._find(name)
        try:
            return path.stat().st_size
        except OSError as error:
            raise Rejected(f"the file {path.name} cannot be read ({error.strerror})") from None

    def _find(self, name: str) -> Path:
        """Return the path of a file, after every `..` and every link has been followed."""
        folder, shown = self.folder.resolve(), name[:SHOWN]
        try:
            path = (folder / name).resolve()
            is_file = path.is_file()
        except (OSError, ValueError, RuntimeError):
            raise Rejected("the name of the file cannot be one") from None
        if not path.is_relative_to(folder):
            raise Rejected(f"the file {shown} does not lie below the folder of the rules file")
        # A name may be put together from what a contact wrote: .env lies in this folder, too.
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if is_hidden or any(path.is_relative_to(each.resolve()) for each in self.private):
            raise Rejected(f"the file {shown} is private")
        if not is_file:
            raise Rejected(f"there is no file {shown} beside the rules file")
        return path


def shown_size(size: int) -> str:
    """Return a size in words."""
    return f"{size / MIB:.0f} MB" if size >= MIB else f"{size / 1024:.0f} KB"
