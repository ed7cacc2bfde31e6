"""The gateways of a rehearsal: the real ones, with made-up accounts that may send."""

from collections.abc import Mapping

from bot.gateways import GATEWAYS
from bot.gateways.base import Gateway

# No secret: nothing is ever signed or sent with it.
MADE_UP = "rehearsal"


def made_up_gateways() -> Mapping[str, Gateway]:
    """Return every gateway by name, each with one account that serves all devices."""
    return {name: _with_account(kind) for name, kind in GATEWAYS.items()}


def _with_account(kind: type[Gateway]) -> Gateway:
    account = kind.account_type
    needed = (account.secret_field, *account.send_fields)
    return kind([account.model_validate(dict.fromkeys(needed, MADE_UP))])
