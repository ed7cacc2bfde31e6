"""Tell a file's type from its content, whatever anybody claims.

A table of our own: of the libraries at hand, the one that knows what WhatsApp carries has seen no
release for years, and the one that is kept up takes spreadsheets for texts and sounds for films
(docs/decisions/0008-media.md).
"""

import mimetypes
import re

UNKNOWN = "application/octet-stream"
PLAIN = "text/plain"
# Types that say nothing but how bytes are put together.
VAGUE = frozenset({UNKNOWN, PLAIN, "application/zip", "application/x-ole-storage"})

OFFICE = "application/vnd.openxmlformats-officedocument."
# What a ZIP file is, by a name in its table of contents. The table is searched, not read: of a
# hostile one with a million names an object each would be made.
_ZIPPED = tuple(
    (re.compile(rb"PK\x01\x02.{42}" + start, re.DOTALL), mimetype)
    for start, mimetype in (
        (rb"word/", OFFICE + "wordprocessingml.document"),
        (rb"xl/", OFFICE + "spreadsheetml.sheet"),
        (rb"ppt/", OFFICE + "presentationml.presentation"),
        (rb"AndroidManifest\.xml", "application/vnd.android.package-archive"),
        (rb"META-INF/MANIFEST\.MF", "application/java-archive"),
    )
)
# OpenDocument and EPUB say what they are at their beginning.
_NAMED = re.compile(
    rb"PK\x03\x04.{26}mimetype"
    rb"(application/(?:vnd\.oasis\.opendocument\.[a-z-]{1,40}|epub\+zip))",
    re.DOTALL,
)
_CONTENTS = 64 * 1024

# What stands before the first tag: comments are passed over for good, or a file of nothing but
# comments would take for ever.
_BEFORE_TAG = (
    rb"(?i)(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*+>\s*+)?+(?:(?><!--.*?-->)\s*+)*+"
    rb"(?:<!doctype svg[^>]*+>\s*+)?+"
)

# What begins a file, at which place; the first that fits counts. "." stands for any byte.
_SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), mimetype)
    for pattern, mimetype in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF....WEBP", "image/webp"),
        (rb"RIFF....WAVE", "audio/wav"),
        (rb"RIFF....AVI ", "video/x-msvideo"),
        (rb"BM....\x00\x00\x00\x00", "image/bmp"),
        (rb"II\*\x00|MM\x00\*", "image/tiff"),
        (rb"....ftyp(heic|heix|heim|heis|hevc|mif1|msf1)", "image/heic"),
        (rb"....ftyp(avif|avis)", "image/avif"),
        (rb"....ftyp(M4A |M4B |F4A )", "audio/mp4"),
        (rb"....ftyp(3gp|3ge|3gr|3gs|3gh)", "video/3gpp"),
        (rb"....ftyp3g2", "video/3gpp2"),
        (rb"....ftypqt  ", "video/quicktime"),
        (rb"....ftyp", "video/mp4"),
        (rb"\x1a\x45\xdf\xa3.{0,64}webm", "video/webm"),
        (rb"\x1a\x45\xdf\xa3", "video/x-matroska"),
        (rb"\x00\x00\x01\xba|\x00\x00\x01\xb3", "video/mpeg"),
        (rb"OggS.{22,280}?\x80theora", "video/ogg"),
        (rb"OggS", "audio/ogg"),
        (rb"fLaC", "audio/flac"),
        (rb"#!AMR-WB\n", "audio/amr-wb"),
        (rb"#!AMR\n", "audio/amr"),
        (rb"ID3[\x02-\x04]", "audio/mpeg"),
        # A frame's start, then its layer: none is AAC, the second and the third are MP3's family.
        (rb"\xff[\xf0\xf1\xf8\xf9]", "audio/aac"),
        (rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd]", "audio/mpeg"),
        (rb"%PDF-", "application/pdf"),
        (rb"\{\\rtf", "application/rtf"),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (rb"Rar!\x1a\x07", "application/vnd.rar"),
        (rb"\x1f\x8b\x08", "application/gzip"),
        (rb"PK\x03\x04|PK\x05\x06", "application/zip"),
        (rb"(?i)(\xef\xbb\xbf)?BEGIN:VCARD[\r\n]", "text/vcard"),
        # What a browser or a computer would run.
        (rb"MZ.{60}\x00\x00", "application/x-msdownload"),
        (rb"\x7fELF", "application/x-executable"),
        (rb"\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe|\xca\xfe\xba\xbe", "application/x-mach-binary"),
        (rb"#!", "text/x-shellscript"),
        (_BEFORE_TAG + rb"<svg", "image/svg+xml"),
        (_BEFORE_TAG + rb"<(!doctype html|(html|head|body|script)\b)", "text/html"),
        (rb"(?i)(\xef\xbb\xbf)?\s*+<\?xml", "application/xml"),
        # A tag of any name: browsers know more of them than any list of ours.
        (_BEFORE_TAG + rb"</?(!doctype|[a-z][a-z0-9:_-]*)[\s/>]", "text/html"),
    )
)  # fmt: skip
ACTIVE = frozenset(
    {
        "application/hta",
        "application/java-archive",
        "application/javascript",
        "application/vnd.android.package-archive",
        "application/x-executable",
        "application/x-mach-binary",
        "application/x-msdownload",
        "application/xhtml+xml",
        "application/xml",
        "image/svg+xml",
        "text/html",
        "text/javascript",
        "text/x-shellscript",
    }
)

