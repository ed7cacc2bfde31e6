"""A rehearsal does what the inbox does, without any process."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.content import Buttons
from bot.gateways import GATEWAYS
from bot.rehearsal import FAILS, Contact, NoSuchEvent, Rehearsal
from bot.rules import read
from bot.rules.extensions import Extensions
from tests.rehearsal.shop import RULES, shop

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_answers_as_the_rules_say() -> None:
    heard = shop().say("harga berapa?")

    assert heard.texts == ["Rp 5.000"]
    assert heard.rules == ("harga",)
    assert heard.bubbles[0].rules == ("harga",)


def test_a_menu_is_words_or_buttons_as_the_gateway_shows_it() -> None:
    assert shop(gateway="wagate").say("menu").texts == [
        "Pilih satu\n\n1. Harga\n2. CS\n\nKetik 1 / 2"
    ]
    assert isinstance(shop(gateway="meta").say("menu").replies[0], Buttons)


def test_a_number_presses_the_button_while_the_menu_was_said_last() -> None:
    chat = shop()
    chat.say("menu")

    assert chat.say("1").rules == ("harga",)
    assert chat.say("1").rules == ("fallback",)


def test_a_button_can_be_pressed_by_its_id() -> None:
    assert shop().press("btn_cs").rules == ()
    assert shop().press("btn_harga").rules == ("harga",)


def test_a_picture_comes_with_its_caption() -> None:
    assert shop().send("image", "bukti").texts == ["Foto: bukti"]


def test_a_contact_is_known_unless_it_is_the_first_message() -> None:
    assert "Selamat datang" not in shop().say("harga").texts[0]
    assert shop(first=True).say("harga").texts == ["Selamat datang\n\nRp 5.000"]


def test_a_known_contact_has_written_more_lately_than_any_silent_for() -> None:
    rules = RULES.replace("{first: true}", "{any: [{first: true}, {silent_for: 30m}]}")

    chat = shop(rules)

    assert chat.say("harga").rules == ("harga",)
    assert chat.say("cs", after=31 * MINUTE).rules == ("baru", "cs")


def test_another_contact_begins_anew() -> None:
    chat = shop()
    chat.say("form")
    chat.meet(Contact(name="Budi", phone="6281200000018"))

    heard = chat.say("harga")

    assert heard.rules == ("baru", "harga")
    assert heard.flow is None


def test_a_cooldown_ends_as_time_passes() -> None:
    chat = shop()
    chat.say("harga")

    assert chat.say("harga").texts == []
    chat.wait(10 * MINUTE)
    assert chat.say("harga").texts == ["Rp 5.000"]


def test_every_turn_takes_ten_seconds_or_as_long_as_it_is_told() -> None:
    chat = shop(at=datetime(2026, 1, 5, 3, tzinfo=UTC))

    chat.say("harga")
    assert chat.now == datetime(2026, 1, 5, 3, 0, 10, tzinfo=UTC)
    chat.say("harga", after=HOUR)
    assert chat.now == datetime(2026, 1, 5, 4, 0, 10, tzinfo=UTC)


def test_a_form_is_filled_in_and_kept() -> None:
    chat = shop()

    assert chat.say("form").flow == "form.nama"
    assert chat.say("Siti").flow == "form.kota"
    heard = chat.say("Bandung")

    assert heard.flow is None
    assert heard.texts == ["Terima kasih, Siti"]
    assert [dict(record.fields) for record in heard.records] == [
        {"nama": "Siti", "kota": "Bandung"}
    ]


def test_a_form_times_out_while_time_passes() -> None:
    chat = shop()
    chat.say("form")

    assert chat.wait(29 * MINUTE).texts == []
    heard = chat.wait(2 * MINUTE)

    assert heard.texts == ["Habis waktunya"]
    assert heard.flow is None
    assert chat.wait(HOUR).texts == []


def test_the_timeout_of_a_form_counts_from_the_last_answer() -> None:
    chat = shop()
    chat.say("form")
    chat.wait(20 * MINUTE)
    chat.say("Siti")

    assert chat.wait(20 * MINUTE).texts == []
    assert chat.wait(11 * MINUTE).texts == ["Habis waktunya"]


def test_what_came_in_the_time_before_a_turn_is_told_apart() -> None:
    chat = shop()
    chat.say("form")

    heard = chat.say("harga", after=31 * MINUTE)

    assert heard.meanwhile is not None
    assert heard.meanwhile.texts == ["Habis waktunya"]
    assert heard.texts == ["Rp 5.000"]


def test_a_handover_silences_and_ends_with_an_event() -> None:
    chat = shop()

    heard = chat.say("cs")
    assert heard.handed_over
    assert [told.admin for told in heard.notifications] == ["pemilik"]
    assert chat.say("harga").guard == "handover"

    heard = chat.wait(4 * HOUR)
    assert heard.texts == ["Bot kembali"]
    assert not heard.handed_over
    assert chat.say("harga").texts == ["Rp 5.000"]


def test_the_owner_takes_over_where_the_gateway_tells_it() -> None:
    chat = shop(gateway="whatsgate")
    chat.say("form")

    assert chat.owner("halo, saya bantu").flow is None
    assert chat.say("harga").guard == "takeover"
    chat.wait(2 * HOUR)
    assert chat.say("harga").guard is None


def test_says_where_the_gateway_does_not_tell_what_the_owner_writes() -> None:
    chat = shop(gateway="wagate")

    assert chat.owner("halo").notes == ("wagate does not tell what you write from the phone",)
    assert chat.say("harga").guard is None


def test_an_opt_out_holds_until_the_opt_in() -> None:
    chat = shop()

    assert chat.say("stop").opted_out
    assert chat.say("harga").guard == "opted-out"
    assert not chat.say("mulai").opted_out
    assert chat.say("harga").texts == ["Rp 5.000"]


def test_the_loop_guard_pauses() -> None:
    chat = shop(pace=timedelta(seconds=1))

    guards = [chat.say("apa").guard for _ in range(6)]

    assert guards == [None] * 5 + ["loop"]


def test_tags_are_given_and_stay() -> None:
    chat = shop(tags=frozenset({"lama"}))

    assert chat.say("catat").tags == {"lama", "langganan"}
    assert chat.say("harga").tags == {"lama", "langganan"}


def test_an_admin_switches_the_bot_off_and_on_at_the_device() -> None:
    chat = shop()
    siti, owner = chat.contact, Contact(name="Pemilik", phone="6281200000077")
    chat.meet(owner)
    chat.say("#bot off")
    chat.meet(siti)

    assert chat.say("harga").guard == "switched off"
    chat.meet(owner)
    chat.say("#bot on")
    chat.contact = siti
    assert chat.say("harga").guard is None


def test_a_call_is_answered() -> None:
    assert shop().call().texts == ["Jangan telepon"]
    assert shop(gateway="wagate").call().notes == ("wagate does not tell of calls",)
    assert shop(gateway="meta").call().notes == ()


def test_something_that_happens_to_the_device_tells_the_admin_once() -> None:
    chat = shop()

    heard = chat.happen("device.disconnected", {"reason": "logout"})
    assert [told.text for told in heard.notifications] == ["Putus: logout"]


@pytest.mark.parametrize(
    "event",
    [
        "call.received",
        "device.connected",
        "device.disconnected",
        "device.qr",
        "group.changed",
        "message.status",
        "account.notice",
        "template.notice",
        "quota.low",
        "inbound.silent",
        "send.failed",
        "handover.ended",
    ],
)
def test_every_event_that_a_rule_can_be_about_happens(event: str) -> None:
    rules = (
        "version: 1\nadmins: {a: {to: '6281200000077'}}\nrules:\n"
        f"  - {{id: x, event: {event}, notify: {{to: a, text: terjadi}}}}\n"
    )

    heard = Rehearsal(read(rules)).happen(event)

    assert heard.rules == ("x",)
    assert [told.text for told in heard.notifications] == ["terjadi"]


def test_an_event_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(NoSuchEvent, match=r'did you mean "device\.disconnected"'):
        shop().happen("device.disconected")


def test_what_is_asked_outside_is_told_without_its_secrets() -> None:
    heard = shop().say("stok")

    assert [asked.shown for asked in heard.asked] == ["https://toko.contoh.id/stok"]
    assert heard.asked[0].body["message"]["text"] == "stok"
    assert heard.texts == []


def test_what_is_asked_outside_is_answered_from_a_table() -> None:
    url = "https://toko.contoh.id/stok?kunci=rahasia"
    heard = shop(answers={url: {"reply": "Ada 5", "tag": ["tanya"]}}).say("stok")

    assert heard.texts == ["Ada 5"]
    assert heard.tags == {"tanya"}
    assert heard.asked == ()


def test_what_is_asked_outside_may_fail() -> None:
    url = "https://toko.contoh.id/stok?kunci=rahasia"
    rules = RULES.replace(
        'http: {url: "', 'http: {on_error: {reply: Maaf, coba lagi}, url: "'
    ).replace("Maaf, coba", "Maaf coba")

    assert shop(rules, answers={url: FAILS}).say("stok").texts == ["Maaf coba lagi"]


def test_an_answer_that_comes_too_late_does_not_stop_the_message() -> None:
    url = "https://toko.contoh.id/stok?kunci=rahasia"
    rules = RULES.replace("match: {words: stok},", "match: {words: stok}, handover: {for: 1h},")

    heard = shop(rules, answers={url: {"reply": "Ada 5"}}).say("stok")

    assert heard.texts == []
    assert heard.guard is None
    assert [answer.explanation.guard for _, answer in heard.turns] == [None, "handover"]


def test_what_an_address_may_not_say_is_told() -> None:
    url = "https://toko.contoh.id/stok?kunci=rahasia"

    heard = shop(answers={url: {"reply": {"media": {"image": "diri.jpg"}}}}).say("stok")

    assert heard.texts == []
    assert "files cannot be named from outside" in str(heard.error)
    assert shop(answers={url: "Ada 5"}).say("stok").texts == ["Ada 5"]


def test_an_address_that_fails_and_is_asked_again_ends() -> None:
    url = "https://toko.contoh.id/stok"
    rules = (
        "version: 1\nrules:\n  - {id: x, match: {words: x}, "
        f"http: {{url: '{url}', on_error: {{http: {{url: '{url}'}}}}}}}}\n"
    )

    assert Rehearsal(read(rules), answers={url: FAILS}).say("x").texts == []


def tasks(chat: Rehearsal, function: object) -> Rehearsal:
    from dataclasses import replace

    chat.book = replace(chat.book, extensions=Extensions(tasks={"lacak": function}))  # type: ignore[dict-item] # a function as the test needs it
    return chat


def test_a_task_runs_only_when_asked_for() -> None:
    assert [asked.name for asked in tasks(shop(), lambda _: "Sampai").say("lacak").asked] == [
        "lacak"
    ]
    assert tasks(shop(runs_tasks=True), lambda _: "Sampai").say("lacak").texts == ["Sampai"]


def test_a_task_may_be_answered_for() -> None:
    chat = tasks(shop(answers={"lacak": "Di jalan"}), lambda _: "Sampai")

    assert chat.say("lacak").texts == ["Di jalan"]


def test_a_task_that_raises_is_told_without_its_values() -> None:
    def broken(_: object) -> str:
        raise KeyError("rahasia")

    heard = tasks(shop(runs_tasks=True), broken).say("lacak")

    assert heard.texts == []
    assert heard.error is not None
    assert "KeyError at" in heard.error
    assert "rahasia" not in heard.error


def test_the_rules_may_change_in_the_middle_of_a_form() -> None:
    chat = shop()
    chat.say("form")
    chat.book = read(RULES.replace("Kota mana?", "Dari kota mana?"))

    assert chat.say("Siti").texts == ["Dari kota mana?"]


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_gateway_answers(gateway: str) -> None:
    assert shop(gateway=gateway).say("harga").texts == ["Rp 5.000"]


def test_two_gateways_are_two_conversations() -> None:
    chat = shop(gateway="meta")
    chat.say("form")
    chat.gateway = "csku"
    assert chat.say("halo").flow is None
    chat.gateway = "meta"
    assert chat.say("Siti").flow == "form.kota"
