"""Media at Meta: uploaded before a message, fetched after a webhook."""

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest

from bot import content
from bot.events import MediaReference
from bot.gateways.base import (
    Attachment,
    FetchedMedia,
    HttpRequest,
    HttpResponse,
    OutgoingMessage,
    SentMessage,
)
from bot.gateways.errors import (
    NotAuthorised,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SendError,
    TransientError,
)
from bot.gateways.meta import Meta
from bot.simulator.files import picture
from tests.gateways.contract import CURRENT, account_of, answer, drive

TOKEN = "token-akses-rahasia"
REFERENCE = MediaReference(id="8801000001", mimetype="image/jpeg", filename="bukti.jpg")
TAKEN = answer(200, {"messages": [{"id": "wamid.TERKIRIM1"}]})
UPLOADED = answer(200, {"id": "8801000099"})
FILE = HttpResponse(status=200, headers={"content-type": "image/png"}, body=b"gambar")
GONE = HttpResponse(status=404)


@pytest.fixture
def meta() -> Meta:
    url = "https://graph.example/v23.0"
    fields = {"access_token": TOKEN, "phone_number_id": "1065", "api_url": url}
    return Meta([account_of("meta", CURRENT, **fields)])


def located(number: int = 1, **fields: Any) -> HttpResponse:
    told = {"url": f"https://lookaside.fbsbx.com/{number}", "mime_type": "image/png", **fields}
    return answer(200, told)


def refusal(status: int, code: int, **more: Any) -> HttpResponse:
    return answer(status, {"error": {"code": code, "message": "judul", **more}})


def fetch(
    meta: Meta, *responses: HttpResponse, reference: MediaReference = REFERENCE
) -> tuple[FetchedMedia | SendError, list[HttpRequest]]:
    return drive(meta.fetch_media("1065", reference), responses)


def send(
    meta: Meta, *responses: HttpResponse, kind: Any = "image", **fields: Any
) -> tuple[SentMessage | SendError, list[HttpRequest]]:
    attachment = Attachment(**{"content": picture(), "mimetype": "image/png", **fields})
    message = OutgoingMessage(
        device="1065",
        address="6281200000011",
        content=content.Media(kind=kind),
        reference="17:kunci",
        idempotency_key="kunci",
        attachment=attachment,
    )
    return drive(meta.send(message), responses)


def form_of(request: HttpRequest) -> dict[str, Any]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts = BytesParser(policy=HTTP).parsebytes(head + request.body)
    assert not parts.defects
    return {
        str(part.get_param("name", header="content-disposition")): part
        for part in parts.iter_parts()
    }


def test_uploads_the_bytes_and_then_sends_their_id(meta: Meta) -> None:
    result, (upload, message) = send(meta, UPLOADED, TAKEN, filename="kopi.png")

    assert result == SentMessage(external_id="wamid.TERKIRIM1", uploaded="8801000099")
    assert (upload.method, upload.is_safe) == ("POST", True)
    assert upload.url == "https://graph.example/v23.0/1065/media"
    assert json.loads(message.body)["image"] == {"id": "8801000099"}
    assert not message.is_safe


def test_an_upload_is_the_form_that_meta_reads(meta: Meta) -> None:
    _, (upload, _) = send(meta, UPLOADED, TAKEN, filename="kopi.png")
    form = form_of(upload)

    assert upload.headers["Authorization"] == f"Bearer {TOKEN}"
    assert form["messaging_product"].get_content().strip() == "whatsapp"
    assert form["type"].get_content().strip() == "image/png"
    assert form["file"].get_content_type() == "image/png"
    assert form["file"].get_filename() == "kopi.png"
    assert form["file"].get_content() == picture()


def test_bytes_that_look_like_a_form_stay_in_their_place(meta: Meta) -> None:
    hostile = b'%PDF\r\n--\r\nContent-Disposition: form-data; name="type"\r\n\r\nx\r\n--x--\r\n'
    _, (upload, _) = send(
        meta, UPLOADED, TAKEN, kind="document", content=hostile, mimetype="application/pdf"
    )

    assert upload.body.count(hostile) == 1
    assert set(form_of(upload)) == {"messaging_product", "type", "file"}


