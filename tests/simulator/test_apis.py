"""Each send API takes the right call, and refuses each wrong one in its own words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from bot.simulator.server import Simulator
from tests.simulator.calls import (
    CSKU,
    META,
    RIJAN,
    SENDS,
    WAGATE,
    WAGATE_QUOTA,
    WAGATE_SESSION,
    WHATSGATE,
    ApiCall,
    rijan_status,
)

Make = Callable[[ApiCall], requests.Response]

RECIPIENTS = {
    "meta": "+6281200000001",
    "wagate": "6281200000001",
    "rijan": "6281200000001@s.whatsapp.net",
    "csku": "conv_1",
    "whatsgate": "6281200000001@c.us",
}
LONG = "a" * 5001
BUTTONS = [{"type": "reply", "reply": {"id": str(n), "title": "Ya"}} for n in range(4)]


def _interactive(**action: Any) -> dict[str, Any]:
    return {"type": "button", "body": {"text": "Jadi?"}, "action": action}


def _whatsgate_to(**recipient: str) -> ApiCall:
    return WHATSGATE.with_fields(recipient=recipient)


@pytest.mark.parametrize("gateway", SENDS)
def test_takes_a_right_call_and_records_it(gateway: str, simulator: Simulator, make: Make) -> None:
    response = make(SENDS[gateway])

    assert response.status_code == 200
    [sent] = simulator.sent
    assert (sent.gateway, sent.to, sent.text) == (gateway, RECIPIENTS[gateway], "Pesanan siap")


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


WAGATE_WRONG = {
    "no token": (WAGATE.with_headers(Authorization=None), 401),
    "another token": (WAGATE.with_headers(Authorization="Bearer x"), 401),
    "unknown address": (replace(WAGATE, path="/wagate/api/v1/send"), 404),
    "another session": (replace(WAGATE_SESSION, path="/wagate/api/webhook/send/wa-x"), 404),
    "GET": (replace(WAGATE, method="GET"), 404),
    "no JSON": (replace(WAGATE, body=b"halo"), 422),
    "a form": (WAGATE.with_headers(Content_Type="application/x-www-form-urlencoded"), 422),
    "no recipient": (WAGATE.with_fields(recipient=None), 422),
    "a plus sign": (WAGATE.with_fields(recipient="+6281200000001"), 422),
    "a number of home": (WAGATE.with_fields(recipient="081200000001"), 422),
    "the other API's field": (WAGATE_SESSION.with_fields(to=None, recipient="62812000001"), 422),
    "no message": (WAGATE.with_fields(message=""), 422),
    "long message": (WAGATE.with_fields(message=LONG), 422),
}


@pytest.mark.parametrize("case", WAGATE_WRONG)
def test_wagate_refuses_with_a_status(case: str, simulator: Simulator, make: Make) -> None:
    call, status = WAGATE_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["success"]) == (status, False)
    assert simulator.sent == []


def test_wagate_names_the_field_that_is_wrong(make: Make) -> None:
    response = make(WAGATE.with_fields(recipient="08120"))

    assert list(response.json()["errors"]) == ["recipient"]


def test_wagate_tells_no_id_unless_asked_to_show_typing(simulator: Simulator, make: Make) -> None:
    older = make(WAGATE).json()["data"]
    newer = make(WAGATE.with_fields(show_typing=True)).json()["data"]

    assert "message_id" not in older
    assert newer["message_id"] == simulator.sent[1].external_id


def test_wagate_refuses_an_empty_quota_differently_at_its_two_addresses(
    simulator: Simulator, make: Make
) -> None:
    simulator.quota.limit = 0

    direct, session = make(WAGATE), make(WAGATE_SESSION)

    assert (direct.status_code, direct.json()["remaining_quota"]) == (403, 0)
    assert session.status_code == 429


def test_wagate_counts_what_was_sent_and_received(simulator: Simulator, make: Make) -> None:
    simulator.quota.limit = 10
    simulator.quota.received = 3
    make(WAGATE)
    make(WAGATE_SESSION)

    told = make(WAGATE_QUOTA).json()["data"]

    assert (told["quota_limit"], told["quota_used"], told["quota_remaining"]) == (10, 5, 5)
    assert (told["quota_sent"], told["quota_received"]) == (2, 3)


def test_wagate_says_when_the_device_is_not_connected(simulator: Simulator, make: Make) -> None:
    simulator.set_offline("wagate", "wa-melati")

    response = make(WAGATE)

    assert response.status_code == 403
    assert response.json()["device_status"] == "disconnected"


RIJAN_WRONG = {
    "no key": (RIJAN.with_headers(Authorization=None), 401, "UNAUTHORIZED"),
    "another key": (RIJAN.with_headers(Authorization="Bearer x"), 401, "INVALID_API_KEY"),
    "unknown device": (
        replace(RIJAN, path="/rijan/v1/devices/x/messages/text"),
        404,
        "NOT_FOUND",
    ),
    "no such route": (replace(RIJAN, path="/rijan/v1/messages"), 404, "NOT_FOUND"),
    "a bare number": (RIJAN.with_fields(to="6281200000001"), 400, "VALIDATION_ERROR"),
    "a hidden identity": (RIJAN.with_fields(to="123@lid"), 400, "VALIDATION_ERROR"),
    "the other library's JID": (
        RIJAN.with_fields(to="6281200000001@c.us"),
        400,
        "VALIDATION_ERROR",
    ),
    "no text": (RIJAN.with_fields(text=None), 500, "INTERNAL_ERROR"),
    "no JSON": (replace(RIJAN, body=b"{"), 500, "INTERNAL_ERROR"),
    "a form": (RIJAN.with_headers(Content_Type="text/plain"), 500, "INTERNAL_ERROR"),
    "too large": (RIJAN.with_fields(text="a" * (1024 * 1024)), 500, "INTERNAL_ERROR"),
}


@pytest.mark.parametrize("case", RIJAN_WRONG)
def test_rijan_refuses_with_a_code(case: str, simulator: Simulator, make: Make) -> None:
    call, status, code = RIJAN_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["success"] is False
    assert simulator.sent == []


def test_rijan_takes_its_key_in_either_header(simulator: Simulator, make: Make) -> None:
    make(RIJAN.with_headers(Authorization=None, X_API_Key="key-rijan"))

    assert len(simulator.sent) == 1


def test_rijan_looks_at_the_device_before_the_recipient(simulator: Simulator, make: Make) -> None:
    simulator.set_offline("rijan", "device_melati")

    response = make(RIJAN.with_fields(to="6281200000001"))

    assert response.json()["error"]["message"] == "Device is not connected"


def test_rijan_carries_out_a_repeated_idempotency_key_once(
    simulator: Simulator, make: Make
) -> None:
    first, second = make(RIJAN), make(RIJAN)

    assert first.json() == second.json()
    assert first.json()["idempotencyKey"] == "key-1"
    assert len(simulator.sent) == 1


def test_rijan_carries_out_two_idempotency_keys(simulator: Simulator, make: Make) -> None:
    first = make(RIJAN)
    second = make(RIJAN.with_fields(idempotencyKey=None).with_headers(Idempotency_Key="key-2"))

    assert first.json()["id"] != second.json()["id"]
    assert [sent.idempotency_key for sent in simulator.sent] == ["key-1", "key-2"]


def test_rijan_tells_the_whatsapp_id_with_the_status(simulator: Simulator, make: Make) -> None:
    queued = make(RIJAN).json()

    told = make(rijan_status(queued["messageId"])).json()

    assert queued["messageId"].startswith("msg_")
    assert told["waMessageId"] == simulator.sent[0].whatsapp_id != ""


def test_rijan_does_not_know_the_status_of_a_message_that_it_never_took(make: Make) -> None:
    assert make(rijan_status("msg_0")).status_code == 404


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
}


@pytest.mark.parametrize("case", CSKU_WRONG)
def test_csku_refuses_with_status_zero(case: str, simulator: Simulator, make: Make) -> None:
    call, status = CSKU_WRONG[case]

    response = make(call)

    assert response.status_code == status
    assert (response.json()["status"], response.json()["rc"]) == (0, status)
    assert simulator.sent == []


def test_csku_takes_both_credentials_in_one_bearer(simulator: Simulator, make: Make) -> None:
    bearer = "Bearer Yml6X21lbGF0aTprZXktY3NrdQ=="

    response = make(CSKU.with_headers(Business=None, Secret=None, Authorization=bearer))

    assert response.json()["status"] == 1
    assert len(simulator.sent) == 1


WHATSGATE_WRONG = {
    "no key": (WHATSGATE.with_headers(X_Api_Key=None), "Unauthorized"),
    "another key": (WHATSGATE.with_headers(X_Api_Key="x"), "Unauthorized"),
    "another device": (WHATSGATE.with_fields(WhatsappID="x"), "Not Found"),
    "another command": (replace(WHATSGATE, path="/whatsgate/api/v1/kirim"), "Not Found"),
    "no JSON": (replace(WHATSGATE, body=b"<x>"), "Bad Request"),
    "no flag": (WHATSGATE.with_fields(**{"async": None}), "Bad Request"),
    "a bare number": (_whatsgate_to(id="6281200000001"), "Bad Request"),
    "a number without a type": (_whatsgate_to(number="6281200000001"), "Bad Request"),
    "Rijan's JID": (_whatsgate_to(id="6281200000001@s.whatsapp.net"), "Bad Request"),
    "no text": (WHATSGATE.with_fields(message={"type": "text"}), "Bad Request"),
    "unknown type": (WHATSGATE.with_fields(message={"type": "x", "body": "a"}), "Bad Request"),
}


@pytest.mark.parametrize("case", WHATSGATE_WRONG)
def test_whatsgate_refuses_everything_with_500(case: str, simulator: Simulator, make: Make) -> None:
    call, name = WHATSGATE_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["name"]) == (500, name)
    assert simulator.sent == []


def test_whatsgate_takes_a_number_with_a_type(simulator: Simulator, make: Make) -> None:
    make(_whatsgate_to(number="6281200000001", type="contact"))

    assert [sent.to for sent in simulator.sent] == ["6281200000001@c.us"]


def test_whatsgate_tells_the_id_only_when_it_sends_at_once(
    simulator: Simulator, make: Make
) -> None:
    now = make(WHATSGATE).json()["result"]
    later = make(WHATSGATE.with_fields(**{"async": True})).json()["result"]

    assert now["_id"] == simulator.sent[0].external_id
    assert later == "OK"
    assert simulator.sent[1].external_id == ""


def test_knows_no_other_gateway(make: Make) -> None:
    assert make(replace(META, path="/telegram/v1/send")).status_code == 404


def test_wants_the_length_of_a_body(simulator: Simulator) -> None:
    with requests.Session() as session:
        session.trust_env = False
        response = session.post(simulator.url + META.path, data=iter([b"{}"]), timeout=5)

    assert response.status_code == 411
