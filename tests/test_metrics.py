"""What Prometheus is told: true figures, from every process, and nothing about people."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import Engine, insert, update

from bot import rules
from bot.config import ROOT, read_settings
from bot.counting import GUARDS, SEND_SECONDS
from bot.draining import InboxDrain
from bot.inbox.conversations import ensure_conversation
from bot.lanes import LANES
from bot.metrics.standing import read_standing
from bot.rules import Shelf
from bot.runtime import Runtime
from models import Alert, Breaker, Device, Effect, Event, Message, writing
from tests.conftest import Valkey
from tests.models.test_indexes import plan
from tests.web import CONFIGURED, NAMES, Web, text_body, web_process

NOW = datetime.now(UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DEVICE = "wa-melati-1700000001"
OPERATIONS = ROOT / "docs" / "operations.md"
FIGURE = re.compile(r"\bbalas_[a-z_]+")
ABOUT_PEOPLE = ("6281200000017", "6281200000018", "Budi", "melati", "rahasia")

Figures = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


def page(web: Web, **headers: str) -> str:
    """Return the page, once everything that was counted is told."""
    web.runtime.counts.flush()
    return web.client.get("/metrics", headers=headers).get_data(as_text=True)


def figures(web: Web) -> Figures:
    """Return every figure by its name and the words of its labels, in the labels' order."""
    found: Figures = {}
    for family in text_string_to_metric_families(page(web)):
        for sample in family.samples:
            words = tuple(word for _, word in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[words] = sample.value
    return found


def put(web: Web, table: type, **values: Any) -> None:
    with writing(web.engine) as session:
        session.execute(insert(table).values(**values))


def put_device(web: Web, device: str, *, gateway: str = "wagate", **values: Any) -> None:
    put(web, Device, gateway=gateway, device=device, **{"webhook_at": NOW, **values})


def put_message(
    web: Web, status: str, *, gateway: str = "wagate", device: str = DEVICE, **values: Any
) -> None:
    with writing(web.engine) as session:
        conversation = ensure_conversation(session, (gateway, device, "6281200000017"), now=NOW)
        row = {
            "conversation_id": conversation,
            "gateway": gateway,
            "device": device,
            "lane": 3,
            "direction": "out",
            "kind": "text",
            "status": status,
            "created_at": NOW,
            "due_at": NOW,
        }
        session.execute(insert(Message).values(**{**row, **values}))


def put_event(web: Web, key: str, **values: Any) -> None:
    row = {
        "gateway": "wagate",
        "device": DEVICE,
        "key": key,
        "kind": "message.received",
        "lane": 3,
        "payload": b"{}",
        "received_at": NOW,
        "due_at": NOW,
    }
    put(web, Event, **{**row, **values})


def about(seconds: float) -> Any:
    """Return an age that was so many seconds when this module began."""
    passed = (datetime.now(UTC) - NOW).total_seconds()
    return pytest.approx(seconds + passed, abs=20)


def test_webhooks_are_counted_by_what_became_of_them(web: Web) -> None:
    kept = web.sign("wagate", text_body("wagate"))
    for _ in range(3):
        web.post(kept)
    web.post(web.sign("wagate", b"no json"))
    web.client.post("/webhook/wagate", data=kept.body, headers={"X-Webhook-Signature": "00"})
    packed = {**kept.headers, "Content-Encoding": "gzip"}
    web.client.post("/webhook/wagate", data=kept.body, headers=packed)

    found = figures(web)["balas_webhooks_total"]

    assert {answer: number for (answer, name), number in found.items() if name == "wagate"} == {
        "kept": 1,
        "repeat": 2,
        "unreadable": 1,
        "forged": 1,
        "refused": 1,
    }
    assert sum(found.values()) == 6


def test_a_webhook_at_a_shared_address_counts_for_its_gateway(web: Web) -> None:
    signed = web.sign("rijan", text_body("rijan"))
    web.client.post("/webhook", data=signed.body, headers=signed.headers)
    web.client.post("/webhook", data=b"{}")

    found = figures(web)["balas_webhooks_total"]

    assert found[("kept", "rijan")] == 1
    assert found[("forged", "other")] == 1


def test_a_gateway_that_is_none_counts_as_other(web: Web) -> None:
    web.client.post("/webhook/6281200000017", data=b"{}")

    assert figures(web)["balas_webhooks_total"][("refused", "other")] == 1


def test_a_challenge_is_no_webhook(web: Web) -> None:
    web.client.get("/webhook/meta")

    assert sum(figures(web)["balas_webhooks_total"].values()) == 0


def test_events_are_counted_by_kind_and_repeats_again(web: Web) -> None:
    signed = web.sign("csku", text_body("csku"))
    for _ in range(3):
        web.post(signed)

    found = figures(web)

    assert found["balas_events_acknowledged_total"] == {("csku", "message.received"): 3}
    assert found["balas_events_repeated_total"][("csku",)] == 2


def test_a_webhook_that_is_partly_known_is_kept_and_its_repeats_count(web: Web) -> None:
    first, second = (json.loads(text_body("meta")) for _ in range(2))
    web.post(web.sign("meta", json.dumps(first).encode()))
    known = first["entry"][0]["changes"][0]["value"]["messages"]
    second["entry"][0]["changes"][0]["value"]["messages"] += known
    web.post(web.sign("meta", json.dumps(second).encode()))

    found = figures(web)

    assert found["balas_webhooks_total"][("kept", "meta")] == 2
    assert found["balas_events_acknowledged_total"] == {("meta", "message.received"): 3}
    assert found["balas_events_repeated_total"][("meta",)] == 1


def test_counts_of_all_processes_are_one_figure(
    web: Web, database_url: str, shared_valkey: Valkey
) -> None:
    with web_process(database_url, shared_valkey.url) as other:
        web.post_text("meta")
        other.post_text("meta")
        other.runtime.counts.flush()

        assert figures(web)["balas_webhooks_total"][("kept", "meta")] == 2
        assert figures(other)["balas_webhooks_total"][("kept", "meta")] == 2


def test_guards_are_counted_where_the_inbox_is_drained(
    web: Web, redis: Redis, shared_valkey: Valkey, tmp_path: Any
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\nsettings: {max_age: 1m}\nrules: []\nfallback: {reply: halo}\n")
    body = text_body("wagate")
    web.post(web.sign("wagate", body))
    with writing(web.engine) as session:
        session.execute(update(Event).values(received_at=NOW + HOUR))
    runtime = Runtime(
        settings=read_settings({"REDIS_URL": shared_valkey.url, "RULES_FILE": str(file)}),
        gateways=web.runtime.gateways,
    )
    runtime.__dict__["engine"] = web.engine
    runtime.__dict__["counts"] = web.runtime.counts

    drain = InboxDrain(runtime, Shelf(file))
    for lane in range(LANES):
        drain(lane)

    assert figures(web)["balas_guards_total"][("stale",)] == 1


def test_a_histogram_holds_the_smaller_in_the_larger_buckets(web: Web) -> None:
    for seconds in (0.01, 0.2, 0.2, 100.0):
        web.runtime.counts.observe(SEND_SECONDS, "csku", seconds=seconds)

    found = figures(web)
    buckets = {bound: number for (_, bound), number in found["balas_send_seconds_bucket"].items()}

    assert [buckets[bound] for bound in ("0.05", "0.1", "0.25", "60.0", "+Inf")] == [1, 1, 3, 3, 4]
    assert found["balas_send_seconds_count"] == {("csku",): 4}
    assert found["balas_send_seconds_sum"] == {("csku",): pytest.approx(100.41)}


def test_ages_are_those_of_the_oldest_that_is_due(web: Web) -> None:
    put_event(web, "1", received_at=NOW - HOUR, due_at=NOW + HOUR)
    put_event(web, "2", received_at=NOW - 2 * MINUTE, due_at=NOW - 2 * MINUTE)
    put_event(web, "3", lane=4, received_at=NOW - MINUTE, due_at=NOW - MINUTE)
    put_event(web, "4", lane=5, due_at=NOW - HOUR, processed_at=NOW)
    put_event(web, "5", lane=6, due_at=NOW - HOUR, error="KeyError at x.py:1")
    put_message(web, "queued", due_at=NOW - 3 * MINUTE)
    put_message(web, "queued", due_at=NOW + HOUR)
    put_message(web, "queued", due_at=NOW - HOUR, held="window")
    put_message(web, "unknown", due_at=NOW - HOUR)
    effect = {"kind": "mark_read", "gateway": "wagate", "device": DEVICE, "lane": 1}
    put(web, Effect, key="1", due_at=NOW - 4 * MINUTE, created_at=NOW, **effect)
    put(web, Effect, key="2", due_at=NOW + HOUR, created_at=NOW, **effect)
    put(web, Effect, key="3", due_at=NOW - HOUR, created_at=NOW, done_at=NOW, **effect)

    found = figures(web)

    assert found["balas_queue_age_seconds"] == {
        ("inbox",): about(120),
        ("outbox",): about(180),
        ("outbox_resting",): 0,
        ("effects",): about(240),
    }
    assert found["balas_effects_waiting"] == {(): 2}
    assert found["balas_events_waiting"] == {(): 3}
    assert found["balas_events_failed"] == {(): 1}


RESTING: dict[str, dict[str, Any]] = {
    "rests": {"paused_until": NOW + HOUR, "pauses": 1},
    "wants a probe": {"paused_until": NOW - HOUR, "pauses": 1},
    "stopped": {"stopped_until": NOW + HOUR},
    "in reserve": {"quota_remaining": 5, "quota_reserve": 5},
}


@pytest.mark.parametrize("why", RESTING)
def test_what_waits_for_a_device_ages_by_itself(web: Web, why: str) -> None:
    put_device(web, "wa-lain", **RESTING[why])
    put_device(web, DEVICE, stopped_until=NOW - MINUTE, quota_remaining=6, quota_reserve=5)
    put_message(web, "queued", device="wa-lain", due_at=NOW - HOUR, automatic=True)
    put_message(web, "queued", due_at=NOW - MINUTE, automatic=True)

    found = figures(web)["balas_queue_age_seconds"]

    assert found[("outbox",)] == about(60)
    assert found[("outbox_resting",)] == about(3600)


def test_what_a_person_wrote_does_not_wait_for_the_reserve(web: Web) -> None:
    put_device(web, DEVICE, quota_remaining=5, quota_reserve=5)
    put_message(web, "queued", due_at=NOW - MINUTE)

    assert figures(web)["balas_queue_age_seconds"][("outbox",)] == about(60)


def test_what_waits_for_a_gateway_ages_with_the_resting(web: Web) -> None:
    put(web, Breaker, gateway="wagate", host="127.0.0.1:9", paused_until=NOW + HOUR, pauses=1)
    put(web, Breaker, gateway="wagate", host="lama", paused_until=NOW + HOUR, pauses=1)
    put(web, Breaker, gateway="rijan", host="127.0.0.1:9", paused_until=None, pauses=0)
    put_message(web, "queued", due_at=NOW - HOUR)
    put_message(web, "queued", gateway="rijan", device="melati", due_at=NOW - MINUTE)

    found = figures(web)

    assert found["balas_breakers_open"] == {(): 1}
    assert found["balas_queue_age_seconds"][("outbox_resting",)] == about(3600)
    assert found["balas_queue_age_seconds"][("outbox",)] == about(60)


def test_devices_are_counted_by_their_state(web: Web) -> None:
    put_device(web, "wa-1", state="connected", paused_until=NOW - MINUTE)
    put_device(web, "wa-2", state="disconnected")
    put_device(web, "wa-3", state="qr")
    put_device(web, "wa-4", state="connected", paused_until=NOW + HOUR)
    put_device(web, "wa-5", state="connected", paused_until=NOW + HOUR, stopped_until=NOW + HOUR)
    put_device(web, "wa-6")
    put_device(web, "wa-7", state="disconnected", webhook_at=NOW - timedelta(days=30))
    put_device(web, "100200300400500", gateway="meta", state="connected", webhook_at=None)

    assert figures(web)["balas_devices"] == {
        ("connected",): 2,
        ("offline",): 2,
        ("resting",): 1,
        ("stopped",): 1,
        ("unknown",): 1,
    }


def test_quotas_are_summed_up_and_the_least_part_is_told(web: Web) -> None:
    put_device(web, "wa-1", quota_remaining=900, quota_limit=1000)
    put_device(web, "wa-2", quota_remaining=10, quota_limit=100)
    put_device(web, "wa-3", quota_remaining=7, quota_limit=0)
    put_device(web, "wa-4", quota_remaining=80, quota_limit=100)
    put_device(web, "wa-5")

    found = figures(web)

    assert found["balas_quota_remaining"] == {("wagate",): 997}
    assert found["balas_quota_remaining_ratio"] == {("wagate",): pytest.approx(0.1)}


def test_messages_are_counted_by_what_they_wait_for(web: Web) -> None:
    for status in ("queued", "queued", "sent", "dead", "dead", "dead"):
        put_message(web, status)
    put_message(web, "queued", held="window")
    put_message(web, "unknown", held="unknown")
    for hours in (0, 23, 25):
        put_message(web, "failed", failed_at=NOW - hours * HOUR)

    found = figures(web)

    assert found["balas_messages_waiting"] == {
        ("queued",): 3,
        ("claimed",): 0,
        ("sending",): 0,
        ("unknown",): 1,
    }
    assert found["balas_messages_held"] == {("window",): 1, ("unknown",): 1}
    assert found["balas_messages_dead"] == {(): 3}
    assert found["balas_messages_failed"] == {(): 2}


def test_open_alerts_are_counted_by_kind(web: Web) -> None:
    at = {"opened_at": NOW, "seen_at": NOW, "count": 1, "details": {}}
    put(web, Alert, kind="quota.low", gateway="wagate", device="wa-1", **at)
    put(web, Alert, kind="quota.low", gateway="wagate", device="wa-2", **at)
    put(web, Alert, kind="device.offline", gateway="wagate", device="wa-1", closed_at=NOW, **at)

    found = figures(web)["balas_alerts_open"]

    assert found[("quota.low",)] == 2
    assert sum(found.values()) == 2


def test_nothing_about_people_gets_into_the_figures(web: Web) -> None:
    for word in ABOUT_PEOPLE:
        web.client.post(f"/webhook/{word}", data=word.encode())
        web.client.post(f"/webhook/whatsapp/{word}", data=word.encode())
        web.post_text("wagate", sender="6281200000018", text=word)
        put_device(web, word, gateway=word, state=word, phone=word, name=word, quota_remaining=1)
        put_device(web, word, quota_remaining=1, quota_limit=2, pause_reason=word)
        put_message(web, "queued", gateway=word, device=word, kind=word, held=word, text=word)
        put_message(web, "dead", error=word, rule=word)
        put_event(web, word, kind=word, gateway=word, device=word, error=word)
        put(web, Breaker, gateway=word, host=word, paused_until=NOW + HOUR, pause_reason=word)
        put(web, Alert, kind=word, details={word: word}, count=1, opened_at=NOW, seen_at=NOW)
    effect = {"kind": "Budi", "gateway": "Budi", "device": "Budi", "lane": 1}
    put(web, Effect, key="Budi", due_at=NOW, created_at=NOW, **effect)

    found = page(web)

    assert [word for word in ABOUT_PEOPLE if word in found] == []
    assert 'balas_alerts_open{kind="other"} 5.0' in found
    assert 'balas_messages_held{reason="other"} 5.0' in found
    assert 'balas_quota_remaining{gateway="other"} 5.0' in found


def test_tells_that_the_database_is_away(shared_valkey: Valkey, redis: Redis) -> None:
    with web_process("postgres://balas@127.0.0.1:9/balas", shared_valkey.url) as web:
        web.runtime.counts.count(GUARDS, "loop")
        found = figures(web)

    assert found["balas_database_up"] == {(): 0}
    assert found["balas_redis_up"] == {(): 1}
    assert found["balas_guards_total"][("loop",)] == 1
    assert "balas_events_waiting" not in found


def test_tells_that_redis_is_away(sqlite_engine: Engine, own_valkey: Valkey) -> None:
    own_valkey.kill()
    with web_process(str(sqlite_engine.url), own_valkey.url) as web:
        found = figures(web)

    assert found["balas_database_up"] == {(): 1}
    assert found["balas_redis_up"] == {(): 0}
    assert "balas_guards_total" not in found


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text; version=1.0.0",
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    ],
)
def test_speaks_openmetrics_to_who_asks_for_it(web: Web, accept: str) -> None:
    web.post_text("meta")
    read = read_openmetrics(page(web, Accept=accept))  # type: ignore[no-untyped-call]
    families = {family.name: family for family in read}

    assert families["balas_webhooks"].type == "counter"
    assert families["balas_send_seconds"].type == "histogram"


