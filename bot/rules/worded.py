"""Turn what is written of a reply into its wording, however its texts are to be read."""

from collections.abc import Callable, Iterator, Sequence

from bot import content
from bot.rules.schema.says import Button, Listing, Location, Media, Row, Says, Template
from bot.rules.source import Path
from bot.rules.templates import Text
from bot.rules.wording import (
    ChoiceWording,
    LocationWording,
    Place,
    SectionWording,
    TemplateWording,
    Wording,
)

_KINDS = content.MEDIA_KINDS
# What makes a message of its own.
_WHOLE = ("text", "media", "template", "reaction", "location")

# Reads the text at a path; None for a text that is not there or has mistakes.
ReadText = Callable[[str | None, Path], Text | None]


def worded(written: Says, read: ReadText, *, place: Place) -> Wording:
    """Return the wording of what is written."""
    listing = written.list_ or Listing()
    sections = [
        SectionWording(
            read(section.title, ("list", "sections", number, "title")),
            _choices(section.rows, read, at=("list", "sections", number, "rows")),
        )
        for number, section in enumerate(listing.sections)
    ]
    if listing.rows:
        rows = _choices(listing.rows, read, at=("list", "rows"))
        sections.append(SectionWording(None, rows))
    return Wording(
        place=place,
        text=read(written.text, ("text",)),
        media=_media(written.media),
        buttons=_choices(written.buttons, read, at=("buttons",)),
        sections=tuple(sections),
        label=read(listing.label, ("list", "label")),
        header=read(written.header, ("header",)),
        footer=read(written.footer, ("footer",)),
        template=_template(written.template, read),
        reaction=read(written.reaction, ("reaction",)),
        location=_location(written.location, read),
    )


def contradictions(written: Says) -> Iterator[tuple[str, Path]]:
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
    for key in ("template", "location"):
        if getattr(written, key) and sum(bool(getattr(written, each)) for each in _WHOLE) > 1:
            yield f'a "{key}" is said by itself: give it nothing else', (key,)
            break
    if written.media and len(_sources(written.media)) != 1:
        yield f"give it exactly one of {', '.join(_KINDS)}", ("media",)


def choices(written: Says) -> Iterator[tuple[Path, Button]]:
    """Yield everything that can be chosen, with its path."""
    for number, button in enumerate(written.buttons):
        yield ("buttons", number), button
    listing = written.list_ or Listing()
    for number, row in enumerate(listing.rows):
        yield ("list", "rows", number), row
    for place, section in enumerate(listing.sections):
        for number, row in enumerate(section.rows):
            yield ("list", "sections", place, "rows", number), row


def _choices(rows: Sequence[Button], read: ReadText, *, at: Path) -> tuple[ChoiceWording, ...]:
    found = []
    for number, row in enumerate(rows):
        title = read(row.title, (*at, number, "title"))
        described = row.description if isinstance(row, Row) else None
        description = read(described, (*at, number, "description"))
        if title is not None:
            found.append(ChoiceWording(row.id, title, description))
    return tuple(found)


def _template(written: Template | None, read: ReadText) -> TemplateWording | None:
    if written is None:
        return None
    parameters = [
        read(parameter, ("template", "parameters", number))
        for number, parameter in enumerate(written.parameters)
    ]
    return TemplateWording(
        name=written.name,
        language=written.language,
        parameters=tuple(parameter for parameter in parameters if parameter),
    )


def _location(written: Location | None, read: ReadText) -> LocationWording | None:
    if written is None:
        return None
    return LocationWording(
        latitude=written.latitude,
        longitude=written.longitude,
        name=read(written.name, ("location", "name")),
        address=read(written.address, ("location", "address")),
    )


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


def _sources(media: Media) -> list[tuple[content.MediaKind, str]]:
    return [(kind, source) for kind in _KINDS if (source := getattr(media, kind))]
