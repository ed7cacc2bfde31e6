"""The simulator's own addresses: what was sent, what shall go wrong, and for whom."""

from collections.abc import Callable
from threading import Timer
from typing import Any

import pytest
import requests

from bot.simulator.server import Simulator
from tests.simulator.calls import META, RIJAN, WAGATE_SESSION, ApiCall

Make = Callable[[ApiCall], requests.Response]


def ask(simulator: Simulator, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(method, f"{simulator.url}/_simulator/{path}", timeout=5, **options)


def test_tells_what_was_sent_in_order(simulator: Simulator, make: Make) -> None:
    for number in range(3):
        make(META.with_fields(text={"body": f"ke-{number}"}))

    told = ask(simulator, "GET", "sent").json()

    assert [sent["text"] for sent in told] == ["ke-0", "ke-1", "ke-2"]
    assert told[0]["external_id"] == simulator.sent[0].external_id


def test_tells_what_was_sent_since(simulator: Simulator, make: Make) -> None:
    for number in range(3):
        make(META.with_fields(text={"body": f"ke-{number}"}))

    told = ask(simulator, "GET", "sent?since=2").json()

    assert [sent["text"] for sent in told] == ["ke-2"]


def test_forgets_what_was_sent_with_its_idempotency_keys(simulator: Simulator, make: Make) -> None:
    make(RIJAN)
    ask(simulator, "DELETE", "sent")
    make(RIJAN)

    assert len(simulator.sent) == 1


def test_waits_for_what_is_sent_later(simulator: Simulator, make: Make) -> None:
    timer = Timer(0.1, make, [META])
    timer.start()

    assert simulator.wait_for(lambda sent: len(sent) == 1, timeout=5)
    assert not simulator.wait_for(lambda sent: len(sent) == 2, timeout=0.05)
    timer.join()


def test_plans_and_clears_faults(simulator: Simulator, make: Make) -> None:
    fault = {"gateway": "meta", "kind": "fail", "refusal": "pair rate", "times": 2}
    ask(simulator, "POST", "faults", json=fault)
    planned = make(META)
    ask(simulator, "DELETE", "faults?gateway=meta")

    assert planned.json()["error"]["code"] == 131056
    assert make(META).status_code == 200


@pytest.mark.parametrize(
    "order",
    [
        {"gateway": "meta", "kind": "explode"},
        {"gateway": "telegram", "kind": "fail"},
        {"gateway": "meta", "kind": "fail", "refusal": "quota"},
        {"gateway": "meta", "kind": "fail", "tims": 3},
        {"kind": "fail"},
    ],
)
def test_says_what_is_wrong_with_an_order(order: dict[str, Any], simulator: Simulator) -> None:
    response = ask(simulator, "POST", "faults", json=order)

    assert response.status_code == 400
    assert response.json()["error"]


def test_sets_the_quota(simulator: Simulator, make: Make) -> None:
    ask(simulator, "POST", "quota", json={"limit": 1})

    assert [make(WAGATE_SESSION).status_code for _ in range(2)] == [200, 429]
    assert ask(simulator, "GET", "quota").json()["remaining"] == 0


def test_disconnects_a_device_and_connects_it_again(simulator: Simulator, make: Make) -> None:
    order = {"gateway": "rijan", "device": "device_melati"}
    ask(simulator, "POST", "devices", json=order)
    offline = make(RIJAN).status_code
    ask(simulator, "POST", "devices", json={**order, "offline": False})

    assert (offline, make(RIJAN).status_code) == (400, 200)


def test_shows_nothing_to_a_web_page_under_another_name(simulator: Simulator) -> None:
    renamed = ask(simulator, "GET", "sent", headers={"Host": "evil.example"})
    from_page = ask(simulator, "GET", "sent", headers={"Origin": "http://evil.example"})

    assert (renamed.status_code, from_page.status_code) == (403, 403)


def test_knows_no_other_address(simulator: Simulator) -> None:
    assert ask(simulator, "GET", "tokens").status_code == 404


def test_answers_when_asked_for_its_health(simulator: Simulator) -> None:
    assert ask(simulator, "GET", "health").json() == {"status": "healthy"}


def test_cannot_post_webhooks_without_a_receiver(simulator: Simulator) -> None:
    response = ask(simulator, "POST", "webhooks", json={"gateway": "meta"})

    assert response.status_code == 400


def test_prints_nothing_about_what_it_is_sent(
    simulator: Simulator, make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    make(META)
    make(META.with_headers(Authorization="Bearer salah"))

    assert "Pesanan siap" not in repr(simulator.sent)
    assert capfd.readouterr() == ("", "")
