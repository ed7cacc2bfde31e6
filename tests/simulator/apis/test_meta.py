"""Meta refuses with a status and a code."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from bot.simulator.server import Simulator
from tests.simulator.calls import META, ApiCall

Make = Callable[[ApiCall], requests.Response]


BUTTONS = [{"type": "reply", "reply": {"id": str(n), "title": "Ya"}} for n in range(4)]


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
