"""What a Rijan account is set to, and the requests that go out with its key."""

from dataclasses import dataclass, field, replace
from typing import ClassVar
from urllib.parse import urljoin, urlsplit

from pydantic import SecretStr

from bot.gateways import accounts
from bot.gateways.accounts import ApiUrl, Secrets
from bot.gateways.base import HttpRequest, JsonObject
from bot.gateways.errors import NotAuthorised
from bot.gateways.responses import post_json


class Account(accounts.Account):
    """One tenant of a Rijan; its key and webhook secret serve all of its devices."""

    secret_field = "webhook_secret"  # noqa: S105 - the name of a field
    send_fields = ("api_key",)
    aliases: ClassVar = {"webhook_token": "WEBHOOK_TOKEN"}

    webhook_secret: Secrets = ()
    webhook_token: SecretStr | None = None
    api_key: SecretStr | None = None
    api_url: ApiUrl = "http://localhost:3000"
    restart: bool = False

    @property
    def restarts_device(self) -> bool:
        return self.restart


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Makes the requests to one Rijan."""

    url: str = field(repr=False)
    key: str = field(repr=False)

    def request(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        *,
        is_safe: bool = False,
    ) -> HttpRequest:
        """Return a request with the key. Without a body it has no content type: an empty JSON body
        would be an error.
        """
        if body is None:
            return HttpRequest(
                method=method, url=self.url + path, headers=self._named, is_safe=is_safe
            )
        request = post_json(self.url + path, body, **self._named)
        return replace(request, method=method, is_safe=is_safe)

    def request_file(self, url: str) -> HttpRequest | None:
        """Return the request for a file that lies at this Rijan, None for any other host."""
        try:
            whole = urljoin(f"{self.url}/", url)
            given, ours = urlsplit(whole), urlsplit(self.url)
        except ValueError:
            return None
        if (given.scheme, given.netloc) != (ours.scheme, ours.netloc):
            return None
        return HttpRequest(method="GET", url=whole, headers=self._named, media=True)

    @property
    def _named(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def api_of(account: accounts.Account | None) -> Api:
    """Return the API of an account, or raise NotAuthorised where it has no key."""
    if not isinstance(account, Account) or not account.api_key:
        raise NotAuthorised("no RIJAN_API_KEY is set for this device")
    return Api(url=account.api_url, key=account.api_key.get_secret_value())
