"""The settings of a device at WAGate."""

from typing import ClassVar

from pydantic import SecretStr

from bot.gateways import accounts
from bot.gateways.accounts import ApiUrl, Secrets

API_URL = "https://wagate.in/api"


class Account(accounts.Account):
    """A device at WAGate."""

    secret_field = "webhook_secret"  # noqa: S105 - the name of a field
    send_fields = ("api_token",)
    aliases: ClassVar = {}
    own_fields = ("session_id",)

    webhook_secret: Secrets = ()
    api_token: SecretStr | None = None
    session_id: str = ""
    api_url: ApiUrl = API_URL
    # Let the contact see that somebody is typing, before each message.
    show_typing: bool = False
    # What to send as the text of media without a caption, since a text is required; "" is the
    # name of the file.
    empty_caption: str = ""
