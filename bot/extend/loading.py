"""Load the user's own module, which lies beside the rules file.

It is no part of any path where Python looks, so it hides nothing and nothing hides it. What is
loaded stays as it is until one of its files changes and the rules are read again.
"""

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from bot.extend.registry import place_in, registering
from bot.rules.compiling import ModuleRefused
from bot.rules.extensions import Extensions

# More files than anybody keeps in such a package.
MAX_FILES = 500

_Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: _Stamp
    extensions: Extensions


_loaded: dict[Path, _Loaded] = {}
_lock = threading.RLock()


def beside(path: Path | str) -> Callable[[str], Extensions]:
    """Return what finds the module that a rules file names: for `extend` of `bot.rules.load`."""
    folder = Path(path).absolute().parent
    return lambda name: extend(name, folder)


def extend(name: str, folder: Path | str) -> Extensions:
    """Return what a module in a folder registers. Raises ModuleRefused.

    It is a file `name.py`, or a folder `name` with an `__init__.py`. An unchanged one is loaded
    once only.
    """
    folder = Path(folder).resolve()
    first, files = _find(name, folder)
    stamp = _look(files)
    with _lock:
        known = _loaded.get(first)
        if known is None or known.stamp != stamp:
            known = _Loaded(stamp, _load(name, first, folder, files))
            _loaded[first] = known
        return known.extensions


def _find(name: str, folder: Path) -> tuple[Path, list[Path]]:
    file, package = folder / f"{name}.py", folder / name / "__init__.py"
    if file.is_file():
        return file, [file]
    if package.is_file():
        files = sorted(package.parent.rglob("*.py"))
        if len(files) > MAX_FILES:
            raise ModuleRefused(f"the folder {name} holds more than {MAX_FILES} Python files")
        return package, files
    raise ModuleRefused(
        f"there is no {name}.py beside the rules file, and no folder {name} with an __init__.py"
    )


def _look(files: list[Path]) -> _Stamp:
    stamps = []
    for file in files:
        try:
            found = file.stat()
        except OSError:
            continue
        stamps.append((str(file), found.st_mtime_ns, found.st_size, found.st_ino))
    return tuple(stamps)


def _load(name: str, first: Path, folder: Path, files: list[Path]) -> Extensions:
    unique = f"balas_{name}_{sha256(str(first).encode()).hexdigest()[:12]}"
    inside = [str(first.parent)] if first.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(unique, first, submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        raise ModuleRefused(f"{first.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    with _in_place_of(unique, module), registering(folder) as registry:
        try:
            spec.loader.exec_module(module)
        except ModuleRefused as refused:
            raise ModuleRefused(f"{place_in(refused, folder)}: {refused}") from None
        except SyntaxError as error:
            file = Path(error.filename or first).name
            raise ModuleRefused(
                f"{file} cannot be read, see line {error.lineno or 1}: {error.msg}"
            ) from None
        except ModuleNotFoundError as error:
            where = place_in(error, folder) or first.name
            raise ModuleRefused(f'{where} imports "{error.name}", which is not installed') from None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything; nothing is in use yet
            where = place_in(error, folder) or first.name
            raise ModuleRefused(
                f"{where} raises {type(error).__name__} while it is loaded"
            ) from None
    return registry.extensions(files)


@contextmanager
def _in_place_of(name: str, module: ModuleType) -> Iterator[None]:
    """Put a module where Python finds it, and the one before back if it cannot be loaded.

    Nothing is compiled to a file: such a file would be taken for that of the next version, when
    that is as long and saved in the same second.
    """
    before = {key: sys.modules.pop(key) for key in _names(name)}
    importlib.invalidate_caches()
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.modules[name] = module
    try:
        yield
    except BaseException:
        for key in _names(name):
            del sys.modules[key]
        sys.modules.update(before)
        raise
    finally:
        sys.dont_write_bytecode = writes


def _names(name: str) -> list[str]:
    return [key for key in list(sys.modules) if key == name or key.startswith(f"{name}.")]
