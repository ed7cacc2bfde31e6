"""Every mistake in a rules file is told in plain words, with its place and, if sure, its cure."""

from pathlib import Path

import pytest

from bot.rules import RulesError, load, read
from bot.rules.source import MAX_PROBLEMS, MAX_SIZE
from tests.rules.playing import problems, raised

RULE = "rules:\n  - {id: a, match: {words: a}, reply: x}\n"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("rules:\n", 'rules.yaml:1:1: "rules" is missing: the file has no rules'),
        (
            "rules: halo\n",
            'rules.yaml:2:8: rules: expected a list of rules, each with - before it, got "halo"',
        ),
        (
            "sttings: {}\n" + RULE,
            'rules.yaml:2:1: sttings: unknown key "sttings"; did you mean "settings"?',
        ),
        (
            "jam: {}\n" + RULE,
            'rules.yaml:2:1: jam: unknown key "jam"; did you mean "hours"?',
        ),
        (
            RULE + "reply: halo\n",
            'rules.yaml:4:1: reply: "reply" is part of a rule: indent it as far as the "id"',
        ),
        (
            RULE + "timezone: Asia/Jakarta\n",
            'rules.yaml:4:1: timezone: "timezone" is part of "settings": write it below',
        ),
        (
            "rules:\n  a:\n    reply: x\n",
            "rules.yaml:3:3: rules: expected a list of rules, each with - before it, got a map",
        ),
        (
            "settings:\n  max_age: 1 jam 30 menit\n" + RULE,
            'expected a duration such as 10m, got "1 jam 30 menit"; did you mean "1h30m"?',
        ),
        ("settings: {collapse: 1}\n" + RULE, "expected a duration with its unit, such as 10s"),
        ("settings: {language: indonesia}\n" + RULE, 'did you mean "id"?'),
        (
            "settings: {loop_guard: off}\n" + RULE,
            "settings.loop_guard: expected keys with values such as"
            ' {replies: 12, within: 1m, pause: 30m}, got "off"',
        ),
        (
            "settings: {module: toko.py}\n" + RULE,
            'without its .py, got "toko.py"; did you mean "toko"',
        ),
        ("admins: {bos: {nomor: 62}}\n" + RULE, 'unknown key "nomor"; did you mean "to"?'),
        (
            "hours: {toko: {sennin: 09:00-17:00}}\n" + RULE,
            "rules.yaml:2:16: hours.toko.sennin: ",
        ),
        ("hours: {toko: {senin: 25:00-26:00}}\n" + RULE, "rules.yaml:2:23: hours.toko.senin: "),
        ("tables: {produk: [{nama: Kopi}]}\n" + RULE, "rules.yaml:2:19: tables.produk[0]: "),
        ("synonyms: [halo]\n" + RULE, "synonyms: expected names with values, got a list"),
        ("vars: {a: [x]}\n" + RULE, "vars.a: expected a text, got a list"),
        (
            "replies: {menu: halo}\n" + RULE,
            'replies.menu: expected keys with values such as {text: Halo!}, got "halo"',
        ),
        (
            "settings:\n  max_age: 15 menit\n" + RULE,
            "rules.yaml:3:12: settings.max_age: expected a duration such as 10m,"
            ' got "15 menit"; did you mean "15m"?',
        ),
        (
            "settings:\n  timezone: WIB\n" + RULE,
            "rules.yaml:3:13: settings.timezone: expected a time zone such as Asia/Jakarta,"
            ' got "WIB"; did you mean "Asia/Jakarta"?',
        ),
        (
            "settings:\n  chats: grup\n" + RULE,
            "rules.yaml:3:10: settings.chats: expected private, group or all,"
            ' got "grup"; did you mean "group"?',
        ),
        (
            "settings:\n  loop_guard: {replies: nol}\n" + RULE,
            "rules.yaml:3:25: settings.loop_guard.replies: expected a whole number from 1 to 100,"
            ' got "nol"',
        ),
        (
            "vars: {nama toko: x}\n" + RULE,
            'rules.yaml:2:8: vars.nama toko: "nama toko" cannot be a name:'
            " use letters, digits and _, such as nama_toko",
        ),
        (
            "vars: {contact: x}\n" + RULE,
            'rules.yaml:2:8: vars.contact: "contact" is a name of our own; call it something else',
        ),
        (
            "synonyms: {halo: hai, hei: [hai]}\n" + RULE,
            'rules.yaml:2:29: synonyms.hei[0]: "hai" already stands for "halo"',
        ),
        (
            "admins: {bos: {to: 08120000017}}\n" + RULE,
            "rules.yaml:2:20: admins.bos.to: expected a phone number with its country code,"
            ' such as 62812…, got "08120000017"; did you mean "628120000017"?',
        ),
        (
            "replies: {menu: {txt: x, text: y}}\n" + RULE,
            'rules.yaml:2:18: replies.menu.txt: unknown key "txt"; did you mean "text"?',
        ),
        (RULE + "fallback: {cooldown: 1m}\n", "fallback: the fallback says nothing"),
        (RULE + "fallback: {reply: x, match_types: txt}\n", 'did you mean "text"?'),
        (RULE + "fallback: {reply: x, match_types: foto}\n", 'did you mean "image"?'),
        (
            RULE + "fallback: maaf\n",
            "fallback: expected keys with values such as {reply: Maaf, kami belum paham.}",
        ),
        (RULE + "fallback: {text: x}\n", '"text" is part of "reply": write it below "reply:"'),
        (RULE + "fallback: {reply: x, after: 2}\n", '"after" and "then" go together'),
        (
            RULE + "fallback: {reply: x, after: 2, then: {handove: 4h}}\n",
            'fallback.then.handove: unknown key "handove"; did you mean "handover"?',
        ),
    ],
)
def test_a_mistake_in_a_section_is_told(written: str, problem: str) -> None:
    assert any(problem in found for found in problems(written)), problems(written)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("match: {words: a}\n    reply: x", 'rules.yaml:3:5: rules[0]: "id" is missing'),
        ("id: a\n    match: {words: a}", "rules[0]: it says nothing"),
        ("id: a\n    reply: x", "rules[0]: it matches every message"),
        ("id: a b\n    reply: none", 'expected an id such as harga or jam-buka, got "a b"'),
        ("id: none\n    reply: x", '"none" cannot be an id'),
        (
            "id: a\n    match: {word: x}\n    reply: x",
            'rules.yaml:4:13: rules[0].match.word: unknown key "word"; did you mean "words"?',
        ),
        (
            "id: a\n    match: {words: a}\n    coldown: 1m\n    reply: x",
            'rules.yaml:5:5: rules[0].coldown: unknown key "coldown"; did you mean "cooldown"?',
        ),
        (
            "id: a\n    match: {words: a}\n    reply: x\n    cooldown: 10 menit",
            'rules.yaml:6:15: rules[0].cooldown: expected a duration such as 10m, got "10 menit"',
        ),
        (
            "id: a\n    match: {words: a}\n    start: order\n    reply: x",
            'rules.yaml:5:12: rules[0].start: there is no flow "order"; the file names none',
        ),
        (
            "id: a\n    match: {words: a}\n    balas: x",
            'unknown key "balas"; did you mean "reply"?',
        ),
        (
            "id: a\n    words: a\n    reply: x",
            'rules.yaml:4:5: rules[0].words: "words" is part of "match": write it below "match:"',
        ),
        (
            "id: a\n    kata: a\n    reply: x",
            'unknown key "kata"; did you mean "words"? It stands below "match:"',
        ),
        (
            "id: a\n    match: {words: a, if: {open: toko}}\n    reply: x",
            'rules.yaml:4:23: rules[0].match.if: "if" stands beside "match:", not inside it',
        ),
        (
            "id: a\n    match: {words: a}\n    if: {words: b}\n    reply: x",
            'rules[0].if.words: "words" is part of "match": write it below "match:"',
        ),
        (
            "id: a\n    match: {words: a}\n    open: toko\n    reply: x",
            'rules[0].open: "open" is part of "if": write it below "if:"',
        ),
        (
            "id: a\n    match: {words: a}\n    reply: {text: x, notify: {to: b, text: c}}",
            '"notify" stands beside "reply:", not inside it',
        ),
        (
            "id: a\n    match: a\n    reply: x",
            "rules[0].match: expected keys with values such as {words: [harga, hrg]}",
        ),
        ("id: a\n    on: call.received\n    reply: x", 'did you mean "event"?'),
        (
            "id: a\n    match: {words: a}\n    reply: {text: x, button: [a]}",
            'rules[0].reply.button: unknown key "button"; did you mean "buttons"?',
        ),
        ("id: a\n    match: {words: a}\n    handover: 4 jam", 'did you mean "4h"?'),
        ("id: a\n    match: {words: a}\n    handover: {until: 4h}", 'did you mean "for"?'),
        (
            "id: a\n    match: {words: a}\n    notify: bos",
            "rules[0].notify: expected keys with values such as {to: pemilik",
        ),
        (
            "id: a\n    match: {words: a}\n    record: {kind: order}",
            '"fields" is missing, as in {kind: order, fields: [produk, jumlah]}',
        ),
        ("id: a\n    match: {words: a}\n    http: toko.id", "expected an address such as https://"),
        (
            "id: a\n    match: {words: a}\n    http: {url: 'https://a.id', timeout: 1m}",
            "rules[0].http.timeout: expected at most 30s",
        ),
        (
            "id: a\n    if: {eq: form.a}\n    reply: x",
            "rules[0].if.eq: expected a name and a value, such as [form.setuju, ya]",
        ),
        ("id: a\n    if: {open: toko}\n    reply: x", 'there is no hours "toko"'),
        (
            "{id: a, match: {words: a}, reply: Jam buka, tutup}",
            'rules[0].reply: put the text in quotes: reply: "Jam buka, tutup"',
        ),
        (
            "id: a\n    match: {words: harga, hrg}\n    reply: x",
            "several values stand in brackets: words: [harga, hrg]",
        ),
        (
            "id: a\n    match: {words: a}\n    reply: {image: a.jpg}",
            '"image" is part of "media": write it below "media:"',
        ),
        (
            "id: a\n    match: {words: a}\n    reply: {media: a.jpg}",
            "expected keys with values such as {image: a.jpg}",
        ),
        (
            "id: a\n    match: {words: a}\n    reply: [x, y]",
            "to say any one of them: reply: {random: […]}",
        ),
        ("id: a\n    match: {words: []}\n    reply: x", "match.words: expected a value or a list"),
        ("id: a\n    match: {}\n    reply: x", "match: is empty: write at least one key"),
        ("id: a\n    match: {words: '?!'}\n    reply: x", '"?!" holds no letter and no digit'),
        ("id: a\n    match: {type: imge}\n    reply: x", 'did you mean "image"?'),
        ("id: a\n    if: {gateway: wagat}\n    reply: x", 'did you mean "wagate"?'),
        ("id: a\n    if: {first: mungkin}\n    reply: x", "if.first: expected true or false"),
        ("id: a\n    match: {words: a}\n    use: menu", 'no reply "menu"; the file names none'),
        ("id: a\n    match: {words: a}\n    use: m\n    reply: x", '"reply" and "use" exclude'),
        ("id: a\n    match: {words: a}\n    reply: {nama}", "begins with { must stand in quotes"),
        (
            "id: a\n    match: {words: a}\n    reply: [{text: x}, {text: y}]",
            'an entry without "if" holds always',
        ),
        ("id: a\n    match: {words: a}\n    reply: [{if: {first: ya}}]", "exactly one of"),
        ("id: a\n    match: {words: stop}\n    opt_out: true", "takes only whole messages"),
        ("id: a\n    opt_in: true\n    continue: true", 'an opt_in rule needs a "match"'),
        (
            "id: a\n    match: {words: a}\n    reply: #promo",
            "got nothing; what begins with # is a comment, unless it stands in quotes",
        ),
        ("id: a\n    event: call.recieved\n    reply: x", 'did you mean "call.received"?'),
        (
            "id: a\n    event: call.received\n    match: {words: a}\n    reply: x",
            '"match" is about messages, and this rule is about call.received',
        ),
        ("id: a\n    event: device.connected\n    reply: x", "there is nobody to speak to"),
        (
            "id: a\n    event: device.connected\n    notify: {to: bos, text: x}",
            'rules[0].notify.to: there is no admin "bos"; the file names none',
        ),
    ],
)
def test_a_mistake_in_a_rule_is_told(rule: str, problem: str) -> None:
    found = problems("rules:\n  - " + rule)

    assert any(problem in text for text in found), found


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("text: a, buttons: []", "buttons: expected a value or a list of values, got an empty"),
        ("buttons: [A]", 'rules.yaml:3:7: replies.r.buttons: "buttons" stand below a text'),
        ("text: a, buttons: [A, a]", 'buttons[1]: the id "a" is already used on line 3'),
        (
            "text: a, list: {sections: [{rows: [A]}, {rows: [{id: A, title: B}]}]}",
            'list.sections[1].rows[0].id: the id "A" is already used',
        ),
        ("text: a, buttons: [{id: x}]", 'buttons[0]: "title" is missing'),
        ('text: a, buttons: [{id: x, title: ""}]', "title: expected a text, got nothing"),
        ('text: a, buttons: ["{{ caption }}"]', "an id must stay the same, so it is no template"),
        ("text: a, buttons: [{id: x, titel: y}]", 'did you mean "title"?'),
        ("text: a, buttons: [{id: x, title: y, description: z}]", 'unknown key "description"'),
        (
            'text: a, buttons: [{id: x, title: "{{ conta.name }}"}]',
            'replies.r.buttons[0].title: unknown name "conta"; did you mean "contact"?',
        ),
        ("text: a, buttons: [A], list: [B]", '"buttons" and "list" exclude each other'),
        ("text: a, list: {label: Menu}", 'give the list either "rows" or "sections"'),
        ("text: a, list: {rows: [A], sections: [{rows: [B]}]}", 'either "rows" or "sections"'),
        (
            "text: a, list: {rows: [{id: a, title: b, descripton: c}]}",
            'did you mean "description"?',
        ),
        ("text: a, footer: b", 'a "footer" belongs to buttons or a list'),
        ("footer: b", 'replies.r: it says nothing: give it a "text" or a "media"'),
        ("media: {}", "give it exactly one of image, video, audio, voice, document, sticker"),
        ("media: {image: a.jpg, video: b.mp4}", "give it exactly one of image"),
        ("media: {gambar: a.jpg}", 'replies.r.media.gambar: unknown key "gambar"'),
        ("media: {image: ../rahasia.jpg}", "media.image: a file lies beside the rules file"),
        ("media: {image: a/../../b.jpg}", ".. leads out of it"),
        ("media: {image: /etc/passwd}", "expected a file beside the rules file"),
        ("media: {image: ~/a.jpg}", "expected a file beside the rules file"),
        ("media: {image: 'C:\\a.jpg'}", "expected a file beside the rules file"),
        ("media: {document: .env}", "a hidden file is never sent"),
        ("media: {image: 'http://toko.contoh.id/a.jpg'}", "expected a link such as https://"),
        ("media: {image: 'https://toko'}", "expected a link such as https://"),
        ("media: {image: 'https://toko.contoh.id/{{ caption }}.jpg'}", "is no template"),
    ],
)
def test_a_mistake_in_what_a_reply_says_is_told(reply: str, problem: str) -> None:
    found = problems(f"replies:\n  r: {{{reply}}}\n" + RULE)

    assert any(problem in text for text in found), found


