"""The settings of a phone number at Meta."""

from typing import ClassVar

from pydantic import SecretStr

from bot.gateways import accounts
from bot.gateways.accounts import ApiUrl, Secrets

API_URL = "https://graph.facebook.com/v23.0"


class Account(accounts.Account):
    """A phone number at Meta, or all numbers of one app.

    `business_account_id` is the `entry[].id` of webhooks, needed only to look after the app's
    subscription to the account. `preview_url`: whether texts show a preview of their first link.
    """

    secret_field = "app_secret"  # noqa: S105 - the name of a field
    send_fields = ("access_token",)
    aliases: ClassVar = {"app_secret": "APP_SECRET", "verify_token": "WEBHOOK_VERIFY_TOKEN"}
    device_field = "phone_number_id"

    app_secret: Secrets = ()
    verify_token: SecretStr | None = None
    access_token: SecretStr | None = None
    phone_number_id: str = ""
    business_account_id: str = ""
    preview_url: bool = False
    api_url: ApiUrl = API_URL
