"""The five gateway modules, configured for the simulator or for signing."""

from typing import Any

from bot.gateways import GATEWAYS
from bot.gateways.accounts import Account
from bot.gateways.base import Gateway
from bot.simulator.compose import DEVICES

SECRETS: dict[str, dict[str, Any]] = {
    "meta": {"app_secret": "rahasia-meta"},
    "wagate": {"webhook_secret": "rahasia-wagate"},
    "rijan": {"webhook_secret": "rahasia-rijan", "webhook_token": "token-url"},
    "csku": {"webhook_secret": "rahasia-csku"},
    "whatsgate": {"webhook_token": "rahasia-whatsgate"},
}
SENDING: dict[str, dict[str, Any]] = {
    "meta": {"access_token": "token-meta", "phone_number_id": DEVICES["meta"]},
    "wagate": {"api_token": "token-wagate"},
    "rijan": {"api_key": "key-rijan"},
    "csku": {
        "api_key": "key-csku",
        "business_id": "biz_melati",
        "send_path": "/v1/conversation/{conversation_id}/message",
    },
    "whatsgate": {"api_key": "key-whatsgate", "whatsapp_id": DEVICES["whatsgate"]},
}


def account_of(name: str, **fields: Any) -> Account:
    """Return an account of a gateway that receives and sends."""
    return GATEWAYS[name].account_type(
        **{"device": DEVICES[name], **SECRETS[name], **SENDING[name], **fields}
    )


def gateway_of(name: str, **fields: Any) -> Gateway:
    """Return a gateway with one account."""
    return GATEWAYS[name]([account_of(name, **fields)])