@pytest.mark.parametrize(
    ("flow", "problem"),
    [
        ("step: [{id: a, ask: x}]", 'unknown key "step"; did you mean "steps"?'),
        ("steps: {id: a, ask: x}", "flows.f.steps: expected a list of steps, each with - before"),
        ("steps: []", "expected a list of steps, each with - before it, got an empty list"),
        ("steps: [{id: a, tanya: x}]", 'unknown key "tanya"; did you mean "ask"?'),
        ("steps: [{id: a}]", 'flows.f.steps[0]: "ask" is missing, as in {id: alamat, ask:'),
        (
            "steps: [{id: a, ask: {txt: x}}]",
            "rules.yaml:3:29: flows.f.steps[0].ask.txt: unknown key",
        ),
        ("steps: [{id: a, ask: x, type: angka}]", 'did you mean "int"?'),
        ("steps: [{id: a, ask: x, type: table.prod}]", 'there is no table "prod"'),
        ("steps: [{id: a, ask: x, min: satu}]", "expected a number such as 10, or a date"),
        ("steps: [{id: a, ask: x, type: email, min: 3}]", '"min" means nothing for email'),
        ("steps: [{id: a, ask: x, min: 9, max: 3}]", "min is above max, so no answer fits"),
        ("steps: [{id: a, ask: x, type: choice}]", 'flows.f.steps[0]: give it "choices"'),
        (
            "steps: [{id: a, ask: x, type: choice, choices: [ya]}]",
            "choices: expected keys with values such as {ya: [ya, y, benar]",
        ),
        ("steps: [{id: a, ask: x}, {id: a, ask: y}]", 'the id "a" is already used in this flow'),
        ("steps: [{id: a, ask: '{{ form.b }}'}]", '"form.b" does not exist'),
        (
            "steps: [{id: a, ask: x}], done: {replay: x}",
            'flows.f.done.replay: unknown key "replay"',
        ),
        ("steps: [{id: a, ask: x}], done: x", "flows.f.done: expected keys with values such as"),
        ("steps: [{id: a, ask: x}], done: {reply: x, if: {eq: [form.b, y]}}", 'name "form.b"'),
        ("steps: [{id: a, ask: x}], on_cancel: x", "on_cancel: expected keys with values such as"),
        ("steps: [{id: a, ask: x}], on_timout: {reply: x}", 'did you mean "on_timeout"?'),
        ("steps: [{id: a, ask: x}], interrupt: b", 'there is no rule "b"; there are a'),
        ("steps: [{id: a, ask: x}], timeout: 30 menit", 'did you mean "30m"?'),
    ],
)
def test_a_mistake_in_a_flow_is_told(flow: str, problem: str) -> None:
    found = problems(f"flows:\n  f: {{{flow}}}\n" + RULE)

    assert any(problem in text for text in found), found


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ("say: x", 'tests[0]: "name" is missing, as in {name: sapaan, say: halo'),
        ("name: x, says: x", 'unknown key "says"; did you mean "say"?'),
        ("name: x, say: x, harap: {rule: a}", 'unknown key "harap"; did you mean "expect"?'),
        ("name: x, say: x, expect: a", "tests[0].expect: expected keys with values such as {rule:"),
        ("name: x, say: x, expect: {rul: a}", "rules.yaml:5:32: tests[0].expect.rul: unknown key"),
        ("name: x, say: x, at: 20:00", 'expected a date and a time such as "2026-01-04 20:00"'),
        ("name: x, say: x, at: 04/01/2026 20.00", 'did you mean "2026-01-04 20:00"?'),
        ("name: x, talk: {say: x}", "tests[0].talk: expected a list of turns, each with - before"),
        ("name: x, talk: [{sya: x}]", 'tests[0].talk[0].sya: unknown key "sya"'),
        ("name: x, send: image", "tests[0].send: expected keys with values such as {type: image"),
        ("name: x, send: {type: foto}", 'did you mean "image"?'),
        ("name: x, event: {nama: x}", 'tests[0].event: "name" is missing, as in {name: device'),
    ],
)
def test_a_mistake_in_a_test_is_told(test: str, problem: str) -> None:
    found = problems(RULE + f"tests:\n  - {{{test}}}\n")

    assert any(problem in text for text in found), found