@pytest.mark.parametrize(
    "accept", ["application/openmetrics-text; version=x", "text/plain;version=x", "%", ""]
)
def test_answers_whatever_is_asked_for(web: Web, accept: str) -> None:
    assert "balas_database_up 1.0" in page(web, Accept=accept)


def test_the_figures_are_read_by_index(engine: Engine) -> None:
    found = plan(engine, lambda session: read_standing(session, {}, now=NOW))

    for name in (
        "events_open",
        "events_failed",
        "messages_unsettled",
        "messages_dead",
        "messages_failed",
    ):
        assert f"ix_{name}" in found
    for name in ("effects_open", "alerts_open"):
        assert f"ix_{name}" in found
    for scan in ("Seq Scan on events", "Seq Scan on messages", "SCAN events'", "SCAN messages'"):
        assert scan not in found


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 401), ("Bearer salah", 401), ("Bearer \xe9", 401), ("Bearer sandi-angka", 200)],
)
def test_metrics_may_need_a_token(
    sqlite_engine: Engine, shared_valkey: Valkey, header: str | None, status: int
) -> None:
    environ = {**CONFIGURED, "METRICS_TOKEN": "sandi-angka"}
    headers = {"Authorization": header} if header else {}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        assert web.client.get("/metrics", headers=headers).status_code == status


def test_metrics_count_what_waits(web: Web) -> None:
    for name in NAMES:
        web.post_text(name)
    before = web.client.get("/metrics").get_data(as_text=True)
    web.process(rules.load("rules.yaml"))

    after = web.client.get("/metrics").get_data(as_text=True)

    assert "balas_events_waiting 5.0" in before
    assert "balas_events_waiting 0.0" in after
    assert "balas_events_processed 5.0" in after
    assert 'balas_messages_waiting{status="queued"} 5.0' in after


def test_the_operations_page_explains_every_figure_and_names_no_other(web: Web) -> None:
    kinds = {family.name: family.type for family in text_string_to_metric_families(page(web))}
    histograms = [name for name, kind in kinds.items() if kind == "histogram"]
    shown = {
        name.removesuffix("_total") + "_total" * (kind == "counter") for name, kind in kinds.items()
    }
    parts = {f"{name}{part}" for name in histograms for part in ("_bucket", "_count", "_sum")}
    text = OPERATIONS.read_text(encoding="utf-8")
    explained = {
        name
        for line in text.splitlines()
        if line.startswith("| `balas_")
        for name in FIGURE.findall(line)
    }

    assert explained == shown
    assert set(FIGURE.findall(text)) <= shown | parts
