"""The words of the offline chat: its commands, and what it says, in the language of the file."""

from collections.abc import Mapping

QUIT = "quit"
# Every spelling of a command, and what it means; the same ones work in all languages.
COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("jam", "pukul", "at"), "at"),
    **dict.fromkeys(("tunggu", "wait"), "wait"),
    **dict.fromkeys(("foto", "photo"), "image"),
    "video": "video",
    **dict.fromkeys(("suara", "voice"), "voice"),
    **dict.fromkeys(("dokumen", "document"), "document"),
    **dict.fromkeys(("stiker", "sticker"), "sticker"),
    **dict.fromkeys(("lokasi", "location"), "location"),
    **dict.fromkeys(("tombol", "press"), "press"),
    "gateway": "gateway",
    **dict.fromkeys(("pemilik", "owner"), "owner"),
    **dict.fromkeys(("telepon", "call"), "call"),
    **dict.fromkeys(("kejadian", "event"), "event"),
    **dict.fromkeys(("baru", "new"), "new"),
    **dict.fromkeys(("mengapa", "why"), "why"),
    **dict.fromkeys(("ulang", "reset"), "reset"),
    **dict.fromkeys(("bantuan", "help", "?"), "help"),
    **dict.fromkeys(("keluar", "quit"), QUIT),
}
SENT = frozenset({"image", "video", "voice", "document", "sticker", "location"})

_INDONESIAN: Mapping[str, str] = {
    "start": "{file}, versi {version}. Anda {name}, menulis lewat {gateway}. "
    "/bantuan: semua perintah. Ctrl-D: selesai.",
    "clock": "sekarang {time}",
    "reloaded": "{file} dibaca lagi: versi {version}",
    "kept": "aturan yang lama tetap dipakai",
    "mend": "perbaiki filenya, lalu ketik lagi",
    "silent": "diam",
    "stopped": "tidak dijawab: {guard}",
    "rules": "aturan {rules}",
    "places": "dari {places}",
    "flow": "menunggu {flow}",
    "notify": "{admin} diberi tahu: {text}",
    "record": "dicatat {kind}: {fields}",
    "asks": "akan bertanya ke {name}; di sini tidak ada yang menjawab",
    "handed over": "diserahkan ke orang",
    "opted out": "tidak mau dibalas otomatis lagi",
    "opted in": "mau dibalas otomatis lagi",
    "error": "kode Anda sendiri gagal: {error}",
    "new": "kontak baru: {name}",
    "reset": "semuanya dilupakan",
    "gateway": "sekarang lewat {gateway}",
    "nothing": "belum ada yang terjadi",
    "unknown": 'tidak ada perintah "/{word}"{hint}; ketik /bantuan',
    "meant": ', maksud Anda "/{word}"?',
    "help": """\
halo                     tulis seperti kontak; angka menekan tombol di atasnya
/jam 20:00               majukan jam; juga /jam 2026-01-04 20:00
/tunggu 31m              biarkan waktu berlalu (s, m, h, d, w)
/foto [keterangan]       juga /video /suara /dokumen /stiker /lokasi
/tombol ID               tekan tombol
/telepon                 telepon
/pemilik halo            Anda sendiri menulis dari HP
/kejadian device.disconnected reason=logout
/gateway meta            pindah gateway
/baru                    kontak baru
/ulang                   lupakan semuanya
/mengapa                 mengapa dijawab begitu
/keluar                  selesai
//teks                   teks yang dimulai dengan /
Setiap giliran makan waktu sepuluh detik. Simpan filenya, dan aturan baru langsung dipakai.""",
}

_ENGLISH: Mapping[str, str] = {
    "start": "{file}, version {version}. You are {name}, writing through {gateway}. "
    "/help: all commands. Ctrl-D: end.",
    "clock": "it is {time}",
    "reloaded": "{file} is read again: version {version}",
    "kept": "the rules from before stay in force",
    "mend": "mend the file, then type again",
    "silent": "silent",
    "stopped": "not answered: {guard}",
    "rules": "rule {rules}",
    "places": "from {places}",
    "flow": "waits for {flow}",
    "notify": "{admin} is told: {text}",
    "record": "kept {kind}: {fields}",
    "asks": "would ask {name}; nothing answers here",
    "handed over": "left to a person",
    "opted out": "wants no automatic replies any more",
    "opted in": "wants automatic replies again",
    "error": "code of your own has failed: {error}",
    "new": "a new contact: {name}",
    "reset": "everything is forgotten",
    "gateway": "through {gateway} from now on",
    "nothing": "nothing has happened yet",
    "unknown": 'there is no command "/{word}"{hint}; type /help',
    "meant": ', did you mean "/{word}"?',
    "help": """\
hello                    write as a contact; a number presses a button above
/at 20:00                move the clock on; also /at 2026-01-04 20:00
/wait 31m                let time pass (s, m, h, d, w)
/photo [caption]         also /video /voice /document /sticker /location
/press ID                press a button
/call                    call
/owner hello             you write from the phone yourself
/event device.disconnected reason=logout
/gateway meta            change the gateway
/new                     a new contact
/reset                   forget everything
/why                     why it was answered so
/quit                    end
//text                   a text that begins with /
Every turn takes ten seconds. Save the file, and the new rules are in force at once.""",
}

WORDS: Mapping[str, Mapping[str, str]] = {"id": _INDONESIAN, "en": _ENGLISH}
DEFAULT = "en"


def said(language: str, key: str, **values: object) -> str:
    """Return a sentence in a language, with values filled in."""
    words = WORDS.get(language, WORDS[DEFAULT])
    # As it is where nothing is to be filled in: the help shows braces.
    return words[key].format(**values) if values else words[key]
