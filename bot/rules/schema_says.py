"""The shape of what a reply says: a text, and with it buttons, a list or media."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.rules.values import Text, as_list, expected

# The longest id that every gateway with buttons and lists gives back.
ID_LIMIT = 200
_LINK = re.compile(r"https://[^\s/?#]+\.[^\s/?#]+\S*", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")


class Part(BaseModel):
    """One map in rules.yaml. Keys that are not named here are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


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
    title: Text


class Row(Button):
    """One line of a list."""

    description: Text | None = None


Buttons = Annotated[tuple[Button, ...], BeforeValidator(_read_choices)]
Rows = Annotated[tuple[Row, ...], BeforeValidator(_read_choices)]


class Section(Part):
    """Lines of a list under a title."""

    title: Text | None = None
    rows: Rows


Sections = Annotated[tuple[Section, ...], BeforeValidator(as_list)]


class Listing(Part):
    """A list that opens behind a button called `label`."""

    label: Text | None = None
    rows: Rows = ()
    sections: Sections = ()


class Media(Part):
    """A file to send: a link that everybody can open, or a file beside the rules file."""

    image: MediaSource | None = None
    video: MediaSource | None = None
    audio: MediaSource | None = None
    voice: MediaSource | None = None
    document: MediaSource | None = None
    sticker: MediaSource | None = None
    filename: Text | None = None


class Says(Part):
    """What is said: a text, and with it buttons or a list, or media."""

    text: Text | None = None
    buttons: Buttons = ()
    list_: Annotated[Listing | None, BeforeValidator(_read_listing)] = Field(
        default=None, alias="list"
    )
    media: Media | None = None
    header: Text | None = None
    footer: Text | None = None

    @property
    def is_menu(self) -> bool:
        """Return whether there is something to choose from."""
        return bool(self.buttons) or self.list_ is not None
