"""What is written after `flask send` becomes the content of a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import click

from bot.cli.contents import with_article
from bot.content import (
    MEDIA_KINDS,
    Buttons,
    Card,
    Choice,
    Contacts,
    Content,
    Listing,
    Location,
    Media,
    MediaKind,
    Reaction,
    Section,
    Template,
    Text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The options as they were written; `media` by kind."""

    text: str
    media: dict[MediaKind, str]
    filename: str
    buttons: Sequence[str]
    label: str | None
    rows: Sequence[str]
    header: str
    footer: str
    template: str | None
    parameters: Sequence[str]
    location: str | None
    contacts: Sequence[str]
    reaction: str | None


def compose(written: Written) -> Content:
    """Return the content. The path of a local file stands in `file`. Raises UsageError."""
    found = [content for content in _contents(written) if content is not None]
    if len(found) > 1:
        kinds = " and ".join(content.kind for content in found)
        raise click.UsageError(f"one message cannot be {kinds}: send them one after the other")
    content = found[0] if found else Text(text=written.text)
    _check_left_over(written, content)
    return content


def _contents(written: Written) -> list[Content | None]:
    return [
        *(_media(kind, source, written) for kind, source in written.media.items()),
        _buttons(written),
        _list(written),
        _template(written),
        _location(written.location),
        _contacts(written.contacts),
        _reaction(written.reaction),
    ]


def _media(kind: MediaKind, source: str, written: Written) -> Media:
    is_link = "://" in source
    if is_link and (urlsplit(source).scheme != "https" or not urlsplit(source).hostname):
        raise click.BadParameter("a link must begin with https://", param_hint=f"--{kind}")
    return Media(
        kind=kind,
        text=written.text,
        link=source if is_link else None,
        file=None if is_link else source,
        filename=written.filename,
    )


def _buttons(written: Written) -> Buttons | None:
    if not written.buttons:
        return None
    return Buttons(
        text=written.text,
        buttons=tuple(_choice(button, "--button") for button in written.buttons),
        header=written.header,
        footer=written.footer,
    )


def _list(written: Written) -> Listing | None:
    if written.label is None and not written.rows:
        return None
    if not written.rows:
        raise click.UsageError("a list needs rows: --row id=title")
    return Listing(
        text=written.text,
        label=written.label or "",
        sections=(Section(rows=tuple(_choice(row, "--row") for row in written.rows)),),
        header=written.header,
        footer=written.footer,
    )


def _choice(written: str, option: str) -> Choice:
    name, has_title, rest = written.partition("=")
    title, _, description = rest.partition("=") if option == "--row" else (rest, "", "")
    choice = Choice(
        id=name.strip(),
        title=title.strip() if has_title else name.strip(),
        description=description.strip(),
    )
    if not (choice.id and choice.title):
        raise click.BadParameter("write it as id=title", param_hint=option)
    return choice


def _template(written: Written) -> Template | None:
    if written.template is None:
        return None
    name, _, language = written.template.rpartition(":")
    if not (name and language):
        raise click.BadParameter("write it as name:language", param_hint="--template")
    return Template(name=name, language=language, parameters=tuple(written.parameters))


def _location(written: str | None) -> Location | None:
    if written is None:
        return None
    latitude, longitude, name = [*written.split(",", 2), "", ""][:3]
    try:
        place = Location(latitude=float(latitude), longitude=float(longitude), name=name.strip())
    except ValueError:
        place = Location(latitude=91, longitude=0)
    if not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):
        raise click.BadParameter(
            "write it as latitude,longitude or latitude,longitude,name", param_hint="--location"
        )
    return place


def _contacts(written: Sequence[str]) -> Contacts | None:
    cards = []
    for each in written:
        name, _, number = each.rpartition(":")
        if not (name.strip() and number.strip()):
            raise click.BadParameter("write it as name:number", param_hint="--contact")
        cards.append(Card(name=name.strip(), phones=(number.strip(),)))
    return Contacts(cards=tuple(cards)) if cards else None


def _reaction(written: str | None) -> Reaction | None:
    if written is None:
        return None
    # The ids of some gateways hold colons; an emoji holds none.
    message_id, colon, emoji = written.rpartition(":")
    if not (colon and message_id):
        raise click.BadParameter("write it as message-id:emoji", param_hint="--react")
    return Reaction(message_id=message_id, emoji=emoji.strip())


def _check_left_over(written: Written, content: Content) -> None:
    """Refuse options that the content has no place for: silence would lose them."""
    is_menu = isinstance(content, Buttons | Listing)
    speaks = is_menu or isinstance(content, Text)
    if speaks and not written.text.strip():
        raise click.UsageError("nothing to send: write a text")
    for option, given, fits in (
        ("TEXT", written.text, speaks or content.kind in MEDIA_KINDS),
        ("--filename", written.filename, content.kind in MEDIA_KINDS),
        ("--parameter", written.parameters, isinstance(content, Template)),
        ("--header", written.header, is_menu),
        ("--footer", written.footer, is_menu),
    ):
        if given and not fits:
            raise click.UsageError(f"{with_article(content.kind)} has no place for {option}")
