"""The page about adding a gateway, followed step by step in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_documents import blocks_in

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "adding-a-gateway.md"
COPIED = (
    "app.py",
    "rules.yaml",
    "pyproject.toml",
    ".env.example",
    "bot",
    "models",
    "tests",
    "docs",
)
COPIED_FILES = ("README.md", "README.id.md", "Makefile", "worker.py")
SIGNERS = "bot/simulator/signers.py"

# A webhook through the receiver of the copy, and the answer of a rule in its outbox.
PLAY = """
import json, sys, time
from datetime import UTC, datetime
from app import create_app
from bot import rules
from bot.inbox.fold import Responder
from bot.inbox.process import process
from bot.lanes import LANES
from bot.simulator.signers import SIGNERS
from models import Message, reading
from models.migrate import upgrade

folder, payload = sys.argv[1:]
app = create_app({
    "DATA_DIR": folder, "SPOOL": "off",
    "LONTAR_WEBHOOK_SECRET": "rahasia", "LONTAR_API_KEY": "kunci",
})
runtime = app.extensions["balas"]
upgrade(runtime.engine)
with open(payload) as file:
    written_now = {**json.load(file), "at": int(time.time())}
body = json.dumps(written_now).encode()
signed = SIGNERS["lontar"](runtime.gateways["lontar"].accounts[0], body)
client = app.test_client()
for _ in range(2):
    answer = client.post(signed.path, data=signed.body, headers=signed.headers)
    assert (answer.status_code, answer.data) == (200, b'{"ok":true}'), answer.data
forged = client.post(signed.path, data=signed.body + b" ", headers=signed.headers)
assert forged.status_code == 401
book = rules.read(\"\"\"
version: 1
rules:
  - id: buka
    match: {words: [buka]}
    reply: {text: Kami buka., buttons: [{id: harga, title: Harga}]}
\"\"\")
responder = Responder(book=book, gateways=runtime.gateways)
for lane in range(LANES):
    process(runtime.engine, lane, responder, now=datetime.now(UTC))
with reading(runtime.engine) as session:
    rows = session.query(Message).order_by(Message.id).all()
print(json.dumps([[row.direction, row.status, row.text] for row in rows]))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a copy of the project in which the page was followed."""
    there = tmp_path_factory.mktemp("lontar") / "balas"
    there.mkdir()
    for name in (*COPIED, *COPIED_FILES):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, there / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, there / name)
    follow(there)
    yield there
    shutil.rmtree(there)


def follow(there: Path) -> None:
    """Do what the page says, with the code that it shows."""
    module, imported, registered, signer, in_signers = blocks_in(PAGE, "python")
    write(there / "bot/gateways/lontar.py", module)
    insert(
        there / "bot/gateways/__init__.py", imported, after="from bot.gateways.csku import Csku\n"
    )
    insert(there / "bot/gateways/__init__.py", registered, after='    "whatsgate": Whatsgate,\n')
    insert(there / SIGNERS, f"{signer}\n\n", after="", before="SIGNERS: ")
    insert(there / SIGNERS, in_signers, after='    "whatsgate": whatsgate,\n')
    [contract] = blocks_in(PAGE, "toml")
    insert(there / "pyproject.toml", contract, after='    "bot.gateways.whatsgate",\n')
    example = blocks_in(PAGE, "sh")[0]
    with (there / ".env.example").open("a", encoding="utf-8") as file:
        file.write(f"\n{example}")
    payload, expected = blocks_in(PAGE, "json")
    write(there / "tests/payloads/lontar/message-text.json", payload)
    write(there / "tests/payloads/lontar/message-text.expected.json", expected)
    tables = run(there, "-m", "flask", "gateways", "--markdown").stdout
    page = there / "docs/gateways.md"
    page.write_text(
        re.sub(
            r"(?<=<!-- made by flask gateways --markdown -->\n).*?(?=<!-- until here -->)",
            lambda _: f"\n{tables}\n",
            page.read_text(encoding="utf-8"),
            flags=re.DOTALL,
        ),
        encoding="utf-8",
    )


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def insert(path: Path, lines: str, *, after: str, before: str = "") -> None:
    text = path.read_text(encoding="utf-8")
    anchor = before or after
    assert text.count(anchor) == 1, anchor
    path.write_text(text.replace(anchor, after + lines + before), encoding="utf-8")


def run(there: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, without anything that is set outside."""
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=there,
        env={**environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def changed_files(there: Path) -> list[str]:
    """Return the files of the copy that are new, or not as they were."""
    found = [
        path for path in there.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    return sorted(
        name
        for path in found
        if not (ROOT / (name := str(path.relative_to(there)))).exists()
        or path.read_bytes() != (ROOT / name).read_bytes()
    )


def test_touches_the_files_of_the_page_and_no_others(copy: Path) -> None:
    named = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert changed_files(copy) == sorted(named)


def test_keeps_every_promise_of_a_gateway(copy: Path) -> None:
    contract = ["tests/gateways/test_contract.py", "tests/gateways/test_properties.py"]

    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *contract, "-k", "lontar")

    assert " passed" in done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 25


def test_is_named_in_the_documents_as_they_must_name_it(copy: Path) -> None:
    documents = ["tests/test_documents.py", "-k", "example or table or lontar"]

    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *documents)

    assert " passed" in done.stdout


def test_receives_and_answers(copy: Path, tmp_path: Path) -> None:
    payload = copy / "tests/payloads/lontar/message-text.json"

    told = run(copy, "-c", PLAY, str(tmp_path), str(payload)).stdout.splitlines()[-1]

    assert told == (
        '[["in", "received", "Halo, masih buka?"], '
        '["out", "queued", "Kami buka.\\n\\n1. Harga\\n\\nKetik 1"]]'
    )
