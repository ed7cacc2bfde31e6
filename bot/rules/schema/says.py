"""The shape of what a reply says: a text, and with it buttons, a list, media and the like."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BeforeValidator, Field

from bot.rules.schema.part import Part
from bot.rules.values import Degrees, Text, Texts, as_list, expected

# The longest id that every gateway with buttons and lists gives back.
ID_LIMIT = 200
_LINK = re.compile(r"https://[^\s/?#]+\.[^\s/?#]+\S*", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")


def _read_id(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > ID_LIMIT or "\n" in text:
        raise expected(f"an id of at most {ID_LIMIT} characters on one line", value)
    if "{{" in text or "{%" in text:
        raise ValueError(
            "an id must stay the same, so it is no template: "
            'write {id: …, title: "…"} with an id of its own'
        )
    return text


def _read_choices(value: object) -> object:
    """Read titles alone as choices whose id is their title."""
    listed = as_list(value)
    if not isinstance(listed, list):
        return listed
    return [_named_by_title(entry) for entry in listed]


def _named_by_title(entry: object) -> object:
    if isinstance(entry, str):
        return {"id": entry, "title": entry}
    if isinstance(entry, dict) and "id" not in entry and "title" in entry:
        return {"id": entry["title"], **entry}
    return entry


def _read_listing(value: object) -> object:
    return value if isinstance(value, dict) else {"rows": value}


def _read_source(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or "\n" in text:
        raise expected("an https link, or the name of a file beside the rules file", value)
    if "{{" in text or "{%" in text:
        raise ValueError("a link or a file name is no template: {{ }} cannot stand in it")
    if "://" in text:
        if not _LINK.fullmatch(text):
            raise expected("a link such as https://toko.contoh.id/katalog.jpg", value)
        return text
    return _beside(text)


def _beside(name: str) -> str:
    if name.startswith(("/", "~")) or "\\" in name or _DRIVE.match(name):
        raise expected("a file beside the rules file, such as promo.jpg or gambar/promo.jpg", name)
    if ".." in PurePosixPath(name).parts:
        raise ValueError(
            "a file lies beside the rules file or in a folder there: .. leads out of it"
        )
    if any(part.startswith(".") for part in PurePosixPath(name).parts):
        raise ValueError("a hidden file is never sent: its name begins with a dot")
    return str(PurePosixPath(name))


ChoiceId = Annotated[str, BeforeValidator(_read_id)]
MediaSource = Annotated[str, BeforeValidator(_read_source)]


class Button(Part):
    """A button. Its id comes back when it is pressed."""

    id: ChoiceId
    """What comes back, for `match: {button: …}`."""
    title: Text
    """What is read on it."""


class Row(Button):
    """One line of a list."""

    description: Text | None = None
    """A second line below the title."""


Buttons = Annotated[tuple[Button, ...], BeforeValidator(_read_choices)]
Rows = Annotated[tuple[Row, ...], BeforeValidator(_read_choices)]


class Section(Part):
    """Lines of a list under a title."""

    title: Text | None = None
    """What stands above them."""
    rows: Rows
    """The lines."""


Sections = Annotated[tuple[Section, ...], BeforeValidator(as_list)]


class Listing(Part):
    """A list that opens behind a button. Give it either `rows` or `sections`."""

    label: Text | None = None
    """What is read on the button that opens it; "Menu" if not given."""
    rows: Rows = ()
    """The lines."""
    sections: Sections = ()
    """The lines, in groups with titles."""


class Media(Part):
    """A file to send: an https link that everybody can open, or a file beside the rules file."""

    image: MediaSource | None = None
    """A picture."""
    video: MediaSource | None = None
    """A film."""
    audio: MediaSource | None = None
    """A sound."""
    voice: MediaSource | None = None
    """A voice note."""
    document: MediaSource | None = None
    """A document."""
    sticker: MediaSource | None = None
    """A sticker."""
    filename: Text | None = None
    """The name that the contact sees, if it is to be another one."""


class Template(Part):
    """A text that Meta has approved before, for more than a day after the contact last wrote."""

    name: Text
    """Its name at Meta."""
    language: Text = "id"
    """Its language code at Meta."""
    parameters: Texts = ()
    """What fills its body, in order; each may use `{{ … }}`."""


class Location(Part):
    """A place on the map."""

    latitude: Degrees
    """In degrees; south is negative."""
    longitude: Degrees
    """In degrees."""
    name: Text | None = None
    """What is read above the map."""
    address: Text | None = None
    """The address below it."""


def _read_template(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Says(Part):
    """What is said: a text, and with it buttons, a list or media; or one thing instead of them."""

    text: Text | None = None
    """The words; the caption of a file, the text above buttons or a list."""
    buttons: Buttons = ()
    """Buttons below the text: `{id, title}` each, or titles alone."""
    list_: Annotated[Listing | None, BeforeValidator(_read_listing)] = Field(
        default=None, alias="list"
    )
    """A list below the text, to choose from."""
    media: Media | None = None
    """A file, with the text as its caption."""
    header: Text | None = None
    """A line above buttons or a list."""
    footer: Text | None = None
    """A line below buttons or a list."""
    template: Annotated[Template | None, BeforeValidator(_read_template)] = None
    """Instead of all this: a text that Meta has approved."""
    reaction: Text | None = None
    """An emoji on the contact's message, before whatever else is said."""
    location: Location | None = None
    """Instead of all this: a place on the map."""

    @property
    def is_menu(self) -> bool:
        """Return whether there is something to choose from."""
        return bool(self.buttons) or self.list_ is not None

    @property
    def says_something(self) -> bool:
        """Return whether anything of it can be said."""
        instead = self.template or self.reaction or self.location
        return bool(self.text or self.media or self.is_menu or instead)
