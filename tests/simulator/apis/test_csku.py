"""CSKU refuses with status 0 in its body."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from bot.simulator.calls import Customer
from bot.simulator.server import Simulator
from tests.simulator.calls import CSKU, ApiCall

Make = Callable[[ApiCall], requests.Response]


LINK = "https://toko-melati.example/kebaya.png"
NEED_HUMAN = replace(CSKU, path="/csku/v1/conversation/need-human")

CSKU_WRONG = {
    "no secret": (CSKU.with_headers(Secret=None), 401),
    "another secret": (CSKU.with_headers(Secret="x"), 401),
    "another business": (CSKU.with_headers(Business="biz_x"), 401),
    "the bare secret as bearer": (
        CSKU.with_headers(Secret=None, Authorization="Bearer key-csku"),
        401,
    ),
    "another address": (replace(CSKU, path="/csku/v1/send"), 404),
    "GET": (replace(CSKU, method="GET"), 400),
    "no JSON": (replace(CSKU, body=b"x"), 400),
    "no conversation": (CSKU.with_fields(conversation_id=None), 400),
    "no text": (CSKU.with_fields(text=None), 400),
    "a long text": (CSKU.with_fields(text="a" * 4097), 400),
    "an unknown type": (CSKU.with_fields(type="hologram"), 400),
    "a picture without an address": (CSKU.with_fields(type="image"), 400),
    "a picture at no address": (CSKU.with_fields(type="image", url="a.png"), 400),
    "a text with a file": (CSKU.with_fields(url=LINK), 400),
    "nobody's need": (NEED_HUMAN.with_fields(conversation_id=None), 400),
}


@pytest.mark.parametrize("case", CSKU_WRONG)
def test_csku_refuses_with_status_zero(case: str, simulator: Simulator, make: Make) -> None:
    call, status = CSKU_WRONG[case]

    response = make(call)

    assert response.status_code == status
    assert (response.json()["status"], response.json()["rc"]) == (0, status)
    assert simulator.sent == []
    assert simulator.memory("csku") == {}


def test_csku_takes_both_credentials_in_one_bearer(simulator: Simulator, make: Make) -> None:
    bearer = "Bearer Yml6X21lbGF0aTprZXktY3NrdQ=="

    response = make(CSKU.with_headers(Business=None, Secret=None, Authorization=bearer))

    assert response.json()["status"] == 1
    assert len(simulator.sent) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "image", "url": LINK, "caption": "Baru", "text": None},
        {"content": {"type": "image", "url": LINK, "text": "Baru"}, "text": None},
        {"message": {"type": "image", "link": LINK, "caption": "Baru"}, "text": None},
        {
            "content": {"type": "image", "attachments": [{"url": LINK}], "text": "Baru"},
            "text": None,
        },
    ],
)
def test_csku_takes_a_file_in_any_usual_place(
    fields: dict[str, object], simulator: Simulator, make: Make
) -> None:
    response = make(CSKU.with_fields(**fields))

    assert response.json()["status"] == 1
    [sent] = simulator.sent
    assert (sent.kind, sent.media, sent.text) == ("image", LINK, "Baru")


def test_csku_finds_the_conversation_in_the_path_too() -> None:
    customer = Customer(token="k", business_id="b", send_path="/v1/{conversation_id}/message")
    with Simulator({"csku": [customer]}) as running, requests.Session() as session:
        session.trust_env = False
        response = session.post(
            f"{running.url}/csku/v1/conv%2F7/message",
            json={"text": "Siap"},
            headers={"Business": "b", "Secret": "k"},
            timeout=5,
        )

        assert response.json()["status"] == 1
        assert [sent.to for sent in running.sent] == ["conv/7"]


def test_csku_remembers_who_needs_a_person(simulator: Simulator, make: Make) -> None:
    response = make(NEED_HUMAN)

    assert response.json() == {"status": 1, "message": "Sukses"}
    assert simulator.memory("csku") == {"need_human": ["conv_1"]}
    assert simulator.sent == []


def test_csku_tells_its_version_to_its_customers_only(make: Make) -> None:
    call = replace(CSKU, path="/csku/version", method="GET", body=b"")

    told, refused = make(call), make(call.with_headers(Secret="x"))

    assert told.json()["data"] == {"version": "v1.3"}
    assert refused.status_code == 401


def test_csku_gives_files_to_everybody(make: Make) -> None:
    file = make(replace(CSKU, path="/csku/files/image", method="GET", headers={}, body=b""))

    assert file.headers["Content-Type"] == "image/png"
    assert file.content.startswith(b"\x89PNG")
