"""Files: room on the disk, a data folder for nobody else's eyes, media that can be kept."""

import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from bot.doctor.verdicts import Scene, Verdict, bad, good, warning
from bot.media import StoreError

PART = "files"
MIB = 1024 * 1024
LITTLE = 1024 * MIB
TOO_LITTLE = 100 * MIB


def check_files(scene: Scene) -> Sequence[Verdict]:
    """Look at the data folder and its disk."""
    folder = scene.runtime.settings.data_dir
    if scene.runtime.settings.dyno or not folder.is_dir():
        return []
    found = [judge_room(shutil.disk_usage(folder).free)]
    if folder.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH) and _is_readable(folder):
        what = "everybody on this machine may read the data folder"
        found.append(warning(PART, what, f"chmod -R o-rwx {folder}"))
    return found


def check_media(scene: Scene) -> Sequence[Verdict]:
    """Look whether files of messages can be kept."""
    store, place = scene.runtime.media_store, scene.runtime.settings.media_place
    if store is None or place is None:
        return [good(PART, "MEDIA_STORE=off: files of messages are not kept")]
    advice = "look at MEDIA_STORE: its place, and what may write there"
    if "://" in place and scene.offline:
        return []
    try:
        store.try_out()
    except StoreError as error:
        return [bad(PART, f"the media store cannot be used ({error})", advice)]
    return [good(PART, "the media store can be used")]


def judge_room(free: int) -> Verdict:
    """Return what so many free bytes mean."""
    left = f"{free // MIB} MiB are free on the disk of the data folder"
    if free < TOO_LITTLE:
        return bad(PART, left, "make room: without it no webhook can be kept")
    if free < LITTLE:
        return warning(PART, left, "make room before it is gone")
    return good(PART, left)


def _is_readable(folder: Path) -> bool:
    return any(
        path.is_file() and path.stat().st_mode & stat.S_IROTH for path in folder.glob("*.sqlite3*")
    )
