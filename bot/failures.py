"""Say where the code failed, without a word of what it was about."""

import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def describe(error: BaseException) -> str:
    """Return an exception's class and the places in the code: no text, which may be a person's."""
    frames = [
        f"{_shown(frame.filename)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return f"{type(error).__name__} at {' > '.join(frames[-6:]) or 'unknown place'}"


def _shown(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
