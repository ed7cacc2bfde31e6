"""Several files make one book, and each mistake is told in the file in which it is."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.rules import Book, RulesError, load, read
from bot.rules.including import MAX_FILES, MAX_TOTAL
from bot.rules.source import MAX_SIZE
from tests.rules.playing import Chat, texts

MAIN = """\
version: 1
include: [harga.yaml, aturan/promo.yaml]
vars: {nama_toko: Sinar Jaya}
replies: {menu: {text: Selamat datang di {{ nama_toko }}}}
rules:
  - {id: halo, match: {words: halo}, use: menu}
fallback: {reply: Maaf}
""".replace("text: Selamat datang di {{ nama_toko }}", 'text: "Selamat datang di {{ nama_toko }}"')
PRICES = """\
vars: {harga_kopi: 50.000}
synonyms: {harga: [hrg]}
rules:
  - {id: harga, match: {words: harga}, reply: "Kopi {{ harga_kopi }} di {{ nama_toko }}"}
tests:
  - {name: harga, say: hrg, expect: {rule: harga}}
"""
PROMO = """\
version: 1
rules:
  - {id: promo, match: {words: promo}, reply: Diskon}
  - {id: harga-promo, match: {words: harga}, reply: Murah}
"""
ALONE = "version: 1\ninclude: %s\nrules:\n  - {id: a, match: {words: a}, reply: x}\n"


def folder(path: Path, files: Mapping[str, str]) -> Path:
    """Write files, and return the main one."""
    for name, text in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return path / "rules.yaml"


def shop(path: Path, **changed: str) -> Path:
    files = {"main": MAIN, "prices": PRICES, "promo": PROMO} | changed
    names = {"main": "rules.yaml", "prices": "harga.yaml", "promo": "aturan/promo.yaml"}
    return folder(path, {names[name]: text for name, text in files.items()})


def refused(file: Path) -> list[str]:
    with pytest.raises(RulesError) as caught:
        load(file)
    return [str(problem).removeprefix(f"{file.parent}/") for problem in caught.value.problems]


def refused_alone(include: str, files: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(RulesError) as caught:
        read(ALONE % include, files=files if files is not None else {"a.yaml": ""})
    return [str(problem) for problem in caught.value.problems]


def test_rules_of_other_files_come_after_those_of_the_main_one_in_order(tmp_path: Path) -> None:
    book = load(shop(tmp_path))

    assert [rule.id for rule in book.rules] == ["halo", "harga", "promo", "harga-promo"]
    assert texts(Chat(book).say("hrg?")) == ["Kopi 50.000 di Sinar Jaya"]


def test_a_rule_and_a_test_know_their_file_and_line(tmp_path: Path) -> None:
    book = load(shop(tmp_path))

    assert [(rule.file, rule.line) for rule in book.rules[:2]] == [
        (str(tmp_path / "rules.yaml"), 6),
        (str(tmp_path / "harga.yaml"), 4),
    ]
    assert (book.tests[0].file, book.tests[0].line) == (str(tmp_path / "harga.yaml"), 6)
    assert [Path(file).name for file in book.files] == ["rules.yaml", "harga.yaml", "promo.yaml"]


def test_one_file_may_be_named_without_a_list() -> None:
    book = read(ALONE % "b.yaml", files={"b.yaml": "vars: {x: 1}\n"})

    assert book.files == ("rules.yaml", "b.yaml")


def test_sections_may_stand_in_other_files_alone() -> None:
    main = "version: 1\ninclude: b.yaml\nrules:\n"
    rules = "rules:\n  - {id: b, match: {words: b}, reply: y}\n"

    assert [rule.id for rule in read(main, files={"b.yaml": rules}).rules] == ["b"]


def test_the_version_tells_the_content_of_every_file(tmp_path: Path) -> None:
    first = load(shop(tmp_path)).version

    assert load(shop(tmp_path)).version == first
    assert load(shop(tmp_path, promo=PROMO + "# lagi\n")).version != first
    moved = MAIN.replace("[harga.yaml, aturan/promo.yaml]", "[aturan/promo.yaml, harga.yaml]")
    assert load(shop(tmp_path, main=moved)).version != first


def test_a_mistake_is_told_in_its_own_file_and_counted_there(tmp_path: Path) -> None:
    promo = PROMO.replace("words: promo", "word: promo").replace("Murah", '"{{ nama_tk }}"')

    assert refused(shop(tmp_path, promo=promo, prices=PRICES.replace("reply:", "replay:"))) == [
        'harga.yaml:4:40: rules[0].replay: unknown key "replay"; did you mean "reply"?',
        'aturan/promo.yaml:3:25: rules[0].match.word: unknown key "word"; did you mean "words"?',
        'aturan/promo.yaml:4:57: rules[1].reply: unknown name "nama_tk"; did you mean "nama_toko"?',
    ]


def test_mistakes_of_the_main_file_come_first(tmp_path: Path) -> None:
    file = shop(tmp_path, main=MAIN.replace("use: menu", "use: meni"), promo="rule: []\n")

    assert [text.partition(":")[0] for text in refused(file)] == ["rules.yaml", "aturan/promo.yaml"]


def test_a_syntax_error_in_another_file_is_told_there(tmp_path: Path) -> None:
    file = shop(tmp_path, promo="rules:\n\t- id: x\n", prices="vars: {a: 'x}\n")

    assert refused(file) == [
        "harga.yaml:1:11: the quotation mark that opens here is never closed",
        "aturan/promo.yaml:2:1: indent with spaces: YAML does not allow tabs here",
    ]


@pytest.mark.parametrize("section", ["vars: {nama_toko: x}", "replies: {menu: {text: x}}"])
def test_a_name_that_two_files_have_is_told_with_both_places(tmp_path: Path, section: str) -> None:
    (problem,) = refused(shop(tmp_path, promo=PROMO + section + "\n"))
    name = section.split("{")[1].split(":")[0]
    line = 3 if name == "nama_toko" else 4

    assert problem.startswith("aturan/promo.yaml:5:")
    assert problem.endswith(f'"{name}" is already written on line {line} of {tmp_path}/rules.yaml')


def test_what_is_written_twice_keeps_the_places_of_the_first(tmp_path: Path) -> None:
    file = shop(
        tmp_path,
        main=MAIN.replace("{{ nama_toko }}", "{{ nama_tokoo }}"),
        promo=PROMO + "replies: {menu: {text: x}}\n",
    )

    assert [text.partition(": ")[0] for text in refused(file)] == [
        "rules.yaml:4:46",
        "aturan/promo.yaml:5:11",
    ]


def test_an_id_that_two_files_have_is_told_with_both_places(tmp_path: Path) -> None:
    (problem,) = refused(shop(tmp_path, promo=PROMO.replace("id: promo", "id: halo")))

    assert problem.startswith('aturan/promo.yaml:3:10: rules[0].id: the id "halo" is already used')
    assert problem.endswith(f"on line 6 of {tmp_path}/rules.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("settings: {language: en}", 'b.yaml:1:1: settings: "settings" stands in the main file'),
        ("fallback: {reply: x}", 'b.yaml:1:1: fallback: "fallback" stands in the main file only'),
        ("include: c.yaml", 'b.yaml:1:1: include: "include" stands in the main file only, which'),
        ("version: 2", "b.yaml:1:10: version: expected version 1, as in rules.yaml"),
        ("sttings: {}", 'b.yaml:1:1: sttings: unknown key "sttings"; did you mean "settings"?'),
        ("rules: halo", "b.yaml:1:8: rules: expected a list of rules, each with - before it"),
        ("vars: [a]", "b.yaml:1:7: vars: expected names with values, got a list"),
        ("halo", 'b.yaml:1:1: expected sections such as rules:, got "halo"'),
        ("", "b.yaml:1:1: the file is empty"),
        ("a: 1\na: 2", 'b.yaml:2:1: "a" is written twice; the first is on line 1'),
    ],
)
def test_what_cannot_stand_in_another_file_is_told(text: str, problem: str) -> None:
    found = refused_alone("b.yaml", {"b.yaml": text})

    assert any(problem in each for each in found), found


@pytest.mark.parametrize(
    ("include", "problem"),
    [
        ("", "include: expected a file beside this one, such as harga.yaml"),
        ("[]", f"include: expected one to {MAX_FILES} files such as harga.yaml"),
        (f"[{', '.join(f'a{n}.yaml' for n in range(51))}]", f"expected one to {MAX_FILES} files"),
        ("a", 'expected a file beside this one, such as harga.yaml or aturan/promo.yaml, got "a"'),
        ("a", 'did you mean "a.yaml"?'),
        ("../a.yaml", ".. leads out of it"),
        ("b/../../a.yaml", ".. leads out of it"),
        ("/etc/a.yaml", "expected a file beside this one"),
        ("~/a.yaml", "expected a file beside this one"),
        ("'C:\\a.yaml'", "expected a file beside this one"),
        ("https://toko.contoh.id/a.yaml", "expected a file beside this one"),
        (".a.yaml", "a hidden file is not read"),
        ("[a.yaml, ./a.yaml]", 'rules.yaml:2:19: include[1]: "a.yaml" is included twice'),
        ("rules.yaml", '"rules.yaml" is this file itself'),
        ("[{a: b}]", "include[0]: expected a file beside this one"),
        ("b.yaml", 'rules.yaml:2:10: include: there is no file "b.yaml"'),
    ],
)
def test_what_cannot_be_included_is_told(include: str, problem: str) -> None:
    found = refused_alone(include)

    assert any(problem in each for each in found), found


def test_a_text_alone_includes_nothing() -> None:
    with pytest.raises(RulesError, match="no other files can be read here"):
        read(ALONE % "a.yaml")


def test_a_file_that_is_not_there_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    file = shop(tmp_path, main=MAIN.replace("promo.yaml", "promosi.yaml"))

    assert refused(file) == [
        'rules.yaml:2:23: include[1]: there is no file "aturan/promosi.yaml" beside rules.yaml;'
        ' did you mean "aturan/promo.yaml"?'
    ]


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rahasia.yaml").write_text(PROMO)
    file = shop(tmp_path / "toko")
    (tmp_path / "toko/aturan/promo.yaml").unlink()
    (tmp_path / "toko/aturan/promo.yaml").symlink_to(tmp_path / "rahasia.yaml")

    assert "is a link that leads out of the folder of rules.yaml" in refused(file)[0]


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    file = shop(tmp_path)
    (tmp_path / "aturan/promo.yaml").rename(tmp_path / "aturan/lain.yaml")
    (tmp_path / "aturan/promo.yaml").symlink_to("lain.yaml")

    assert len(load(file).rules) == 4


def test_a_link_to_itself_and_a_folder_are_refused(tmp_path: Path) -> None:
    file = shop(tmp_path)
    (tmp_path / "harga.yaml").unlink()
    (tmp_path / "harga.yaml").mkdir()
    (tmp_path / "aturan/promo.yaml").unlink()
    (tmp_path / "aturan/promo.yaml").symlink_to("promo.yaml")

    assert [text.partition(": ")[2] for text in refused(file)] == [
        'include[0]: "harga.yaml" is no file',
        'include[1]: "aturan/promo.yaml" cannot be read: unknown reason',
    ]


def test_all_files_together_have_a_size() -> None:
    large = "# " + "x" * (MAX_SIZE - 20) + "\nvars: {}\n"
    count = MAX_TOTAL // len(large) + 1
    files = {f"a{number}.yaml": large for number in range(count)}

    found = refused_alone(f"[{', '.join(files)}]", files)

    assert len(found) == 1
    assert "all files together are larger than 4096 KB" in found[0]


def test_one_file_too_large_is_told(tmp_path: Path) -> None:
    file = shop(tmp_path, promo="x" * (MAX_SIZE + 1))

    assert refused(file) == ["aturan/promo.yaml: the file is larger than 1024 KB"]


def test_the_error_names_every_file_that_was_looked_for(tmp_path: Path) -> None:
    file = shop(tmp_path)
    (tmp_path / "harga.yaml").unlink()

    with pytest.raises(RulesError) as caught:
        load(file)
    assert [Path(name).name for name in caught.value.files] == [
        "rules.yaml",
        "harga.yaml",
        "promo.yaml",
    ]


def test_the_files_of_a_good_book_can_be_read_again(tmp_path: Path) -> None:
    book: Book = load(shop(tmp_path))

    assert book.source is not None
    assert book.source().files == book.files
