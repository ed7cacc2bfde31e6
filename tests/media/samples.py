"""Files as they come over WhatsApp, and as they should not: the beginning is what tells a type."""

import io
import struct
import zipfile

from bot.simulator.files import MP4, OGG, PDF, WEBP, picture

HTML = b"<!DOCTYPE html>\n<html><script>alert(1)</script></html>"
WINDOWS = b"MZ\x90\x00" + bytes(54) + b"\x80\x00\x00\x00" + bytes(200)


def boxed(brand: bytes, *others: bytes) -> bytes:
    """Return the beginning of a file of MP4's family."""
    body = b"ftyp" + brand + bytes(4) + b"".join(others)
    return struct.pack(">I", len(body) + 4) + body + b"\x00\x00\x00\x08free" + bytes(100)


def zipped(*names: str, mimetype: str = "") -> bytes:
    """Return a ZIP file with these files in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for name in names:
            archive.writestr(name, "<x/>" * 100)
    return file.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument."

# What it is called here, its type, its bytes.
SAMPLES: tuple[tuple[str, str, bytes], ...] = (
    ("png", "image/png", picture()),
    ("jpeg jfif", "image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(100)),
    ("jpeg exif", "image/jpeg", b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00" + bytes(100)),
    ("jpeg bare", "image/jpeg", b"\xff\xd8\xff\xdb\x00\x43\x00" + bytes(100)),
    ("gif", "image/gif", b"GIF89a\x01\x00\x01\x00" + bytes(20)),
    ("webp", "image/webp", WEBP),
    ("webp animated", "image/webp", b"RIFF\x1a\x00\x00\x00WEBPVP8X\x0a" + bytes(20)),
    ("heic", "image/heic", boxed(b"heic", b"mif1", b"heic")),
    ("mp4", "video/mp4", MP4),
    ("mp4 isom", "video/mp4", boxed(b"isom", b"isom", b"iso2", b"avc1", b"mp41")),
    ("mp4 fragmented", "video/mp4", boxed(b"iso5", b"iso5", b"mp41")),
    ("3gp", "video/3gpp", boxed(b"3gp4", b"isom", b"3gp4")),
    ("3gp5", "video/3gpp", boxed(b"3gp5", b"isom", b"3gp5")),
    ("mov", "video/quicktime", boxed(b"qt  ", b"qt  ")),
    ("m4a", "audio/mp4", boxed(b"M4A ", b"M4A ", b"mp42", b"isom")),
    ("ogg opus", "audio/ogg", OGG),
    ("ogg vorbis", "audio/ogg", b"OggS\x00\x02" + bytes(20) + b"\x01\x1e\x01vorbis" + bytes(30)),
    ("mp3 tagged", "audio/mpeg", b"ID3\x03\x00\x00\x00\x00\x00\x21" + bytes(60)),
    ("mp3", "audio/mpeg", (b"\xff\xfb\x90\x64" + bytes(413)) * 2),
    ("mp3 mono", "audio/mpeg", (b"\xff\xf3\x40\xc4" + bytes(300)) * 2),
    ("aac", "audio/aac", (b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)) * 2),
    ("aac mpeg-2", "audio/aac", (b"\xff\xf9\x50\x80\x02\x1f\xfc" + bytes(9)) * 2),
    ("amr", "audio/amr", b"#!AMR\n" + bytes(50)),
    ("amr wide", "audio/amr-wb", b"#!AMR-WB\n" + bytes(50)),
    ("wav", "audio/wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(50)),
    ("pdf", "application/pdf", PDF),
    ("docx", OFFICE + "wordprocessingml.document", zipped("_rels/.rels", "word/document.xml")),
    ("xlsx", OFFICE + "spreadsheetml.sheet", zipped("_rels/.rels", "xl/workbook.xml")),
    ("pptx", OFFICE + "presentationml.presentation", zipped("ppt/presentation.xml")),
    (
        "ods",
        "application/vnd.oasis.opendocument.spreadsheet",
        zipped("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"),
    ),
    ("zip", "application/zip", zipped("foto.jpg")),
    ("zip cut off", "application/zip", zipped("word/document.xml")[:60]),
    ("doc", "application/x-ole-storage", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    ("vcf", "text/vcard", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bu Ani\r\nEND:VCARD\r\n"),
    ("text", "text/plain", "Kamis, 5 Maret: kirim 3 dus ☕\n".encode()),
    ("text cut inside a sign", "text/plain", "☕".encode() * 2000),
    ("csv", "text/plain", b"kode,nama\nM1,melati\n"),
    ("json", "text/plain", b'{"error":{"message":"tidak ada"}}'),
    ("html", "text/html", HTML),
    ("html after a comment", "text/html", b"\xef\xbb\xbf \n<!-- x --><!-- y -->\n<HTML lang=id>"),
    ("xhtml", "text/html", b"<?xml version='1.0'?><html xmlns='x'>"),
    ("svg", "image/svg+xml", b"<?xml version='1.0'?>\n<svg xmlns='x'><script/></svg>"),
    ("xml", "application/xml", b"<?xml version='1.0'?><pesanan/>"),
    ("windows program", "application/x-msdownload", WINDOWS),
    ("linux program", "application/x-executable", b"\x7fELF\x02\x01\x01" + bytes(100)),
    ("script", "text/x-shellscript", b"#!/bin/sh\nrm -rf /\n"),
    ("apk", "application/vnd.android.package-archive", zipped("AndroidManifest.xml", "a.dex")),
    ("jar", "application/java-archive", zipped("META-INF/MANIFEST.MF", "A.class")),
    ("nothing but zeros", "application/octet-stream", bytes(50)),
    ("noise", "application/octet-stream", bytes(range(14, 200))),
    ("utf-16", "application/octet-stream", "halo".encode("utf-16")),
)
