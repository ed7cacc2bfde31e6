"""Judge what may go to a contact who has not written lately. Pure."""

from datetime import datetime, timedelta

from bot.content import Content, Template
from bot.gateways.base import Gateway
from bot.gateways.errors import OutsideWindow

# The gateway's clock is another one, and the request has a way to go.
MARGIN = timedelta(minutes=1)


def sendable_now(
    content: Content,
    gateway: Gateway,
    *,
    device: str,
    address: str,
    wrote_at: datetime | None,
    now: datetime,
) -> Content:
    """Return what may go now: the content, or what the gateway sends to whoever is silent.

    `wrote_at` is when the contact last wrote. Raises OutsideWindow where nothing may go.
    """
    window = gateway.window(device, address)
    if window is None or isinstance(content, Template):
        return content
    if wrote_at is not None and now - wrote_at < window - MARGIN:
        return content
    instead = gateway.outside_window(device, content)
    if instead is None:
        raise OutsideWindow("the contact has not written lately, and no template is set for that")
    return instead
