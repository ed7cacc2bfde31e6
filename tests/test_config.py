"""Every mistake in the environment is one sentence that names the variable."""

import json
from pathlib import Path

import pytest

from bot.config import ConfigError, environment, read_settings
from bot.gateway_settings import read_gateways, secret_variable
from bot.gateways import GATEWAYS
from bot.redis import connect
from bot.runtime import assemble

POSTGRES = "postgres://balas:rahasia@localhost/balas"
ON_A_DYNO = {"DYNO": "web.1", "DATABASE_URL": POSTGRES, "MEDIA_STORE": "off"}


def mistake(environ: dict[str, str]) -> str:
    """Return the sentence with which an environment is refused."""
    with pytest.raises(ConfigError) as caught:
        assemble(environ)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def accounts(*entries: dict[str, object]) -> str:
    return json.dumps(entries)


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"PORT": "delapan"}, ["PORT"]),
        ({"PORT": "0"}, ["PORT"]),
        ({"PORT": "70000"}, ["PORT"]),
        ({"SPOOL": "mungkin"}, ["SPOOL", "auto"]),
        ({"LOG_FORMAT": "xml"}, ["LOG_FORMAT", "json"]),
        ({"LOG_LEVEL": "keras"}, ["LOG_LEVEL", "info"]),
        ({"INBOX_WORKERS": "-1"}, ["INBOX_WORKERS"]),
        ({"INBOX_WORKERS": "2"}, ["INBOX_WORKERS=1", "SQLite"]),
        ({"OUTBOX_WORKERS": "banyak"}, ["OUTBOX_WORKERS"]),
        ({"WEB_CONCURRENCY": "banyak"}, ["WEB_CONCURRENCY"]),
        ({"DATABASE_URL": "omong kosong"}, ["DATABASE_URL"]),
        ({"DATABASE_URL": "mysql://localhost/balas"}, ["DATABASE_URL", "PostgreSQL"]),
        ({"DATABASE_URL": "postgres://localhost:pintu/balas"}, ["DATABASE_URL"]),
        ({"DATABASE_URL": "sqlite://"}, ["DATABASE_URL", "file"]),
        ({"DATABASE_URL": "sqlite:///:memory:"}, ["DATABASE_URL", "file"]),
        ({"REDIS_URL": "omong kosong"}, ["REDIS_URL", "redis://"]),
        ({"REDIS_URL": "http://localhost"}, ["REDIS_URL", "redis://"]),
        ({"REDIS_URL": "redis://localhost:pintu"}, ["REDIS_URL"]),
        ({"DYNO": "web.1"}, ["DATABASE_URL", "PostgreSQL"]),
        ({"DYNO": "web.1", "DATABASE_URL": POSTGRES}, ["MEDIA_STORE", "s3://", "off"]),
        (
            {"DYNO": "web.1", "DATABASE_URL": POSTGRES, "MEDIA_STORE": "file:///app/media"},
            ["MEDIA_STORE", "dyno"],
        ),
        ({"MEDIA_STORE": "omongkosong://ember"}, ["MEDIA_STORE", "s3://"]),
        ({"MEDIA_STORE": "gs://ember/media"}, ["MEDIA_STORE", "gs://", "gcsfs"]),
        ({"MEDIA_LIMIT_MB": "0"}, ["MEDIA_LIMIT_MB"]),
        ({"MEDIA_LIMIT_MB": "besar"}, ["MEDIA_LIMIT_MB"]),
        ({"PUBLIC_URL": "balas.contoh.id"}, ["PUBLIC_URL", "https://"]),
        ({"PUBLIC_URL": "https://contoh.id:pintu"}, ["PUBLIC_URL", "https://"]),
        ({"ALERT_URL": "contoh.id/rahasia"}, ["ALERT_URL", "https://"]),
        ({"ALERT_SILENT_HOURS": "-1"}, ["ALERT_SILENT_HOURS"]),
        (
            {"UNKNOWN_POLICY": "resend", "UNKNOWN_WAIT_SECONDS": "44"},
            ["UNKNOWN_WAIT_SECONDS", "45", "UNKNOWN_POLICY=resend"],
        ),
        ({"ALERT_OPEN_HOURS": "pagi"}, ["ALERT_OPEN_HOURS", "08:00-20:00"]),
        ({"ALLOWED_IPS": "10.0.0.1/8"}, ["ALLOWED_IPS", "10.0.0.1/8"]),
        ({"ALLOWED_IPS": "10.0.0.0/8;10.1.1.1"}, ["ALLOWED_IPS", "10.0.0.0/8;10.1.1.1"]),
        ({"RIJAN_ALLOWED_IPS": "10.0.0.1, kantor"}, ["RIJAN_ALLOWED_IPS", "kantor"]),
        ({"WAGATE_ALLOWED_IPS": "10.0.0.0/33"}, ["WAGATE_ALLOWED_IPS", "10.0.0.0/33"]),
        ({"META_ALLOWED_IPS": " , "}, ["META_ALLOWED_IPS"]),
        ({"TRUSTED_PROXIES": "-1"}, ["TRUSTED_PROXIES"]),
        ({"TRUSTED_PROXIES": "nginx"}, ["TRUSTED_PROXIES"]),
        ({"META_ACCESS_TOKEN": "x"}, ["META_ACCESS_TOKEN", "META_APP_SECRET"]),
        ({"META_APP_SECRET": " , "}, ["META_APP_SECRET"]),
        ({"RIJAN_API_KEY": "x"}, ["RIJAN_API_KEY", "RIJAN_WEBHOOK_SECRET"]),
        (
            {"CSKU_WEBHOOK_SECRET": "x", "CSKU_SEND_PATH": "/v1/message/send"},
            ["CSKU_SEND_PATH", "CSKU_API_KEY"],
        ),
        ({"WAGATE_ACCOUNTS": "[{"}, ["WAGATE_ACCOUNTS", "JSON"]),
        ({"WAGATE_ACCOUNTS": "{}"}, ["WAGATE_ACCOUNTS", "JSON"]),
        ({"WAGATE_ACCOUNTS": "[1]"}, ["WAGATE_ACCOUNTS", "JSON"]),
        ({"WAGATE_ACCOUNTS": accounts({"webhook_secret": "x"})}, ["WAGATE_ACCOUNTS", "device"]),
        (
            {"WAGATE_ACCOUNTS": accounts({"device": "wa-1"})},
            ["WAGATE_ACCOUNTS entry 1", "webhook_secret"],
        ),
        (
            {
                "WAGATE_ACCOUNTS": accounts(
                    {"device": "wa-1", "webhook_secret": "x"},
                    {"device": "wa-1", "webhook_secret": "y"},
                )
            },
            ["WAGATE_ACCOUNTS", "twice"],
        ),
        (
            {
                "WAGATE_ACCOUNTS": accounts(
                    {"device": "wa-1", "webhook_secret": "x"},
                    {"device": "wa-2", "webhook_secret": "y", "token": "z"},
                )
            },
            ["WAGATE_ACCOUNTS entry 2", "token is not known", "did you mean api_token?"],
        ),
        (
            {
                "WAGATE_ACCOUNTS": accounts({"device": "wa-1", "webhook_secret": "x"}),
                "WAGATE_API_URL": "wagate.in",
            },
            ["WAGATE_API_URL is not usable", "https://"],
        ),
        (
            {"META_ACCOUNTS": accounts({"device": "1", "app_secret": 7})},
            ["META_ACCOUNTS entry 1", "app_secret"],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_explains_a_mistake_in_one_sentence(environ: dict[str, str], names: list[str]) -> None:
    sentence = mistake(environ)

    assert [name for name in names if name not in sentence] == []


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABASE_URL": "mysql://balas:rahasia-sekali@localhost/balas"},
        {"DATABASE_URL": "rahasia-sekali"},
        {"REDIS_URL": "http://:rahasia-sekali@localhost"},
        {"META_ACCESS_TOKEN": "rahasia-sekali"},
        {"WAGATE_ACCOUNTS": '[{"device": "wa-1", "webhook_secret": "rahasia-sekali"'},
        {"WAGATE_ACCOUNTS": '[{"device": "wa-1", "rahasia": "rahasia-sekali"}]'},
        {"WAGATE_ACCOUNTS": '[{"device": "wa-1", "webhook_secret": {"a": "rahasia-sekali"}}]'},
    ],
)
def test_a_mistake_shows_no_secret(environ: dict[str, str]) -> None:
    assert "rahasia-sekali" not in mistake(environ)


