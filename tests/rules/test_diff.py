"""What changed between two files is told in words, and how they are written is no change."""

from pathlib import Path

import pytest

from bot.rules import read
from bot.rules.diff import differences

EXAMPLE = (Path(__file__).parent / "example.yaml").read_text(encoding="utf-8")


def changes(old: str, new: str, *, text: str = EXAMPLE) -> list[str]:
    """Return what is told when one part of the example becomes another."""
    assert old in text
    return differences(read(text), read(text.replace(old, new)))


def test_a_file_means_the_same_as_itself() -> None:
    assert differences(read(EXAMPLE), read(EXAMPLE)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cooldown: 8h", "cooldown: 480m"),
        ("timeout: 30m", "# a remark\n    timeout: 1800s"),
        ("match: {words: [halo]}", "match:\n      words: halo"),
        ("[makasih,", "[Makasih,"),
        (
            "handover: {for: 4h, notify: pemilik}\n    reply",
            "handover: {notify: {to: pemilik}, for: 4h}\n    reply",
        ),
        ("use: menu\n\n  - id: cs", "use: 'menu'\n    continue: tidak\n\n  - id: cs"),
        ("  halo: [hai, hi,", "  halo: [hi, hai,"),
        ("sabtu: 09:00-13:00", "sabtu: 9-13"),
        ("reply: Baik, pesanan dibatalkan.", "reply: {text: 'Baik, pesanan dibatalkan.'}"),
    ],
)
def test_what_is_only_written_in_another_way_is_no_change(old: str, new: str) -> None:
    assert changes(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("harga: 50000}", "harga: 55.000}", 'table "produk": row "kopi": harga: 50000 → 55.000'),
        (
            "    - {id: teh, nama: Teh Melati 100g,",
            "    - {id: susu, nama: Susu, harga: 1}\n    - {id: teh, nama: Teh Melati 100g,",
            'table "produk": row "susu" is new: nama: Susu, harga: 1',
        ),
        ("harga_mulai: 50000", "harga_mulai: 45000", 'var "harga_mulai": 50000 → 45000'),
        ("no_cs:", "nomor: 1\n  no_cs:", 'var "nomor" is new: 1'),
        ("[hrg, pricelist,", "[hrg, tarif,", 'synonym "harga": added "tarif"; removed "pricelist"'),
        ("max_age: 15m", "max_age: 30m", "settings: max_age: 15m → 30m"),
        ("replies: 12,", "replies: 9,", "settings: loop_guard: replies: 12 → 9"),
        (
            "sabtu: 09:00-13:00",
            "sabtu: 09:00-14:00",
            'hours "toko": sabtu: 09:00-13:00 → 09:00-14:00',
        ),
        ('to: "6281200000001"', 'to: "6281200000002"', 'admin "pemilik": to: …0001 → …0002'),
        (
            "title: Harga}",
            "title: Harga kami}",
            'reply "menu": buttons: "btn_harga": title: Harga → "Harga kami"',
        ),
        ("cooldown: 10m", "cooldown: 15m", 'rule "halo": cooldown: 10m → 15m'),
        ("    cooldown: 10m\n", "", 'rule "halo": cooldown: removed (was 10m)'),
        ("[makasih,", "[makasih, mksh,", 'rule "terima-kasih": match: words: added "mksh"'),
        ("opt_in: true", "opt_in: true\n    continue: ya", 'rule "mulai": continue: no → yes'),
        (
            "reply: Terima kasih, gambarnya",
            "reply: Makasih, gambarnya",
            'rule "bukti-transfer": reply: "Terima kasih, gambarnya sudah kami terima dan akan '
            'dicek C… → "Makasih, gambarnya sudah kami terima dan akan dicek CS."',
        ),
        ("after: 2 ", "after: 3 ", "fallback: after: 2 → 3"),
        ("max: 100", "max: 50", 'flow "order": steps: "jumlah": max: 100 → 50'),
        ("timeout: 30m", "timeout: 1h", 'flow "order": timeout: 30m → 1h'),
        ("  - name: sinonim", "  - name: lain", 'test "sinonim" is gone'),
        ("say: HRG nya brp kak?", "say: hrg?", 'test "sinonim" is changed'),
    ],
)
def test_a_change_is_told_in_words(old: str, new: str, told: str) -> None:
    assert told in changes(old, new)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("harga: 50000}", "harga: 55000}", 1),
        ("cooldown: 10m", "cooldown: 15m", 1),
    ],
)
def test_nothing_else_is_told(old: str, new: str, told: int) -> None:
    assert len(changes(old, new)) == told


RULES = "version: 1\nrules:\n" + "".join(
    f"  - {{id: {name}, match: {{words: {name}}}, reply: x}}\n" for name in "abcde"
)


def ordered(names: str) -> str:
    lines = {line.split("id: ")[1][0]: line for line in RULES.splitlines()[2:]}
    return "\n".join(["version: 1", "rules:", *(lines[name] for name in names)]) + "\n"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("bcdea", ['rule "a" moved: it is now below "e"']),
        ("eabcd", ['rule "e" moved: it is now the first']),
        ("abdce", ['rule "c" moved: it is now below "d"']),
        ("acde", ['rule "b" is gone']),
    ],
)
def test_the_fewest_rules_are_said_to_have_moved(names: str, told: list[str]) -> None:
    assert differences(read(RULES), read(ordered(names))) == told


def test_a_new_rule_is_told_with_its_place() -> None:
    assert differences(read(ordered("abde")), read(RULES)) == [
        'rule "c" is new, below "b": match: words: c, reply: x'
    ]


def test_what_stands_in_another_file_now_is_no_change() -> None:
    main = "version: 1\ninclude: lain.yaml\n" + RULES.split("\n", 1)[1].rsplit("  - {id: e", 1)[0]
    other = "rules:\n" + RULES.splitlines()[-1] + "\n"

    assert differences(read(RULES), read(main, files={"lain.yaml": other})) == []
