"""Whom the simulated gateways let in: read from accounts, or from environment variables."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import SecretStr

from bot.gateways.accounts import Account
from bot.simulator.calls import Customer

# The field that holds the token, and the fields that name a device in calls.
TOKEN_FIELDS = {
    "meta": "access_token",
    "wagate": "api_token",
    "rijan": "api_key",
    "csku": "api_key",
    "whatsgate": "api_key",
}
DEVICE_FIELDS = {
    "meta": ("device", "phone_number_id"),
    "wagate": ("device", "session_id"),
    "rijan": ("device",),
    "csku": ("device",),
    "whatsgate": ("device", "whatsapp_id"),
}

Customers = Mapping[str, Sequence[Customer]]


def customers_of(accounts: Mapping[str, Sequence[Account]]) -> dict[str, list[Customer]]:
    """Return the customers that the gateways of these accounts would have."""
    return {
        gateway: _customers(gateway, [_fields(account) for account in each])
        for gateway, each in accounts.items()
    }


def customers_in(environ: Mapping[str, str]) -> dict[str, list[Customer]]:
    """Return the customers whose tokens stand in `<GATEWAY>_…` variables."""
    return {
        gateway: _customers(gateway, [*_entries(gateway, environ), _single(gateway, environ)])
        for gateway in TOKEN_FIELDS
    }


def _customers(gateway: str, entries: Sequence[Mapping[str, str]]) -> list[Customer]:
    token_field = TOKEN_FIELDS[gateway]
    by_token: dict[str, Customer] = {}
    for entry in entries:
        token = entry.get(token_field)
        if not token:
            continue
        customer = Customer(
            token=token,
            devices=tuple(filter(None, map(entry.get, DEVICE_FIELDS[gateway]))),
            business_id=entry.get("business_id", "") or entry.get("business_account_id", ""),
            send_path=entry.get("send_path", ""),
        )
        known = by_token.get(token)
        by_token[token] = customer if known is None else _both(known, customer)
    return list(by_token.values())


def _both(one: Customer, other: Customer) -> Customer:
    # No devices means any device, which a second entry does not narrow.
    devices = (*one.devices, *other.devices) if one.devices and other.devices else ()
    return replace(one, devices=devices)


def _fields(account: Account) -> dict[str, str]:
    fields = {}
    for name in type(account).model_fields:
        value = getattr(account, name)
        value = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(value, str):
            fields[name] = value
    return fields


def _single(gateway: str, environ: Mapping[str, str]) -> dict[str, str]:
    prefix = f"{gateway.upper()}_"
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in environ.items()
        if name.startswith(prefix)
    }


def _entries(gateway: str, environ: Mapping[str, str]) -> list[dict[str, str]]:
    text = environ.get(f"{gateway.upper()}_ACCOUNTS", "")
    entries = json.loads(text) if text else []
    return [
        {name: value for name, value in entry.items() if isinstance(value, str)}
        for entry in entries
        if isinstance(entry, dict)
    ]
