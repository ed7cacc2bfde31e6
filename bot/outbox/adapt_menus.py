"""Fit a menu to a gateway: buttons, else a list, else words with numbers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from bot.content import Buttons, Choice, Listing, Section, Text, choices_of
from bot.gateways.capabilities import Capabilities

# How a menu in words asks for a number, by the language of the rules.
HINTS = {"id": "Ketik {}", "en": "Reply {}"}
# Up to so many numbers are written out.
WRITTEN_OUT = 5
LABEL = "Menu"
CUT = "…"

Menu = TypeVar("Menu", Buttons, Listing)


def fitted(content: Buttons | Listing, abilities: Capabilities) -> Buttons | Listing | None:
    """Return the menu as the gateway can show it, None if it cannot.

    Its text may still be too long: see `text_limit`.
    """
    if isinstance(content, Buttons):
        buttons = _within(_tidy(content), abilities)
        if _buttons_fit(buttons, abilities):
            return buttons
        content = as_list(content)
    listing = _labelled(_within(_tidy(content), abilities), abilities)
    return listing if _list_fits(listing, abilities) else None


def text_limit(menu: Buttons | Listing, abilities: Capabilities) -> int:
    """Return how long the text above a menu may be."""
    is_list = isinstance(menu, Listing)
    return abilities.list_text_limit if is_list else abilities.buttons_text_limit


def in_words(content: Buttons | Listing, *, language: str) -> Text:
    """Return the menu as a text with numbers, which stand for its choices in their order."""
    listing = as_list(content) if isinstance(content, Buttons) else content
    number = 0
    blocks = [listing.header, listing.text]
    for section in listing.sections:
        lines = [f"*{_line(section.title)}*"] if section.title.strip() else []
        for row in section.rows:
            number += 1
            described = f" - {_line(row.description)}" if row.description else ""
            lines.append(f"{number}. {_line(row.title)}{described}")
        blocks.append("\n".join(lines))
    blocks.append(listing.footer)
    if number:
        blocks.append(HINTS.get(language, HINTS["en"]).format(_numbers(number)))
    text = "\n\n".join(block for block in blocks if block.strip())
    return Text(text=text, choices=choices_of(listing))


def as_list(content: Buttons) -> Listing:
    """Return buttons as a list of one section."""
    return Listing(
        text=content.text,
        label=LABEL,
        sections=(Section(rows=content.buttons),),
        header=content.header,
        footer=content.footer,
    )


def _tidy(content: Menu) -> Menu:
    """Put every title on one line."""
    if isinstance(content, Buttons):
        return replace(content, buttons=_tidied(content.buttons))
    sections = tuple(
        Section(title=_line(section.title), rows=_tidied(section.rows))
        for section in content.sections
        if section.rows
    )
    return replace(content, sections=sections, label=_line(content.label))


def _tidied(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    return tuple(
        replace(choice, title=_line(choice.title), description=_line(choice.description))
        for choice in choices
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _within(content: Menu, abilities: Capabilities) -> Menu:
    """Move a header or footer that is too long into the text."""
    header, footer = _line(content.header), _line(content.footer)
    has_room_above = len(header) <= abilities.header_limit
    has_room_below = len(footer) <= abilities.footer_limit
    parts = (
        "" if has_room_above else content.header,
        content.text,
        "" if has_room_below else content.footer,
    )
    return replace(
        content,
        text="\n\n".join(part.strip() for part in parts if part.strip()),
        header=header if has_room_above else "",
        footer=footer if has_room_below else "",
    )


def _labelled(content: Listing, abilities: Capabilities) -> Listing:
    label, limit = content.label or LABEL, abilities.list_label_limit
    return replace(content, label=label if len(label) <= limit else label[: limit - 1] + CUT)


def _buttons_fit(content: Buttons, abilities: Capabilities) -> bool:
    return (
        "buttons" in abilities.sends
        and bool(content.text)
        and 1 <= len(content.buttons) <= abilities.buttons
        and not any(button.description for button in content.buttons)
        and _choices_fit(
            content.buttons,
            title=abilities.button_title_limit,
            identifier=abilities.button_id_limit,
        )
    )


def _list_fits(content: Listing, abilities: Capabilities) -> bool:
    rows = choices_of(content)
    titles = [section.title for section in content.sections]
    return (
        "list" in abilities.sends
        and bool(content.text)
        and 1 <= len(rows) <= abilities.rows
        and len(content.sections) <= abilities.sections
        and (len(titles) == 1 or all(titles))
        and all(len(title) <= abilities.section_title_limit for title in titles)
        and all(len(row.description) <= abilities.row_description_limit for row in rows)
        and _choices_fit(rows, title=abilities.row_title_limit, identifier=abilities.row_id_limit)
    )


def _choices_fit(choices: Sequence[Choice], *, title: int, identifier: int) -> bool:
    titles = {choice.title for choice in choices}
    ids = {choice.id for choice in choices}
    return (
        len(titles) == len(ids) == len(choices)
        and all(1 <= len(each) <= title for each in titles)
        and all(1 <= len(each) <= identifier for each in ids)
    )


def _numbers(count: int) -> str:
    if count > WRITTEN_OUT:
        return f"1-{count}"
    return " / ".join(str(number) for number in range(1, count + 1))
