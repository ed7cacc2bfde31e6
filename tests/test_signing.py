"""What is sent to the user's own addresses is signed as Standard Webhooks has it."""

from typing import Any

import pytest

from bot.config import ConfigError, read_settings
from bot.signing import read_keys, signed

# The example that the standard's own libraries are tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNED: dict[str, Any] = {"message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "at": 1614265330}
BODY = b'{"test": 2432232314}'


def test_signs_as_the_standard_does() -> None:
    assert signed(read_keys(SECRET), body=BODY, **SIGNED) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_keys_make_two_signatures() -> None:
    both = signed(read_keys(f"rahasia, {SECRET}"), body=BODY, **SIGNED)["webhook-signature"]
    alone = [
        signed(read_keys(key), body=BODY, **SIGNED)["webhook-signature"]
        for key in ("rahasia", SECRET)
    ]

    assert both.split(" ") == alone
    assert alone[0] != alone[1]


@pytest.mark.parametrize("setting", ["", " ", ",", " , "])
def test_without_a_key_there_is_no_signature(setting: str) -> None:
    assert "webhook-signature" not in signed(read_keys(setting), body=BODY, **SIGNED)


@pytest.mark.parametrize("setting", ["whsec_", "whsec_??", "whsec_ab$cd", "rahasia,whsec_abc"])
def test_a_key_that_cannot_be_read_stops_the_start(setting: str) -> None:
    with pytest.raises(ConfigError, match="HTTP_SIGNING_SECRET is not usable: ") as caught:
        read_settings({"HTTP_SIGNING_SECRET": setting})

    secret = setting.rpartition("whsec_")[2]
    assert not secret or secret not in str(caught.value)


def test_the_setting_is_shown_nowhere() -> None:
    settings = read_settings({"HTTP_SIGNING_SECRET": "kunci-toko"})

    assert settings.signing_keys == (b"kunci-toko",)
    assert "kunci-toko" not in repr(settings)
