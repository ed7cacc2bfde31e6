"""What goes to a contact who has not written for 24 hours: only templates do.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from datetime import timedelta

from bot import content
from bot.gateways.meta.account import Account

WINDOW = timedelta(hours=24)
PARAMETER_LIMIT = 1024


def instead(account: Account, said: content.Content) -> content.Template | None:
    """Return the template that goes in place of a content, None where there is none to go.

    A template whose body takes a text can stand for a text alone; one without stands for anything
    but a reaction, which nobody is waiting for.
    """
    name, _, language = account.window_template.partition("/")
    if not name or isinstance(said, content.Reaction):
        return None
    if not account.window_template_text:
        return content.Template(name=name, language=language)
    text = one_line(said.text) if isinstance(said, content.Text) else ""
    return content.Template(name=name, language=language, parameters=(text,)) if text else None


def one_line(text: str) -> str:
    """Return a text as a parameter may be: without line breaks, tabs or rows of spaces."""
    folded = " ".join(text.split())
    if len(folded) <= PARAMETER_LIMIT:
        return folded
    return folded[: PARAMETER_LIMIT - 1].rstrip() + "…"
