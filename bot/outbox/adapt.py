"""Fit a content to a gateway before it is queued: split it, or say the same in plain words.

Pure. What cannot be said in other words (a template, a reaction, a file without an address) stays
as it is, and the gateway's module refuses it with a reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.content import (
    Buttons,
    Card,
    Choice,
    Contacts,
    Content,
    Listing,
    Location,
    Media,
    Section,
    Text,
    choices_of,
)
from bot.gateways.capabilities import Capabilities
from bot.outbox.bubbles import bubbles

# How a menu in words asks for a number, by the language of the rules.
HINTS = {"id": "Ketik {}", "en": "Reply {}"}
# Up to so many numbers are written out.
WRITTEN_OUT = 5
MAP_URL = "https://maps.google.com/?q={},{}"
WITHOUT_CAPTION = frozenset({"audio", "voice", "sticker"})
# What a gateway can send in place of a kind that it does not know.
NEAREST = {"voice": "audio", "sticker": "image"}


def adapt(content: Content, abilities: Capabilities, *, language: str = "id") -> Iterator[Content]:
    """Yield what to send for a content, in order, at least one part of it for each text."""
    match content:
        case Text():
            yield from _text(content, abilities)
        case Media():
            yield from _media(content, abilities)
        case Location() if "location" not in abilities.sends:
            yield from _text(Text(text=_place(content)), abilities)
        case Contacts() if "contacts" not in abilities.sends:
            lines = "\n\n".join(map(_card, content.cards))
            yield from _text(Text(text=lines), abilities)
        case Buttons() | Listing():
            yield from _menu(content, abilities, language=language)
        case _:
            yield content


def _text(content: Text, abilities: Capabilities) -> Iterator[Content]:
    parts = list(bubbles(content.text, abilities.text_limit))
    for part in parts[:-1]:
        yield Text(text=part)
    if parts:
        yield replace(content, text=parts[-1])


def _media(content: Media, abilities: Capabilities) -> Iterator[Content]:
    kind = content.kind if content.kind in abilities.sends else NEAREST.get(content.kind, "")
    if kind not in abilities.sends:
        if not content.link:
            yield content
            return
        words = "\n".join(part for part in (content.text, content.link) if part)
        yield from _text(Text(text=words), abilities)
        return
    limit = 0 if kind in WITHOUT_CAPTION else abilities.caption_limit
    fitting = replace(content, kind=kind)  # type: ignore[arg-type] # a kind that is sent
    if len(content.text) <= limit:
        yield fitting
        return
    yield replace(fitting, text="")
    yield from _text(Text(text=content.text), abilities)


def _menu(
    content: Buttons | Listing, abilities: Capabilities, *, language: str
) -> Iterator[Content]:
    content = _within(content, abilities)
    if isinstance(content, Buttons) and not _buttons_fit(content, abilities):
        content = _as_list(content)
    if isinstance(content, Listing) and not _list_fits(content, abilities):
        yield from _text(_in_words(content, language=language), abilities)
        return
    is_list = isinstance(content, Listing)
    limit = abilities.list_text_limit if is_list else abilities.buttons_text_limit
    parts = list(bubbles(content.text, limit))
    for part in parts[:-1]:
        yield Text(text=part)
    yield replace(content, text=parts[-1] if parts else "")


def _within(content: Buttons | Listing, abilities: Capabilities) -> Buttons | Listing:
    """Move a header or footer that is too long into the text."""
    header = content.header if len(content.header) <= abilities.header_limit else ""
    footer = content.footer if len(content.footer) <= abilities.footer_limit else ""
    parts = (
        content.header if not header else "",
        content.text,
        content.footer if not footer else "",
    )
    text = "\n\n".join(part for part in parts if part)
    return replace(content, text=text, header=header, footer=footer)


def _buttons_fit(content: Buttons, abilities: Capabilities) -> bool:
    return (
        "buttons" in abilities.sends
        and bool(content.text.strip())
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
        and bool(content.text.strip())
        and 1 <= len(rows) <= abilities.rows
        and len(content.sections) <= abilities.sections
        and all(section.rows for section in content.sections)
        and (len(titles) == 1 or all(titles))
        and all(len(title) <= abilities.section_title_limit for title in titles)
        and 1 <= len(content.label) <= abilities.list_label_limit
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


def _as_list(content: Buttons) -> Listing:
    return Listing(
        text=content.text,
        label="Menu",
        sections=(Section(rows=content.buttons),),
        header=content.header,
        footer=content.footer,
    )


def _in_words(content: Listing, *, language: str) -> Text:
    number = 0
    blocks = [part for part in (content.header, content.text) if part]
    for section in content.sections:
        lines = [f"*{section.title}*"] if section.title and len(content.sections) > 1 else []
        for row in section.rows:
            number += 1
            described = f" - {row.description}" if row.description else ""
            lines.append(f"{number}. {row.title}{described}")
        blocks.append("\n".join(lines))
    blocks += [part for part in (content.footer,) if part]
    if number:
        blocks.append(HINTS.get(language, HINTS["en"]).format(_numbers(number)))
    return Text(text="\n\n".join(blocks), choices=choices_of(content))


def _numbers(count: int) -> str:
    if count > WRITTEN_OUT:
        return f"1-{count}"
    return " / ".join(str(number) for number in range(1, count + 1))


def _place(content: Location) -> str:
    link = MAP_URL.format(content.latitude, content.longitude)
    return "\n".join(part for part in (content.name, content.address, link) if part)


def _card(card: Card) -> str:
    named = f"{card.name} ({card.organisation})" if card.organisation else card.name
    return "\n".join([named, *card.phones])
