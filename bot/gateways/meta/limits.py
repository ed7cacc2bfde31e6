"""What Meta would refuse, known before anything is sent.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot import content
from bot.gateways.base import KIB, MIB, Attachment, Capabilities, MediaBy, OutgoingMessage, Rate
from bot.gateways.errors import Rejected, Scope
from bot.gateways.meta.window import WINDOW

# https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
# To one user it is one message in six seconds; up to 45 may go at once, borrowed from what follows.
RATES = (
    Rate(times=80, seconds=1),
    Rate(times=45, seconds=270, scope=Scope.RECIPIENT),
)

CAPABILITIES = Capabilities(
    rates=RATES,
    window=WINDOW,
    sends=frozenset(content.KINDS),
    text_limit=4096,
    caption_limit=1024,
    media_by=(MediaBy.LINK, MediaBy.BYTES),
    media_limits={
        "image": 5 * MIB,
        "video": 16 * MIB,
        "audio": 16 * MIB,
        "voice": 16 * MIB,
        "document": 100 * MIB,
        # Of those that do not move, Meta takes 100 KiB only.
        "sticker": 500 * KIB,
    },
    buttons_text_limit=1024,
    list_text_limit=4096,
    header_limit=60,
    footer_limit=60,
    buttons=3,
    button_title_limit=20,
    button_id_limit=256,
    rows=10,
    row_title_limit=24,
    row_description_limit=72,
    row_id_limit=200,
    sections=10,
    section_title_limit=24,
    list_label_limit=20,
    quotes=True,
    echoes=True,
    statuses=True,
    calls=True,
)
CARDS = 257
# Documents may be of any type.
MEDIA_TYPES = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4", "video/3gpp"),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
    "voice": ("audio/ogg",),
    "sticker": ("image/webp",),
}
WITHOUT_CAPTION = ("audio", "voice", "sticker")

MIMETYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", re.ASCII)

Problems = Iterator[str]


def base_type(mimetype: str) -> str:
    """Return a mimetype without its parameters."""
    return mimetype.partition(";")[0].strip().lower()


def check(message: OutgoingMessage) -> None:
    """Raise Rejected for what Meta would refuse, naming the limit and never the text."""
    for problem in _problems(message.content):
        raise Rejected(problem)
    if isinstance(message.content, content.Media):
        for problem in _attachment(message.content, message.attachment):
            raise Rejected(problem)


def _problems(said: content.Content) -> Problems:
    match said:
        case content.Text():
            yield from _length("the text", said.text, CAPABILITIES.text_limit)
        case content.Media():
            yield from _caption(said)
        case content.Location():
            if not (-90 <= said.latitude <= 90 and -180 <= said.longitude <= 180):
                yield "the location is not on the earth"
        case content.Contacts():
            yield from _count("contact cards", said.cards, CARDS)
            if not all(card.name for card in said.cards):
                yield "a contact card has no name"
        case content.Buttons():
            yield from _buttons(said)
        case content.Listing():
            yield from _listing(said)
        case content.Template():
            if not said.name or not said.language:
                yield "a template needs a name and a language"
        case content.Reaction():
            if not said.message_id:
                yield "the reaction names no message"


def _caption(said: content.Media) -> Problems:
    if said.kind in WITHOUT_CAPTION and said.text:
        yield f"media of the kind {said.kind} take no caption"
    yield from _length("the caption", said.text, CAPABILITIES.caption_limit, least=0)


def _buttons(said: content.Buttons) -> Problems:
    limits = CAPABILITIES
    yield from _length("the text above buttons", said.text, limits.buttons_text_limit)
    yield from _header_and_footer(said)
    yield from _count("buttons", said.buttons, limits.buttons)
    yield from _choices(
        "a button",
        said.buttons,
        title=limits.button_title_limit,
        identifier=limits.button_id_limit,
    )


def _listing(said: content.Listing) -> Problems:
    limits = CAPABILITIES
    rows = content.choices_of(said)
    yield from _length("the text above a list", said.text, limits.list_text_limit)
    yield from _header_and_footer(said)
    yield from _length("the label of a list", said.label, limits.list_label_limit)
    yield from _count("sections", said.sections, limits.sections)
    yield from _count("rows", rows, limits.rows)
    titled = 1 if len(said.sections) > 1 else 0
    for section in said.sections:
        title = section.title
        yield from _length("a section's title", title, limits.section_title_limit, least=titled)
    for row in rows:
        described = row.description
        yield from _length("a row's description", described, limits.row_description_limit, least=0)
    yield from _choices("a row", rows, title=limits.row_title_limit, identifier=limits.row_id_limit)


def _header_and_footer(said: content.Buttons | content.Listing) -> Problems:
    yield from _length("the header", said.header, CAPABILITIES.header_limit, least=0)
    yield from _length("the footer", said.footer, CAPABILITIES.footer_limit, least=0)


def _choices(
    what: str, choices: Sequence[content.Choice], *, title: int, identifier: int
) -> Problems:
    for choice in choices:
        yield from _length(f"{what}'s title", choice.title, title)
        yield from _length(f"{what}'s id", choice.id, identifier)
    for names in ({each.id for each in choices}, {each.title for each in choices}):
        if len(names) < len(choices):
            yield f"{what} has the same id or title as another"


def _attachment(said: content.Media, attachment: Attachment | None) -> Problems:
    if attachment is None or not (
        attachment.link or attachment.uploaded or attachment.content is not None
    ):
        yield "the media are missing"
        return
    if attachment.content is None:
        return
    size, limit = len(attachment.content), CAPABILITIES.media_limits[said.kind]
    if not 1 <= size <= limit:
        yield f"media of the kind {said.kind} have 1 to {limit} bytes, not {size}"
    mimetype = base_type(attachment.mimetype)
    if not MIMETYPE.fullmatch(mimetype) or mimetype not in MEDIA_TYPES.get(said.kind, (mimetype,)):
        yield f"media of the kind {said.kind} cannot be of this type"


def _length(what: str, text: str, limit: int, *, least: int = 1) -> Problems:
    if not least <= len(text) <= limit:
        yield f"{what} has {len(text)} characters; Meta takes {least} to {limit}"


def _count(what: str, rows: Iterable[object], limit: int) -> Problems:
    count = len(tuple(rows))
    if not 1 <= count <= limit:
        yield f"{count} {what} are too few or too many; Meta takes 1 to {limit}"
