"""Measure the rules alone: no web server, no database, one core, everything in memory.

`python -m bench.rules [--quick]`

Method. A turn is everything that the rules do with a message: normal form, index, conditions,
texts, the new state and the explanation; the contact is known and says something for the first
time today. All times are processor time, the best of three runs. Every file of N rules is read in a
process of its own.

A. The shipped rules.yaml over a fixed mix of sentences.
B. Files of one kind of match, each rule with a word of its own. The texts are ordinary words, with
   the word of the last rule among them, so that each is answered. In brackets: how many times the
   same text costs with ten rules. "re" is a loop over all rules with a compiled regular expression
   for each, as bots usually do it: only the search, without anything else of a turn, stopped at the
   first hit.
C. What reading such a file takes. D. The normal form alone.
"""

import argparse
import gc
import itertools
import multiprocessing
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psutil

from bench.report import machine
from bot.events import MessageReceived
from bot.rules import Book, ConversationView, Turn, load, play, read, warnings

SENTENCES = (
    *("halo", "Halo kak", "selamat pagi", "P", "assalamualaikum", "harga", "Harganya berapa kak?"),
    *("HRG nya brp?", "ada pricelist ga min", "daftar harga dong", "order", "mau pesan kopi 2"),
    *("saya mau beli dong kak", "jam berapa buka?", "hari minggu buka ga", "kapan tutup ya"),
    *("cs", "mau bicara dengan admin", "biaya admin berapa", "promo apa bulan ini", "ada diskon?"),
    *("makasih kak", "ok", "sip terima kasih banyak", "👍", "menu", "help", "stop", "mulai"),
    *("mau pinjam 5 pcs dong", "kami menghargai pelanggan", "orderan saya mana", "asdf", "??"),
    "pesan saya belum dibalas dari kemarin, tolong dicek ya kak",
    "Kak saya mau tanya, kalau kirim ke Jl. Melati no. 5 Bandung kira-kira ongkirnya berapa ya?",
    "bisa dikirim hari ini ga? soalnya butuh buat acara besok pagi jam 9 di kantor",
    "Selamat siang, saya Siti dari Toko Kenanga. Apakah masih bisa pesan 20 bungkus untuk Jumat?",
    "barangnya sudah sampai, bagus, makasih ya kak 🙏🙏",
    "itu yang warna hijau masih ada? kalau ada saya ambil dua, tapi minta tolong difoto dulu",
)
COUNTS, LENGTHS = (10, 1_000, 10_000), (10, 100, 1_000, 4_000)
QUICK_COUNTS, QUICK_LENGTHS = (10, 1_000), (100, 1_000)
NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
RUNS, SECONDS = 3, 0.08
FILLER = "saya mau tanya apakah barang itu masih ada dan berapa lama sampai ke rumah "
_CONSONANTS, _VOWELS = "bcdghjklmnprst", "aiueo"

