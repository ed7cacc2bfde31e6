"""What of a reply is beyond the limits of a gateway, and what becomes of it there.

The rules know no gateway: whoever asks for warnings brings the limits along.
"""

from collections.abc import Iterator
from typing import Protocol

from bot.content import Buttons, Choice, Content, Listing, Media, Text, choices_of


class Limits(Protocol):
    """The limits of one gateway; texts are counted in characters."""

    @property
    def sends(self) -> frozenset[str]: ...
    @property
    def text_limit(self) -> int: ...
    @property
    def caption_limit(self) -> int: ...
    @property
    def buttons_text_limit(self) -> int: ...
    @property
    def list_text_limit(self) -> int: ...
    @property
    def header_limit(self) -> int: ...
    @property
    def footer_limit(self) -> int: ...
    @property
    def buttons(self) -> int: ...
    @property
    def button_title_limit(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def row_title_limit(self) -> int: ...
    @property
    def row_description_limit(self) -> int: ...
    @property
    def sections(self) -> int: ...
    @property
    def section_title_limit(self) -> int: ...
    @property
    def list_label_limit(self) -> int: ...


def beyond(content: Content, gateway: str, limits: Limits) -> Iterator[str]:
    """Yield one sentence for each thing that goes out in another way than it is written."""
    match content:
        case Text():
            if len(content.text) > limits.text_limit:
                yield (
                    f"the text has {len(content.text)} characters, and {gateway} takes "
                    f"{limits.text_limit}: it goes out as several messages"
                )
        case Media():
            yield from _media(content, gateway, limits)
        case Buttons() if "buttons" in limits.sends:
            yield from _buttons(content, gateway, limits)
        case Listing() if "list" in limits.sends:
            yield from _list(content, gateway, limits)


def _media(content: Media, gateway: str, limits: Limits) -> Iterator[str]:
    if content.kind not in limits.sends:
        if content.file and "document" not in limits.sends:
            yield (
                f"{gateway} cannot send files: contacts there get only the text; "
                "give a link instead, which is written below the text"
            )
    elif content.text and len(content.text) > limits.caption_limit:
        yield (
            f"the caption has {len(content.text)} characters, and {gateway} takes "
            f"{limits.caption_limit}: it goes out as a message of its own"
        )


def _buttons(content: Buttons, gateway: str, limits: Limits) -> Iterator[str]:
    instead = "a list" if "list" in limits.sends else "a menu with numbers"
    count, longest = len(content.buttons), limits.button_title_limit
    if count > limits.buttons:
        yield (
            f"there are {count} buttons, and {gateway} shows {limits.buttons} at most: "
            f"there it becomes {instead}"
        )
    for title in _too_long(content.buttons, longest):
        yield (
            f'the button "{title}" has {len(title)} characters, and {gateway} takes {longest}: '
            f"there it becomes {instead}"
        )
    yield from _around(content, gateway, limits, text_limit=limits.buttons_text_limit)


def _list(content: Listing, gateway: str, limits: Limits) -> Iterator[str]:
    becomes = "there it becomes a menu with numbers"
    rows = choices_of(content)
    if len(rows) > limits.rows:
        yield f"the list has {len(rows)} rows, and {gateway} shows {limits.rows} at most: {becomes}"
    if len(content.sections) > limits.sections:
        yield (
            f"the list has {len(content.sections)} sections, and {gateway} shows "
            f"{limits.sections} at most: {becomes}"
        )
    if len(content.sections) > 1 and not all(section.title for section in content.sections):
        yield f"{gateway} wants a title for each of several sections: {becomes}"
    for title in _too_long(rows, limits.row_title_limit):
        yield (
            f'the row "{title}" has {len(title)} characters, and {gateway} takes '
            f"{limits.row_title_limit}: {becomes}"
        )
    for row in rows:
        if len(row.description) > limits.row_description_limit:
            yield (
                f'the description of "{row.title}" has {len(row.description)} characters, and '
                f"{gateway} takes {limits.row_description_limit}: {becomes}"
            )
    for section in content.sections:
        if len(section.title) > limits.section_title_limit:
            yield (
                f'the title "{section.title}" has {len(section.title)} characters, and '
                f"{gateway} takes {limits.section_title_limit}: {becomes}"
            )
    if len(content.label) > limits.list_label_limit:
        yield (
            f'the label "{content.label}" has {len(content.label)} characters, and {gateway} '
            f"takes {limits.list_label_limit}: there it is cut"
        )
    yield from _around(content, gateway, limits, text_limit=limits.list_text_limit)


def _around(
    content: Buttons | Listing, gateway: str, limits: Limits, *, text_limit: int
) -> Iterator[str]:
    what = "buttons" if isinstance(content, Buttons) else "a list"
    if len(content.text) > text_limit:
        yield (
            f"the text has {len(content.text)} characters, and {gateway} takes {text_limit} "
            f"with {what}: it goes out in several messages"
        )
    for name, text, limit in (
        ("header", content.header, limits.header_limit),
        ("footer", content.footer, limits.footer_limit),
    ):
        if len(text) > limit:
            yield (
                f"the {name} has {len(text)} characters, and {gateway} takes {limit}: "
                "there it becomes part of the text"
            )


def _too_long(choices: tuple[Choice, ...], limit: int) -> list[str]:
    return [choice.title for choice in choices if len(choice.title) > limit]
