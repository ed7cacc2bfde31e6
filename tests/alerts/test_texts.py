"""What people read: short, in their language, and nobody's words or numbers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.alerts.kinds import AlertKind, Telling
from bot.alerts.texts import NAME, write
from bot.alerts.words import CLOSED, OPEN, REASONS
from bot.gateways import errors

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
    for telling in Telling:
        written = text(kind, telling, language=language)
        assert written.startswith("Balas: ")
        # What is wrong with the rules is wrong at every gateway.
        assert ("WAGate wa-melati" in written) is (kind is not AlertKind.RULES_BROKEN)
        assert len(written) < 250
        # Nothing is left of the template, whatever is missing in the details.
        assert "{" not in written + text(kind, telling, language=language, details={})


def test_both_languages_say_the_same_things() -> None:
    assert set(OPEN["id"]) == set(OPEN["en"]) == set(AlertKind)
    assert set(CLOSED["id"]) == set(CLOSED["en"]) == set(AlertKind)


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


def test_names_the_reasons_in_plain_words_and_how_often() -> None:
    assert text(AlertKind.MESSAGE_DEAD).startswith(
        "Balas: 4 pesan dari WAGate wa-melati tidak terkirim "
        "(token ditolak gateway ×3, terlalu lama menunggu)."
    )


def test_reasons_that_are_the_same_in_plain_words_are_one() -> None:
    details = {"reasons": {"TransientError": 2, "Unreachable": 1, "OutcomeUnknown": 1}}

    assert "(gateway bermasalah ×4)" in text(AlertKind.MESSAGE_DEAD, details=details)


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        (AlertKind.MESSAGE_HELD, "unknown", "mungkin sudah terkirim, mungkin belum: lihat di chat"),
        (AlertKind.MESSAGE_HELD, "window", "menunggu pelanggan menulis lagi"),
        (AlertKind.MESSAGE_DEAD, "unknown", "tanpa alasan"),
        (AlertKind.MESSAGE_FAILED, "unknown", "tanpa alasan"),
        (AlertKind.MESSAGE_FAILED, "131026", "kode 131026"),
        (AlertKind.MESSAGE_DEAD, "KeyError", "sebab lain"),
    ],
)
def test_a_reason_has_words_that_suit_what_it_is_about(
    kind: AlertKind, reason: str, words: str
) -> None:
    assert f"({words})." in text(kind, details={"reasons": {reason: 1}})


@pytest.mark.parametrize(
    "error", [each for each in vars(errors).values() if isinstance(each, type)], ids=str
)
def test_every_error_that_ends_a_message_has_words(error: type[Exception]) -> None:
    if issubclass(error, errors.SendError | errors.NotSupported):
        exempt = (errors.SendError, errors.PermanentError)
        assert error in exempt or error.__name__ in REASONS


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 message from WAGate wa-melati is held"), (2, "2 messages")]
)
def test_one_is_not_several(count: int, words: str) -> None:
    written = text(AlertKind.MESSAGE_HELD, count=count, details={}, language="en")

    assert written.startswith(f"Balas: {words}")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", AlertKind)
def test_names_a_command_only_at_the_end(kind: AlertKind, language: str) -> None:
    for telling, more in ((Telling.OPEN, 0), (Telling.OPEN, 7), (Telling.CLOSED, 0)):
        before, _, command = text(kind, telling, more=more, language=language).partition("flask ")
        assert "flask" not in before + command
        assert "." not in command


def test_says_that_without_quota_no_message_comes_in_either() -> None:
    opened = text(AlertKind.QUOTA_EXHAUSTED)
    closed = text(AlertKind.QUOTA_EXHAUSTED, Telling.CLOSED)

    assert opened.endswith(
        "Pesan pelanggan juga tidak sampai ke bot sampai kuota ada lagi: balas dari HP."
    )
    assert closed.endswith("Pesan yang masuk selama kuota habis tidak dibalas bot; periksa di HP.")
    assert "HP" not in text(AlertKind.QUOTA_EXHAUSTED, place=("rijan", "device_2"))


def test_says_of_bad_signatures_that_it_may_be_a_stranger() -> None:
    for left in (5, 0):
        details = {"left": left, "only_forged": True}
        written = text(AlertKind.WEBHOOK_FAILING, details=details)
        assert "bertanda tangan salah. Mungkin orang lain" in written
        assert "mematikan" not in written


def test_says_that_what_it_was_about_is_gone() -> None:
    written = text(AlertKind.DEVICE_OFFLINE, Telling.CLOSED, is_gone=True)

    assert written == "Balas: WAGate wa-melati tidak dipakai lagi di sini."


def test_says_how_many_refusals_are_left_and_when_none_is() -> None:
    assert "Setelah 5 lagi" in text(AlertKind.WEBHOOK_FAILING)
    assert "mungkin sudah mematikan" in text(
        AlertKind.WEBHOOK_FAILING, details={**DETAILS, "left": 0}
    )


def test_says_that_it_is_still_so() -> None:
    assert text(AlertKind.QUOTA_EXHAUSTED, Telling.STILL).startswith("Balas: Masih: Kuota")


def test_says_that_there_are_more_like_it() -> None:
    assert text(AlertKind.DEVICE_OFFLINE, more=7).endswith(
        " Dan 7 yang serupa. Lihat: flask alerts"
    )


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"file": "promo.yaml", "line": 12}, "Ada kesalahan di promo.yaml baris 12, jadi"),
        ({"file": "promo.yaml", "line": 0}, "Ada kesalahan di promo.yaml, jadi"),
    ],
)
def test_says_where_the_rules_are_wrong(details: dict[str, Any], said: str) -> None:
    assert said in text(AlertKind.RULES_BROKEN, place=("", ""), details=details)
