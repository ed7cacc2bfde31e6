"""GET /media/<token>: one file, for an hour, to whoever knows the token."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from bot.media import rows
from bot.media.types import harmless, type_of
from bot.simulator.files import PDF
from models import Media, writing
from tests.conftest import Valkey
from tests.media.samples import HTML
from tests.web import CONFIGURED, Web, web_process


@pytest.fixture
def web(database_url: str, shared_valkey: Valkey, tmp_path: Path) -> Iterator[Web]:
    environ = {**CONFIGURED, "DATA_DIR": str(tmp_path)}
    with web_process(database_url, shared_valkey.url, environ) as running:
        yield running


def share(web: Web, content: bytes = PDF) -> str:
    """Put a file into the store and return the token under which it is shared."""
    store = web.runtime.media_store
    assert store is not None
    sha256, now = store.put(content), datetime.now(UTC)
    with writing(web.engine) as session:
        mimetype = harmless(type_of(content))
        file = rows.register(session, sha256, size=len(content), mimetype=mimetype, now=now)
        return rows.share(session, file.id, now=now)


@pytest.mark.parametrize("name", ["", "/", "/katalog.pdf", "/kat%2Falog.pdf", "/katalog.pdf/"])
def test_gives_a_shared_file_under_any_name(web: Web, name: str) -> None:
    response = web.client.get(f"/media/{share(web)}{name}")

    assert (response.status_code, response.data) == (200, PDF)
    assert response.content_type == "application/pdf"
    assert response.content_length == len(PDF)


def test_lets_nobody_show_run_guess_at_or_keep_a_file(web: Web) -> None:
    response = web.client.get(f"/media/{share(web)}/katalog.pdf")

    assert response.headers["Content-Disposition"] == 'attachment; filename="katalog.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "ETag" not in response.headers


@pytest.mark.parametrize("name", ["halaman.html", "gambar.svg", "a.xml", ""])
def test_gives_away_nothing_that_a_browser_would_run(web: Web, name: str) -> None:
    response = web.client.get(f"/media/{share(web, HTML)}/{name}")

    assert response.content_type == "application/octet-stream"


def test_the_name_tells_the_type_of_a_file_that_shows_none(web: Web) -> None:
    response = web.client.get(f"/media/{share(web, b'kode,harga')}/harga.csv")

    assert response.content_type.startswith("text/csv")


def test_a_name_cannot_add_a_header(web: Web) -> None:
    response = web.client.get(f"/media/{share(web)}/a%0dSet-Cookie:%20a=b%22;%20x=%22y")

    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert "\r" not in response.headers["Content-Disposition"]
    assert response.headers["Content-Disposition"].count('"') == 2


def test_a_name_may_be_in_any_script(web: Web) -> None:
    response = web.client.get(f"/media/{share(web)}/daftar%20☕.pdf")

    assert response.headers["Content-Disposition"].endswith(
        "filename*=UTF-8''daftar%20%E2%98%95.pdf"
    )


def test_tells_about_a_file_without_giving_it(web: Web) -> None:
    response = web.client.head(f"/media/{share(web)}/katalog.pdf")

    assert (response.status_code, response.data) == (200, b"")
    assert response.content_length == len(PDF)
    assert response.content_type == "application/pdf"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("bytes=0-3", PDF[:4]),
        ("bytes=5-", PDF[5:]),
        ("bytes=-4", PDF[-4:]),
        ("bytes=2-2", PDF[2:3]),
        ("bytes=60-9999", PDF[60:]),
    ],
)
def test_gives_a_part_of_a_file(web: Web, wanted: str, given: bytes) -> None:
    response = web.client.get(f"/media/{share(web)}", headers={"Range": wanted})

    assert (response.status_code, response.data) == (206, given)
    assert response.headers["Content-Range"].endswith(f"/{len(PDF)}")


@pytest.mark.parametrize("wanted", ["bytes=9999-", "bytes=9-3", "bytes=0-1,5-6"])
def test_gives_no_part_that_there_is_not(web: Web, wanted: str) -> None:
    response = web.client.get(f"/media/{share(web)}", headers={"Range": wanted})

    assert response.status_code in (200, 416)
    assert response.status_code == 416 or response.data == PDF


def unknown(web: Web) -> str:
    return "x" * 32


def run_out(web: Web) -> str:
    token = share(web)
    with writing(web.engine) as session:
        session.execute(update(Media).values(shared_until=datetime.now(UTC)))
    return token


def lost(web: Web) -> str:
    token = share(web)
    for path in (web.runtime.settings.data_dir / "media").rglob("*"):
        if path.is_file():
            path.unlink()
    return token


def never_shared(web: Web) -> str:
    share(web)
    with writing(web.engine) as session:
        session.execute(update(Media).values(token=None))
    return "None"


@pytest.mark.parametrize("make", [unknown, run_out, lost, never_shared])
def test_what_cannot_be_given_was_never_here(web: Web, make: object) -> None:
    assert callable(make)
    response = web.client.get(f"/media/{make(web)}/katalog.pdf")
    other = web.client.get(f"/media/{'y' * 32}/katalog.pdf")

    assert response.status_code == 404
    assert (response.data, dict(response.headers)) == (other.data, dict(other.headers))


@pytest.mark.parametrize("token", ["%00", "x" * 5000, "..%2f..%2fetc", "'--", "%F0%9F%98%80"])
def test_an_odd_token_is_an_unknown_one(web: Web, token: str) -> None:
    share(web)

    assert web.client.get(f"/media/{token}").status_code == 404


def test_a_token_counts_for_an_hour(web: Web) -> None:
    token = share(web)
    with writing(web.engine) as session:
        before, after = (
            rows.shared(session, token, now=datetime.now(UTC) + timedelta(minutes=minutes))
            for minutes in (59, 61)
        )

    assert (before is not None, after) == (True, None)


def test_nothing_can_be_put_there(web: Web) -> None:
    assert web.client.post(f"/media/{share(web)}", data=b"x").status_code == 405


def test_asks_to_try_again_while_the_database_is_away(
    sqlite_engine: object, shared_valkey: Valkey, tmp_path: Path
) -> None:
    environ = {**CONFIGURED, "DATA_DIR": str(tmp_path)}
    url = f"sqlite:///{tmp_path / 'balas.sqlite3'}"
    with web_process(url, shared_valkey.url, environ) as web:
        token = share(web)
        with web.engine.begin() as connection:
            connection.execute(text("ALTER TABLE media RENAME TO elsewhere"))
        response = web.client.get(f"/media/{token}")

    assert response.status_code == 503
    assert response.headers["Retry-After"]


def test_gives_nothing_where_no_media_are_kept(
    database_url: str, shared_valkey: Valkey, tmp_path: Path
) -> None:
    environ = {**CONFIGURED, "DATA_DIR": str(tmp_path)}
    with web_process(database_url, shared_valkey.url, environ) as web:
        token = share(web)
    with web_process(database_url, shared_valkey.url, {**environ, "MEDIA_STORE": "off"}) as web:
        assert web.client.get(f"/media/{token}").status_code == 404