# For each kind its `match`, and the regular expression that does the same in a loop.
KINDS: dict[str, tuple[str, str]] = {
    "words": ("{{words: [{0}, lihat {0}]}}", r"\b(?:{0}|lihat {0})\b"),
    "fuzzy": ("{{fuzzy: [{0}]}}", ""),
    "pattern": ("{{pattern: {0} <apa> <berapa:int>}}", r"^\W*{0}\s+(.+?)\s+(\d+)\W*$"),
    "regex": ("{{regex: '{0}-\\d{{4}}'}}", r"{0}-\d{{4}}"),
    "contains": ("{{contains: {0}}}", "{0}"),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a file of some rules costs. Times of turns in seconds, by the length of the text."""

    kind: str
    count: int
    turns: dict[int, float]
    loops: dict[int, float]
    loading: float
    linting: float
    grown: int


def main() -> None:
    """Measure, and print the tables."""
    options = _read_options()
    facts = machine()
    counts, lengths = (QUICK_COUNTS, QUICK_LENGTHS) if options.quick else (COUNTS, LENGTHS)
    started = time.monotonic()
    shop = load(Path(__file__).parents[1] / "rules.yaml")
    _print_shop(shop)
    costs = [_in_new_process(kind, count, lengths) for kind in KINDS for count in counts]
    _print_turns(costs, lengths)
    _print_loading(costs)
    _print_normal_form(shop, lengths)
    told = ", ".join(f"{name} {facts[name]}" for name in ("cores", "system", "python"))
    print(f"\n{told}, load average {facts['load average']}")
    print(f"{time.monotonic() - started:.0f} s in all")


def measure(kind: str, count: int, lengths: Sequence[int]) -> Cost:
    """Return what a file costs, in a process where nothing else has been."""
    text = file_of(kind, count)
    process = psutil.Process()
    gc.collect()
    before, started = process.memory_info().rss, time.process_time()
    book = read(text)
    loading = time.process_time() - started
    gc.collect()
    grown = process.memory_info().rss - before
    started = time.process_time()
    warnings(book)
    linting = time.process_time() - started
    texts = {length: text_for(kind, length, count) for length in lengths}
    loop = _loop(kind, count)
    for said in texts.values():
        if not answered(book, said) or (loop and loop(said) is None):
            raise AssertionError(f"no rule of {count} with {kind} answers its text")
    return Cost(
        kind=kind,
        count=count,
        turns={length: _best(partial(play, book, _turn(said))) for length, said in texts.items()},
        loops={length: _best(partial(loop, said)) for length, said in texts.items()}
        if loop
        else {},
        loading=loading,
        linting=linting,
        grown=grown,
    )


def _in_new_process(kind: str, count: int, lengths: Sequence[int]) -> Cost:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(measure, kind, count, lengths).result()


def file_of(kind: str, count: int) -> str:
    rules = (
        f"  - {{id: r{number}, match: {KINDS[kind][0].format(_word(number))}, "
        f"reply: Ini jawaban nomor {number}.}}\n"
        for number in range(count)
    )
    return f"version: 1\nrules:\n{''.join(rules)}fallback: {{reply: Maaf?}}\n"


def _loop(kind: str, count: int) -> Callable[[str], object] | None:
    expression = KINDS[kind][1]
    if not expression:
        return None
    compiled = [
        re.compile(expression.format(_word(number)), re.IGNORECASE) for number in range(count)
    ]
    return lambda text: next((each for each in compiled if each.search(text)), None)


def _word(number: int) -> str:
    """Return a word of its own for each number."""
    syllables = []
    number += 1000
    while number:
        number, at = divmod(number, len(_CONSONANTS) * len(_VOWELS))
        syllables.append(_CONSONANTS[at % len(_CONSONANTS)] + _VOWELS[at // len(_CONSONANTS)])
    return "".join(syllables) + "ng"


def text_for(kind: str, length: int, count: int) -> str:
    """Return a text of about that length, in whole words, which the last rule of a file wants."""
    word = _word(count - 1)
    words = list(itertools.islice(itertools.cycle(FILLER.split()), length // 4))
    while words and len(" ".join((*words, word))) > length:
        words.pop()
    match kind:
        case "pattern":
            return " ".join((word, *(words or ["itu"]), "7"))
        case "regex":
            word = f"{word}-2026"
    half = len(words) // 2
    return " ".join((*words[:half], word, *words[half:]))


def answered(book: Book, text: str) -> bool:
    """Return whether a rule answers a text, and not the fallback."""
    rules = play(book, _turn(text)).explanation.rules
    return bool(rules) and rules != ("fallback",)


def _turn(text: str) -> Turn:
    return Turn(
        event=MessageReceived(
            gateway="wagate",
            device="toko-1",
            key="message:1",
            address="6281200000017",
            raw=b"",
            occurred_at=NOW,
            text=text,
            phone="6281200000017",
            name="Siti",
        ),
        now=NOW,
        received_at=NOW,
        conversation=ConversationView(
            name="Siti", phone="6281200000017", last_inbound_at=NOW - timedelta(days=1)
        ),
    )


def _best(act: Callable[[], object]) -> float:
    """Return the seconds of one call, in the best of some runs."""
    act()
    found = []
    for _ in range(RUNS):
        times, started = 0, time.process_time()
        while (spent := time.process_time() - started) < SECONDS:
            act()
            times += 1
        found.append(spent / times)
    return min(found)


def _print_shop(shop: Book) -> None:
    turns = [_turn(sentence) for sentence in SENTENCES]
    mix = _best(lambda: [play(shop, turn) for turn in turns])
    print(f"A. rules.yaml, {len(shop.rules)} rules, {len(SENTENCES)} sentences\n")
    print("| turns a second | µs a turn |\n| ---: | ---: |")
    print(f"| {len(SENTENCES) / mix:,.0f} | {mix / len(SENTENCES) * 1e6:.1f} |", flush=True)


def _print_turns(costs: Sequence[Cost], lengths: Sequence[int]) -> None:
    print("\nB. µs a turn, for texts of so many characters\n")
    heads = [f"{length:,}" for length in lengths]
    print(f"| match | rules | {' | '.join(heads)} | {' | '.join(f're {head}' for head in heads)} |")
    print("| --- |" + " ---: |" * (1 + 2 * len(lengths)))
    for kind, group in itertools.groupby(costs, key=lambda cost: cost.kind):
        few, *more = group
        for cost in (few, *more):
            cells = [_cell(cost.turns[length], few.turns[length]) for length in lengths]
            loops = [f"{cost.loops[length] * 1e6:,.0f}" if cost.loops else "" for length in lengths]
            print(f"| {kind} | {cost.count:,} | {' | '.join(cells)} | {' | '.join(loops)} |")


def _cell(cost: float, few: float) -> str:
    return f"{cost * 1e6:,.0f} ({cost / few:.1f} ×)"


def _print_loading(costs: Sequence[Cost]) -> None:
    print("\nC. Reading a file: seconds of processor time, MB that the process grew by\n")
    print("| match | rules | read s | warnings s | MB |\n| --- | ---: | ---: | ---: | ---: |")
    for cost in costs:
        print(
            f"| {cost.kind} | {cost.count:,} | {cost.loading:.2f} | {cost.linting:.2f} | "
            f"{cost.grown / 2**20:.1f} |"
        )


def _print_normal_form(shop: Book, lengths: Sequence[int]) -> None:
    print("\nD. The normal form alone, with the synonyms of rules.yaml\n")
    print("| characters | µs | µs a character |\n| ---: | ---: | ---: |")
    for length in lengths:
        text = text_for("words", length, 10)
        spent = _best(partial(shop.vocabulary.normalise, text)) * 1e6
        print(f"| {length:,} | {spent:,.1f} | {spent / length:.2f} |")


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.rules",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer and smaller files")
    return parser.parse_args()


if __name__ == "__main__":
    main()
