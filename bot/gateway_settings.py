"""The gateways that the environment configures, each with its accounts.

A gateway's settings are the fields of its `Account`: `<GATEWAY>_<FIELD>` for one account, and
`<GATEWAY>_ACCOUNTS` for more of them. What is no device's own (see `Account.shared_fields`), an
entry without it takes from the single variable: a token must not go to another host than it says.
"""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from bot.config import ConfigError
from bot.gateways import GATEWAYS
from bot.gateways.accounts import Account
from bot.gateways.base import Gateway


def read_gateways(environ: Mapping[str, str]) -> dict[str, Gateway]:
    """Return the configured gateways by name, or raise ConfigError for a half-configured one."""
    gateways = {}
    for name, gateway_type in GATEWAYS.items():
        accounts = _read_accounts(name, gateway_type, environ)
        if accounts:
            gateways[name] = gateway_type(accounts)
    return gateways


def secret_variable(name: str) -> str:
    """Return the variable whose presence turns a gateway on."""
    return f"{name}_{GATEWAYS[name].account_type.secret_field}".upper()


def _read_accounts(
    name: str, gateway_type: type[Gateway], environ: Mapping[str, str]
) -> list[Account]:
    account_type = gateway_type.account_type
    values = _single_values(name, account_type, environ)
    accounts = [
        _validate(account_type, entry, name, number=number, single=values)
        for number, entry in enumerate(_entries(f"{name.upper()}_ACCOUNTS", environ), start=1)
    ]
    _check_devices(name, accounts)
    if account_type.secret_field in values:
        single = _validate(account_type, {}, name, single=values)
        _check_half_configured(name, single)
        return [*accounts, single]
    stray = [
        field
        for field in values
        if f"{name}_{field}".upper() in environ and not account_type.model_fields[field].default
    ]
    if stray and not accounts:
        raise ConfigError(
            f"{name.upper()}_{stray[0].upper()} is set but {secret_variable(name)} is not: "
            f"set {secret_variable(name)} to turn {gateway_type.title} on"
        )
    return accounts


def _single_values(
    name: str, account_type: type[Account], environ: Mapping[str, str]
) -> dict[str, str]:
    values = {}
    for field in account_type.model_fields:
        variables = (f"{name}_{field}".upper(), account_type.aliases.get(field, ""))
        found = [environ[variable] for variable in variables if environ.get(variable)]
        if found and field != "device":
            values[field] = found[0]
    return values


def _entries(variable: str, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    text = environ.get(variable, "")
    if not text:
        return []
    try:
        entries = json.loads(text)
    except ValueError:
        entries = None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f'{variable} is not a JSON list of objects such as [{{"device": "…"}}]')
    return entries


def _check_devices(name: str, accounts: list[Account]) -> None:
    devices = [account.device for account in accounts]
    if not all(devices):
        raise ConfigError(f'an entry of {name.upper()}_ACCOUNTS has no "device"')
    if len(set(devices)) < len(devices):
        raise ConfigError(f"{name.upper()}_ACCOUNTS names the same device twice")


def _check_half_configured(name: str, account: Account) -> None:
    given = [field for field in account.send_fields if getattr(account, field)]
    missing = [field for field in account.send_fields if not getattr(account, field)]
    required = [field for field in missing if field not in account.optional_send_fields]
    if given and required:
        raise ConfigError(
            f"{name.upper()}_{given[0].upper()} is set but {name.upper()}_{required[0].upper()} "
            "is not: set both to answer, or neither to only receive"
        )


def _validate(
    account_type: type[Account],
    entry: Mapping[str, Any],
    name: str,
    *,
    single: Mapping[str, str],
    number: int | None = None,
) -> Account:
    """Return an entry of `<GATEWAY>_ACCOUNTS` as an account; without `number`, the single one."""
    shared = account_type.shared_fields() if number else account_type.model_fields
    lent = {field: value for field, value in single.items() if field in shared}

    def named(field: str) -> str:
        if number is None or (field in lent and field not in entry):
            return f"{name}_{field}".upper()
        return f"{name.upper()}_ACCOUNTS entry {number}: {field}"

    try:
        account = account_type.model_validate({**lent, **entry})
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "?"
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"{named(field)} is not known{_hint(field, account_type)}") from None
        problem = first["msg"].removeprefix("Value error, ").lower()
        raise ConfigError(f"{named(field)} is not usable: {problem}") from None
    if not account.secrets:
        raise ConfigError(f"{named(account_type.secret_field)} is empty: set the webhook secret")
    return account


def _hint(field: str, account_type: type[Account]) -> str:
    near = get_close_matches(field.lower(), account_type.model_fields, n=1, cutoff=0.5)
    if near:
        return f": did you mean {near[0]}?"
    return f": its fields are {', '.join(account_type.model_fields)}"
