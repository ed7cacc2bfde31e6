"""CSKU refuses with status 0 in its body."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from bot.simulator.server import Simulator
from tests.simulator.calls import CSKU, ApiCall

Make = Callable[[ApiCall], requests.Response]


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