def test_secrets_are_in_no_repr() -> None:
    environ = {
        "DATABASE_URL": "postgres://balas:rahasia-sekali@localhost/balas",
        "REDIS_URL": "redis://:rahasia-sekali@localhost",
        "METRICS_TOKEN": "rahasia-sekali",
        "META_APP_SECRET": "rahasia-sekali",
        "META_VERIFY_TOKEN": "rahasia-sekali",
        "META_ACCESS_TOKEN": "rahasia-sekali",
    }

    shown = repr(read_settings(environ)) + repr(read_gateways(environ)["meta"].accounts)

    assert "rahasia-sekali" not in shown


def test_uses_a_file_in_the_data_folder_without_a_database_url(tmp_path: Path) -> None:
    settings = read_settings({"DATA_DIR": str(tmp_path), "DATABASE_URL": ""})

    assert settings.database == f"sqlite:///{tmp_path}/balas.sqlite3"
    assert settings.on_sqlite


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_takes_each_way_to_write_a_postgresql_url(scheme: str) -> None:
    settings = read_settings({"DATABASE_URL": f"{scheme}://balas:rahasia@localhost/balas"})

    assert settings.database == "postgresql+psycopg://balas:rahasia@localhost/balas"


def test_takes_postgresql_on_a_dyno_with_several_workers() -> None:
    settings = read_settings({**ON_A_DYNO, "INBOX_WORKERS": "4"})

    assert settings.inbox_workers == 4


