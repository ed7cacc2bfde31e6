"""Tell which of two live secrets a webhook came with: when is the old one out of use?"""

from collections.abc import Mapping, Sequence

from bot.gateways.accounts import Account, Accounts
from bot.gateways.base import Gateway, WebhookRequest
from bot.gateways.errors import Forged


class Rotation:
    """Knows every account that has more than one secret now, as one gateway for each of them."""

    def __init__(self, gateways: Mapping[str, Gateway]) -> None:
        self._gateways = {
            (name, account.device): _one_for_each_secret(gateway, account)
            for name, gateway in gateways.items()
            for account in gateway.accounts
            if len(account.secrets) > 1
        }

    def position(self, name: str, accounts: Accounts, webhook: WebhookRequest) -> int | None:
        """Return which secret matched, counted from 1; None where there is but one.

        `accounts` are those that the gateway has found to match.
        """
        for account in accounts:
            for position, gateway in enumerate(self._gateways.get((name, account.device), ()), 1):
                if _is_genuine(gateway, webhook):
                    return position
        return None


def _one_for_each_secret(gateway: Gateway, account: Account) -> Sequence[Gateway]:
    field = account.secret_field
    return [
        type(gateway)([account.model_copy(update={field: (secret,)})])
        for secret in getattr(account, field)
        if secret
    ]


def _is_genuine(gateway: Gateway, webhook: WebhookRequest) -> bool:
    try:
        gateway.verify(webhook)
    except Forged:
        return False
    return True
