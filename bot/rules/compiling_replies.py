"""Compile what rules say, and check what a schema cannot see: whether its parts fit together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot import content
from bot.rules import schema
from bot.rules.names import MESSAGE, Names
from bot.rules.parts import Variant
from bot.rules.schema_says import Button, Listing, Media, Row, Says
from bot.rules.source import Path, Source, shown
from bot.rules.templates import Text
from bot.rules.templating import Texts
from bot.rules.values import nearest
from bot.rules.wording import ChoiceWording, Place, SectionWording, Wording

_KINDS = content.MEDIA_KINDS


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
    ) -> None:
        self._source = source
        self._texts = Texts(variables)
        self._named = named
        for name, reply in named.items():
            if reply is not None:
                at: Path = ("replies", name)
                if not (reply.text or reply.media or reply.is_menu):
                    source.add('it says nothing: give it a "text" or a "media"', at=at, key=True)
                self._wording(reply, MESSAGE, at=at)

    def variants(
        self, reply: schema.Reply | None, use: str | None, names: Names, *, at: Path
    ) -> tuple[Variant, ...]:
        """Return the entries of a rule's reply."""
        if use is not None:
            wording = self._used(use, names, at=(*at, "use"))
            return (Variant((), wording),) if wording else ()
        variants: list[Variant] = []
        for position, entry in enumerate(reply or ()):
            here = (*at, "reply", position)
            says = bool(entry.text or entry.media or entry.is_menu)
            if says == bool(entry.use):
                self._source.add('give it either a "text" or a "use" (or a "media")', at=here)
            if not entry.if_ and position < len(reply or ()) - 1:
                hint = 'an entry without "if" holds always, so the entries below are never said'
                self._source.add(hint, at=here)
            if entry.use:
                wording = self._used(entry.use, names, at=(*here, "use"))
            else:
                wording = self._wording(entry, names, at=here)
            if wording is not None:
                variants.append(Variant(entry.if_, wording))
        return tuple(variants)

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
        reply = self._named[use]
        if reply is None:
            return None
        misfits: list[_Misfit] = []
        wording = self._compiled(reply, names, misfits, at=("replies", use))
        if misfits and names is not MESSAGE:  # otherwise already noted at the reply itself
            reasons = "; ".join(misfit.reason for misfit in misfits)
            self._source.add(f'the reply "{use}" does not fit here: {reasons}', at=at)
        return None if misfits else wording

    def _wording(self, written: Says, names: Names, *, at: Path) -> Wording | None:
        for text, path in _contradictions(written):
            self._source.add(text, at=(*at, *path), key=True)
        self._check_ids(written, at=at)
        misfits: list[_Misfit] = []
        wording = self._compiled(written, names, misfits, at=at)
        self._note(misfits)
        return None if misfits else wording

    def _compiled(
        self, written: Says, names: Names, misfits: list[_Misfit], *, at: Path
    ) -> Wording:
        def text(value: str | None, *path: str | int) -> Text | None:
            return None if value is None else self._compile(value, names, misfits, at=(*at, *path))

        def choices(rows: Sequence[Button], *path: str | int) -> Iterator[ChoiceWording]:
            for number, row in enumerate(rows):
                title = text(row.title, *path, number, "title")
                described = row.description if isinstance(row, Row) else None
                description = text(described, *path, number, "description")
                if title is not None:
                    yield ChoiceWording(row.id, title, description)

        listing = written.list_ or Listing()
        sections = [
            SectionWording(
                text(section.title, "list", "sections", number, "title"),
                tuple(choices(section.rows, "list", "sections", number, "rows")),
            )
            for number, section in enumerate(listing.sections)
        ]
        if listing.rows:
            sections.append(SectionWording(None, tuple(choices(listing.rows, "list", "rows"))))
        return Wording(
            place=self._place(at),
            text=text(written.text, "text"),
            media=_media(written.media),
            buttons=tuple(choices(written.buttons, "buttons")),
            sections=tuple(sections),
            label=text(listing.label, "list", "label"),
            header=text(written.header, "header"),
            footer=text(written.footer, "footer"),
        )

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
        for path, choice in _choices(written):
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
        return Place(mark.line, mark.column, shown(known))


def no_such(what: str, name: str, known: Mapping[str, object]) -> str:
    """Return the sentence for a name that nothing has."""
    meant = nearest(name, known)
    if meant:
        return f'there is no {what} "{name}"; did you mean "{meant}"?'
    listed = f"there are {', '.join(list(known)[:10])}" if known else "the file names none"
    return f'there is no {what} "{name}"; {listed}'


def _contradictions(written: Says) -> Iterator[tuple[str, Path]]:
    """Yield what does not fit together, with the key to blame."""
    if written.buttons and written.list_:
        yield '"buttons" and "list" exclude each other', ("list",)
    if written.is_menu and not written.text:
        key = "buttons" if written.buttons else "list"
        yield f'"{key}" stand below a text: add a "text"', (key,)
    for key in ("header", "footer"):
        if getattr(written, key) and not written.is_menu:
            yield f'a "{key}" belongs to buttons or a list; write it into the text', (key,)
    listing = written.list_
    if listing and bool(listing.rows) == bool(listing.sections):
        yield 'give the list either "rows" or "sections"', ("list",)
    if written.media and len(_sources(written.media)) != 1:
        yield f"give it exactly one of {', '.join(_KINDS)}", ("media",)


def _choices(written: Says) -> Iterator[tuple[Path, Button]]:
    for number, button in enumerate(written.buttons):
        yield ("buttons", number), button
    listing = written.list_ or Listing()
    for number, row in enumerate(listing.rows):
        yield ("list", "rows", number), row
    for place, section in enumerate(listing.sections):
        for number, row in enumerate(section.rows):
            yield ("list", "sections", place, "rows", number), row


def _sources(media: Media) -> list[tuple[content.MediaKind, str]]:
    return [(kind, source) for kind in _KINDS if (source := getattr(media, kind))]


def _media(written: Media | None) -> content.Media | None:
    if written is None or not _sources(written):
        return None
    kind, source = _sources(written)[0]
    is_link = "://" in source
    return content.Media(
        kind=kind,
        link=source if is_link else None,
        file=None if is_link else source,
        filename=written.filename or "",
    )