def test_a_rule_with_a_mistake_is_not_said_to_be_missing() -> None:
    found = problems("""\
rules:
  - {id: a, match: {word: x}, reply: x}
flows: {f: {steps: [{id: n, ask: x}], interrupt: [a, b]}}
""")

    assert [text.split(": ")[1] for text in found] == [
        "rules[0].match.word",
        "flows.f.interrupt[1]",
    ]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        RULE + "".join(f"kunci{number}: x\n" for number in range(50_000)),
        RULE + "vars:\n" + "".join(f"  v{number}: []\n" for number in range(50_000)),
        RULE + "".join(f"  - {{id: a, use: r{number}}}\n" for number in range(20_000)),
        "rules: [" + "*a, " * 250_000 + "]",
        "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [{'*a, ' * 9}]\n" for n in range(500)),
    ],
    ids=["keys", "values", "rules", "aliases", "bomb"],
)
def test_a_file_of_nothing_but_mistakes_is_refused_soon(text: str) -> None:
    found = raised("version: 1\n" + text)

    assert len(found) == MAX_PROBLEMS + 1
    assert f"these are {MAX_PROBLEMS} problems" in found[-1].text
    assert sum(len(str(problem)) for problem in found) < 300 * len(found)


@pytest.mark.parametrize("key", ["buttons: [A]", "list: [A]", "media: {image: a.jpg}", "footer: x"])
def test_a_part_of_a_reply_beside_it_is_told_where_it_belongs(key: str) -> None:
    found = problems(f"rules:\n  - {{id: a, match: {{words: a}}, reply: x, {key}}}\n")

    assert len(found) == 1
    assert 'is part of "reply": write it below "reply:"' in found[0]


