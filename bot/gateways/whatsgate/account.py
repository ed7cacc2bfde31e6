"""The settings of one account at WhatsGate."""

from pydantic import SecretStr

from bot.gateways import accounts
from bot.gateways.accounts import ApiUrl, Secrets


class Account(accounts.Account):
    """One account at WhatsGate; `whatsapp_id` is the device that it sends from.

    `send_async`: WhatsGate queues what we send, and tells in webhooks what became of it.
    """

    secret_field = "webhook_token"  # noqa: S105 - the name of a field
    send_fields = ("api_key",)
    device_field = "whatsapp_id"

    webhook_token: Secrets = ()
    api_key: SecretStr | None = None
    whatsapp_id: str = ""
    api_url: ApiUrl = "https://whatsgate.org/api/v1"
    send_async: bool = False
