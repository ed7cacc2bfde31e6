"""How the content of a message looks in a terminal, and what is typed below it."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.content import (
    Buttons,
    Content,
    Listing,
    Location,
    Media,
    Reaction,
    Template,
    Text,
    choices_of,
    text_of,
)

LONGEST_NUMBER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A sample case of a webhook, with the words and the button in it."""

    case: str
    text: str
    button: str = "-"


def lines_of(content: Content, *, with_ids: bool = False) -> list[str]:
    """Return a content as a contact sees it; `with_ids` names what comes back for a choice."""
    return [line for block in _blocks(content, with_ids=with_ids) for line in block.splitlines()]


def with_article(kind: str) -> str:
    """Return the name of a kind as a sentence has it: "an image", "a text", "buttons"."""
    if kind.endswith("s"):
        return kind
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def below(text: str, last: Content | None) -> Typed:
    """Return what is meant by a text typed below a content: a number presses what is shown there.

    Where a menu is words already, a number is what a contact types, and stays a text.
    """
    choices = choices_of(last) if isinstance(last, Buttons | Listing) else ()
    number = int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else 0
    if last is None or not 1 <= number <= len(choices):
        return Typed(case="text", text=text)
    choice = choices[number - 1]
    return Typed(
        case="list" if last.kind == "list" else "button", text=choice.title, button=choice.id
    )


def _blocks(content: Content, *, with_ids: bool) -> Iterator[str]:
    match content:
        case Media():
            where = content.link or content.file or content.stored or content.uploaded or "?"
            named = f" ({content.filename})" if content.filename else ""
            yield f"<{content.kind}: {where}{named}>"
            yield content.text
        case Buttons() | Listing():
            yield content.header
            yield content.text
            yield content.footer
            if isinstance(content, Listing):
                yield f"[{content.label}]"
            yield from _choices(content, with_ids=with_ids)
        case Location():
            yield f"<location: {content.latitude}, {content.longitude}>"
            yield text_of(content)
        case Template():
            yield f"<template: {content.name}, {content.language}>"
            yield text_of(content)
        case Reaction():
            what = content.emoji or "taken away"
            yield f"<reaction: {what} on {content.message_id}>"
        case Text():
            yield content.text
        case _:
            yield f"<{content.kind}>"
            yield text_of(content)


def _choices(content: Buttons | Listing, *, with_ids: bool) -> Iterator[str]:
    titles = _section_titles(content)
    for number, choice in enumerate(choices_of(content), start=1):
        if number in titles:
            yield titles[number]
        described = f" - {choice.description}" if choice.description else ""
        named = f"  (button: {choice.id})" if with_ids else ""
        yield f"[{number}] {choice.title}{described}{named}"


def _section_titles(content: Buttons | Listing) -> dict[int, str]:
    """Return the titles of sections, by the number of their first row."""
    if isinstance(content, Buttons):
        return {}
    first, titles = 1, {}
    for section in content.sections:
        if section.title:
            titles[first] = f"{section.title}:"
        first += len(section.rows)
    return titles
