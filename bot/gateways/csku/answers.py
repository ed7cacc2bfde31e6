"""Judge what CSKU answers: by `status` and `rc` in the body as well as by the HTTP status."""

from bot.gateways.base import Finding, HttpResponse, JsonObject, SentMessage
from bot.gateways.errors import NotAuthorised, OutcomeUnknown, Rejected, SendError
from bot.gateways.reading import clean
from bot.gateways.responses import code_of, judge_status, rate_limited, read_response

TITLE = "CSKU"
LONGEST_VERSION = 40


def judge_done(response: HttpResponse) -> JsonObject:
    """Return the body of an answer that says that something was done, or raise what it refuses."""
    body = read_response(response)
    status = str(body.get("status"))
    if not 200 <= response.status < 300 or status == "0":
        raise _refusal(response, body)
    if status != "1":
        raise OutcomeUnknown("CSKU says neither that it did it nor that it refused")
    return body


def judge_sent(response: HttpResponse) -> SentMessage:
    """Return what CSKU took, or raise what it refused."""
    return SentMessage(external_id=_message_id(judge_done(response).get("data")))


def look_at_version(response: HttpResponse) -> Finding:
    """Return whether CSKU knows our credentials, from its answer to `GET /version`."""
    try:
        body = judge_done(response)
    except NotAuthorised:
        return Finding(
            ok=False,
            what="the API refuses our credentials",
            advice="look at CSKU_API_KEY and CSKU_BUSINESS_ID",
        )
    except SendError as error:
        return Finding(
            ok=False, what=f"the API does not answer: {error.reason}", advice="look at CSKU_API_URL"
        )
    data = body.get("data")
    version = data.get("version") if isinstance(data, dict) else data or body.get("version")
    told = clean(str(version))[:LONGEST_VERSION] if isinstance(version, str | int | float) else ""
    return Finding(ok=True, what=f"the API answers, version {told or 'unknown'}")


def _message_id(data: object) -> str | None:
    fields = data if isinstance(data, dict) else {}
    inner = fields.get("message")
    places = (fields, inner if isinstance(inner, dict) else {})
    found = [place.get(name) for place in places for name in ("message_id", "id")]
    return next((str(value) for value in found if isinstance(value, str | int) and value), None)


def _refusal(response: HttpResponse, body: JsonObject) -> SendError:
    """Return what an error means. It may come with 200, the real code in the body as `rc`."""
    code = code_of(body.get("rc"))
    # A 200 with status 0 and no code says that nothing was done, and not why.
    status = int(code) if code and code.isdecimal() else response.status
    if status == 200:
        return Rejected("CSKU refuses the request and does not say why")
    judged = HttpResponse(status=status, headers=response.headers)
    if status == 429:
        return rate_limited(TITLE, judged, code=code)
    return judge_status(TITLE, judged, code=code)
