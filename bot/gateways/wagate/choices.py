"""The button or list row that a contact pressed, in the words of whatsapp-web.js and Baileys.

No document of WAGate shows one.
"""

from bot.events import Button
from bot.gateways.reading import clean
from bot.gateways.wagate.parts import DEEPEST, PLAIN, Levels, below, pick
from bot.gateways.wwebjs import CHOSEN

IDS = (*CHOSEN, "selected_button_id", "selected_row_id", "selectedId", "button_id", "row_id")
TITLES = ("selectedDisplayText", "selected_display_text", "title")
# Objects that hold them; Baileys' own names, and those that whatsapp-web.js reads.
OBJECTS = (
    "_data",
    "buttonsResponseMessage",
    "listResponseMessage",
    "templateButtonReplyMessage",
    "listResponse",
    "singleSelectReply",
)


def button_of(levels: Levels, text: str) -> Button | None:
    """Return what was pressed, None where nothing tells it. `text` is what the message says."""
    places = _places(levels)
    # The text of a list row has its description in it, too.
    title = _text(pick(places, TITLES, (str,))) or text
    chosen = _text(pick(places, IDS, PLAIN)) or title
    return Button(id=chosen, title=title) if chosen else None


def names_button(levels: Levels) -> bool:
    """Return whether a message of no known type tells what was pressed."""
    return pick(_places(levels), IDS, PLAIN) is not None


def _places(levels: Levels) -> Levels:
    return [*levels, *below(levels, OBJECTS, deepest=DEEPEST)]


def _text(value: object) -> str:
    return clean(str(value)) if value is not None else ""
