"""Fit a content to a gateway before it is queued: split it, or say the same in plain words.

Pure. What cannot be said in other words (a template, a reaction, a file without an address) stays
as it is, and the gateway's module refuses it with a reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from bot.content import (
    Buttons,
    Card,
    Contacts,
    Content,
    Listing,
    Location,
    Media,
    MediaKind,
    Text,
)
from bot.gateways.capabilities import Capabilities
from bot.outbox.adapt_menus import fitted, in_words, text_limit
from bot.outbox.bubbles import bubbles

MAP_URL = "https://maps.google.com/?q={:.6f},{:.6f}"
WITHOUT_CAPTION = frozenset({"audio", "voice", "sticker"})
# What a gateway can send in place of a kind that it does not know, the nearest first.
NEAREST: Mapping[str, tuple[MediaKind, ...]] = {
    "voice": ("audio", "document"),
    "audio": ("document",),
    "sticker": ("image", "document"),
    "image": ("document",),
    "video": ("document",),
    "document": (),
}


def adapt(content: Content, abilities: Capabilities, *, language: str = "id") -> Iterator[Content]:
    """Yield what to send for a content, in order; nothing for a text without a word in it."""
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
    # A menu in words ends with the line that asks for a number, so its numbers go with the end.
    for part in parts[-1:]:
        yield replace(content, text=part)


def _media(content: Media, abilities: Capabilities) -> Iterator[Content]:
    kind = _kind(content.kind, abilities)
    words = Text(text=content.text)
    if kind is None and content.link:
        together = "\n".join(part for part in (content.text, content.link) if part)
        yield from _text(Text(text=together), abilities)
        return
    if kind is None:
        # The words arrive, and that the file did not stays to be seen.
        yield from _text(words, abilities)
        yield replace(content, text="")
        return
    filename = content.filename
    if kind == "document" and not filename:
        filename = _filename(content)
    limit = 0 if kind in WITHOUT_CAPTION else abilities.caption_limit
    is_caption = len(content.text) <= limit
    yield replace(
        content, kind=kind, filename=filename, text=content.text.strip() if is_caption else ""
    )
    if not is_caption:
        yield from _text(words, abilities)


def _kind(kind: MediaKind, abilities: Capabilities) -> MediaKind | None:
    return next((each for each in (kind, *NEAREST[kind]) if each in abilities.sends), None)


def _filename(content: Media) -> str:
    path = urlsplit(content.link).path if content.link else content.file or ""
    return PurePosixPath(unquote(path)).name


def _menu(
    content: Buttons | Listing, abilities: Capabilities, *, language: str
) -> Iterator[Content]:
    menu = fitted(content, abilities)
    if menu is None:
        yield from _text(in_words(content, language=language), abilities)
        return
    limit = text_limit(menu, abilities)
    if len(menu.text) <= limit:
        yield menu
        return
    # Only the end stands above the choices; what comes before it has the room of a text.
    text = f"{menu.header}\n\n{menu.text}".strip()
    end = list(bubbles(text, limit))[-1]
    yield from _text(Text(text=text.removesuffix(end)), abilities)
    yield replace(menu, text=end, header="")


def _place(content: Location) -> str:
    link = MAP_URL.format(content.latitude, content.longitude)
    return "\n".join(part for part in (content.name, content.address, link) if part)


def _card(card: Card) -> str:
    named = f"{card.name} ({card.organisation})" if card.organisation else card.name
    return "\n".join([named, *card.phones])
