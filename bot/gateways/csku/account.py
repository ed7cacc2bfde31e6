"""The settings of a business at CSKU, among them what CSKU documents nowhere."""

import json
import re
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo, field_validator

from bot.gateways import accounts
from bot.gateways.accounts import ApiUrl, Secrets
from bot.gateways.csku.bodies import check_body, places_in

# Our assumption, in the form of the webhooks' own `content`.
SEND_BODY = (
    '{"conversation_id": "{conversation_id}", "content": {"type": "text", "text": "{text}"}}'
)
TEXT_PLACES = {"conversation_id", "text"}
MEDIA_PLACES = {"conversation_id", "type", "url", "caption", "filename"}


def _split(value: object) -> object:
    return tuple(re.findall(r"[^\s,]+", value)) if isinstance(value, str) else value


def _hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    """Read a host, or the beginning of an address, as the host."""
    return tuple(
        (urlsplit(value).hostname if "//" in value else value.lower()) or "" for value in values
    )


def _lower(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.lower() for value in values)


def _as_text(value: object) -> object:
    """Read an object, as an entry of CSKU_ACCOUNTS may hold it, as its JSON."""
    return json.dumps(value) if isinstance(value, dict) else value


Hosts = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_hosts)]
Engines = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_lower)]
Body = Annotated[str, BeforeValidator(_as_text)]


class Account(accounts.Account):
    """One business at CSKU.

    No public page documents how a message is sent, so `send_path` has no default: set it to what
    CSKU tells you, with `{conversation_id}` in it where the path needs one, and the bodies if they
    are others than we assume.
    """

    secret_field = "webhook_secret"  # noqa: S105 - the name of a field
    send_fields = ("api_key", "send_path")
    optional_send_fields = ("send_path",)
    aliases: ClassVar = {"webhook_secret": "WEBHOOK_SECRET_KEY"}

    webhook_secret: Secrets = ()
    api_key: SecretStr | None = None
    business_id: str = ""
    api_url: ApiUrl = "https://api.csku.ai"
    send_path: str = ""
    send_body: Body = SEND_BODY
    # Without it no media are sent.
    send_media_body: Body = ""
    # No names of hosts: no media are fetched.
    media_hosts: Hosts = ()
    # The channels whose messages are answered: WhatsApp. CSKU has wa, telegram, instagram …
    engines: Engines = ("wa",)

    @field_validator("send_body")
    @classmethod
    def _check_send_body(cls, value: str, info: ValidationInfo) -> str:
        return check_body(value, needs={"text"} | _needed(info), knows=TEXT_PLACES)

    @field_validator("send_media_body")
    @classmethod
    def _check_send_media_body(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return ""
        return check_body(value, needs={"url"} | _needed(info), knows=MEDIA_PLACES)


def _needed(info: ValidationInfo) -> set[str]:
    """Return the place of the conversation, where the path does not name it."""
    in_path = "conversation_id" in places_in(str(info.data.get("send_path", "")))
    return set() if in_path else {"conversation_id"}
