"""Opening hours: how they are written, when something is open, and how that is told."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.hours import Schedule, Told, compile_schedule
from bot.rules.hours.days import read_days
from bot.rules.hours.times import read_span
from bot.rules.languages import LANGUAGES
from bot.rules.source import read_source
from tests.rules.playing import problems

JAKARTA = ZoneInfo("Asia/Jakarta")
BERLIN = ZoneInfo("Europe/Berlin")
SHOP = """
    senin-jumat: 09:00-17:00
    sabtu: 09:00-13:00
    minggu: tutup
"""
RULES = "rules:\n  - {id: a, match: {words: [a]}, reply: x}\n"


def schedule(written: str, *, zone: str = "Asia/Jakarta") -> Schedule:
    source = read_source(f"hours:\n  toko:{written}", "rules.yaml")
    found = compile_schedule(source, "toko", source.at(("hours", "toko")), zone=zone)
    assert source.problems == []
    assert found is not None
    return found


def mistakes(written: str) -> list[str]:
    return problems(f"hours:\n  toko:{written}\n{RULES}")


def at(written: str, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=zone)


def told(hours: Schedule, written: str, language: str = "id", zone: ZoneInfo = JAKARTA) -> Told:
    return Told(hours, at(written, zone), LANGUAGES[language])


# How it is written. 2026-03-16 is a Monday.


@pytest.mark.parametrize(
    ("written", "open_at", "closed_at"),
    [
        (" 08:00-20:00", "2026-03-22 19:59", "2026-03-22 20:00"),
        (" [08:00-10:00, 18:00-20:00]", "2026-03-22 18:00", "2026-03-22 10:00"),
        ("\n    senin: 9-17", "2026-03-16 09:00", "2026-03-17 10:00"),
        ("\n    senin: 09.00-17.00", "2026-03-16 16:59", "2026-03-16 17:00"),
        ("\n    senin: 09:00 – 17:00", "2026-03-16 10:00", "2026-03-16 08:59"),
        ("\n    senin: 9 s/d 17", "2026-03-16 10:00", "2026-03-16 17:00"),
        ("\n    senin: 08.00 sampai 17.00", "2026-03-16 10:00", "2026-03-16 17:00"),
        ("\n    senin: 09:00-12:00, 13:00-17:00", "2026-03-16 13:00", "2026-03-16 12:00"),
        ("\n    senin: [09:00-12:00, 13:00-17:00]", "2026-03-16 11:59", "2026-03-16 12:30"),
        ("\n    senin, rabu: 09:00-17:00", "2026-03-18 10:00", "2026-03-17 10:00"),
        ("\n    senin-rabu, jumat: 09:00-17:00", "2026-03-20 10:00", "2026-03-19 10:00"),
        (
            "\n    Monday-Friday: tutup\n    sat-sun: 9-17",
            "2026-03-21 10:00",
            "2026-03-20 10:00",
        ),
        ("\n    sabtu-senin: 09:00-17:00", "2026-03-22 10:00", "2026-03-17 10:00"),
        ("\n    Jum’at: 13:00-17:00", "2026-03-20 13:00", "2026-03-20 12:59"),
        ("\n    ahad: 24 jam", "2026-03-22 23:59", "2026-03-23 00:00"),
        ("\n    senin: 00:00-24:00", "2026-03-16 00:00", "2026-03-17 00:00"),
        (
            "\n    setiap hari: 09:00-17:00\n    minggu: tutup",
            "2026-03-21 10:00",
            "2026-03-22 10:00",
        ),
        ("\n    Setiap Hari: 9-17\n    MINGGU: TUTUP", "2026-03-21 10:00", "2026-03-22 10:00"),
        ("\n    minggu: libur\n    daily: 09:00-17:00", "2026-03-21 10:00", "2026-03-22 10:00"),
        ("\n    senin: 17:00-00:00", "2026-03-16 23:59", "2026-03-17 00:00"),
    ],
)
def test_hours_can_be_written_in_many_ways(written: str, open_at: str, closed_at: str) -> None:
    hours = schedule(written)

    assert hours.is_open(at(open_at))
    assert not hours.is_open(at(closed_at))


@pytest.mark.parametrize("written", ["18:00-08:00", "08:00-03:00", "20:00-06:00", "06:00-02:00"])
def test_an_end_before_the_beginning_is_on_the_next_day(written: str) -> None:
    begins, ends = read_span(written)

    assert begins < 24 * 60 < ends


def test_every_day_of_every_language_is_known() -> None:
    for language in LANGUAGES.values():
        for number, names in enumerate(language.days):
            assert all(read_days(name.upper()) == (number,) for name in names)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("\n    senin-jumt: 9-17", 'got "senin-jumt"; did you mean "senin-jumat"?'),
        ("\n    hari kerja: 9-17", "expected days such as senin-jumat"),
        ("\n    senin-senin: 9-17", 'begins and ends on the same day; write "senin"'),
        ("\n    senin: buka terus", "expected hours such as 09:00-17:00, tutup or 24 jam"),
        ("\n    senin: libuur", 'did you mean "libur"?'),
        ("\n    senin: 9am to 5pm", 'did you mean "09:00-17:00"?'),
        ("\n    senin: 09:00-17:00 WIB", 'did you mean "09:00-17:00"?'),
        ("\n    senin: 09:00-25:00", "expected hours such as 09:00-17:00"),
        ("\n    senin: 09:60-17:00", "expected hours such as 09:00-17:00"),
        ("\n    senin: 24:00-03:00", 'did you mean "00:00-03:00"?'),
        ("\n    senin: 9-5", "did you mean 09:00-17:00?"),
        ("\n    senin: 08:00-05:00", "did you mean 08:00-17:00?"),
        ("\n    senin: 17:00-09:00", "did you mean 09:00-17:00?"),
        ("\n    senin: 09:00-09:00", "a whole day is written 24 jam"),
        ("\n    senin: 09:00-13:00, 12:00-17:00", "09:00-13:00 and 12:00-17:00 overlap"),
        ("\n    senin:", "got nothing"),
        ("\n    senin: []", "got an empty list"),
        ("\n    senin: {buka: 9}", "expected hours such as 09:00-17:00, got a map"),
        ("\n    senin-rabu: 9-17\n    rabu: 9-12", '"senin-rabu" on line 4 holds, too'),
        ("\n    every day: 9-17\n    tiap hari: 9-12", "every day is written twice"),
        (" {senin: 09:00-12:00, 13:00-17:00}", "several hours must stand in quotes"),
        ("\n    timezone: Asia/Jakarta", "write days with hours, such as senin-jumat: 09:00-17:00"),
        ("\n    senin: 9-17\n    libur: [2026-01-01]", 'did you mean "holidays"?'),
        ("\n    senin: 9-17\n    istirahat: 12-13", 'did you mean "breaks"?'),
        ("\n    senin: 9-17\n    timezone: WIB", 'did you mean "Asia/Jakarta"?'),
        ("\n    senin: 9-17\n    breaks: 18:00-19:00", "18:00-19:00 does not lie inside"),
        ("\n    senin: 9-17\n    breaks: {selasa: 12-13}", "12:00-13:00 does not lie inside"),
        ("\n    senin: 9-17\n    holidays: 20 Maret 2026", 'did you mean "2026-03-20"?'),
        ("\n    senin: 9-17\n    holidays: [25 desember]", 'did you mean "12-25"?'),
        ("\n    senin: 9-17\n    holidays: [25-12]", 'did you mean "12-25"?'),
        ("\n    senin: 9-17\n    holidays: [2026-02-30]", "expected a day that exists"),
        ("\n    senin: 9-17\n    holidays: [2226-03-20]", "expected a year from 2000 to 2099"),
        ("\n    senin: 9-17\n    holidays: [2026-03-23..2026-03-20]", '"2026-03-20..2026-03-23"?'),
        ("\n    senin: 9-17\n    holidays: [2026-03-23..04-20]", "expected a date such as"),
        ("\n    senin: 9-17\n    holidays: [2026-01-01..2028-01-01]", "longer than a year"),
        ("\n    senin: 9-17\n    holidays: [{name: Natal}]", '"date" is missing'),
        ("\n    senin: 9-17\n    holidays: {2026-03-20: Natal}", '"date" is missing'),
        ("\n    senin: 9-17\n    holidays: [{date: 12-25, nama: N}]", 'did you mean "name"?'),
        ("\n    senin: 9-17\n    holidays: [{date: 12-25, name: [N]}]", "expected a name"),
        ("\n    senin: 9-17\n    holidays: [{date: 12-25, hours: x}]", "expected hours such as"),
        (
            "\n    senin: 9-17\n    holidays:\n      - 2026-03-20\n      - 2026-03-19..2026-03-21",
            "2026-03-20 is a holiday already, on line 6",
        ),
    ],
)
def test_a_mistake_in_hours_is_told_in_plain_words(written: str, told: str) -> None:
    found = mistakes(written)

    assert len(found) == 1
    assert told in found[0]


def test_a_mistake_is_told_where_it_stands() -> None:
    found = mistakes("\n    senin: 9-17\n    selasa: [9-12, x]")

    assert found[0].startswith("rules.yaml:5:20: hours.toko.selasa[1]: ")


def test_days_without_the_name_of_a_schedule_are_a_mistake() -> None:
    found = problems(f"hours:\n  sabtu: 09:00-13:00\n{RULES}")

    assert len(found) == 1
    assert '"sabtu" is a day: write a name such as toko: above it' in found[0]


# When it is open.


def test_a_day_that_is_not_named_is_closed() -> None:
    hours = schedule("\n    senin: 09:00-17:00")

    assert [hours.is_open(at(f"2026-03-{day} 10:00")) for day in (16, 17)] == [True, False]


def test_it_is_open_from_the_first_moment_and_not_at_the_last() -> None:
    hours = schedule("\n    daily: 09:00-17:00")

    assert hours.closes(at("2026-03-16 09:00")) == at("2026-03-16 17:00")
    assert hours.closes(at("2026-03-16 17:00")) is None
    assert hours.next_open(at("2026-03-16 09:00")) == at("2026-03-17 09:00")


def test_a_night_goes_on_into_the_next_day_and_the_next_week() -> None:
    hours = schedule("\n    minggu: 18:00-02:00")

    open_at = ["2026-03-22 18:00", "2026-03-22 23:59", "2026-03-23 01:59"]
    closed_at = ["2026-03-22 17:59", "2026-03-22 01:00", "2026-03-23 02:00"]
    assert [hours.is_open(at(time)) for time in open_at] == [True] * 3
    assert [hours.is_open(at(time)) for time in closed_at] == [False] * 3
    assert hours.closes(at("2026-03-22 20:00")) == at("2026-03-23 02:00")


def test_a_night_goes_on_into_a_holiday() -> None:
    hours = schedule("\n    setiap hari: 18:00-02:00\n    holidays: [2026-03-20]")

    assert hours.is_open(at("2026-03-20 01:00"))
    assert not hours.is_open(at("2026-03-20 19:00"))
    assert not hours.is_open(at("2026-03-21 01:00"))
    assert hours.next_open(at("2026-03-20 02:00")) == at("2026-03-21 18:00")


def test_a_break_closes_every_day_that_is_open_around_it() -> None:
    hours = schedule(SHOP + "    breaks: 12:00-13:00")

    assert not hours.is_open(at("2026-03-16 12:30"))
    assert hours.is_open(at("2026-03-16 13:00"))
    # Saturday ends at 13:00: nobody goes to lunch and comes back to close.
    assert hours.is_open(at("2026-03-21 12:30"))


def test_a_break_of_one_day_is_one_of_that_day_only() -> None:
    hours = schedule(SHOP + "    breaks: {jumat: 11:30-13:00}")

    assert not hours.is_open(at("2026-03-20 12:00"))
    assert hours.is_open(at("2026-03-19 12:00"))


def test_a_break_may_lie_after_midnight() -> None:
    hours = schedule("\n    senin: 18:00-03:00\n    breaks: 00:00-01:00")

    assert not hours.is_open(at("2026-03-17 00:30"))
    assert hours.is_open(at("2026-03-17 01:00"))


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-19", 8), ("2026-03-20", 0), ("2026-03-23", 0), ("2026-03-24", 8)]
)
def test_a_range_of_holidays_closes_every_day_in_it(day: str, hours: int) -> None:
    shop = schedule(SHOP + "    holidays: [{date: 2026-03-20..2026-03-23, name: Idul Fitri}]")

    midnight = at(f"{day} 00:00")
    assert shop.between(midnight, midnight + timedelta(days=1)) == timedelta(hours=hours)


def test_a_holiday_may_have_hours_of_its_own() -> None:
    hours = schedule(SHOP + "    holidays: [{date: [12-24, 12-31], hours: 09:00-12:00}]")

    assert hours.is_open(at("2026-12-24 10:00"))
    assert not hours.is_open(at("2026-12-31 13:00"))


def test_a_yearly_holiday_comes_every_year_and_over_its_end() -> None:
    hours = schedule("\n    daily: 24 jam\n    holidays: [12-30..01-02, 02-29]")

    closed = ["2026-12-30", "2027-01-02", "2028-12-31", "2028-02-29"]
    open_on = ["2026-12-29", "2027-01-03", "2026-03-01", "2026-02-28"]
    assert not any(hours.is_open(at(f"{day} 10:00")) for day in closed)
    assert all(hours.is_open(at(f"{day} 10:00")) for day in open_on)


def test_a_dated_holiday_counts_before_a_yearly_one() -> None:
    hours = schedule("\n    daily: 24 jam\n    holidays: [12-25, {date: 2026-12-25, hours: 10-12}]")

    assert hours.is_open(at("2026-12-25 11:00"))
    assert not hours.is_open(at("2027-12-25 11:00"))


def test_a_schedule_may_have_a_time_zone_of_its_own() -> None:
    hours = schedule("\n    senin: 09:00-17:00\n    timezone: Asia/Jayapura")

    assert hours.is_open(at("2026-03-16 07:00"))
    assert not hours.is_open(at("2026-03-16 15:00"))


def test_what_never_opens_or_never_closes_says_so() -> None:
    never, always = schedule(" tutup"), schedule(" 24 jam")

    assert never.next_open(at("2026-03-16 10:00")) is None
    assert never.closes(at("2026-03-16 10:00")) is None
    assert always.closes(at("2026-03-16 10:00")) is None
    assert always.next_open(at("2026-03-16 10:00")) is None
    assert always.is_open(at("2026-03-16 10:00"))


def test_a_schedule_that_opens_on_one_day_of_the_year_is_found() -> None:
    hours = schedule("\n    daily: tutup\n    holidays: [{date: 03-16, hours: 9-17}]")

    assert hours.next_open(at("2026-03-16 09:00")) == at("2027-03-16 09:00")


def test_the_end_of_the_calendar_is_no_end_of_us() -> None:
    hours = schedule(" 18:00-02:00")
    last, first = datetime(9999, 12, 31, 10, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)

    assert hours.next_open(last) is None
    assert hours.closes(last) is None
    assert hours.is_open(last + timedelta(hours=3))
    assert hours.is_open(first - timedelta(days=1)) is False
    assert hours.next_open(first - timedelta(days=1)) == first.replace(
        day=1, hour=10, minute=52, second=48
    )


# Where the clock is put forward (2026-03-29, 02:00 → 03:00) and back (2026-10-25, 03:00 → 02:00).


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def test_hours_that_the_clock_skips_begin_when_it_goes_on() -> None:
    hours = schedule("\n    minggu: 02:30-05:00", zone="Europe/Berlin")

    assert hours.next_open(utc("2026-03-29 00:00")) == utc("2026-03-29 01:00")
    assert not hours.is_open(utc("2026-03-29 00:59"))
    assert hours.is_open(utc("2026-03-29 01:00"))


def test_hours_that_lie_in_what_the_clock_skips_do_not_happen() -> None:
    hours = schedule("\n    minggu: 02:10-02:40", zone="Europe/Berlin")

    assert hours.next_open(utc("2026-03-28 00:00")) == utc("2026-04-05 00:10")


def test_hours_end_when_the_clock_shows_their_end_first() -> None:
    hours = schedule("\n    sabtu: 22:00-02:30", zone="Europe/Berlin")

    assert hours.closes(utc("2026-10-24 21:00")) == utc("2026-10-25 00:30")
    assert hours.is_open(utc("2026-10-25 00:29"))
    assert not hours.is_open(utc("2026-10-25 00:30"))
    # The clock shows 02:10 once more.
    assert not hours.is_open(utc("2026-10-25 01:10"))


def test_a_day_of_25_hours_is_open_for_25_hours() -> None:
    hours = schedule(" 24 jam", zone="Europe/Berlin")

    assert hours.between(utc("2026-10-24 22:00"), utc("2026-10-25 23:00")) == timedelta(hours=25)
    assert hours.is_open(utc("2026-10-25 01:10"))


def test_a_silence_of_years_is_counted_at_once() -> None:
    found = schedule(" 24 jam").between(at("2001-01-01 00:00"), at("2026-03-16 00:00"))

    assert found == timedelta(days=60)


def test_nothing_is_open_between_a_time_and_an_earlier_one() -> None:
    assert (
        schedule(" 24 jam").between(at("2026-03-16 00:00"), at("2026-03-15 00:00")) == timedelta()
    )


ZONES = ("Asia/Jakarta", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo")
SPANS = st.tuples(st.integers(0, 1438), st.integers(1, 840)).map(
    lambda pair: ((pair[0], pair[0] + pair[1]),)
)


@given(
    week=st.tuples(*[st.one_of(st.just(()), SPANS)] * 7),
    zone=st.sampled_from(ZONES),
    minutes=st.integers(0, 366 * 24 * 60),
)
def test_what_is_said_of_any_time_fits_together(
    week: tuple[tuple[tuple[int, int], ...], ...], zone: str, minutes: int
) -> None:
    hours = Schedule("toko", zone, week)
    now = utc("2026-01-01 00:00") + timedelta(minutes=minutes)
    instant = timedelta(microseconds=1)

    closes, opens = hours.closes(now), hours.next_open(now)
    is_endless = hours.is_open(now) and closes is None
    assert hours.is_open(now) == (closes is not None or is_endless)
    if closes:
        assert hours.is_open(closes - instant)
        assert not hours.is_open(closes)
        assert hours.between(now, closes) == min(closes - now, timedelta(days=60))
    elif opens:
        assert not hours.is_open(opens - instant)
        assert hours.is_open(opens)
        assert is_endless or hours.between(now, opens) == timedelta()


@given(st.text(max_size=40) | st.text(alphabet="0129:.- ,", max_size=20))
def test_no_text_as_hours_raises_anything_else(text: str) -> None:
    for read in (read_days, read_span):
        with suppress(ValueError):
            assert read(text)


PARTS = st.sampled_from(
    [
        "senin",
        "jumat-senin",
        "daily",
        "9-17",
        "20:00-02:00",
        "tutup",
        "24 jam",
        "2026-03-20",
        "12-25",
    ]
)
KEYS = PARTS | st.sampled_from(["holidays", "breaks", "timezone", "date", "name", "hours"])
VALUES = st.recursive(
    PARTS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=16,
)


@given(VALUES)
def test_whatever_is_written_is_a_schedule_or_a_mistake(value: Any) -> None:
    text = yaml.safe_dump({"hours": {"toko": value}}, allow_unicode=True)
    source = read_source(text, "rules.yaml")

    found = compile_schedule(source, "toko", source.at(("hours", "toko")), zone="Asia/Jakarta")

    assert (found is None) == bool(source.problems)
    assert found is None or told(found, "2026-03-20 10:00")["text"]


# How it is told.


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-03-16 07:00", "hari ini pukul 09:00"),
        ("2026-03-16 12:30", "hari ini pukul 13:00"),
        ("2026-03-16 10:00", "hari ini pukul 13:00"),
        ("2026-03-16 20:00", "besok pukul 09:00"),
        ("2026-03-21 20:00", "Senin pukul 09:00"),
        ("2026-12-18 20:00", "Senin, 4 Januari pukul 09:00"),
    ],
)
def test_the_next_opening_is_told_as_people_say_it(now: str, words: str) -> None:
    hours = schedule(
        "\n    senin-jumat: 09:00-12:00, 13:00-17:00\n    holidays: [2026-12-19..2027-01-03]"
    )

    assert told(hours, now)["next_open"] == words


def test_the_next_opening_is_told_in_english_too() -> None:
    hours = schedule(SHOP)

    assert told(hours, "2026-03-21 20:00", "en")["next_open"] == "Monday at 09:00"
    assert told(hours, "2026-03-16 20:00", "en")["next_open"] == "tomorrow at 09:00"


def test_an_opening_that_never_comes_is_told_as_unknown() -> None:
    assert told(schedule(" tutup"), "2026-03-16 10:00")["next_open"] == "belum ditentukan"


def test_times_are_told_in_the_zone_of_the_schedule() -> None:
    hours = schedule("\n    daily: 09:00-17:00\n    timezone: Asia/Jayapura")

    assert told(hours, "2026-03-16 23:00")["next_open"] == "hari ini pukul 09:00"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (SHOP, "Senin-Jumat 09:00-17:00, Sabtu 09:00-13:00, Minggu tutup"),
        (" 08:00-20:00", "Setiap hari 08:00-20:00"),
        (" 24 jam", "Setiap hari 24 jam"),
        (
            "\n    senin-jumat: 09:00-17:00\n    sabtu-minggu: 18:00-02:00\n    breaks: 12-13",
            "Senin-Jumat 09:00-12:00 & 13:00-17:00, Sabtu-Minggu 18:00-02:00",
        ),
        (
            "\n    senin: 9-12, 12-24\n    selasa-minggu: libur",
            "Senin 09:00-24:00, Selasa-Minggu tutup",
        ),
    ],
)
def test_the_hours_of_a_week_are_told_in_groups_of_days(written: str, text: str) -> None:
    assert told(schedule(written), "2026-03-16 10:00")["text"] == text


def test_the_state_is_told_in_one_word() -> None:
    hours = schedule(SHOP)

    assert told(hours, "2026-03-16 10:00")["state"] == "buka"
    assert told(hours, "2026-03-16 20:00")["state"] == "tutup"
    assert told(hours, "2026-03-16 20:00", "en")["state"] == "closed"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (" 09:00-17:00", "hari ini pukul 17:00"),
        (" 08:00-02:00", "besok pukul 02:00"),
        (" 08:00-24:00", "hari ini pukul 24:00"),
        (" 20:00-22:00", ""),
        (" 24 jam", ""),
    ],
)
def test_the_closing_is_told_if_there_is_one(written: str, words: str) -> None:
    assert told(schedule(written), "2026-03-16 10:00")["closes"] == words


def test_a_holiday_is_told_by_its_name() -> None:
    hours = schedule(SHOP + "    holidays: [{date: 2026-03-20, name: Idul Fitri}, 2026-03-21]")

    assert told(hours, "2026-03-20 10:00")["holiday"] == "Idul Fitri"
    assert told(hours, "2026-03-21 10:00")["holiday"] == "libur"
    assert told(hours, "2026-03-22 10:00")["holiday"] == ""


def test_what_texts_may_ask_is_all_that_there_is() -> None:
    words = told(schedule(SHOP), "2026-03-16 10:00")

    assert set(dict(words)) == {"next_open", "text", "state", "closes", "holiday"}
    with pytest.raises(KeyError):
        words["zone"]


def test_holidays_are_kept_by_their_dates() -> None:
    hours = schedule(SHOP + "    holidays: [2026-03-20, 12-25]")

    assert (set(hours.holidays), set(hours.yearly)) == ({date(2026, 3, 20)}, {(12, 25)})
