"""What Meta's error codes mean for a message that was not sent.

Meta: build on `code`, not on the HTTP status (a throttle is 400, a missing permission 500), nor on
the title. https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from dataclasses import dataclass

from bot.gateways.base import HttpResponse, JsonObject, header
from bot.gateways.errors import (
    NotAuthorised,
    OutcomeUnknown,
    OutsideWindow,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from bot.gateways.meta.usage import regained_after
from bot.gateways.reading import read_retry_after

MINUTE, HOUR = 60.0, 3600.0
PERMISSIONS = range(200, 300)
# Those that a header tells the time of.
THROTTLES = (4, 80007, 130429)
# As a code, or as the subcode of 100: what the URL names does not exist, or is not ours.
NO_SUCH_OBJECT = 33


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one code means: what to do, whom it concerns, how long to wait and how often to try."""

    error: type[SendError]
    reason: str
    scope: Scope = Scope.MESSAGE
    retry_after: float | None = None
    tries: int | None = None


REFUSALS: dict[int, Refusal] = {
    # Our credentials, rights and settings.
    0: Refusal(NotAuthorised, "the access token is not valid"),
    3: Refusal(NotAuthorised, "the app lacks a capability or permission"),
    10: Refusal(NotAuthorised, "permission denied"),
    33: Refusal(NotAuthorised, "the phone number id does not exist"),
    190: Refusal(NotAuthorised, "the access token has expired"),
    368: Refusal(NotAuthorised, "the account is blocked for policy violations"),
    131005: Refusal(NotAuthorised, "permission denied"),
    131031: Refusal(NotAuthorised, "the account is locked"),
    131037: Refusal(NotAuthorised, "the display name is not approved"),
    131042: Refusal(NotAuthorised, "there is a problem with the payment method"),
    131045: Refusal(NotAuthorised, "the phone number is not registered: wrong certificate"),
    133010: Refusal(NotAuthorised, "the phone number is not registered"),
    133016: Refusal(NotAuthorised, "the phone number was registered too often"),
    # Slow down.
    4: Refusal(RateLimited, "too many calls by the app", Scope.DEVICE, 10 * MINUTE),
    80007: Refusal(RateLimited, "too many calls by the account", Scope.DEVICE, 10 * MINUTE),
    130429: Refusal(RateLimited, "too many messages from this number", Scope.DEVICE),
    131048: Refusal(RateLimited, "too many messages were marked as spam", Scope.DEVICE, 3 * HOUR),
    131056: Refusal(RateLimited, "too many messages to this recipient", Scope.RECIPIENT),
    # Meta's own trouble.
    # Perhaps a request that is wrong, which no repetition mends.
    1: Refusal(TransientError, "unknown error", tries=3),
    2: Refusal(TransientError, "the service is down", Scope.GATEWAY),
    131000: Refusal(TransientError, "something went wrong"),
    131016: Refusal(TransientError, "the service is unavailable", Scope.GATEWAY),
    131057: Refusal(TransientError, "the number is in maintenance", Scope.DEVICE, 5 * MINUTE),
    133004: Refusal(TransientError, "the server is unavailable", Scope.GATEWAY),
    # This recipient.
    130472: Refusal(Rejected, "the recipient is in an experiment", Scope.RECIPIENT),
    130497: Refusal(Rejected, "not allowed in the recipient's country", Scope.RECIPIENT),
    131026: Refusal(Rejected, "undeliverable to this recipient", Scope.RECIPIENT),
    131030: Refusal(Rejected, "the recipient is not on the test list", Scope.RECIPIENT),
    131047: Refusal(OutsideWindow, "more than 24 hours since the last message", Scope.RECIPIENT),
    131049: Refusal(Rejected, "held back to keep the ecosystem healthy", Scope.RECIPIENT),
    131050: Refusal(Rejected, "the recipient stopped marketing messages", Scope.RECIPIENT),
    # This message.
    100: Refusal(Rejected, "a parameter is not valid"),
    131008: Refusal(Rejected, "a parameter is missing"),
    131009: Refusal(Rejected, "a parameter's value is not valid"),
    131021: Refusal(Rejected, "the recipient is the sender", Scope.RECIPIENT),
    131051: Refusal(Rejected, "the message type is not supported"),
    # What is behind a link may be back at once; if not, it is the link that is wrong.
    131052: Refusal(TransientError, "the media could not be downloaded", tries=2),
    131053: Refusal(Rejected, "the media could not be uploaded"),
    132000: Refusal(Rejected, "the template has other parameters"),
    132001: Refusal(Rejected, "the template does not exist"),
    132005: Refusal(Rejected, "the template's text is too long"),
    132007: Refusal(Rejected, "the template violates the policy"),
    132012: Refusal(Rejected, "the template's parameters have another format"),
    132015: Refusal(Rejected, "the template is paused"),
    132016: Refusal(Rejected, "the template is disabled"),
    132068: Refusal(Rejected, "the flow is blocked"),
    132069: Refusal(Rejected, "the flow is throttled"),
    135000: Refusal(Rejected, "a parameter is not valid"),
}


def refused(
    response: HttpResponse, error: JsonObject, *, missing: Refusal | None = None
) -> SendError:
    """Return what Meta's `error` object means. Its code proves that nothing was sent.

    `missing` is what it means when the thing that the URL names does not exist; without it that
    thing is the phone number.
    """
    code = _integer(error.get("code"))
    if code is None:
        return failed(response)
    refusal = REFUSALS.get(code) or _unlisted(code, response.status)
    if NO_SUCH_OBJECT in (code, _integer(error.get("error_subcode"))):
        refusal = missing or REFUSALS[NO_SUCH_OBJECT]
    asked = _asked(response, code)
    return _raised(refusal, str(code), asked if asked is not None else refusal.retry_after)


def failed(response: HttpResponse) -> SendError:
    """Return what an answer without a code means: it may not even come from Meta."""
    status = response.status
    reason = f"status {status} without an error code"
    if status in (401, 403):
        return NotAuthorised(reason)
    if status == 429:
        retry_after = read_retry_after(response.headers)
        return RateLimited(reason, scope=Scope.DEVICE, retry_after=retry_after)
    if 300 <= status < 500 and status != 408:
        return TransientError(reason, scope=Scope.GATEWAY)
    return OutcomeUnknown(reason)


def _asked(response: HttpResponse, code: int) -> float | None:
    """Return for how many seconds Meta asks us to be quiet, None where it does not say."""
    told = [read_retry_after(response.headers)]
    if code in THROTTLES:
        told.append(regained_after(header(response, "X-Business-Use-Case-Usage")))
    return max((seconds for seconds in told if seconds is not None), default=None)


def _unlisted(code: int, status: int) -> Refusal:
    if code in PERMISSIONS:
        return Refusal(NotAuthorised, "permission denied")
    if status >= 500:
        return Refusal(TransientError, "unlisted error")
    return Refusal(Rejected, "unlisted error")


def _raised(refusal: Refusal, code: str, retry_after: float | None) -> SendError:
    reason = refusal.reason
    if issubclass(refusal.error, TransientError):
        return refusal.error(
            reason,
            code=code,
            scope=refusal.scope,
            retry_after=retry_after,
            tries=refusal.tries,
        )
    if issubclass(refusal.error, NotAuthorised | OutsideWindow):
        return refusal.error(reason, code=code)
    return refusal.error(reason, code=code, scope=refusal.scope)


def _integer(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