def test_a_hostile_file_name_stays_in_its_quotation_marks(meta: Meta) -> None:
    _, (upload, _) = send(meta, UPLOADED, TAKEN, filename='a"\r\nX-Evil: 1\r\n\r\n/../b.png')

    assert b"X-Evil: 1\r\n" not in upload.body
    assert form_of(upload)["file"].get_filename() == "a___X-Evil: 1_____.._b.png"


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refusal(401, 190), NotAuthorised),
        (refusal(400, 131053), Rejected),
        (refusal(400, 100, error_subcode=33), NotAuthorised),
        (refusal(400, 80007), RateLimited),
        (refusal(500, 131000), TransientError),
        (answer(500, b"<html>"), TransientError),
        (answer(200, {}), TransientError),
        (answer(200, b""), TransientError),
    ],
)
def test_a_failed_upload_leaves_nothing_in_doubt(
    meta: Meta, response: HttpResponse, error: type[SendError]
) -> None:
    result, requests = send(meta, response)

    assert type(result) is error
    assert len(requests) == 1


def test_a_message_may_be_in_doubt_after_its_upload(meta: Meta) -> None:
    result, _ = send(meta, UPLOADED, answer(502, b""))

    assert isinstance(result, OutcomeUnknown)


def test_fetches_media_with_our_token(meta: Meta) -> None:
    result, (question, file) = fetch(meta, located(), FILE)

    assert result == FetchedMedia(content=b"gambar", mimetype="image/png", filename="bukti.jpg")
    assert question.url == "https://graph.example/v23.0/8801000001?phone_number_id=1065"
    assert file.url == "https://lookaside.fbsbx.com/1"
    assert file.headers["Authorization"] == f"Bearer {TOKEN}"
    assert (question.media, file.media) == (False, True)


def test_asks_once_more_for_an_address_that_is_past_its_time(meta: Meta) -> None:
    result, requests = fetch(meta, located(1), GONE, located(2), FILE)

    assert isinstance(result, FetchedMedia)
    assert [request.url[-1] for request in requests if request.media] == ["1", "2"]


def test_gives_up_when_the_second_address_leads_nowhere(meta: Meta) -> None:
    result, requests = fetch(meta, located(1), GONE, located(2), GONE)

    assert isinstance(result, Rejected)
    assert len(requests) == 4


def test_fetches_media_that_have_only_an_address(meta: Meta) -> None:
    reference = MediaReference(url="https://lookaside.fbsbx.com/7", mimetype="image/jpeg")
    result, (request,) = fetch(meta, FILE, reference=reference)

    assert result == FetchedMedia(content=b"gambar", mimetype="image/jpeg")
    assert request.url == "https://lookaside.fbsbx.com/7"


def test_an_address_without_an_id_is_not_asked_for_again(meta: Meta) -> None:
    reference = MediaReference(url="https://lookaside.fbsbx.com/7")
    result, requests = fetch(meta, GONE, reference=reference)

    assert isinstance(result, Rejected)
    assert len(requests) == 1


def test_media_without_id_and_address_cannot_be_fetched(meta: Meta) -> None:
    result, requests = fetch(meta, reference=MediaReference(problem="missing"))

    assert isinstance(result, Rejected)
    assert requests == []


@pytest.mark.parametrize(
    ("responses", "error"),
    [
        ([refusal(400, 100, error_subcode=33)], Rejected),
        ([refusal(400, 33)], Rejected),
        ([refusal(401, 190)], NotAuthorised),
        ([refusal(400, 4)], RateLimited),
        ([refusal(500, 131000)], TransientError),
        ([answer(502, b"")], TransientError),
        ([answer(200, {"id": "8801000001"})], TransientError),
        ([located(), answer(401, b"")], NotAuthorised),
        ([located(), answer(500, b"")], TransientError),
        ([located(), answer(302, b"")], TransientError),
        ([located(), answer(200, b"")], TransientError),
    ],
)
def test_says_why_media_cannot_be_fetched(
    meta: Meta, responses: list[HttpResponse], error: type[SendError]
) -> None:
    result, _ = fetch(meta, *responses)

    assert type(result) is error


def test_a_hostile_id_does_not_leave_its_place_in_the_url(meta: Meta) -> None:
    _, requests = fetch(meta, located(), FILE, reference=MediaReference(id="../me?x="))

    assert requests[0].url.startswith("https://graph.example/v23.0/..%2Fme%3Fx%3D?")


def test_sends_its_token_to_meta_s_hosts_only(meta: Meta) -> None:
    assert meta.media_hosts("1065") == (".fbsbx.com", ".whatsapp.net")


def test_fetches_nothing_without_a_token() -> None:
    result, requests = fetch(Meta([account_of("meta", CURRENT)]))

    assert isinstance(result, NotAuthorised)
    assert requests == []
