"""The database: that it answers, that its tables are current, that it keeps what it commits."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.verdicts import Scene, Verdict, bad, good, warning
from models.migrate import is_current

PART = "database"
# Where locks of files do not hold, or changes arrive out of their order.
NETWORKS = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "davfs", "fuse.", "glusterfs", "lustre")
SYNCED = ("dropbox", "onedrive", "google drive", "googledrive", "icloud", "nextcloud", "syncthing")

FileSystemOf = Callable[[Path], str]


def check_database(scene: Scene) -> Sequence[Verdict]:
    """Look whether the database can be relied upon."""
    engine = scene.runtime.engine
    try:
        current = is_current(engine)
        found = [*_durability(engine)]
    except SQLAlchemyError as error:
        advice = "check DATABASE_URL, and whether the database runs"
        return [bad(PART, f"it does not answer ({type(error).__name__})", advice)]
    if not current:
        found.append(bad(PART, "its tables are not current", "flask migrate"))
    if engine.dialect.name == "sqlite":
        found.extend(judge_place(Path(str(engine.url.database)), file_system_of))
    return found or [good(PART, f"{engine.dialect.name} answers, and its tables are current")]


def judge_place(path: Path, file_system: FileSystemOf) -> Iterator[Verdict]:
    """Yield what is wrong with the place of an SQLite file."""
    place = path.resolve()
    advice = "set DATA_DIR to a disk of this machine, or use PostgreSQL"
    if any(word in part.lower() for part in place.parts for word in SYNCED):
        yield bad(PART, "the SQLite file lies in a synchronised folder, which breaks it", advice)
    kind = file_system(place.parent)
    if kind.startswith(NETWORKS):
        yield bad(
            PART, f"the SQLite file lies on a network's disk ({kind}), which breaks it", advice
        )
    if kind in ("tmpfs", "ramfs"):
        yield bad(PART, f"the SQLite file lies in memory ({kind}): a restart loses it", advice)
    if kind == "overlay":
        yield warning(
            PART,
            "the SQLite file lies in a container's own disk",
            "set DATA_DIR to a volume: a new container starts without it",
        )


def file_system_of(folder: Path) -> str:
    """Return the kind of file system that a folder lies on, "" where nobody tells."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mount = Path(fields[1].encode().decode("unicode_escape"))
        # Of two on one place, the later one covers the earlier.
        if (folder == mount or mount in folder.parents) and len(mount.parts) >= best:
            best, kind = len(mount.parts), fields[2]
    return kind


def _durability(engine: Engine) -> Iterator[Verdict]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            mode = connection.execute(text("PRAGMA journal_mode")).scalar()
            if mode != "wal":
                advice = "move the file to a disk of this machine"
                yield bad(PART, f"SQLite works without its write-ahead log ({mode})", advice)
            return
        for name in ("fsync", "synchronous_commit"):
            value = str(connection.execute(text(f"SHOW {name}")).scalar())
            if value == "off":
                what = f"{name} is off: a power cut loses webhooks that were acknowledged"
                yield bad(PART, what, f"set {name} to on in PostgreSQL")
