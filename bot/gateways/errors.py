"""What can go wrong at a gateway. The class says what to do; the outbox looks at nothing else.

::

    GatewayError
    ├── NotSupported               the gateway has no such thing
    ├── WebhookError
    │   ├── Forged                 not signed with a secret that we know: 401, nothing stored
    │   └── Unreadable             authentic, but no readable envelope: stored as `unparsed`
    └── SendError
        ├── TransientError         not delivered, worth another attempt
        │   ├── Unreachable        never reached the gateway
        │   └── RateLimited        the gateway asks us to slow down
        ├── QuotaExhausted         the device may send nothing until its quota returns
        ├── DeviceOffline          the device may send nothing until it reconnects
        ├── OutcomeUnknown         the request may have been carried out
        ├── OutsideWindow          the contact must write first; until then only templates may go
        └── PermanentError         will never work as it is
            ├── Rejected           this message, or this recipient
            └── NotAuthorised      our credentials

Messages of these errors never hold a secret, a text of a message or a whole phone number.
"""

from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """Whom a refusal concerns, so who has to wait."""

    MESSAGE = "message"
    RECIPIENT = "recipient"
    DEVICE = "device"
    GATEWAY = "gateway"


class GatewayError(Exception):
    """Something about a gateway went wrong."""


class NotSupported(GatewayError):
    """The gateway has no such thing."""


class WebhookError(GatewayError):
    """A webhook cannot be taken as it is."""


class Forged(WebhookError):
    """The request is not signed with a secret that we know. The text is shown to the caller."""


class Unreadable(WebhookError):
    """The request is authentic, but has no readable envelope."""


class SendError(GatewayError):
    """A message was not (or perhaps not) sent. `code` is the gateway's own code or word, if any."""

    def __init__(
        self, reason: str, *, code: str | None = None, scope: Scope = Scope.MESSAGE
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.scope = scope


class TransientError(SendError):
    """Not sent; worth another attempt, after `retry_after` seconds where the gateway says so.

    `tries`: how many attempts in all are worth it, None where nothing is known against more.
    """

    def __init__(
        self,
        reason: str,
        *,
        code: str | None = None,
        scope: Scope = Scope.MESSAGE,
        retry_after: float | None = None,
        tries: int | None = None,
    ) -> None:
        super().__init__(reason, code=code, scope=scope)
        self.retry_after = retry_after
        self.tries = tries


class Unreachable(TransientError):
    """The request never reached the gateway, so sending again cannot double it."""


class RateLimited(TransientError):
    """The gateway asks us to slow down, for the recipient or the device that `scope` names."""


class QuotaExhausted(SendError):
    """No quota is left on the device. `resets_at` is aware, None when the gateway does not say."""

    def __init__(
        self, reason: str, *, code: str | None = None, resets_at: datetime | None = None
    ) -> None:
        super().__init__(reason, code=code, scope=Scope.DEVICE)
        self.resets_at = resets_at


class DeviceOffline(SendError):
    """The device is not connected; nothing was sent."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason, code=code, scope=Scope.DEVICE)


class OutcomeUnknown(SendError):
    """The request may have been carried out; only evidence can tell."""


class OutsideWindow(SendError):
    """The contact has not written lately, so nothing but a template may go; nothing was sent."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason, code=code, scope=Scope.RECIPIENT)


class PermanentError(SendError):
    """Will never work as it is."""


class Rejected(PermanentError):
    """The gateway refuses this message or this recipient."""


class NotAuthorised(PermanentError):
    """The gateway refuses our credentials or rights."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason, code=code, scope=Scope.DEVICE)
