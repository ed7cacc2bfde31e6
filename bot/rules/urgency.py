"""Whether a message has to be answered at once, instead of together with what follows it."""

from bot.events import Message
from bot.rules import flowing
from bot.rules.draft import Draft, Turn
from bot.rules.parts import Book
from bot.rules.turn import asked


def is_urgent(book: Book, turn: Turn) -> bool:
    """Return whether a message asks for a rule that is `always` looked at, such as "stop"."""
    message = turn.event
    if not isinstance(message, Message):
        return False
    draft, index = Draft(book, turn, turn.conversation.state), book.index
    normal = book.vocabulary.normalise(message.text)
    found = index.find(message, normal, occasion=draft.occasion, today=draft.today)
    filling_in = flowing.open_step(draft)
    if filling_in and flowing.counts_as_whole_only(filling_in[1]):
        found = found.whole()
    rules = (book.rules[position] for position in index.candidates(found))
    return any(rule.always and rule.matcher is not None and asked(rule, found) for rule in rules)
