"""What the reference tells that stands in no model: sections, examples, events, guards."""

from collections.abc import Mapping

from bot.events import Kind
from bot.rules import guards

SECTIONS: Mapping[str, str] = {
    "version": "Always `version: 1`. Every file begins with it.",
    "include": "More files that belong to this one: `[harga.yaml, aturan/promo.yaml]`.",
    "settings": "What holds for the whole file: language, time zone, groups, waiting times.",
    "admins": "The people who can be told something.",
    "hours": "Opening hours, each with a name.",
    "vars": "Words and numbers that texts use: `{{ nama_toko }}`.",
    "synonyms": "Other words for a word, in every rule.",
    "tables": "Lists of things, such as what is sold and for how much.",
    "replies": "Replies with a name, for `use`.",
    "rules": "What is answered when. The only section that must be there.",
    "fallback": "What is said when no rule answered.",
    "flows": "Forms: questions that are asked one after another.",
    "tests": "Conversations that must go as written; `flask rules test` plays them.",
}

VALUES: tuple[tuple[str, str, str], ...] = (
    ("a duration", "`90s` `10m` `1h30m` `14d` `2w`", "seconds, minutes, hours, days, weeks"),
    ("true or false", "`true` `yes` `ya` `on`, `false` `no` `tidak` `off`", "any of them"),
    ("a number", "`50000` `50.000`", "the same; it is written as you wrote it"),
    ("an id", "`jam-buka`", "letters, digits, `-` and `_`"),
    ("a name", "`nama_toko`", "letters, digits and `_`; it begins with a letter"),
    ("a list", "`[harga, promo]`, or one line each with `- ` before it", "one alone needs no list"),
    ("a map", "`{id: btn_cs, title: Chat CS}`, or one line for each key", "keys with values"),
    ("a text", "`Halo Kak!`", "see [texts](#texts) for what may stand in it"),
)

# Each way to match: what is written, messages that match, messages that do not.
MATCHING: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "words": ("words: [harga]", ("Harganya berapa?", "HARGA!!"), ("kami menghargai Anda",)),
    "exact": ("exact: [stop]", ("STOP", "stop!"), ("stop dulu ya",)),
    "starts": ("starts: [order]", ("order kopi 2",), ("mau order kopi",)),
    "contains": ("contains: [ongkir]", ("gratisongkir?",), ("ongkos kirim",)),
    "fuzzy": ("fuzzy: [pengiriman]", ("pengirimn kapan?",), ("pengering ada?",)),
    "pattern": (
        'pattern: "order <produk> <jumlah:int>"',
        ("order kopi 2", "ORDER kopi gayo 2 ya kak"),
        ("order kopi banyak",),
    ),
    "regex": ("regex: 'INV-\\d{4}'", ("cek inv-1007 dong",), ("cek inv 1007",)),
}

# Each type of answer: what is read, what is not.
ANSWERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "text": (("Jl. Melati 5, Bandung",), ()),
    "int": (("2", "2 pcs", "dua", "1.000"), ("2,5", "2 atau 3")),
    "number": (("2,5", "2.5 kg"), ("sedikit",)),
    "phone": (("0812-0000-0017", "+62 812 0000 0017"), ("17",)),
    "email": (("siti@contoh.id",), ("siti",)),
    "date": (("besok", "20 Maret", "20/3/2026", "senin"), ("nanti", "31/2/2026")),
}

# A day with its times as they may be written.
HOURS: tuple[tuple[str, str], ...] = (
    ("senin-jumat: 09:00-17:00", "the days from Monday to Friday"),
    ("senin, rabu: 09:00-17:00", "two days"),
    ("setiap hari: 09:00-17:00", "all seven"),
    ("sabtu: 09.00-13.00", "a point does as well"),
    ("senin: [09:00-12:00, 13:00-17:00]", "open twice"),
    ("jumat: 18:00-02:00", "until two in the night"),
    ("sabtu: 24 jam", "the whole day"),
    ("minggu: tutup", "closed; so is a day that is not named"),
)
# What may stand beside the days.
HOURS_BESIDE: tuple[tuple[str, str], ...] = (
    ("breaks: 12:00-13:00", "closed at noon on every open day"),
    ("breaks: {jumat: 11:30-13:00}", "closed at noon on Fridays"),
    ("holidays: [2026-08-17, 2026-03-20..2026-03-23]", "closed on these days"),
    ("holidays: [12-25]", "closed on this day of every year"),
    ("holidays: [{date: 2026-03-20, name: Idul Fitri}]", "a holiday with a name"),
    ("holidays: [{date: 2026-12-31, hours: 09:00-12:00}]", "hours of its own on that day"),
    ("timezone: Asia/Makassar", "other than that of the file"),
)

# What a text may ask of a schedule.
HOURS_TOLD: Mapping[str, str] = {
    "text": "all hours in words",
    "state": "whether it is open now, in a word",
    "next_open": "when it opens next: besok pukul 09:00",
    "closes": "when it closes, while it is open",
    "holiday": "the name of today's holiday",
}

FILTERS: Mapping[str, str] = {
    "abs": "A number without its sign.",
    "sum": "The sum of a list of numbers.",
    "min": "The smallest of a list.",
    "max": "The largest of a list.",
    "sort": "A list in order.",
}

EVENTS: Mapping[Kind, str] = {
    Kind.CALL_RECEIVED: "somebody calls",
    Kind.DEVICE_CONNECTED: "a device is connected again",
    Kind.DEVICE_DISCONNECTED: "a device has lost its connection",
    Kind.DEVICE_QR: "a device wants its QR code scanned",
    Kind.GROUP_CHANGED: "members or settings of a group change",
    Kind.MESSAGE_STATUS: "one of our messages was sent, delivered, read, or failed",
    Kind.ACCOUNT_NOTICE: "Meta has news about the account",
    Kind.TEMPLATE_NOTICE: "Meta has news about a template",
    Kind.QUOTA_LOW: "a device has little quota left",
    Kind.INBOUND_SILENT: "no message came in for so many hours",
    Kind.SEND_FAILED: "a message could not be sent or delivered",
    Kind.HANDOVER_ENDED: "the time is over for which a contact was left to a person",
}

NAMES: Mapping[str, str] = {
    "contact.name": "the contact's name, as WhatsApp gives it; often empty",
    "contact.phone": "the number, such as 6281200000017",
    "message.text": "what was written",
    "message.type": "what the message holds: `text`, `image` …",
    "caption": "the text below a picture, a film or a document",
    "device.id": "the device that received it",
    "gateway": "the gateway that it came through",
    "now.date": "today, such as 5 Januari 2026",
    "now.time": "the time, such as 10:00",
    "now.day": "the day, such as Senin",
    "now.greeting": "pagi, siang, sore or malam",
}

GUARDS: Mapping[str, str] = {
    guards.ECHO: "what was sent from your own number",
    guards.CHAT: "chats other than `settings.chats`; statuses, broadcasts, newsletters always",
    guards.TYPE: "reactions, edits, deleted messages, system messages",
    guards.OPTED_OUT: "a contact who said stop; only rules with `opt_in` are still looked at",
    guards.NEEDS_HUMAN: "a message of which the gateway says that a person is wanted (CSKU)",
    guards.SWITCHED_OFF: "everything, while an admin has switched the bot off with `#bot off`",
    guards.STALE: "a message that was older than `max_age` when it reached us",
    guards.LOOP: "a contact with too many automatic replies in a short time, or 60 in an hour",
    guards.TAKEOVER: "a contact whom a person has answered not long ago",
    guards.HANDOVER: "a contact whom a rule has left to a person",
}
