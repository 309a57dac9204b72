"""What kinds of files are kept as evidence, and what is refused."""

import struct
import zlib

import pytest

from domain.media_type import INLINE, ContentRefusedError, media_type


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND")
)
JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x04cd\x12\xff\0\x34\xff\xd0\x56\xff\xd9"
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
WEBP = b"RIFF" + struct.pack("<I", 12) + b"WEBPVP8 \0\0\0\0"
WAV = b"RIFF" + struct.pack("<I", 12) + b"WAVEdata\0\0\0\0"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
MAIL = b"Received: by mail.example\r\nFrom: a@shop.example\r\n\r\n<html><body>where is my money"


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (PNG, "a.png", "image/png"),
        (PNG, "a.exe", "image/png"),  # a name decides nothing
        (JPEG, "a.jpg", "image/jpeg"),
        (JPEG + JPEG, "a.jpg", "image/jpeg"),  # a camera's preview behind its picture
        (JPEG + b"\0" * 9, "a.jpg", "image/jpeg"),
        (GIF, "a.gif", "image/gif"),
        (WEBP, "a.webp", "image/webp"),
        (PDF, "statement.pdf", "application/pdf"),
        (WAV, "call.wav", "audio/wav"),
        (b"ID3\4\0\0\0\0\0\0", "call.mp3", "audio/mpeg"),
        (b"OggS\0\2", "call.ogg", "audio/ogg"),
        (b"#!AMR\n\x3c", "call.amr", "audio/amr"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "call.m4a", "audio/mp4"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "door.mp4", "video/mp4"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "door.webm", "video/webm"),
        ("left with the porter, 已签收\n".encode(), "note.txt", "text/plain"),
        (b"PKO and MZ are two banks\n", "note", "text/plain"),
        (b"a,b\n1,2\n", "list.CSV", "text/csv"),
        (MAIL, "mail.eml", "message/rfc822"),
        (b"Subject: \xcd\xcb\xbf\xee\r\n\r\nGBK", "mail.eml", "message/rfc822"),
    ],
)
def test_usual_evidence_is_told_by_its_bytes(data, name, found):
    assert media_type(data, name) == found


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"MZ\x90\0", "a.png", "program"),
        (b"\x7fELF\2", "a", "program"),
        (b"\xca\xfe\xba\xbe\0", "a.class", "program"),
        (b"PK\3\4\x14\0", "a.zip", "archive"),
        (b"PK\3\4\x14\0", "a.docx", "archive"),
        (b"Rar!\x1a\7", "a.rar", "archive"),
        (b"\x1f\x8b\x08\0", "a.gz", "archive"),
        (b"\xd0\xcf\x11\xe0", "a.doc", "office"),
        (b"#!/bin/sh\n", "a.txt", "script"),
        (b"alert(1)", "a.js", "script"),
        (b"alert(1)", "a.JS ", "script"),
        (b"dir", "a.bat", "script"),
        (b"<!DOCTYPE html><p>", "a.txt", "web page"),
        (b"\xef\xbb\xbf  <SVG xmlns='x'>", "a.png", "web page"),
        (b"hello <script>alert(1)</script>", "a.txt", "web page"),
        (b"<html>", "a.eml", "web page"),
        (b"hello\0world", "a.txt", "no kind"),
        (b"\xff\xfeh\0i\0", "a.txt", "no kind"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a.heic", "no kind"),
        (b"\0", "a.png", "no kind"),
        (PDF.replace(b"/Root", b"/Encrypt 2 0 R/Root"), "a.pdf", "encrypted"),
        (PDF + b"x" * 2000, "a.pdf", "cut off"),
        (b"-----BEGIN PGP MESSAGE-----\n", "a.txt", "encrypted"),
        # two kinds at once
        (PNG + b"PK\3\4", "a.png", "two kinds"),
        (PNG + b"<script>", "a.png", "two kinds"),
        (JPEG + b"#!/bin/sh", "a.jpg", "two kinds"),
        (GIF + b"PK\5\6", "a.gif", "two kinds"),
        (WEBP + b"x", "a.webp", "two kinds"),
        (PNG[:-12], "a.png", "cut off"),
        (JPEG[:-1], "a.jpg", "cut off"),
        (GIF[:-1], "a.gif", "cut off"),
        (PDF[:-3] + b"PK\1\2 PK\5\6 %%EOF", "a.pdf", "archive at once"),
        (b"ID3 %PDF-1.4", "a.mp3", "a PDF at once"),
        (b"ID3 <script>", "a.mp3", "script at once"),
        (b"hello %PDF-1.4", "a.txt", "PDF at once"),
        (b"Subject: %PDF-1.4\r\n\r\n", "a.eml", "a PDF at once"),
        (b"Subject: x\0\r\n\r\n", "a.eml", "no kind"),
    ],
)
def test_what_could_do_harm_is_refused_with_the_reason(data, name, why):
    with pytest.raises(ContentRefusedError, match=why):
        media_type(data, name)


def test_no_beginning_of_any_file_makes_it_crash():
    for whole in (PNG, JPEG, GIF, WEBP, WAV, PDF, MAIL):
        for end in range(1, len(whole)):
            for name in ("a", "a.eml", "a.csv"):
                try:
                    media_type(whole[:end], name)
                except ContentRefusedError:
                    continue


def test_only_images_and_text_may_be_shown_in_place():
    assert {kind.partition("/")[0] for kind in INLINE} == {"image", "text"}
    assert not {"image/svg+xml", "text/html", "text/csv"} & INLINE
