"""A gateway without a network, which has everything that a gateway can be asked and told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import SecretStr

from bot.events import DeviceState, Event
from bot.gateways import accounts
from bot.gateways.accounts import Accounts, Secrets
from bot.gateways.base import (
    Acknowledgement,
    DeviceReport,
    Exchange,
    FailedWebhook,
    Finding,
    Gateway,
    MissedPage,
    OutgoingMessage,
    Quota,
    SentMessage,
    Webhook,
    WebhookRequest,
)
from bot.gateways.errors import GatewayError, NotAuthorised
from bot.gateways.wagate import Wagate
from bot.runtime import Runtime
from tests.web import Web

# Commands take the names of the registry alone, so it stands in the place of another.
NAME = "csku"
SECRET = "kwitansi-nangka-42"


class Account(accounts.Account):
    """One account, or one device of it."""

    secret_field = "webhook_secret"
    send_fields = ("api_key",)
    device_field = "number"

    webhook_secret: Secrets = ()
    webhook_token: SecretStr | None = None
    api_key: SecretStr | None = None
    number: str = ""
    api_url: str = "https://teluk.example"
    restart: bool = False

    @property
    def restarts_device(self) -> bool:
        return self.restart


class Teluk(Gateway):
    """It answers what a test has prepared, and remembers what it was told."""

    name = NAME
    title = "Teluk"
    account_type = Account

    def __init__(self, accounts: Sequence[accounts.Account]) -> None:
        super().__init__(accounts)
        self.states: dict[str, DeviceState] = {}
        self.left: Quota | None = None
        self.kept: list[Webhook] = []
        self.failed: list[FailedWebhook] = []
        self.pages: list[list[bytes]] = []
        self.findings: list[Finding] = []
        self.refusal: GatewayError | None = None
        self.no_quota: GatewayError | None = None
        self.refuses: set[str] = set()
        self.told: list[tuple[str, ...]] = []

    def verify(self, request: WebhookRequest) -> Accounts:
        return self.accounts

    def parse(self, request: WebhookRequest) -> list[Event]:
        return [replace(event, gateway=NAME) for event in Wagate([]).parse(request)]

    def acknowledge(self, request: WebhookRequest, *, duplicate: bool) -> Acknowledgement:
        return Acknowledgement(body=b"OK")

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        return SentMessage()
        yield

    def device_report(self, device: str) -> Exchange[DeviceReport]:
        self._tell("device_report", device)
        state = self.states.get(device)
        return DeviceReport(device=device, state=state, phone="6281200000055", name="Toko Teluk")
        yield

    def quota(self, device: str) -> Exchange[Quota | None]:
        if self.no_quota:
            raise self.no_quota
        return self.left
        yield

    def restart_device(self, device: str) -> Exchange[None]:
        self._tell("restart_device", device)
        return
        yield

    def inspect(self, device: str) -> Exchange[list[Finding]]:
        self._tell("inspect", device)
        return self.findings
        yield

    def register_webhook(
        self, device: str, url: str, events: Sequence[str] = ()
    ) -> Exchange[Webhook]:
        self._tell("register_webhook", device, url, *events)
        self.kept = [Webhook(id="wh-1", url=url, events=tuple(events), active=True)]
        return self.kept[0]
        yield

    def list_webhooks(self, device: str) -> Exchange[list[Webhook]]:
        self._tell("list_webhooks", device)
        return self.kept
        yield

    def update_webhook(
        self,
        device: str,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] = (),
        active: bool | None = None,
    ) -> Exchange[Webhook]:
        self._tell("update_webhook", device, webhook_id, str(url), str(active), *events)
        return Webhook(id=webhook_id, url=url or "", events=tuple(events), active=active)
        yield

    def delete_webhook(self, device: str, webhook_id: str) -> Exchange[None]:
        self._tell("delete_webhook", device, webhook_id)
        return
        yield

    def test_webhook(self, device: str, webhook_id: str) -> Exchange[str]:
        self._tell("test_webhook", device, webhook_id)
        return "a test was posted"
        yield

    def failed_webhooks(self, device: str) -> Exchange[list[FailedWebhook]]:
        self._tell("failed_webhooks", device)
        return self.failed
        yield

    def retry_webhook(self, device: str, failed_id: str) -> Exchange[str]:
        self._tell("retry_webhook", device, failed_id)
        return "it is posted again"
        yield

    def missed_webhooks(
        self, device: str, *, since: datetime, page: int = 1
    ) -> Exchange[MissedPage]:
        self._tell("missed_webhooks", device, since.isoformat(), str(page))
        is_last = page >= len(self.pages)
        bodies = self.pages[page - 1] if self.pages else []
        return MissedPage(bodies=bodies, next_page=None if is_last else page + 1)
        yield

    def asked(self, method: str) -> list[tuple[str, ...]]:
        """Return with what a method was called, each time."""
        return [told[1:] for told in self.told if told[0] == method]

    def _tell(self, *told: str) -> None:
        self.told.append(told)
        if self.refusal:
            raise self.refusal
        if self.refuses.intersection(told):
            raise NotAuthorised("the token is refused")


def teluk(*changes: dict[str, object]) -> Teluk:
    """Return the gateway with one account for each of `changes`; with one account for none."""
    values = {"webhook_secret": SECRET, "api_key": "kunci"}
    return Teluk([Account.model_validate({**values, **change}) for change in changes or ({},)])


def install(web: Web, gateway: Gateway, **settings: object) -> None:
    """Let the commands of an app know this gateway alone."""
    runtime = web.runtime
    changed = Runtime(
        settings=runtime.settings.model_copy(update=settings), gateways={NAME: gateway}
    )
    changed.__dict__["engine"] = runtime.engine
    web.app.extensions["balas"] = changed
