"""Read the files that `include` names, none of them outside the folder of the main one."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from pathlib import PurePosixPath

from bot.rules.errors import Problem, RulesError
from bot.rules.merging import merge
from bot.rules.source import MAX_SIZE, Path, Source, Value, decode, read_source
from bot.rules.spoken import nearest
from bot.rules.values import expected

MAX_FILES = 50
MAX_TOTAL = 4 * MAX_SIZE
_DRIVE = re.compile(r"[A-Za-z]:")
_ENDINGS = (".yaml", ".yml")


class NotRead(Exception):
    """A file that is named cannot be read; the message says why, for people."""


# Returns what is in the file of that name. Raises NotRead.
Open = Callable[[str], bytes]


def include(source: Source, opened: Open) -> dict[str, bytes]:
    """Add the files that `include` names to a source, and return what is in them, by name.

    Raises RulesError when one of them cannot be read: what it holds would be missed everywhere.
    """
    contents: dict[str, bytes] = {}
    parts: list[Source] = []
    broken: list[Problem] = []
    before = len(source.problems)
    for at, name in _names(source):
        shown = str(FilePath(source.name).parent / name)
        source.others[shown] = []
        try:
            contents[name] = opened(name)
            _check_size(contents)
            part = read_source(decode(contents[name], shown), shown, gateways=source.gateways)
        except NotRead as error:
            source.add(str(error), at=at)
        except RulesError as error:
            broken.extend(error.problems)
        else:
            source.others[shown] = part.lines
            parts.append(part)
    if broken or len(source.problems) > before:
        raise RulesError([*source.problems, *broken], files=source.files)
    for part in parts:
        merge(source, part)
    return contents


def _check_size(contents: Mapping[str, bytes]) -> None:
    if sum(map(len, contents.values())) > MAX_TOTAL:
        raise NotRead(f"all files together are larger than {MAX_TOTAL // 1024} KB")


def beside(main: FilePath) -> Open:
    """Return what reads files beside a file, or in folders there."""
    folder = main.parent

    def opened(name: str) -> bytes:
        path = folder / name
        try:
            real = path.resolve(strict=True)
            if not real.is_relative_to(folder.resolve()):
                raise NotRead(f'"{name}" is a link that leads out of the folder of {main.name}')
            if not real.is_file():
                raise NotRead(f'"{name}" is no file')
            with real.open("rb") as file:
                return file.read(MAX_SIZE + 1)
        except FileNotFoundError:
            raise NotRead(_not_there(name, path, main)) from None
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "unknown reason"
            raise NotRead(f'"{name}" cannot be read: {reason}') from None

    return opened


def among(files: Mapping[str, str] | None) -> Open:
    """Return what reads the given texts, by their names; None for a file that is alone."""

    def opened(name: str) -> bytes:
        if files is None:
            raise NotRead("no other files can be read here")
        if name not in files:
            raise NotRead(f'there is no file "{name}"')
        return files[name].encode("utf-8", "surrogatepass")

    return opened


def _not_there(name: str, path: FilePath, main: FilePath) -> str:
    try:
        known = [each.name for each in path.parent.iterdir() if each.suffix in _ENDINGS]
    except OSError:
        known = []
    meant = nearest(path.name, known)
    hint = f'; did you mean "{PurePosixPath(name).with_name(meant)}"?' if meant else ""
    return f'there is no file "{name}" beside {main.name}{hint}'


def _names(source: Source) -> Iterator[tuple[Path, str]]:
    """Yield the name of each file, with its path; what cannot be one is noted."""
    value = source.value.get("include") if isinstance(source.value, dict) else None
    if value is None:
        return
    listed = value if isinstance(value, list) else [value]
    if not listed or len(listed) > MAX_FILES:
        text = str(expected(f"one to {MAX_FILES} files such as harga.yaml", value))
        source.add(text, at=("include",))
        return
    found: set[str] = set()
    for position, entry in enumerate(listed):
        at: Path = ("include", position)
        if hint := _wrong(entry):
            source.add(hint, at=at)
            continue
        name = str(PurePosixPath(str(entry)))
        if name in found:
            source.add(f'"{name}" is included twice', at=at)
        elif name == FilePath(source.name).name:
            source.add(f'"{name}" is this file itself', at=at)
        else:
            found.add(name)
            yield at, name


def _wrong(name: Value) -> str | None:
    """Return what is wrong with the name of a file."""
    what = "a file beside this one, such as harga.yaml or aturan/promo.yaml"
    if not isinstance(name, str) or not name.strip():
        return str(expected(what, name))
    if name.startswith(("/", "~")) or "\\" in name or "://" in name or _DRIVE.match(name):
        return str(expected(what, name))
    parts = PurePosixPath(name).parts
    if ".." in parts:
        return "a file lies beside this one or in a folder there: .. leads out of it"
    if any(part.startswith(".") for part in parts):
        return "a hidden file is not read: its name begins with a dot"
    if not name.endswith(_ENDINGS):
        return str(expected(what, name, instead=None if "*" in name else f"{name}.yaml"))
    return None