def test_media_lie_in_the_data_folder_without_a_setting(tmp_path: Path) -> None:
    settings = read_settings({"DATA_DIR": str(tmp_path)})

    assert settings.media_place == str(tmp_path / "media")


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("off", None),
        ("OFF", None),
        ("/srv/media", "/srv/media"),
        ("file:///srv/media", "file:///srv/media"),
        ("memory://media", "memory://media"),
    ],
)
def test_media_lie_where_the_setting_says(setting: str, place: str | None) -> None:
    assert read_settings({"MEDIA_STORE": setting}).media_place == place


def test_reads_env_files_below_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nBALAS_ONLY_IN_FILE='a b'\nEMPTY\n")
    monkeypatch.setenv("PORT", "9002")

    found = environment(tmp_path)

    assert (found["PORT"], found["BALAS_ONLY_IN_FILE"]) == ("9002", "a b")
    assert "EMPTY" not in found


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_is_on_when_its_secret_is_set(name: str) -> None:
    assert list(read_gateways({secret_variable(name): "rahasia"})) == [name]


def test_no_gateway_is_on_without_any_secret() -> None:
    assert read_gateways({"META_APP_SECRET": "", "META_API_URL": "http://localhost"}) == {}


@pytest.mark.parametrize(
    ("alias", "name", "field"),
    [
        ("APP_SECRET", "meta", "app_secret"),
        ("WEBHOOK_VERIFY_TOKEN", "meta", "verify_token"),
        ("WEBHOOK_SECRET_KEY", "csku", "webhook_secret"),
        ("WEBHOOK_TOKEN", "rijan", "webhook_token"),
    ],
)
def test_takes_the_names_of_the_vendors_documents(alias: str, name: str, field: str) -> None:
    [account] = read_gateways({secret_variable(name): "rahasia", alias: "lain"})[name].accounts
    [aliased] = read_gateways({secret_variable(name): "", alias: "lain"} | _secret(name, alias))[
        name
    ].accounts

    assert getattr(aliased, field)
    if field != account.secret_field:
        assert getattr(account, field).get_secret_value() == "lain"
    else:
        assert account.secrets == ("rahasia",)


def _secret(name: str, alias: str) -> dict[str, str]:
    """Return the secret, where the alias is not that of the secret itself."""
    if alias in ("APP_SECRET", "WEBHOOK_SECRET_KEY"):
        return {}
    return {secret_variable(name): "rahasia"}


def test_a_secret_may_be_a_list_with_commas() -> None:
    [account] = read_gateways({"META_APP_SECRET": "lama, baru,"})["meta"].accounts

    assert account.secrets == ("lama", "baru")


def test_several_devices_and_one_for_all_the_others() -> None:
    environ = {
        "META_APP_SECRET": "semua",
        "META_ACCOUNTS": accounts(
            {"device": "1", "app_secret": "satu", "access_token": "a"},
            {"device": "2", "app_secret": "dua,tiga"},
        ),
    }

    gateway = read_gateways(environ)["meta"]

    found = [gateway.account(device) for device in ("1", "2", "3")]
    assert [account and account.secrets for account in found] == [
        ("satu",),
        ("dua", "tiga"),
        ("semua",),
    ]


