"""Find what is written in a file and used nowhere in it."""

import re
from collections.abc import Iterator

from bot.rules.lint.written import KINDS, Remark, scalars, section
from bot.rules.parts import Book
from bot.rules.source import Path, Source
from bot.rules.text import JOINED, plain

_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_TABLE = re.compile(r"\btable\.([A-Za-z]\w*)")
_CAPTURE = re.compile(r"<[^>]*>")
# Keys whose values are names of values, as in texts.
_PAIRS = ("eq", "gt", "lt")
# The sections in which things are used. Tests use nothing: they look at what is used.
_USING = ("settings", "replies", "rules", "fallback", "flows")
_OWN_NAMES = {"replies": "reply", "vars": "var", "tables": "table", "hours": "schedule"}


def unused_remarks(book: Book, source: Source) -> Iterator[Remark]:
    """Yield one remark for each thing that could as well not be there."""
    uses = _Uses(book, source)
    for name, what in _OWN_NAMES.items():
        for key in section(source, name):
            if key not in uses.names[name]:
                text = f'nothing uses the {what} "{key}": use it or take it out'
                yield Remark(text=text, at=(name, key), key=True)
    for word in section(source, "synonyms"):
        if JOINED.join(plain(word).split()) not in uses.words:
            text = (
                f'no rule looks for "{word}", so its synonyms do nothing: '
                f'write "{word}" into a match, or take it out'
            )
            yield Remark(text=text, at=("synonyms", word), key=True)


class _Uses:
    """Which names and words the file makes use of."""

    def __init__(self, book: Book, source: Source) -> None:
        self.names: dict[str, set[str]] = {name: set() for name in _OWN_NAMES}
        self.words: set[str] = set()
        self._vocabulary = book.vocabulary
        # Whether messages are missed is judged by the first schedule, too.
        self.names["hours"].update(list(section(source, "hours"))[:1])
        for name in (*_USING, "tables"):
            value = source.value.get(name, "") if isinstance(source.value, dict) else ""
            for at, text in scalars(value, (name,)):
                self._read(at, text)

    def _read(self, at: Path, text: str) -> None:
        keys = {part for part in at if isinstance(part, str)}
        key = next((part for part in reversed(at) if isinstance(part, str)), "")
        if at[0] == "tables":
            self._note_words(text)
            return
        for tag in _TAG.findall(text):
            self._note_names(_NAME.findall(tag))
        if key in _PAIRS:
            self._note_names(text.split("."))
        if key in ("open", "closed"):
            self.names["hours"].add(text)
        if key == "use":
            self.names["replies"].add(text)
        if key in ("type", "pattern"):
            self.names["tables"].update(_TABLE.findall(text))
        if key in KINDS or key == "cancel" or "choices" in keys:
            self._note_words(_CAPTURE.sub(" ", text))

    def _note_names(self, names: list[str]) -> None:
        for found in ("vars", "tables", "hours"):
            self.names[found].update(names)

    def _note_words(self, text: str) -> None:
        self.words.update(self._vocabulary.phrase(text))
