"""The settings of a phone number at Meta."""

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, SecretStr

from bot.gateways import accounts
from bot.gateways.accounts import ApiUrl, Secrets

API_URL = "https://graph.facebook.com/v23.0"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
TEMPLATE = re.compile(r"([a-z0-9_]{1,512})/([a-z]{2,3}(?:_[A-Z]{2,3})?)", re.ASCII)


def _is_template(value: str) -> str:
    if value and not TEMPLATE.fullmatch(value):
        raise ValueError("expected the name and the language of a template, such as pesan_baru/id")
    return value


class Account(accounts.Account):
    """A phone number at Meta, or all numbers of one app.

    `business_account_id` is the `entry[].id` of webhooks, needed only to look after the app's
    subscription to the account. `preview_url`: whether texts show a preview of their first link.
    `window_template` (name/language) goes instead of what may not go any more 24 hours after the
    contact's last message; `window_template_text`: its body has one parameter, for our text.
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
    window_template: Annotated[str, AfterValidator(_is_template)] = ""
    window_template_text: bool = False
    api_url: ApiUrl = API_URL
