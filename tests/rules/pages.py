"""A page about the rules: its files, the conversations that they make, and its commands.

A `yaml` block that begins with `version:` is a file of its own, `toko.yaml`. One that begins with
`# …` stands at the end of the file before; one that begins with `# name.yaml` is a file beside the
next. A `text` block with `Siti:` in it is a conversation with the file before it, a `console`
block commands for it. In a conversation `(Monday 10:00)`, `(30 minutes later)`, `(a new contact)`
and `(meta)` say when, who and where; `<foto>`, `<stiker>` and `<telepon>` are no texts. `[Harga]`
is a button, `Pemilik` writes from the phone, and `→` is what an admin is told.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.cli.contents import lines_of
from bot.content import choices_of
from bot.rehearsal import Heard, Rehearsal
from bot.rules import Book, load
from bot.rules.languages import LANGUAGES, find

MAIN = "toko.yaml"
NEW = ("(a new contact)", "(kontak baru)")
# What a customer can send that is no text.
SENT = {"foto": "image", "stiker": "sticker"}
UNITS = {
    **dict.fromkeys(("minute", "minutes", "menit"), timedelta(minutes=1)),
    **dict.fromkeys(("hour", "hours", "jam"), timedelta(hours=1)),
    **dict.fromkeys(("day", "days", "hari"), timedelta(days=1)),
}
BEGINNING = datetime(2026, 1, 5, 10, 0)  # a Monday
INDENT = " " * len("Balas: ")

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"# ([\w-]+\.yaml)\n")
_LATER = re.compile(r"\((\d+) (\w+) (?:later|kemudian)\)")
_CLOCK = re.compile(r"\((\w+) (\d\d):(\d\d)\)")
_EVENT = re.compile(r"Event: ([\w.]+)(?: \((.*)\))?")


@dataclass(frozen=True, slots=True)
class Block:
    """A conversation or commands, with the files that they belong to; `line` is in the page."""

    line: int
    text: str
    files: Mapping[str, str]

    def book(self, folder: Path) -> Book:
        """Return the book of its file, which is written into a folder with all others."""
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return load(folder / MAIN)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield every code block of a page with its language."""
    yield from _BLOCK.findall(page.read_text(encoding="utf-8"))


def files(page: Path) -> list[Block]:
    """Return every file of a page, with those that lie beside it."""
    return [block for language, block in _walk(page) if language == "yaml"]


def conversations(page: Path) -> list[Block]:
    """Return every conversation of a page."""
    found = [block for language, block in _walk(page) if language == "text"]
    return [block for block in found if re.search(r"^(Siti|Event):", block.text, re.MULTILINE)]


def commands(page: Path) -> list[Block]:
    """Return every block of commands of a page."""
    return [block for language, block in _walk(page) if language == "console"]


def _walk(page: Path) -> Iterator[tuple[str, Block]]:
    text = page.read_text(encoding="utf-8")
    main, beside, is_used = "", dict[str, str](), False
    for found in _BLOCK.finditer(text):
        language, code = found[1], found[2]
        if language == "yaml":
            named = _NAMED.match(code)
            if named:
                beside = {**({} if is_used else beside), named[1]: code}
                is_used = False
                continue
            is_addition = code.startswith("# …")
            beside = {} if is_used and not is_addition else beside
            main, is_used = (main + code if is_addition else code), True
        line = text.count("\n", 0, found.start()) + 1
        yield language, Block(line, code, {**beside, MAIN: main})


def transcript(block: Block, folder: Path) -> str:
    """Return a conversation as the file really makes it, in the notation of the page."""
    stage = _Stage(block.book(folder))
    shown: list[str] = []
    for line in block.text.splitlines():
        if not line or line.startswith((" ", "Balas:", "→")):
            continue
        shown.append(line)
        shown += stage.plays(line)
    return "\n".join(shown) + "\n"


class _Stage:
    """A rehearsal that takes its cues from the lines of a page."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._gateway, self._first = "wagate", False
        self._rehearsal: Rehearsal | None = None
        self._begins = BEGINNING
        self._last: Heard | None = None

    def plays(self, line: str) -> Iterator[str]:
        """Yield what is seen after one line."""
        heard = self._cue(line)
        if heard is None:
            return
        self._last = heard
        for content in heard.replies:
            yield ("Balas: " + f"\n{INDENT}".join(lines_of(content))).replace(f"{INDENT}\n", "\n")
        for told in heard.notifications:
            yield f"→ {told.admin}: {' '.join(told.text.split())}"

    def _cue(self, line: str) -> Heard | None:
        if line in NEW:
            self._first = True
        elif line.startswith("(") and line.strip("()") in ("meta", "csku"):
            self._gateway = line.strip("()")
        elif clock := _CLOCK.fullmatch(line):
            return self._wait_for(_weekday(clock[1]), hour=int(clock[2]), minute=int(clock[3]))
        elif later := _LATER.fullmatch(line):
            return self._playing.wait(int(later[1]) * UNITS[later[2]])
        else:
            return self._happens(line)
        return None

    def _happens(self, line: str) -> Heard:
        who, _, what = line.partition(":")
        what = what.strip()
        if event := _EVENT.fullmatch(line):
            told = (pair.partition(": ") for pair in (event[2] or "").split(", ") if pair)
            values = {name: int(word) if word.isdecimal() else word for name, _, word in told}
            return self._playing.happen(event[1], values)
        if who == "Pemilik":
            return self._playing.owner(what)
        if who != "Siti":
            raise ValueError(f"nobody knows what this line means: {line}")
        if what == "<telepon>":
            return self._playing.call()
        if sent := re.fullmatch(r"<(\w+)> ?(.*)", what):
            return self._playing.send(SENT[sent[1]], sent[2])
        if pressed := re.fullmatch(r"\[(.+)\]", what):
            return self._playing.press(self._button(pressed[1]), title=pressed[1])
        return self._playing.say(what)

    def _button(self, title: str) -> str:
        shown = self._last.replies if self._last else ()
        return next(
            choice.id
            for content in shown
            for choice in choices_of(content)
            if choice.title == title
        )

    @property
    def _playing(self) -> Rehearsal:
        if self._rehearsal is None:
            at = self._begins.replace(tzinfo=self._book.zone)
            self._rehearsal = Rehearsal(self._book, gateway=self._gateway, at=at, first=self._first)
        return self._rehearsal

    def _wait_for(self, weekday: int, *, hour: int, minute: int) -> Heard | None:
        now = self._rehearsal.now.astimezone(self._book.zone) if self._rehearsal else None
        from_then = now or self._begins.replace(hour=0, minute=0)
        day = from_then + timedelta(days=(weekday - from_then.weekday()) % 7)
        at = day.replace(hour=hour, minute=minute, second=0)
        if self._rehearsal is None:
            self._begins = at
            return None
        return self._rehearsal.wait(at - from_then)


def _weekday(name: str) -> int:
    for language in LANGUAGES.values():
        found = find(language.days, name)
        if found is not None:
            return found
    raise ValueError(f"{name} is no day")


def without_comments(code: str) -> str:
    """Return a block without its comments: they are in the language of the page."""
    return re.sub(r"[ \t]*(?<!\S)#(?! …|(?: [\w-]+\.yaml$)).*$", "", code, flags=re.MULTILINE)


def cues(code: str) -> str:
    """Return a conversation with what stands in brackets as it is meant."""
    code = code.replace(NEW[1], NEW[0])
    code = _LATER.sub(lambda found: f"({int(found[1]) * UNITS[found[2]]})", code)
    return _CLOCK.sub(lambda found: f"({_weekday(found[1])} {found[2]}:{found[3]})", code)
