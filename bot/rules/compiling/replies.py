"""Compile what rules say, and check what a schema cannot see: whether its parts fit together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.rules import schema
from bot.rules.compiling.conditions import ConditionChecker, no_such
from bot.rules.compiling.scopes import Scopes
from bot.rules.extensions import Extensions
from bot.rules.names import Names
from bot.rules.parts import Variant
from bot.rules.schema.says import Says
from bot.rules.source import Path, Source
from bot.rules.templates import Text
from bot.rules.templating import Texts
from bot.rules.worded import choices, contradictions, worded
from bot.rules.wording import Place, Wording


@dataclass(frozen=True, slots=True)
class _Misfit:
    """A text that cannot be written with the names that there are."""

    at: Path
    line: int
    word: str
    reason: str


class ReplyCompiler:
    """Compiles the replies of one file; mistakes are noted in its source."""

    def __init__(
        self,
        source: Source,
        *,
        variables: Mapping[str, object],
        named: Mapping[str, schema.NamedReply | None],
        scopes: Scopes,
        conditions: ConditionChecker,
        extensions: Extensions | None,
    ) -> None:
        self._source = source
        self._texts = Texts(variables, filters=extensions.filters if extensions else {})
        self._named = named
        self._scopes = scopes
        self._conditions = conditions
        self.used: set[str] = set()
        for name, reply in named.items():
            if reply is not None:
                at: Path = ("replies", name)
                if not reply.says_something:
                    source.add('it says nothing: give it a "text" or a "media"', at=at, key=True)
                self._wording(reply, scopes.message, at=at)

    def variants(
        self,
        reply: schema.Reply | None,
        use: str | None,
        names: Names,
        *,
        at: Path,
        key: str = "reply",
    ) -> tuple[Variant, ...]:
        """Return the entries of what is said at a path."""
        if use is not None:
            wording = self._used(use, names, at=(*at, "use"))
            return (Variant((), (wording,)),) if wording else ()
        variants: list[Variant] = []
        for position, entry in enumerate(reply or ()):
            here = (*at, key, position)
            self._conditions.check(entry.if_, names, at=(*here, "if"))
            if not entry.if_ and position < len(reply or ()) - 1:
                hint = 'an entry without "if" holds always, so the entries below are never said'
                if not any(each.if_ for each in reply or ()):
                    hint += f"; to say any one of them: {key}: {{random: […]}}"
                self._source.add(hint, at=here)
            wordings = self._wordings(entry, names, at=here)
            if wordings:
                variants.append(Variant(entry.if_, wordings))
        return tuple(variants)

    def _wordings(self, entry: schema.Variant, names: Names, *, at: Path) -> tuple[Wording, ...]:
        ways = [bool(entry.says_something), bool(entry.use), bool(entry.random)]
        if sum(ways) != 1:
            text = 'give it exactly one of "text", "use", "random" (or a "media" and the like)'
            self._source.add(text, at=at)
            return ()
        if not entry.random:
            return self._said(entry, names, at=at)
        return tuple(
            wording
            for number, choice in enumerate(entry.random)
            for wording in self._said(choice, names, at=(*at, "random", number))
        )

    def _said(self, written: Says, names: Names, *, at: Path) -> tuple[Wording, ...]:
        use: str | None = getattr(written, "use", None)
        if bool(use) == written.says_something:
            self._source.add('give it either a "text" or a "use" (or a "media")', at=at)
            return ()
        if use:
            wording = self._used(use, names, at=(*at, "use"))
        else:
            wording = self._wording(written, names, at=at)
        return () if wording is None else (wording,)

    def text(self, text: str, names: Names, *, at: Path) -> Text | None:
        """Return a compiled text; None when it has mistakes."""
        misfits: list[_Misfit] = []
        compiled = self._compile(text, names, misfits, at=at)
        self._note(misfits)
        return compiled

    def _used(self, use: str, names: Names, *, at: Path) -> Wording | None:
        if use not in self._named:
            self._source.add(no_such("reply", use, self._named), at=at)
            return None
        self.used.add(use)
        reply = self._named[use]
        if reply is None:
            return None
        misfits: list[_Misfit] = []
        wording = self._compiled(reply, names, misfits, at=("replies", use))
        if (
            misfits and names is not self._scopes.message
        ):  # otherwise already noted at the reply itself
            reasons = "; ".join(misfit.reason for misfit in misfits)
            self._source.add(f'the reply "{use}" does not fit here: {reasons}', at=at)
        return None if misfits else wording

    def _wording(self, written: Says, names: Names, *, at: Path) -> Wording | None:
        for text, path in contradictions(written):
            self._source.add(text, at=(*at, *path), key=True)
        self._check_ids(written, at=at)
        misfits: list[_Misfit] = []
        wording = self._compiled(written, names, misfits, at=at)
        self._note(misfits)
        return None if misfits else wording

    def _compiled(
        self, written: Says, names: Names, misfits: list[_Misfit], *, at: Path
    ) -> Wording:
        def read(value: str | None, path: Path) -> Text | None:
            return None if value is None else self._compile(value, names, misfits, at=(*at, *path))

        return worded(written, read, place=self._place(at))

    def _compile(self, text: str, names: Names, misfits: list[_Misfit], *, at: Path) -> Text | None:
        compiled = self._texts.compile(text, names)
        if isinstance(compiled, Text):
            return compiled
        misfits += (_Misfit(at, line, word, reason) for line, word, reason in compiled)
        return None

    def _note(self, misfits: Sequence[_Misfit]) -> None:
        for misfit in misfits:
            mark = self._source.inside(misfit.at, line=misfit.line, word=misfit.word)
            self._source.add(misfit.reason, at=misfit.at, mark=mark)

    def _check_ids(self, written: Says, *, at: Path) -> None:
        lines: dict[str, int] = {}
        for path, choice in choices(written):
            here = (*at, *path, "id")
            # Buttons are told apart without regard to capitals.
            name = choice.id.casefold()
            if name in lines:
                text = f'the id "{choice.id}" is already used on line {lines[name]}'
                self._source.add(text, at=here)
            lines.setdefault(name, self._source.marks[self._source.known(here)].line)

    def _place(self, at: Path) -> Place:
        known = self._source.known(at)
        mark = self._source.keys.get(known) or self._source.marks[known]
        return Place(mark.line, mark.column, self._source.shown(known), mark.file)
