"""Code of your own beside the rules file, for what rules.yaml cannot say: docs/extending.md.

::

    from bot.extend import Occasion, action

    @action("antrean")
    def queue_number(occasion: Occasion) -> str:
        return f"Nomor antrean Anda {occasion.now.minute + 1}."

The decorators register a function under the name by which the rules call it, and give it back as
it is, so that it can be called and tested like any other.
"""

from bot.content import (
    Buttons,
    Card,
    Choice,
    Contacts,
    Content,
    Listing,
    Location,
    Media,
    Reaction,
    Section,
    Template,
    Text,
)
from bot.extend.decorators import (
    action,
    condition,
    listener,
    matcher,
    task,
    template_filter,
)
from bot.extend.loading import beside, extend
from bot.rules.extensions import RECORD_KEPT, Said
from bot.rules.occasion import Occasion

__all__ = [
    "RECORD_KEPT",
    "Buttons",
    "Card",
    "Choice",
    "Contacts",
    "Content",
    "Listing",
    "Location",
    "Media",
    "Occasion",
    "Reaction",
    "Said",
    "Section",
    "Template",
    "Text",
    "action",
    "beside",
    "condition",
    "extend",
    "listener",
    "matcher",
    "task",
    "template_filter",
]
