"""Meta refuses with a status and a code."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from bot.simulator.apis.meta.accounts import OUR_APP
from bot.simulator.server import Simulator
from tests.simulator.calls import META, ApiCall

Make = Callable[[ApiCall], requests.Response]


BUTTONS = [{"type": "reply", "reply": {"id": str(n), "title": "Ya"}} for n in range(4)]


LINK = {"link": "https://toko.example/kopi.png"}
ROWS = {"rows": [{"id": "1", "title": "Gayo"}]}
TEMPLATE = {
    "name": "salam",
    "language": {"code": "id"},
    "components": [{"type": "body", "parameters": [{"text": "Sari"}]}],
}
UPLOAD = "/meta/v23.0/100200300400500/media"
SUBSCRIBED = "/meta/v23.0/900100200300400/subscribed_apps"


def _upload(
    content: bytes,
    *,
    product: str = "whatsapp",
    type_: str = "application/pdf",
    mimetype: str = "application/pdf",
) -> ApiCall:
    lines = [
        b'--batas\r\nContent-Disposition: form-data; name="messaging_product"\r\n',
        product.encode(),
        b'--batas\r\nContent-Disposition: form-data; name="type"\r\n',
        type_.encode(),
        b'--batas\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        + f"Content-Type: {mimetype}\r\n".encode(),
        content,
        b"--batas--\r\n",
    ]
    headers = {**META.headers, "Content-Type": "multipart/form-data; boundary=batas"}
    return ApiCall(UPLOAD, headers, b"\r\n".join(lines))


def _list(sections: list[dict[str, Any]]) -> dict[str, Any]:
    action = {"button": "Menu", "sections": sections}
    return {"type": "list", "body": {"text": "Apa?"}, "action": action}


def _interactive(**action: Any) -> dict[str, Any]:
    return {"type": "button", "body": {"text": "Jadi?"}, "action": action}


META_WRONG = {
    "no token": (META.with_headers(Authorization=None), 401, 0),
    "another token": (META.with_headers(Authorization="Bearer x"), 401, 190),
    "no bearer": (META.with_headers(Authorization="token-meta"), 401, 0),
    "another number's id": (replace(META, path="/meta/v23.0/1/messages"), 400, 100),
    "no version": (replace(META, path="/meta/100200300400500/messages"), 400, 100),
    "GET": (replace(META, method="GET"), 400, 100),
    "a form": (META.with_headers(Content_Type="application/x-www-form-urlencoded"), 400, 100),
    "no JSON": (replace(META, body=b"{"), 400, 100),
    "a list": (replace(META, body=b"[]"), 400, 100),
    "no product": (META.with_fields(messaging_product=None), 400, 100),
    "no recipient": (META.with_fields(to=None), 400, 131008),
    "no plus sign": (META.with_fields(to="6281200000001"), 400, 100),
    "a number of home": (META.with_fields(to="081200000001"), 400, 100),
    "a JID": (META.with_fields(to="6281200000001@s.whatsapp.net"), 400, 100),
    "no text": (META.with_fields(text=None), 400, 131008),
    "empty text": (META.with_fields(text={"body": ""}), 400, 100),
    "long text": (META.with_fields(text={"body": "a" * 4097}), 400, 100),
    "unknown type": (META.with_fields(type="fax"), 400, 131051),
    "four buttons": (
        META.with_fields(type="interactive", interactive=_interactive(buttons=BUTTONS)),
        400,
        100,
    ),
    "two buttons with one id": (
        META.with_fields(type="interactive", interactive=_interactive(buttons=BUTTONS[:1] * 2)),
        400,
        100,
    ),
    "not a user id": (META.with_fields(to=None, recipient="081200000001"), 400, 100),
    "a quote of nothing": (META.with_fields(context={}), 400, 100),
    "a long reference": (META.with_fields(biz_opaque_callback_data="a" * 513), 400, 100),
    "a text with an id": (META.with_fields(text={"body": "a", "id": "1"}), 400, 100),
    "media without a place": (META.with_fields(type="image", image={"caption": "a"}), 400, 100),
    "media at two places": (META.with_fields(type="image", image={"id": "1", **LINK}), 400, 100),
    "media that nobody uploaded": (META.with_fields(type="image", image={"id": "1"}), 400, 131009),
    "a link to nowhere": (META.with_fields(type="image", image={"link": "kopi.png"}), 400, 100),
    "a caption of a sound": (
        META.with_fields(type="audio", audio={**LINK, "caption": "a"}),
        400,
        100,
    ),
    "a picture's file name": (
        META.with_fields(type="image", image={**LINK, "filename": "a"}),
        400,
        100,
    ),
    "a long caption": (
        META.with_fields(type="image", image={**LINK, "caption": "a" * 1025}),
        400,
        100,
    ),
    "beyond the pole": (
        META.with_fields(type="location", location={"latitude": 91, "longitude": 0}),
        400,
        100,
    ),
    "half a location": (META.with_fields(type="location", location={"latitude": 9}), 400, 100),
    "a nameless contact": (META.with_fields(type="contacts", contacts=[{"name": {}}]), 400, 100),
    "half a name": (
        META.with_fields(type="contacts", contacts=[{"name": {"formatted_name": "Sari"}}]),
        400,
        100,
    ),
    "a reaction to no message": (
        META.with_fields(type="reaction", reaction={"message_id": "A", "emoji": "a"}),
        400,
        100,
    ),
    "a reaction without emoji": (
        META.with_fields(type="reaction", reaction={"message_id": "wamid.A"}),
        400,
        100,
    ),
    "a template of no language": (
        META.with_fields(type="template", template={"name": "salam"}),
        400,
        100,
    ),
    "a parameter of no type": (META.with_fields(type="template", template=TEMPLATE), 400, 100),
    "a long header": (
        META.with_fields(
            type="interactive",
            interactive=_interactive(buttons=BUTTONS[:1])
            | {"header": {"type": "text", "text": "a" * 61}},
        ),
        400,
        100,
    ),
    "two sections, one title": (
        META.with_fields(type="interactive", interactive=_list([ROWS, {**ROWS, "title": "Teh"}])),
        400,
        100,
    ),
    "a long description": (
        META.with_fields(
            type="interactive",
            interactive=_list([{"rows": [{"id": "1", "title": "a", "description": "a" * 73}]}]),
        ),
        400,
        100,
    ),
    "no message to mark": (META.with_fields(status="read", message_id="3EB0"), 400, 131009),
    "an unknown mark": (META.with_fields(status="seen", message_id="wamid.A"), 400, 131009),
    "an unknown indicator": (
        META.with_fields(status="read", message_id="wamid.A", typing_indicator={"type": "voice"}),
        400,
        100,
    ),
    "an upload in JSON": (replace(META, path=UPLOAD), 400, 100),
    "an upload of nothing": (_upload(b""), 400, 131053),
    "an upload of another type": (_upload(b"a", type_="image/png"), 400, 100),
    "an upload of a GIF": (_upload(b"a", type_="image/gif", mimetype="image/gif"), 400, 131053),
    "an upload for nobody": (_upload(b"a", product="x"), 400, 100),
    "an upload cut short": (replace(_upload(b"a"), body=_upload(b"a").body[:-9]), 400, 100),
    "another number's upload": (replace(_upload(b"a"), path="/meta/v23.0/1/media"), 400, 100),
    "media that never were": (replace(META, method="GET", path="/meta/v23.0/7"), 400, 100),
    "an unknown field": (
        replace(META, method="GET", path="/meta/v23.0/100200300400500?fields=mood"),
        400,
        100,
    ),
    "an unknown field of the app": (
        replace(META, method="GET", path="/meta/v23.0/app?fields=secret"),
        400,
        100,
    ),
    "a URL without its word": (
        replace(META, path=SUBSCRIBED).with_fields(override_callback_uri="https://balas.example"),
        400,
        100,
    ),
    "a file without a token": (
        replace(META, method="GET", path="/meta/lookaside/00").with_headers(Authorization=None),
        401,
        0,
    ),
}


@pytest.mark.parametrize("case", META_WRONG)
def test_meta_refuses_with_a_code(case: str, simulator: Simulator, make: Make) -> None:
    call, status, code = META_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert simulator.sent == []


def test_meta_takes_three_buttons(simulator: Simulator, make: Make) -> None:
    interactive = _interactive(buttons=BUTTONS[:3])

    response = make(META.with_fields(type="interactive", interactive=interactive))

    assert response.status_code == 200
    assert simulator.sent[0].text == "Jadi?"


def test_meta_takes_a_business_scoped_user_id(simulator: Simulator, make: Make) -> None:
    make(META.with_fields(to=None, recipient="ID.1234567890"))

    assert [sent.to for sent in simulator.sent] == ["ID.1234567890"]


def test_meta_answers_with_the_id_of_the_message_and_keeps_our_reference(
    simulator: Simulator, make: Make
) -> None:
    response = make(META)

    [sent] = simulator.sent
    assert response.json()["messages"] == [{"id": sent.external_id}]
    assert sent.external_id.startswith("wamid.")
    assert sent.reference == "ref-1"


def test_meta_marks_a_message_read_without_sending(simulator: Simulator, make: Make) -> None:
    response = make(META.with_fields(status="read", message_id="wamid.abc"))

    assert response.json() == {"success": True}
    assert simulator.sent == []


def test_meta_keeps_an_upload_and_tells_its_id(simulator: Simulator, make: Make) -> None:
    media_id = make(_upload(b"%PDF-1.4")).json()["id"]

    response = make(META.with_fields(type="document", document={"id": media_id}))

    assert response.status_code == 200
    assert simulator.sent[0].media == media_id
    assert simulator.memory("meta")["media"][media_id]["content"] == b"%PDF-1.4"


def test_meta_gives_an_address_of_media_that_wants_the_token(make: Make) -> None:
    located = make(replace(META, method="GET", path="/meta/v23.0/900800700600501", body=b"")).json()
    path = located["url"].partition("/meta/")[2]

    file = make(replace(META, method="GET", path=f"/meta/{path}", body=b""))
    refused = make(
        replace(META, method="GET", path=f"/meta/{path}", body=b"").with_headers(Authorization=None)
    )

    assert (file.status_code, len(file.content)) == (200, located["file_size"])
    assert file.headers["Content-Type"] == located["mime_type"]
    assert refused.status_code == 401


def test_meta_tells_which_app_a_token_is_of(make: Make) -> None:
    asked = replace(META, method="GET", path="/meta/v23.0/app?fields=id", body=b"")

    assert make(asked).json() == {"id": OUR_APP["id"]}


def test_meta_takes_a_list_of_sections_with_titles(simulator: Simulator, make: Make) -> None:
    sections = [
        {**ROWS, "title": "Kopi"},
        {"title": "Teh", "rows": [{"id": "2", "title": "Hijau"}]},
    ]

    response = make(META.with_fields(type="interactive", interactive=_list(sections)))

    assert response.status_code == 200
    assert (simulator.sent[0].kind, simulator.sent[0].text) == ("list", "Apa?")
