"""What people write instead of the words of rules.yaml, for the question "did you mean …?"."""

from collections.abc import Iterable, Mapping
from itertools import islice

from rapidfuzz import process
from rapidfuzz.distance import OSA

# How alike two words must be, from 0 to 1.
ALIKE = 0.6
# Beyond this nobody has mistyped a word, and looking through more would take too long.
LONGEST = 64
MOST = 1000
SHORTEST_BEGINNING = 3

# By the word of the language: what is written for it in Indonesian, or in other systems.
_INSTEAD: Mapping[str, str] = {
    # sections
    "include": "sertakan import imports includes",
    "settings": "pengaturan setelan config setting",
    "admins": "admin pemilik owner owners",
    "hours": "jam jam_buka jam_kerja jadwal opening_hours schedule schedules",
    "vars": "variabel variable variables",
    "synonyms": "sinonim alias aliases",
    "tables": "tabel daftar produk",
    "replies": "balasan jawaban templates",
    "rules": "aturan",
    "fallback": "default bawaan lainnya tidak_paham otherwise",
    "flows": "alur formulir form forms",
    "tests": "uji tes pengujian test",
    # rules and what they do
    "reply": "balas balasan jawab jawaban answer respond response say text pesan",
    "match": "cocok pola when trigger triggers",
    "if": "jika bila kalau syarat when condition conditions unless",
    "use": "pakai gunakan",
    "notify": "beritahu kabari beri_tahu notifikasi alert notification",
    "handover": "serahkan alihkan handoff hand_over",
    "cooldown": "jeda diam throttle wait",
    "continue": "lanjut lanjutkan teruskan",
    "always": "selalu",
    "event": "kejadian peristiwa on trigger",
    "tag": "tandai label labels tags",
    "untag": "hapus_tag",
    "record": "catat simpan rekam save store",
    "start": "mulai flow form",
    "call": "panggil function",
    "http": "webhook url request",
    "opt_out": "berhenti unsubscribe optout opt-out",
    "opt_in": "langganan subscribe optin opt-in",
    "expires": "kedaluwarsa kadaluarsa expire",
    "after": "setelah sesudah",
    "then": "lalu maka",
    "random": "acak",
    # match and if
    "words": "kata kata_kunci kata-kunci keyword keywords word",
    "exact": "persis tepat sama equals equal",
    "starts": "awalan diawali starts_with startswith prefix",
    "contains": "berisi mengandung memuat contain includes",
    "fuzzy": "mirip",
    "pattern": "pola",
    "regex": "regexp",
    "button": "tombol",
    "type": "tipe jenis",
    "any": "salah_satu or",
    "all": "semua and",
    "not": "bukan tidak kecuali except",
    "open": "buka",
    "closed": "tutup close",
    "first": "pertama",
    "silent_for": "diam_selama",
    # what is said
    "text": "teks pesan isi message body txt",
    "buttons": "tombol",
    "list": "daftar",
    "rows": "baris",
    "sections": "bagian",
    "title": "judul nama label text",
    "description": "keterangan deskripsi",
    "label": "judul",
    "header": "kepala",
    "footer": "kaki",
    "location": "lokasi",
    "image": "gambar foto photo picture",
    "video": "film",
    "audio": "suara lagu",
    "voice": "rekaman pesan_suara",
    "document": "dokumen file berkas",
    "sticker": "stiker",
    "contacts": "kontak contact",
    "filename": "nama_file file_name",
    # flows
    "ask": "tanya tanyakan pertanyaan question",
    "steps": "langkah pertanyaan questions step",
    "choices": "pilihan opsi options",
    "error": "salah galat kesalahan",
    "retries": "ulang percobaan retry attempts",
    "on_fail": "gagal on_error",
    "cancel": "batal batalkan",
    "done": "selesai on_done finish",
    "interrupt": "sela interrupts",
    "timeout": "batas_waktu habis_waktu",
    "int": "angka bilangan integer",
    "number": "desimal angka float",
    "phone": "telepon telp hp no_hp nomor",
    "date": "tanggal tgl",
    "email": "surel e-mail",
    "choice": "pilihan",
    # the rest
    "id": "nama name kode indonesia indonesian bahasa_indonesia",
    "en": "english inggris",
    "name": "nama",
    "to": "ke kepada admin nomor phone number no_hp",
    "for": "selama until sampai duration durasi",
    "every": "setiap tiap",
    "language": "bahasa lang",
    "timezone": "zona zona_waktu time_zone tz",
    "chats": "chat obrolan",
    "private": "pribadi",
    "group": "grup",
    "expect": "harapan harap diharapkan expected assert",
    "say": "kata bilang ketik",
    "press": "tekan klik click",
    "send": "kirim",
    "wait": "tunggu",
    "owner": "pemilik",
    "at": "pada waktu jam time",
    "talk": "percakapan obrolan",
    "silent": "diam",
    "kind": "jenis tipe type",
    "fields": "isian kolom",
    "holidays": "libur hari_libur holiday",
    "breaks": "istirahat break",
}


def _by_word() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for meant, spoken in _INSTEAD.items():
        for word in spoken.split():
            found.setdefault(word, []).append(meant)
    return {word: tuple(meant) for word, meant in found.items()}


_MEANT = _by_word()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant."""
    words = list(islice(known, MOST))
    for meant in meanings(word):
        if meant in words:
            return meant
    return misspelt(word, words) or _begun(word.lower(), words)


def misspelt(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is written almost like this one."""
    if len(word) > LONGEST:
        return None
    found = process.extractOne(
        word.lower(),
        list(islice(known, MOST)),
        scorer=OSA.normalized_similarity,
        score_cutoff=ALIKE,
        processor=str.lower,
    )
    return found[0] if found else None


def meanings(word: str) -> tuple[str, ...]:
    """Return the words of the language that are often written in that way."""
    return _MEANT.get(word.lower(), ())


def _begun(word: str, known: Iterable[str]) -> str | None:
    """Return a known word of which one is the beginning of the other."""
    for each in known:
        short, long = sorted((word, each.lower()), key=len)
        if len(short) >= SHORTEST_BEGINNING and long.startswith(short):
            return each
    return None
