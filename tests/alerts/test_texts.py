"""What people read: short, in their language, and nobody's words or numbers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.alerts.kinds import GOOD_NEWS, AlertKind, Telling
from bot.alerts.texts import CLOSED, NAME, OPEN, write

OPENED = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
# All that any kind holds.
DETAILS: dict[str, Any] = {
    "reasons": {"NotAuthorised": 3, "expired": 1},
    "state": "disconnected",
    "since": "2026-03-04T08:30:00+00:00",
    "remaining": 80,
    "limit": 1000,
    "resets_at": "2026-04-01T00:00:00+00:00",
    "hosts": ["wagate.in"],
    "reason": "RateLimited",
    "left": 5,
    "hours": 4,
}


def text(kind: AlertKind, telling: Telling = Telling.OPEN, **changes: Any) -> str:
    values: dict[str, Any] = {
        "place": ("wagate", "wa-melati"),
        "count": 4,
        "details": DETAILS,
        "opened_at": OPENED,
        "language": "id",
        "zone": "Asia/Jakarta",
    }
    return write(kind, telling, **(values | changes))


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", AlertKind)
def test_every_alert_has_words_in_both_languages(kind: AlertKind, language: str) -> None:
    tellings = [Telling.OPEN, Telling.STILL] + [Telling.CLOSED] * (kind in GOOD_NEWS)
    for telling in tellings:
        written = text(kind, telling, language=language)
        assert written.startswith("Balas: ")
        assert "WAGate wa-melati" in written
        assert len(written) < 250
        # Nothing is left of the template, whatever is missing in the details.
        assert "{" not in written + text(kind, telling, language=language, details={})


def test_both_languages_say_the_same_things() -> None:
    assert set(OPEN["id"]) == set(OPEN["en"]) == set(AlertKind)
    assert set(CLOSED["id"]) == set(CLOSED["en"]) == GOOD_NEWS


def test_tells_the_time_as_the_shops_clock_shows_it() -> None:
    assert "sejak 15:30." in text(AlertKind.DEVICE_OFFLINE)
    assert "sejak 14:00." in text(AlertKind.DEVICE_OFFLINE, zone="Asia/Kolkata")


def test_names_the_day_where_it_is_another_one() -> None:
    assert text(AlertKind.QUOTA_LOW) == (
        "Balas: Kuota WAGate wa-melati tinggal 80 dari 1000, sampai 01/04 07:00."
    )


@pytest.mark.parametrize("year", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"])
@pytest.mark.parametrize("zone", ["Asia/Jakarta", "America/New_York"])
def test_a_time_that_no_clock_shows_is_left_out(year: str, zone: str) -> None:
    details = {**DETAILS, "since": year, "resets_at": year}

    for kind in AlertKind:
        assert text(kind, details=details, zone=zone).startswith("Balas: ")


def test_an_impossible_reset_is_not_told() -> None:
    details = {**DETAILS, "resets_at": "9999-12-31T23:59:59+00:00"}

    assert text(AlertKind.QUOTA_LOW, details=details).endswith("tinggal 80 dari 1000.")


@pytest.mark.parametrize("value", [None, 7, -1.5, "kemarin", [], [[]], {}, {"a": "b"}, True])
@pytest.mark.parametrize("kind", AlertKind)
def test_details_of_the_wrong_type_are_no_trouble(kind: AlertKind, value: object) -> None:
    assert text(kind, details=dict.fromkeys([*DETAILS, "at", "reason"], value)).startswith(NAME)


def test_names_the_reasons_and_how_often() -> None:
    assert "(NotAuthorised ×3, expired)" in text(AlertKind.MESSAGE_DEAD)


def test_says_how_many_refusals_are_left_and_when_none_is() -> None:
    assert "Setelah 5 lagi" in text(AlertKind.WEBHOOK_FAILING)
    assert "mungkin sudah mematikan" in text(
        AlertKind.WEBHOOK_FAILING, details={**DETAILS, "left": 0}
    )


def test_says_that_it_is_still_so() -> None:
    assert text(AlertKind.QUOTA_EXHAUSTED, Telling.STILL).startswith("Balas: Masih: Kuota")


def test_says_that_there_are_more_like_it() -> None:
    assert text(AlertKind.DEVICE_OFFLINE, more=7).endswith("Dan 7 yang serupa; lihat: flask alerts")
