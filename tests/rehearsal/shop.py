"""A small shop for rehearsals."""

from bot.rehearsal import Rehearsal
from bot.rules import Book, read

RULES = """
version: 1
settings: {takeover: 2h, loop_guard: {replies: 5, within: 1m, pause: 30m}}
admins: {pemilik: {to: "6281200000077"}, gudang: {to: "6281200000078"}}
rules:
  - {id: berhenti, always: true, match: {exact: stop}, opt_out: true, reply: Baik}
  - {id: mulai, match: {exact: mulai}, opt_in: true, reply: Senang Anda kembali}
  - {id: baru, if: {first: true}, reply: Selamat datang, continue: true}
  - id: cs
    match: {words: cs}
    handover: {for: 4h, notify: pemilik}
    reply: Sebentar ya
  - id: menu
    match: {words: menu}
    reply: {text: Pilih satu, buttons: [{id: btn_harga, title: Harga}, {id: btn_cs, title: CS}]}
  - {id: harga, match: [{words: harga}, {button: btn_harga}], cooldown: 10m, reply: Rp 5.000}
  - {id: catat, match: {words: catat}, tag: langganan,
     record: {kind: minat, fields: {pesan: "{{ message.text }}"}},
     reply: Dicatat}
  - {id: foto, match: {type: image}, reply: "Foto: {{ caption }}"}
  - {id: form, match: {words: form}, start: form}
  - {id: stok, match: {words: stok}, http: {url: "https://toko.contoh.id/stok?kunci=rahasia"}}
  - {id: lacak, match: {words: lacak}, call: lacak}
  - {id: diam, match: {words: makasih}, reply: none}
  - {id: ditelepon, event: call.received, reply: Jangan telepon}
  - {id: putus, event: device.disconnected, cooldown: 5m,
     notify: {to: pemilik, text: "Putus: {{ reason }}"}}
  - {id: kembali, event: handover.ended, reply: Bot kembali}
fallback: {reply: Tidak paham}
flows:
  form:
    cancel: [batal]
    timeout: 30m
    on_timeout: {reply: Habis waktunya}
    steps:
      - {id: nama, ask: Siapa nama Anda?}
      - {id: kota, ask: Kota mana?}
    done: {reply: "Terima kasih, {{ form.nama }}", record: {kind: tamu, fields: [nama, kota]}}
"""


def shop(rules: str = RULES, **given: object) -> Rehearsal:
    """Return a rehearsal in that shop."""
    return Rehearsal(book(rules), **given)  # type: ignore[arg-type] # as Rehearsal takes them


def book(rules: str = RULES) -> Book:
    """Return the rules."""
    return read(rules)
