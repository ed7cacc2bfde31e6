"""People hear that the rules file is broken, and that it is mended."""

from datetime import datetime, timedelta

import pytest
from redis import Redis

from bot.alerts.rules import STAYS_BROKEN
from bot.alerts.watch import watch
from bot.lanes import Lanes
from bot.rules import Problem, Trouble
from models import Effect
from tests.alerts.conftest import MakeRuntime, Watcher
from tests.making import NOW

MINUTE = timedelta(minutes=1)
PROBLEM = Problem(
    file="/srv/toko/rules.yaml", line=12, column=5, path="rules[2].x", text='unknown key "0812345"'
)


class RulesWatcher(Watcher):
    """Somebody who looks while the rules may be broken."""

    trouble: Trouble | None = None

    def look(self, now: datetime = NOW) -> list[Effect]:
        self.redis.delete("balas:alerts")
        lanes = Lanes(self.redis)
        watch(self.runtime, lanes, self.book, trouble=self.trouble, now=now)
        return self.taken()


@pytest.fixture
def watcher(make_runtime: MakeRuntime, redis: Redis) -> RulesWatcher:
    runtime = make_runtime(ALERT_URL="https://alarm.contoh.id/x")
    return RulesWatcher(runtime, redis)


def told(effects: list[Effect]) -> list[tuple[str, str]]:
    return sorted((each.details["way"], each.details["body"]["state"]) for each in effects)


def test_whoever_is_still_writing_is_left_alone(watcher: RulesWatcher) -> None:
    watcher.trouble = Trouble(PROBLEM, 2, since=NOW - STAYS_BROKEN + timedelta(seconds=1))

    assert watcher.look() == []
    assert watcher.alerts() == []


def test_every_admin_and_the_address_hear_of_broken_rules_and_of_their_end(
    watcher: RulesWatcher,
) -> None:
    watcher.trouble = Trouble(PROBLEM, 2, since=NOW - STAYS_BROKEN)
    opened = watcher.look()
    again = watcher.look(NOW + MINUTE)
    watcher.trouble = None
    closed = watcher.look(NOW + 2 * MINUTE)

    assert told(opened) == [("admin", "open"), ("admin", "open"), ("url", "open")]
    assert again == []
    assert told(closed) == [("admin", "closed"), ("admin", "closed"), ("url", "closed")]
    assert {each.details["body"]["text"] for each in opened} == {
        "Balas: Ada kesalahan di rules.yaml baris 12, jadi perubahannya belum dipakai. "
        "Bot tetap menjawab dengan aturan sebelumnya. Lihat: flask rules check"
    }
    assert {each.details["body"]["text"] for each in closed} == {
        "Balas: rules.yaml sudah benar dan sekarang dipakai."
    }


def test_the_words_of_the_file_are_not_told(watcher: RulesWatcher) -> None:
    watcher.trouble = Trouble(PROBLEM, 2, since=NOW - MINUTE)

    (effect, *_) = watcher.look()

    assert effect.details["body"]["details"] == {
        "file": "rules.yaml",
        "line": 12,
        "mistakes": 2,
        "since": (NOW - MINUTE).isoformat(),
    }
