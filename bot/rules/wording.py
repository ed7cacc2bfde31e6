"""What a reply says before its names have values, and the contents that it becomes with them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.content import (
    Buttons,
    Choice,
    Content,
    Listing,
    Location,
    Media,
    Reaction,
    Section,
    Template,
)
from bot.content import Text as PlainText
from bot.rules.templates import Text

Names = Mapping[str, object]
DEFAULT_LABEL = "Menu"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written; `path` as problems show it."""

    line: int
    column: int
    path: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceWording:
    """A button, or a row of a list."""

    id: str
    title: Text
    description: Text | None = None


@dataclass(frozen=True, slots=True)
class SectionWording:
    """Rows of a list under a title."""

    title: Text | None
    rows: tuple[ChoiceWording, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateWording:
    """A text that Meta has approved, with what fills it."""

    name: str
    language: str
    parameters: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationWording:
    """A place on the map."""

    latitude: float
    longitude: float
    name: Text | None
    address: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A compiled reply: a text, media, and buttons or a list; or one other thing by itself."""

    place: Place
    text: Text | None = None
    media: Media | None = None
    buttons: tuple[ChoiceWording, ...] = ()
    sections: tuple[SectionWording, ...] = ()
    label: Text | None = None
    header: Text | None = None
    footer: Text | None = None
    template: TemplateWording | None = None
    reaction: Text | None = None
    location: LocationWording | None = None

    @property
    def is_menu(self) -> bool:
        """Return whether there is something to choose from."""
        return bool(self.buttons or self.sections)

    def write(self, names: Names, *, message_id: str | None = None) -> tuple[Content, ...]:
        """Return the messages for one turn, none if there is nothing to say. Raises TextFailed.

        Media beside a menu go before it; otherwise the text is their caption. A choice whose title
        comes to nothing is left out. A reaction is put on the message with that external id.
        """
        if self.template or self.location:
            return self._alone(names)
        return (*self._reaction(names, message_id), *self._words(names))

    def _words(self, names: Names) -> tuple[Content, ...]:
        text = _written(self.text, names)
        menu = self._menu(text, names)
        if self.media is None:
            words = (PlainText(text=text),) if text else ()
            return (menu,) if menu else words
        return (self.media, menu) if menu else (replace(self.media, text=text),)

    def _reaction(self, names: Names, message_id: str | None) -> tuple[Content, ...]:
        emoji = _line(self.reaction, names)
        return (Reaction(message_id=message_id, emoji=emoji),) if message_id and emoji else ()

    def _alone(self, names: Names) -> tuple[Content, ...]:
        if self.template:
            filled = tuple(_line(text, names) for text in self.template.parameters)
            found = Template(
                name=self.template.name, language=self.template.language, parameters=filled
            )
            return (found,)
        if self.location:
            return (
                Location(
                    latitude=self.location.latitude,
                    longitude=self.location.longitude,
                    name=_line(self.location.name, names),
                    address=_line(self.location.address, names),
                ),
            )
        return ()

    def _menu(self, text: str, names: Names) -> Buttons | Listing | None:
        header, footer = _line(self.header, names), _line(self.footer, names)
        buttons = _choices(self.buttons, names)
        if buttons:
            return Buttons(text=text, buttons=buttons, header=header, footer=footer)
        written = (
            Section(title=_line(section.title, names), rows=_choices(section.rows, names))
            for section in self.sections
        )
        sections = tuple(section for section in written if section.rows)
        if not sections:
            return None
        return Listing(
            text=text,
            label=_line(self.label, names) or DEFAULT_LABEL,
            sections=sections,
            header=header,
            footer=footer,
        )


def _choices(choices: tuple[ChoiceWording, ...], names: Names) -> tuple[Choice, ...]:
    written = (
        Choice(
            id=choice.id,
            title=_line(choice.title, names),
            description=_line(choice.description, names),
        )
        for choice in choices
    )
    return tuple(choice for choice in written if choice.title)


def _written(text: Text | None, names: Names) -> str:
    return text.write(names) if text else ""


def _line(text: Text | None, names: Names) -> str:
    """Return a text on one line, as titles are."""
    return " ".join(_written(text, names).split())