def test_a_named_reply_with_buttons_must_fit_where_it_is_used() -> None:
    found = problems("""\
replies: {menu: {text: x, buttons: [{id: a, title: "{{ message.text }}"}]}}
rules:
  - {id: a, event: call.received, use: menu}
""")

    assert len(found) == 1
    assert 'the reply "menu" does not fit here: unknown name "message"' in found[0]


def test_all_mistakes_are_told_in_the_order_of_the_lines() -> None:
    found = raised("""\
version: 1
settings: {bubbles: merg}
rules:
  - id: a
    match: {word: x}
    reply: "{{ contact.nama }}"
  - id: b
    match: {words: x}
    reply: Halo {{ naam }}
    cooldown: selamanya
  - id: b
    match: {words: x}
    use: menu
""")

    assert [problem.line for problem in found] == [2, 5, 10, 11, 13]


def test_a_mistake_in_one_rule_hides_none_in_the_texts_of_another() -> None:
    found = problems("""\
rules:
  - {id: a, match: {word: x}, reply: x}
  - {id: b, match: {words: x}, reply: "Halo {{ nama }}"}
""")

    assert [text.split(": ")[1] for text in found] == ["rules[0].match.word", "rules[1].reply"]


def test_an_id_that_comes_twice_names_the_first() -> None:
    found = problems("""\
rules:
  - {id: a, match: {words: x}, reply: x}
  - {id: a, match: {words: y}, reply: x}
""")

    assert found == ['rules.yaml:4:10: rules[1].id: the id "a" is already used on line 3']


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ nama_tko }}", 'unknown name "nama_tko"; did you mean "nama_toko"?'),
        ("{{ contact.nama }}", '"contact.nama" does not exist; did you mean "contact.name"?'),
        ("{{ contact['x'] }}", '"contact.x" does not exist; it has name, phone'),
        ("{{ vars.tokko }}", '"vars.tokko" does not exist'),
        ("{{ contact }}", '"contact" is a group of names: write contact.name'),
        ("{{ reason }}", 'unknown name "reason"'),
        ("{{ 5 | rupia }}", 'unknown filter "rupia"; did you mean "rupiah"?'),
        ("{{ contact.name.upper() }}", "nothing can be called in a text; use a filter"),
        ("{{ nama_toko", "a {{ is not closed with }}"),
        ("{% if %}", "this text is no valid template"),
        ("{% set x = 1 %}", "a text cannot use {% set %}"),
        ("{% include 'x' %}", "a text cannot read other files"),
        ("{% macro m() %}{% endmacro %}", "a text cannot use {% macro %}"),
        ("{{ contact.name | rupiah }}", "needs a number"),
        ("{{ nama_toko + 1 }}", "this text fails: "),
    ],
)
def test_a_text_that_cannot_be_written_is_refused_when_the_file_is_read(
    text: str, problem: str
) -> None:
    found = problems(f"""\
vars: {{nama_toko: Toko Melati}}
rules:
  - id: a
    match: {{words: a}}
    reply: >-
      {text}
""")

    assert any(problem in line for line in found), found


