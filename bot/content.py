"""What a message of ours says: one description of it, whatever the gateway.

A gateway module writes it as its API wants it. The outbox keeps it as JSON (`as_json`,
`from_json`). Texts and titles are counted in characters, as gateways do.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

JsonObject = dict[str, Any]

MediaKind = Literal["image", "video", "audio", "voice", "document", "sticker"]
MEDIA_KINDS: tuple[MediaKind, ...] = ("image", "video", "audio", "voice", "document", "sticker")


class NotContent(ValueError):
    """A stored description cannot be read. The text names places, never values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button, or a row of a list. `id` is ours and comes back when it is pressed."""

    id: str
    title: str = field(repr=False)
    description: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows of a list under one title; the title may be empty where there is one section."""

    title: str = field(default="", repr=False)
    rows: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A contact card. `phones` as a person writes them."""

    name: str = field(repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    organisation: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text. `choices` are what the numbers in it stand for, where it is a menu in words."""

    kind: Literal["text"] = "text"
    text: str = field(repr=False)
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture, film, sound, document or sticker; `text` is its caption.

    Exactly one of these says where the bytes are: `link` (an https address that everybody can
    read), `file` (a path below the folder of the rules file), `stored` (the SHA-256 of what lies in
    our media store), `uploaded` (an id that the gateway gave for an earlier upload).
    """

    kind: MediaKind
    text: str = field(default="", repr=False)
    link: str | None = field(default=None, repr=False)
    file: str | None = None
    stored: str | None = None
    uploaded: str | None = None
    filename: str = field(default="", repr=False)
    mimetype: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place on the map, in degrees."""

    kind: Literal["location"] = "location"
    latitude: float = field(repr=False)
    longitude: float = field(repr=False)
    name: str = field(default="", repr=False)
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """One contact card or more."""

    kind: Literal["contacts"] = "contacts"
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """A text with buttons to press."""

    kind: Literal["buttons"] = "buttons"
    text: str = field(repr=False)
    buttons: tuple[Choice, ...]
    header: str = field(default="", repr=False)
    footer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A text with a list to choose from, which opens behind a button named `label`."""

    kind: Literal["list"] = "list"
    text: str = field(repr=False)
    label: str = field(default="", repr=False)
    sections: tuple[Section, ...]
    header: str = field(default="", repr=False)
    footer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text that the gateway has approved before. `parameters` fill its body, in order.

    `components` go to the gateway as they are, for headers, buttons and whatever else a template
    may have.
    """

    kind: Literal["template"] = "template"
    name: str
    language: str
    parameters: tuple[str, ...] = field(default=(), repr=False)
    components: tuple[JsonObject, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """An emoji on a message of the conversation, by its external id; "" takes it away."""

    kind: Literal["reaction"] = "reaction"
    message_id: str
    emoji: str = field(default="", repr=False)


Content = Text | Media | Location | Contacts | Buttons | Listing | Template | Reaction
KINDS: tuple[str, ...] = (
    "text",
    *MEDIA_KINDS,
    "location",
    "contacts",
    "buttons",
    "list",
    "template",
    "reaction",
)

_ADAPTER: TypeAdapter[Content] = TypeAdapter(Annotated[Content, Field(discriminator="kind")])


def as_json(content: Content) -> JsonObject:
    """Return the content as plain JSON values, without what is empty."""
    plain: JsonObject = _plain(content)
    return {"kind": content.kind, **plain}


def from_json(stored: object) -> Content:
    """Read what `as_json` wrote. Raises NotContent."""
    try:
        return _ADAPTER.validate_python(stored)
    except ValidationError as error:
        places = sorted({".".join(map(str, part["loc"])) for part in error.errors()})
        raise NotContent(f"not readable at {', '.join(places)}") from None


def text_of(content: Content) -> str:
    """Return the words of a content, for the history: text, caption, name, or emoji."""
    match content:
        case Text() | Media() | Buttons() | Listing():
            return content.text
        case Location():
            return "\n".join(part for part in (content.name, content.address) if part)
        case Contacts():
            return "\n".join(card.name for card in content.cards)
        case Template():
            return "\n".join(content.parameters)
        case Reaction():
            return content.emoji


def choices_of(content: Content) -> tuple[Choice, ...]:
    """Return what a contact can choose from, in the order shown."""
    match content:
        case Text():
            return content.choices
        case Buttons():
            return content.buttons
        case Listing():
            return tuple(row for section in content.sections for row in section.rows)
        case _:
            return ()


def _plain(value: object) -> Any:
    if is_dataclass(value):
        named = {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
        return {name: inner for name, inner in named.items() if inner not in (None, "", [])}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return value
