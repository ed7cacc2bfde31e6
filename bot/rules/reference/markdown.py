"""Headings and tables in Markdown, line by line."""

from collections.abc import Iterable, Iterator, Sequence


def heading(level: int, title: str) -> Iterator[str]:
    """Yield a heading."""
    yield f"{'#' * level} {title}"
    yield ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table."""
    yield f"| {' | '.join(headings)} |"
    yield "|---" * len(headings) + "|"
    for row in rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