def test_an_unknown_name_is_told_with_its_own_line_and_column() -> None:
    found = problems("""\
rules:
  - id: a
    match: {words: x}
    reply: |
      Halo kak,
      selamat datang {{ nama }}
""")

    assert found[0].startswith('rules.yaml:7:25: rules[0].reply: unknown name "nama"')


def test_each_kind_of_event_has_its_own_names() -> None:
    found = problems("""\
admins: {bos: {to: "6281200000001"}}
rules:
  - {id: a, event: device.disconnected, notify: {to: bos, text: "{{ reason }}"}}
  - {id: b, event: device.disconnected, notify: {to: bos, text: "{{ contact.name }}"}}
""")

    assert len(found) == 1
    assert 'rules[1].notify.text: unknown name "contact"' in found[0]


def test_a_named_reply_must_fit_where_it_is_used() -> None:
    found = problems("""\
replies: {menu: {text: "Anda menulis {{ message.text }}"}}
rules:
  - {id: a, event: call.received, use: menu}
""")

    assert 'the reply "menu" does not fit here: unknown name "message"' in found[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "rules.yaml:1:1: the file is empty"),
        ("# nothing", "rules.yaml:1:1: the file is empty"),
        ("halo", 'rules.yaml:1:1: expected sections such as rules:, got "halo"'),
        (RULE, 'rules.yaml:1:1: "version" is missing: begin the file with "version: 1"'),
        ("version: 2\n" + RULE, 'rules.yaml:1:10: version: expected version 1, got "2"'),
        ("version: 1\nrules: \x07", "rules.yaml:2:8: this character (U+0007) cannot stand"),
        ("version: \ud800", "this is not UTF-8"),
        ("version: 1\n" + RULE + "---\na: b", "rules.yaml:4:1: a second document starts here"),
        ("x" * (MAX_SIZE + 1), "rules.yaml: the file is larger than 1024 KB"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, problem: str) -> None:
    assert problem in str(raised(text)[0])


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="the file cannot be read"):
        load(tmp_path / "nothing.yaml")


def test_the_version_tells_one_content_from_another(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\n" + RULE)

    assert load(file).version == read("version: 1\n" + RULE).version
    assert load(file).version != read("version: 1\n" + RULE + " ").version
    assert len(load(file).version) == 12


def test_a_file_from_windows_is_read() -> None:
    text = "\ufeffversion: 1\n" + RULE

    assert read(text.replace("\n", "\r\n")).rules[0].id == "a"
