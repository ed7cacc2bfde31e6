"""The simulator: the send APIs of five gateways on one port of 127.0.0.1.

Every gateway is served below its own name; `api_urls` are what `<GATEWAY>_API_URL` must be.
"""

from collections.abc import Mapping, Sequence
from random import Random
from threading import Thread
from types import TracebackType
from typing import Any, Self

from bot.gateways.accounts import Account
from bot.simulator.aftermath import Aftermath
from bot.simulator.calls import Sent
from bot.simulator.connections import HOST, Server
from bot.simulator.customers import Customers, customers_of
from bot.simulator.desk import Desk
from bot.simulator.faults import Fault
from bot.simulator.quota import QuotaCounter
from bot.simulator.record import Predicate
from bot.simulator.routes import API_PATHS

# How long stopping may take, in seconds.
POLL = 0.02


class Simulator:
    """The five gateways. A context manager: started on entry, stopped on exit.

    `customers` are let in, nobody else. With a `webhook_url` (the base URL of a receiver) and the
    `accounts` whose secrets sign, each accepted send is followed by the webhooks that the gateway
    would post: statuses, and echoes where it has them. `scale` shortens their waiting times.
    `window`: Meta refuses all but templates to who has not written for 24 hours, as far as the
    simulator's own webhooks tell. `strict_rates`: Meta and Rijan refuse what comes too fast.
    """

    def __init__(
        self,
        customers: Customers,
        *,
        accounts: Mapping[str, Sequence[Account]] | None = None,
        webhook_url: str = "",
        scale: float = 1.0,
        port: int = 0,
        random: Random | None = None,
        window: bool = False,
        strict_rates: bool = False,
    ) -> None:
        self.aftermath = Aftermath(
            accounts or {},
            webhook_url,
            scale=scale,
            random=random,
            on_post=self._remember,
            on_sign=self._note,
        )
        self.desk = Desk(
            customers,
            on_sent=self.aftermath.follow,
            on_lost=self.aftermath.follow_lost,
            random=random,
            strict_rates=strict_rates,
        )
        self.desk.memory["meta"]["window"] = window
        self._port = port
        self._server: Server | None = None

    @classmethod
    def for_accounts(
        cls,
        accounts: Mapping[str, Sequence[Account]],
        *,
        webhook_url: str = "",
        scale: float = 1.0,
        port: int = 0,
        window: bool = False,
        strict_rates: bool = False,
    ) -> Self:
        """Return a simulator that lets in exactly the holders of these accounts."""
        customers = customers_of(accounts)
        return cls(
            customers,
            accounts=accounts,
            webhook_url=webhook_url,
            scale=scale,
            port=port,
            window=window,
            strict_rates=strict_rates,
        )

    def start(self) -> Self:
        """Listen and answer, in threads of its own."""
        self._server = Server(self._port, desk=self.desk, aftermath=self.aftermath)
        Thread(target=self._server.serve_forever, args=(POLL,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Break every connection, stop listening, post nothing more."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        self.aftermath.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Return the base URL, without a slash at the end."""
        if self._server is None:
            raise RuntimeError("the simulator is not running")
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def api_urls(self) -> dict[str, str]:
        """Return each gateway's `api_url`."""
        return {gateway: self.url + path for gateway, path in API_PATHS.items()}

    @property
    def sent(self) -> list[Sent]:
        """Return what was sent, in the order in which it was accepted."""
        return self.desk.record.all()

    @property
    def quota(self) -> QuotaCounter:
        """Return WAGate's quota counter, which may be changed."""
        return self.desk.quota

    @property
    def refused(self) -> Mapping[str, int]:
        """Return how often something came too fast, by gateway and limit."""
        return dict(self.desk.meter.refused)

    def memory(self, gateway: str) -> dict[str, Any]:
        """Return what a gateway remembers besides what was sent (see its API's module)."""
        return self.desk.memory[gateway]

    def plan(self, gateway: str, fault: Fault) -> None:
        """Let the next calls of a gateway go wrong."""
        self.desk.plan(gateway, fault)

    def set_offline(self, gateway: str, device: str, *, offline: bool = True) -> None:
        """Disconnect a device, or connect it again."""
        self.desk.set_offline(gateway, device, offline=offline)

    def wait_for(self, predicate: Predicate, timeout: float = 5.0) -> bool:
        """Wait until `predicate` holds for the messages sent; return whether it does."""
        return self.desk.record.wait_for(predicate, timeout)

    def _remember(self, gateway: str, body: bytes) -> bool:
        self.desk.remember(gateway, body)
        return self.desk.lets_out(gateway, body)

    def _note(self, gateway: str, body: bytes) -> None:
        self.desk.note_signed(gateway, body)