# What an entry takes from the single variables, and what it must not.
SHARED = [
    ("meta", "api_url", "https://graph.contoh.id/v24.0"),
    ("meta", "business_account_id", "900100200300401"),
    ("meta", "preview_url", True),
    ("wagate", "api_url", "https://wagate.contoh.id/api"),
    ("wagate", "show_typing", True),
    ("wagate", "empty_caption", "(berkas)"),
    ("rijan", "api_url", "https://rijan.contoh.id"),
    ("rijan", "restart", True),
    *((name, "rate", "7/second") for name in GATEWAYS),
    *((name, "recipient_rate", "3/minute") for name in GATEWAYS),
    ("csku", "api_url", "https://csku.contoh.id"),
    ("csku", "business_id", "biz_melati"),
    ("csku", "send_path", "/v1/pesan"),
    ("csku", "send_body", '{"id": {conversation_id}, "pesan": {text}}'),
    ("csku", "send_media_body", '{"id": {conversation_id}, "berkas": {url}}'),
    ("csku", "media_hosts", ("berkas.contoh.id",)),
    ("csku", "engines", ("wa", "instagram")),
    ("whatsgate", "api_url", "https://whatsgate.contoh.id/api/v1"),
    ("whatsgate", "send_async", True),
    ("meta", "window_template", "kabar_toko/id"),
    ("meta", "window_template_text", True),
]
OWN = [
    ("meta", "verify_token"),
    ("meta", "access_token"),
    ("meta", "phone_number_id"),
    ("wagate", "api_token"),
    ("wagate", "session_id"),
    ("rijan", "api_key"),
    ("rijan", "webhook_token"),
    ("csku", "api_key"),
    ("whatsgate", "api_key"),
    ("whatsgate", "whatsapp_id"),
]


def written(value: object) -> str:
    """Return a value as it stands in a variable."""
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def entry(name: str, **fields: object) -> dict[str, str]:
    """Return an environment with one entry of <GATEWAY>_ACCOUNTS."""
    secret = {GATEWAYS[name].account_type.secret_field: "rahasia"}
    return {f"{name.upper()}_ACCOUNTS": accounts({"device": "7", **secret, **fields})}


@pytest.mark.parametrize(("name", "field", "value"), SHARED)
def test_an_entry_takes_what_it_leaves_out_from_the_single_variable(
    name: str, field: str, value: object
) -> None:
    variable = f"{name}_{field}".upper()

    [taken] = read_gateways({**entry(name), variable: written(value)})[name].accounts

    assert getattr(taken, field) == value


@pytest.mark.parametrize("name", GATEWAYS)
def test_an_entry_with_an_address_of_its_own_keeps_it(name: str) -> None:
    environ = {
        **entry(name, api_url="https://sendiri.contoh.id"),
        f"{name.upper()}_API_URL": "https://semua.contoh.id",
    }

    [account] = read_gateways(environ)[name].accounts

    assert getattr(account, "api_url", "") == "https://sendiri.contoh.id"


@pytest.mark.parametrize(("name", "field"), OWN)
def test_an_entry_takes_no_secret_and_no_device_of_the_single_account(
    name: str, field: str
) -> None:
    environ = {
        **entry(name),
        secret_variable(name): "rahasia-semua",
        f"{name}_{field}".upper(): "milik-semua",
    }

    named, _single = read_gateways(environ)[name].accounts

    assert not getattr(named, field)
    assert named.secrets == ("rahasia",)


def test_every_field_of_a_gateway_is_shared_or_a_devices_own() -> None:
    told = {(name, field) for name, field, _ in SHARED} | set(OWN)

    for name, gateway in GATEWAYS.items():
        fields = set(gateway.account_type.model_fields)
        fields -= {"device", gateway.account_type.secret_field}
        assert {(name, field) for field in fields} <= told, name


@pytest.mark.parametrize(
    ("environ", "requirement"),
    [
        ({}, "required"),
        (ON_A_DYNO, "none"),
        ({"REDIS_INSECURE_TLS": "true"}, "none"),
    ],
    ids=["anywhere", "dyno", "setting"],
)
def test_accepts_a_self_signed_redis_only_where_told(
    environ: dict[str, str], requirement: str
) -> None:
    settings = read_settings({"REDIS_URL": "rediss://localhost:6380", **environ})

    with connect(settings, patience=1) as redis:
        options = redis.connection_pool.connection_kwargs

    assert options.get("ssl_cert_reqs", "required") == requirement
    assert options.get("ssl_check_hostname", True) == (requirement == "required")
