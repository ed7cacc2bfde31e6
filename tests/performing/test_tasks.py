"""Tasks and listeners of the user's own module run, and never for ever."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from structlog.testing import capture_logs

from bot.client import Client
from bot.effects import EffectKind
from bot.performing import asking, tasks
from bot.performing.desk import Desk
from models import Event, writing
from tests.performing.outside import BODY, Stage, error_of

TASK = {"name": "resi", "body": BODY, "place": "resi", "rule": "resi"}


@pytest.fixture
def stage(engine: Engine, tmp_path: Path) -> Stage:
    return Stage(engine, tmp_path, "http://127.0.0.1:9")


def test_what_a_task_returns_is_heard(stage: Stage) -> None:
    stage.run()

    reply = [{"kind": "text", "text": "sampai resi JP123 🙏"}]
    assert stage.heard() == [{"place": "resi", "rule": "resi", "reply": reply, "tag": []}]


def test_a_task_knows_that_it_is_run_again(stage: Stage) -> None:
    stage.write('@task("resi")\ndef receipt(occasion): return occasion.id')
    stage.run()
    first = stage.heard()[0]["reply"][0]["text"]
    with writing(stage.engine) as session:
        session.execute(update(Event).values(key="another"))
    stage.change(done_at=None, claimed_at=None)
    stage.again()

    assert first.startswith("balas_")
    assert stage.heard()[1]["reply"][0]["text"] == first


@pytest.mark.parametrize(
    "raising",
    [
        "raise KeyError(occasion.text)",
        "raise SystemExit(occasion.text)",
        "import sqlalchemy.exc; raise sqlalchemy.exc.SQLAlchemyError(occasion.text)",
        "raise TimeoutError(occasion.text)",
    ],
)
def test_a_task_that_raises_is_run_again_and_then_an_error(stage: Stage, raising: str) -> None:
    stage.write(f'@task("resi")\ndef receipt(occasion):\n    {raising}')
    with capture_logs() as logs:
        effect = stage.run()
        assert effect.done_at is None
        stage.again()
        effect = stage.again()

    assert "toko.py:4" in error_of(effect)
    assert stage.heard() == [{"place": "resi", "rule": "resi", "error": True}]
    assert "JP123" not in f"{logs} {effect.error}"


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ('@task("resi")\ndef receipt(o): return object()', "expected a text, a content"),
        ('@task("resi")\ndef receipt(o): return {"teks": o.text}', "a key that is not known"),
    ],
    ids=["nothing to say", "unknown key"],
)
def test_a_task_that_can_never_be_heard_is_an_error_at_once(
    stage: Stage, module: str, why: str
) -> None:
    stage.write(module)

    effect = stage.run()

    assert why in error_of(effect)
    assert "JP123" not in error_of(effect)
    assert stage.heard()[0]["error"] is True


def test_a_task_that_hangs_keeps_no_thread(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TASK_SECONDS", 0.2)
    stage.write('import time\n@task("resi")\ndef receipt(occasion): time.sleep(3)\n')

    effect = stage.run()

    assert error_of(effect) == "Rejected: it takes longer than 0 s"
    assert stage.heard()[0]["error"] is True


def test_with_too_many_tasks_that_hang_no_other_is_begun(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = threading.Event()
    hanging = {threading.Thread(target=end.wait, daemon=True) for _ in range(tasks.MAX_HANGING)}
    for thread in hanging:
        thread.start()
    monkeypatch.setattr(tasks, "_hanging", set(hanging))

    assert stage.run().error == "too many tasks hang, restart the workers"
    end.set()
    for thread in hanging:
        thread.join()
    assert stage.again().error is None


def test_listeners_that_hang_leave_room_for_tasks(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = threading.Event()
    some = asking.LISTENERS_HANGING
    hanging = {threading.Thread(target=end.wait, daemon=True) for _ in range(some)}
    for thread in hanging:
        thread.start()
    monkeypatch.setattr(tasks, "_hanging", set(hanging))
    listener = '@listener("message.received")\ndef note(occasion): ...\n'
    stage.write(listener + '@task("resi")\ndef receipt(occasion): return "sampai"')

    assert stage.tell("note").error == "too many tasks hang, restart the workers"
    stage.change(kind=EffectKind.RUN_TASK, details=TASK)
    assert stage.again().error is None
    end.set()
    for thread in hanging:
        thread.join()


def test_broken_rules_put_a_task_off(stage: Stage) -> None:
    stage.desk = Desk(
        engine=stage.engine, client=Client(), gateways={}, wake=stage.wake, shelf=lambda: None
    )

    assert stage.run().done_at is None
    assert stage.waits == [asking.RULES_WAIT]


def test_broken_rules_use_up_no_tries(stage: Stage) -> None:
    good, stage.desk = stage.desk, replace(stage.desk, shelf=lambda: None)
    stage.run()
    for _ in range(4):
        assert stage.again().done_at is None
    stage.desk = good

    assert stage.again().error is None
    assert len(stage.heard()) == 1


def test_the_longer_the_rules_are_broken_the_longer_is_the_wait(stage: Stage) -> None:
    stage.write('@listener("message.received")\ndef note(occasion): ...')
    stage.desk = replace(stage.desk, shelf=lambda: None)
    stage.tell("note")

    for minutes in (10, 60 * 20):
        stage.change(created_at=datetime.now(UTC) - timedelta(minutes=minutes))
        assert stage.again().done_at is None

    assert [round(wait) for wait in stage.waits] == [asking.RULES_WAIT, 60, 600]


def test_a_task_that_was_saved_just_now_is_waited_for(stage: Stage) -> None:
    stage.write("")
    assert stage.run().done_at is None
    assert stage.waits == [asking.MODULE_WAIT]

    stage.write('@task("resi")\ndef receipt(occasion): return "sampai"')

    assert stage.again().error is None
    assert stage.heard()[0]["reply"] == [{"kind": "text", "text": "sampai"}]


def test_a_task_that_is_gone_is_an_error_soon(stage: Stage) -> None:
    stage.write('@action("resi")\ndef receipt(o): return "a"')
    stage.run()
    stage.change(created_at=datetime.now(UTC) - asking.MODULE_LAGS)

    assert error_of(stage.again()) == "Rejected: the module has no such task any more"
    assert stage.heard()[0]["error"] is True


def test_a_listener_hears_and_says_nothing(stage: Stage, tmp_path: Path) -> None:
    stage.write(
        "from pathlib import Path\n"
        '@listener("message.received")\n'
        "def note(occasion): Path(__file__).with_suffix('.log').write_text(occasion.text)"
    )

    effect = stage.tell("note")

    assert (tmp_path / "toko.log").read_text() == "resi JP123 🙏"
    assert (effect.error, stage.heard()) == (None, [])


def test_a_listener_that_raises_is_told_again_and_nobody_hears_of_it(stage: Stage) -> None:
    stage.write('@listener("message.received")\ndef note(occasion): 1 / 0')

    effect = stage.tell("note")
    assert effect.done_at is None
    assert "ZeroDivisionError" in (effect.error or "")

    stage.change(attempts=99)
    assert stage.again().done_at is not None
    assert stage.heard() == []


def test_what_no_listener_hears_of_any_more_is_given_up(stage: Stage) -> None:
    stage.write('@listener("message.echo")\ndef note(occasion): ...')

    assert stage.tell("note").done_at is None
    stage.change(created_at=datetime.now(UTC) - asking.MODULE_LAGS)

    assert error_of(stage.again()) == "Rejected: the module has no such listener any more"
