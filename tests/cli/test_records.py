"""flask records: what rules have kept, as a list and as a file for a spreadsheet."""

import csv
import io
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.cli.records import PAGE, cell
from bot.inbox.conversations import ensure_conversation
from models import Conversation, Record, writing
from tests.cli.conftest import Flask
from tests.web import Web

# 16:30 in Jakarta, the zone of the shipped rules.
AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
PHONE = "6281200000011"


def keep(web: Web, *, phone: str | None = PHONE, at: datetime = AT, **values: Any) -> None:
    """Keep a record of a contact, or of nobody."""
    with writing(web.engine) as session:
        conversation = None
        if phone:
            place = ("wagate", "wa-melati", phone)
            conversation = ensure_conversation(session, place, now=AT)
            found = session.get_one(Conversation, conversation)
            found.phone, found.name = phone, "Sari"
        given = {"kind": "order", "rule": "order.done", "fields": {"produk": "kopi", "jumlah": 2}}
        session.add(
            Record(
                gateway="wagate",
                device="wa-melati",
                conversation_id=conversation,
                created_at=at,
                **{**given, **values},
            )
        )


def rows(output: str, *, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(output, newline=""), delimiter=delimiter))


def test_an_empty_list_says_so(flask: Flask) -> None:
    assert flask("records", "list").output == "nothing\n"


def test_lists_the_latest_first_in_the_time_of_the_shop(web: Web, flask: Flask) -> None:
    keep(web)
    keep(web, kind="keluhan", phone=None, fields={"isi": "dingin"}, rule="keluhan")

    _, last, first = flask("records", "list").output.splitlines()

    assert last.split()[1:] == [
        *("keluhan", "2026-03-04", "16:30:00", "wagate", "wa-melati", "-", "keluhan"),
        "isi=dingin",
    ]
    assert PHONE in first
    assert first.endswith("produk=kopi, jumlah=2")


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ([], 3),
        (["--kind", "order"], 2),
        (["--kind", "lain"], 0),
        (["--limit", "1"], 1),
        (["--since", "2026-03-05"], 1),
        (["--since", "2026-03-04"], 2),
        (["--since", "100000w"], None),
        (["--since", "kemarin"], None),
    ],
)
def test_lists_a_part(web: Web, flask: Flask, options: list[str], count: int | None) -> None:
    keep(web, at=datetime(2026, 3, 3, 16, 59, tzinfo=UTC))
    keep(web, at=datetime(2026, 3, 3, 17, 0, tzinfo=UTC), kind="keluhan")
    keep(web, at=datetime(2026, 3, 4, 17, 0, tzinfo=UTC))

    result = flask("records", "list", *options, code=2 if count is None else 0)

    lines = [line for line in result.output.splitlines()[1:] if line]
    assert count is None or len(lines) == count
    assert count is not None or "such as 7d" in result.output


def test_lists_what_was_kept_lately(web: Web, flask: Flask) -> None:
    keep(web, at=datetime.now(UTC) - timedelta(days=8))
    keep(web, at=datetime.now(UTC) - timedelta(days=6))

    assert len(flask("records", "list", "--since", "7d").output.splitlines()) == 2


def test_what_a_customer_typed_does_not_steer_the_terminal(web: Web, flask: Flask) -> None:
    keep(web, fields={"isi": "\x1b[2Jhalo"})

    assert "\x1b" not in flask("records", "list").output


def test_exports_one_kind_with_its_fields_in_the_order_in_which_they_appear(
    web: Web, flask: Flask
) -> None:
    keep(web)
    keep(web, kind="keluhan")
    keep(web, fields={"zebra": 1.5, "jumlah": None, "alamat": "Jl. Melati 5, RT 02\nJakarta"})

    assert rows(flask("records", "export", "order").output) == [
        [
            *("time", "gateway", "device", "contact_phone", "contact_name", "rule"),
            *("produk", "jumlah", "zebra", "alamat"),
        ],
        [
            *("2026-03-04 16:30:00", "wagate", "wa-melati", PHONE, "Sari", "order.done"),
            *("kopi", "2", "", ""),
        ],
        [
            *("2026-03-04 16:30:00", "wagate", "wa-melati", PHONE, "Sari", "order.done"),
            *("", "", "1.5", "Jl. Melati 5, RT 02\nJakarta"),
        ],
    ]


def test_exports_what_belongs_to_nobody(web: Web, flask: Flask) -> None:
    keep(web, phone=None)

    assert rows(flask("records", "export", "order").output)[1][3:5] == ["", ""]


def test_a_field_that_is_called_like_a_column_has_a_name_of_its_own(web: Web, flask: Flask) -> None:
    keep(web, fields={"rule": "x"})

    assert rows(flask("records", "export", "order").output)[0][5:] == ["rule", "field_rule"]


def test_exports_what_was_kept_since_a_day(web: Web, flask: Flask) -> None:
    keep(web, fields={"lama": 1})
    keep(web, at=AT + timedelta(days=2), fields={"baru": 2})

    heading, *lines = rows(flask("records", "export", "order", "--since", "2026-03-05").output)

    assert (heading[6:], len(lines)) == (["baru"], 1)


def test_writes_a_file_that_excel_reads_and_nobody_else(
    web: Web, flask: Flask, tmp_path: Path
) -> None:
    keep(web, fields={"nama": "Kopi Gayo ☕"})
    path = tmp_path / "order.csv"

    output = flask("records", "export", "order", "--output", str(path), "--delimiter", ";").output

    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    assert rows(written.decode("utf-8-sig"), delimiter=";")[1][-1] == "Kopi Gayo ☕"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert output == f"1 records are in {path}\n"


def test_a_file_that_cannot_be_written_is_one_sentence(web: Web, flask: Flask) -> None:
    keep(web)

    output = flask("records", "export", "order", "--output", "/nirgends/a.csv", code=1).output

    assert output == "Error: /nirgends/a.csv cannot be written: No such file or directory\n"


def test_knows_which_kinds_there_are(web: Web, flask: Flask) -> None:
    keep(web)

    assert "there is: order" in flask("records", "export", "oder", code=1).output


def test_exports_more_than_one_page(web: Web, flask: Flask) -> None:
    numbers = range(2 * PAGE + 1)
    with writing(web.engine) as session:
        session.add_all(
            Record(
                kind="order",
                gateway="wagate",
                device="wa-melati",
                rule="order.done",
                fields={"awal" if number < PAGE else "akhir": number},
                created_at=AT,
            )
            for number in numbers
        )

    heading, *lines = rows(flask("records", "export", "order").output)

    assert heading[6:] == ["awal", "akhir"]
    assert ["".join(line[6:]) for line in lines] == [str(number) for number in numbers]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+62812", "'+62812"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("\n=1", "'\n=1"),
        ("\uff1d1", "'\uff1d1"),
        ("kopi = 2", "kopi = 2"),
        ("", ""),
        (-5, "-5"),
        (1.5, "1.5"),
        (True, "True"),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(value: object, written: str) -> None:
    assert cell(value) == written


@pytest.mark.parametrize("arguments", [["records", "list"], ["records", "export", "order"]])
def test_a_database_without_tables_is_one_sentence(
    web: Web, flask: Flask, arguments: list[str]
) -> None:
    with writing(web.engine) as session:
        session.execute(text("ALTER TABLE records RENAME TO hidden"))
    try:
        output = flask(*arguments, code=1).output
    finally:
        with writing(web.engine) as session:
            session.execute(text("ALTER TABLE hidden RENAME TO records"))

    assert "flask migrate" in output
    assert len(output.splitlines()) == 1
