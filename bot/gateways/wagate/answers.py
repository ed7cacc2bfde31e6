"""Judge what WAGate answers: by the body as well as by the status."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from bot.gateways.base import HttpResponse, Quota, SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from bot.gateways.reading import Payload, Text, Time, clean, read_retry_after
from bot.gateways.responses import read_response
from bot.gateways.wagate.parts import MessageId

OFFLINE = re.compile(r"disconnect|not connected|offline|tidak terhubung|terputus", re.IGNORECASE)
NO_QUOTA = re.compile(r"quota|kuota", re.IGNORECASE)
LATER = re.compile(r"try again|coba lagi|timeout|timed out|busy|sibuk", re.IGNORECASE)
LONGEST_FIELDS = 100


def _count(value: object) -> object:
    """Read a number of messages; numbers from PHP may be strings."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = value[:18]
    elif isinstance(value, bool) or not isinstance(value, int):
        return None
    return int(value)


Count = Annotated[int | None, BeforeValidator(_count)]


class Contents(Payload):
    """The `data` of an answer."""

    message_id: Text = None
    quota_limit: Count = None
    quota_remaining: Count = None
    quota_reset_at: Time = None
    remaining_quota: Count = None
    device_status: Text = None


class Answer(Contents):
    """An answer, whose words stand at the top or inside `data`."""

    success: bool | None = None
    message: Text = None
    error: Text = None
    data: Contents = Contents()
    errors: dict[str, Any] | None = None

    @property
    def words(self) -> str:
        return f"{self.message or ''} {self.error or ''}"

    @property
    def is_offline(self) -> bool:
        status = self.device_status or self.data.device_status or ""
        return bool(OFFLINE.search(status))

    @property
    def has_no_quota(self) -> bool:
        counts = (
            self.remaining_quota,
            self.quota_remaining,
            self.data.remaining_quota,
            self.data.quota_remaining,
        )
        return any(count is not None and count <= 0 for count in counts)


def judge_sent(response: HttpResponse) -> SentMessage:
    """Return what WAGate took, or raise what it refused."""
    body = read_response(response)
    answer = Answer.model_validate(body)
    if 200 <= response.status < 300:
        if answer.success is True:
            told = MessageId.read(answer.data.message_id or answer.message_id)
            # A status names the message by the id's own part, whatever stands around it.
            return SentMessage(external_id=told.short if told else None)
        if answer.success is False:
            raise _told(response, answer) or Rejected("refused without a known reason")
        raise OutcomeUnknown(f"status {response.status} without success in its body")
    raise _refused(response, answer, is_json=bool(body))


def judge_question(response: HttpResponse) -> Answer:
    """Return the answer to a question, or raise why it is none."""
    body = read_response(response)
    answer = Answer.model_validate(body)
    if response.status != 200 or answer.success is False:
        refused = _refused(response, answer, is_json=bool(body))
        if isinstance(refused, OutcomeUnknown):
            # A question that may have been answered can be asked again.
            refused = TransientError(refused.reason, code=refused.code, scope=Scope.DEVICE)
        raise refused
    return answer


def judge_quota(response: HttpResponse) -> Quota:
    """Return the quota that is left, or raise why it cannot be told."""
    left = judge_question(response).data
    if left.quota_limit is None or left.quota_remaining is None:
        raise TransientError("the answer holds no quota", scope=Scope.DEVICE)
    return Quota(
        limit=left.quota_limit,
        remaining=max(left.quota_remaining, 0),
        resets_at=left.quota_reset_at,
    )


def _refused(response: HttpResponse, answer: Answer, *, is_json: bool) -> SendError:
    status = response.status
    reason = f"status {status}"
    if status == 401:
        return NotAuthorised("the api token is not valid", code="401")
    if status == 422:
        return Rejected(f"not valid: {_names(answer)}", code="422")
    if status == 429:
        return _limited(response, answer)
    if told := _told(response, answer):
        return told
    if status == 403 or (status == 404 and is_json):
        return NotAuthorised(reason, code=str(status))
    if status == 408 or status >= 500:
        return OutcomeUnknown(reason, code=str(status))
    if is_json and status >= 400:
        return Rejected(reason, code=str(status))
    return TransientError(reason, code=str(status), scope=Scope.GATEWAY)


def _limited(response: HttpResponse, answer: Answer) -> SendError:
    """Read a 429: without a time to wait it means that the month's quota is used up."""
    retry_after = read_retry_after(response.headers)
    if retry_after is None or answer.has_no_quota or NO_QUOTA.search(answer.words):
        return _exhausted(answer)
    return RateLimited("too many requests", code="429", scope=Scope.DEVICE, retry_after=retry_after)


def _told(response: HttpResponse, answer: Answer) -> SendError | None:
    """Return what the body says for certain, whatever the status."""
    code = str(response.status)
    if answer.is_offline:
        return DeviceOffline("the device is not connected", code=code)
    if answer.has_no_quota:
        return _exhausted(answer)
    if answer.success is not False:
        return None
    if OFFLINE.search(answer.words):
        return DeviceOffline("the device is not connected", code=code)
    if NO_QUOTA.search(answer.words):
        return _exhausted(answer)
    # Behind a 5xx, a timeout may well have been after the sending.
    if LATER.search(answer.words) and response.status < 500:
        return TransientError("refused for now", code=code, scope=Scope.DEVICE)
    return None


def _exhausted(answer: Answer) -> SendError:
    resets_at = answer.quota_reset_at or answer.data.quota_reset_at
    return QuotaExhausted("no quota is left", resets_at=resets_at)


def _names(answer: Answer) -> str:
    names = ", ".join(sorted(clean(name) for name in answer.errors or {}))
    return names[:LONGEST_FIELDS] or "it does not say what"
