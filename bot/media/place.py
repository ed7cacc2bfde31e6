"""Where the media store is, as MEDIA_STORE says it: a folder, an address of fsspec's, nowhere."""

from pathlib import Path

from fsspec.registry import get_filesystem_class, known_implementations

OFF = "off"
ON_DISK = ("file://", "local://")


def place_of(setting: str | None, *, data_dir: Path) -> str | None:
    """Return the folder or address that a setting means, None where nothing is kept."""
    if not setting:
        return str(data_dir.resolve() / "media")
    if setting.lower() == OFF:
        return None
    return setting if "://" in setting else str(Path(setting).expanduser().resolve())


def problem_with(place: str | None, *, forgets_files: bool) -> str | None:
    """Return in one sentence why a place cannot be used, None if it can.

    `forgets_files`: the disk of this machine is emptied at every restart.
    """
    if place is None:
        return None
    if "://" not in place or place.startswith(ON_DISK):
        return FORGETFUL if forgets_files else None
    scheme = place.partition("://")[0]
    if scheme not in known_implementations:
        return UNKNOWN
    try:
        get_filesystem_class(scheme)
    except ImportError:
        advice = str(known_implementations[scheme].get("err") or "install its package")
        return f"MEDIA_STORE begins with {scheme}://, and a package is missing: {advice}"
    return None


FORGETFUL = (
    "a Heroku dyno forgets its files: set MEDIA_STORE=s3://bucket/path to keep what contacts send, "
    "or MEDIA_STORE=off to fetch none of it"
)
UNKNOWN = (
    "MEDIA_STORE is not usable: expected a folder, s3://bucket/path, another address that fsspec "
    "knows, or off"
)
