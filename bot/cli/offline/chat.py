"""One conversation at the terminal: what is typed is said, or is a command."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bot.cli.common import printable
from bot.cli.contents import below, lines_of
from bot.cli.explaining import explained
from bot.cli.offline.noting import noted
from bot.cli.offline.rules_file import RulesFile
from bot.cli.offline.words import COMMANDS, DEFAULT, QUIT, SENT, said
from bot.content import Content, choices_of
from bot.gateways import GATEWAYS
from bot.rehearsal import Contact, Heard, Rehearsal
from bot.rehearsal.usual import local
from bot.rules import Book, RulesError, trace
from bot.rules.spoken import nearest
from bot.rules.values import read_moment, read_period

NAMES = ("Siti", "Budi", "Rina", "Agus", "Dewi", "Joko")
FIRST_NUMBER = 6281200000017
MOST_PROBLEMS = 10
INDENT = " " * len("Balas> ")
DAY = timedelta(days=1)


class OfflineChat:
    """Hears lines and prints answers. With mistakes in the file the last good rules stay."""

    def __init__(self, file: Path, *, gateway: str, runs_tasks: bool = False) -> None:
        self._file, self._gateway, self._runs_tasks = RulesFile(file), gateway, runs_tasks
        self._rehearsal: Rehearsal | None = None
        self._contacts = 1
        # What happened last, with the rules by which it was answered; and what was said last.
        self._last: tuple[Book, Heard] | None = None
        self._said: Content | None = None
        self._commands: Mapping[str, Callable[[Rehearsal, str], Heard | None]] = {
            "at": self._move_clock,
            "wait": lambda rehearsal, words: rehearsal.wait(read_period(words)),
            "press": self._press,
            "owner": lambda rehearsal, words: rehearsal.owner(words),
            "call": lambda rehearsal, _: rehearsal.call(),
            "event": self._happen,
            "gateway": self._change_gateway,
            "new": self._meet,
            "reset": self._forget,
            "why": self._explain,
            "help": self._help,
        }
        self._refresh()

    @property
    def name(self) -> str:
        """Return who is writing."""
        return self._rehearsal.contact.name if self._rehearsal else NAMES[0]

    @property
    def has_begun(self) -> bool:
        """Return whether the file has ever been good."""
        return self._rehearsal is not None

    def hear(self, line: str) -> bool:
        """Let one line happen, and print what comes of it; return False when it ends the chat."""
        is_command = line.startswith("/") and not line.startswith("//")
        word, _, words = line.removeprefix("/").partition(" ")
        if is_command and COMMANDS.get(word.lower()) == QUIT:
            return False
        self._refresh()
        if self._rehearsal is None:
            return True
        try:
            if is_command:
                heard = self._obey(self._rehearsal, word.lower(), words.strip())
            else:
                heard = self._say(self._rehearsal, line[1:] if line.startswith("//") else line)
        except (ValueError, OverflowError) as error:
            self._note(str(error))
            return True
        if heard is not None:
            self._last = (self._rehearsal.book, heard)
            self._show(heard)
        return True

    def _obey(self, rehearsal: Rehearsal, word: str, words: str) -> Heard | None:
        command = COMMANDS.get(word)
        if command in SENT:
            return rehearsal.send(command, words)
        if command is not None:
            return self._commands[command](rehearsal, words)
        meant = nearest(word, COMMANDS)
        hint = said(self._language, "meant", word=meant) if meant else ""
        self._tell("unknown", word=word, hint=hint)
        return None

    def _say(self, rehearsal: Rehearsal, text: str) -> Heard:
        typed = below(text, self._said)
        if typed.case == "text":
            return rehearsal.say(text)
        return rehearsal.press(typed.button, title=typed.text)

    def _press(self, rehearsal: Rehearsal, button: str) -> Heard:
        choices = choices_of(self._said) if self._said else ()
        title = next((choice.title for choice in choices if choice.id == button), "")
        return rehearsal.press(button, title=title)

    def _happen(self, rehearsal: Rehearsal, words: str) -> Heard:
        name, *told = words.split() or [""]
        pairs = (each.partition("=") for each in told)
        return rehearsal.happen(name, {key: value for key, _, value in pairs})

    def _move_clock(self, rehearsal: Rehearsal, words: str) -> Heard | None:
        book, now = rehearsal.book, rehearsal.now.astimezone(rehearsal.book.zone)
        is_today = len(words) <= len("00:00")
        at = local(book, read_moment(f"{now:%Y-%m-%d} {words}" if is_today else words))
        if is_today and at <= rehearsal.now:
            at = local(book, read_moment(f"{now + DAY:%Y-%m-%d} {words}"))
        if at < rehearsal.now:
            # Nothing that happened can be undone: there it begins anew.
            self._begin(book, at=at, gateway=rehearsal.gateway)
            self._tell("reset")
            self._tell_time()
            return None
        heard = rehearsal.wait(at - rehearsal.now)
        self._tell_time()
        return heard if heard.turns else None

    def _change_gateway(self, rehearsal: Rehearsal, name: str) -> None:
        if name not in GATEWAYS:
            raise ValueError(f"/gateway {' | '.join(GATEWAYS)}")
        rehearsal.gateway = name
        self._last = self._said = None
        self._tell("gateway", gateway=name)

    def _meet(self, rehearsal: Rehearsal, _: str) -> None:
        name = NAMES[self._contacts % len(NAMES)]
        rehearsal.meet(Contact(name=name, phone=str(FIRST_NUMBER + self._contacts)))
        self._contacts += 1
        self._last = self._said = None
        self._tell("new", name=name)

    def _forget(self, rehearsal: Rehearsal, _: str) -> None:
        self._begin(rehearsal.book, at=rehearsal.now, gateway=rehearsal.gateway)
        self._tell("reset")

    def _explain(self, _: Rehearsal, __: str) -> None:
        book, heard = self._last or (None, None)
        if book is None or heard is None or not heard.turns:
            self._tell("nothing")
            return
        for line in explained(trace(book, heard.turns[0][0]), heard):
            self._note(line)

    def _help(self, _: Rehearsal, __: str) -> None:
        self._tell("help")

    def _begin(self, book: Book, *, at: datetime, gateway: str) -> None:
        self._last = self._said = None
        self._contacts = 1
        self._rehearsal = Rehearsal(
            book,
            gateway=gateway,
            at=at,
            first=True,
            contact=Contact(name=NAMES[0], phone=str(FIRST_NUMBER)),
            runs_tasks=self._runs_tasks,
        )

    def _refresh(self) -> None:
        try:
            book = self._file.read()
        except RulesError as error:
            for problem in error.problems[:MOST_PROBLEMS]:
                click.echo(printable(problem), err=True)
            self._tell("kept" if self._rehearsal else "mend")
            return
        if book is None:
            return
        told = {"file": self._file.path, "version": book.version}
        if self._rehearsal is not None:
            self._rehearsal.book = book
            self._tell("reloaded", **told)
            return
        self._begin(book, at=datetime.now(UTC), gateway=self._gateway)
        self._tell("start", name=self.name, gateway=self._gateway, **told)
        self._tell_time()

    def _show(self, heard: Heard) -> None:
        if heard.meanwhile is not None:
            self._show(heard.meanwhile)
        for bubble in heard.bubbles:
            to = "" if bubble.to == self.name else f" (→ {bubble.to})"
            first, *others = map(printable, lines_of(bubble.content) or [""])
            click.secho(f"Balas{to}> {first}", fg="green")
            for line in others:
                click.secho(f"{INDENT}{line}".rstrip(), fg="green")
            self._said = bubble.content if not to else self._said
        if notes := " · ".join(noted(self._language, heard)):
            self._note(f"({notes})")

    def _tell(self, key: str, **values: object) -> None:
        for line in said(self._language, key, **values).splitlines():
            self._note(line)

    def _tell_time(self) -> None:
        if self._rehearsal is not None:
            book = self._rehearsal.book
            now = self._rehearsal.now.astimezone(book.zone)
            day = book.language.days[now.weekday()][0].title()
            self._tell("clock", time=f"{day} {now:%Y-%m-%d %H:%M}")

    def _note(self, line: str) -> None:
        click.secho(f"{INDENT}{printable(line)}".rstrip(), dim=True)

    @property
    def _language(self) -> str:
        return self._rehearsal.book.settings.language if self._rehearsal else DEFAULT