# Containers that hold a film or only a sound: which of them does not show at the beginning.
_SOUNDS = frozenset({"video/mp4", "video/3gpp", "video/3gpp2", "video/webm", "video/x-matroska"})
_FAMILIES = {
    "image": "image/",
    "sticker": "image/",
    "video": "video/",
    "audio": "audio/",
    "voice": "audio/",
}
# What shows no type in its content, but is what its name says.
BY_NAME = frozenset(
    {
        "application/json",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/zip",
        "text/csv",
        "text/plain",
        "text/vcard",
        "text/calendar",
    }
)
HEAD = 4096


def type_of(content: bytes) -> str:
    """Return the media type that a file's content shows, UNKNOWN where it shows none."""
    head = content[:HEAD]
    for signature, mimetype in _SIGNATURES:
        if signature.match(head):
            return _zipped(content) if mimetype == "application/zip" else mimetype
    return PLAIN if _is_text(head) else UNKNOWN


def harmless(mimetype: str) -> str:
    """Return a type under which a file may be kept and given away: nothing runs what is UNKNOWN."""
    return UNKNOWN if mimetype in ACTIVE else mimetype


def mismatch(kind: str, shown: str, *, claimed: str = "") -> str | None:
    """Return what is wrong with a file of type `shown` in a message of a kind, None if nothing."""
    claimed = claimed.partition(";")[0].strip().lower()
    family = _FAMILIES.get(kind)
    if family is None:
        is_disguised = shown in ACTIVE and claimed not in ACTIVE | VAGUE | {""}
        return f"the content is {shown}, not what the message claims" if is_disguised else None
    if shown.startswith(family) and shown not in ACTIVE:
        return None
    if family == "audio/" and shown in _SOUNDS:
        return None
    return f"the content is {shown}, not of the kind {kind}"


def outgoing_type(shown: str, *, kind: str = "", said: str = "", filename: str = "") -> str:
    """Return the type to name to others: what shows, or what we know where that is vague."""
    if kind in ("audio", "voice") and shown in _SOUNDS:
        return "audio/" + shown.partition("/")[2]
    if shown in VAGUE:
        return said or _named(filename) or shown
    return shown


def filename_for(kind: str, mimetype: str) -> str:
    """Return a name for a file that has none."""
    return f"{kind}{mimetypes.guess_extension(mimetype) or ''}"


def _named(filename: str) -> str | None:
    """Return the type that a name tells, where a name may: a stranger can choose it."""
    guessed = mimetypes.guess_type(filename)[0] or ""
    return guessed if guessed in BY_NAME or guessed.startswith(OFFICE) else None


def _zipped(content: bytes) -> str:
    if named := _NAMED.match(content[:HEAD]):
        return named[1].decode("ascii")
    contents = content[-_CONTENTS:]
    found = (mimetype for name, mimetype in _ZIPPED if name.search(contents))
    return next(found, "application/zip")


def _is_text(head: bytes) -> bool:
    try:
        text = head[:-4].decode() if len(head) == HEAD else head.decode()
    except UnicodeDecodeError:
        return False
    return not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text)
