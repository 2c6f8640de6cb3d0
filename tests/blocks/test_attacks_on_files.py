"""Malicious files: active content is found in every spelling, and a malformed file never causes an error of ours."""

import io
import random
import struct
import zipfile
import zlib
from contextlib import suppress
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageCms

from praya.blocks.forms import photographs, sniff, structure


def office(*members: tuple[str, bytes], kind: str = "docx", types: bytes = b"<Types/>") -> bytes:
    """An Office document with these parts beside the one that makes it one."""
    main = ("word/document.xml", b"<w:document/>") if kind == "docx" else ("xl/workbook.xml", b"<workbook/>")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("[Content_Types].xml", types), main, *members):
            archive.writestr(name, content)
    return out.getvalue()


def pdf(**catalogue: Any) -> bytes:
    """A whole PDF whose objects stand in a compressed stream, with these entries in its catalogue."""
    with pikepdf.new() as document:
        document.add_blank_page()
        for name, value in catalogue.items():
            document.Root[f"/{name}"] = document.make_indirect(value) if not isinstance(value, str) else value
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)
    return out.getvalue()


def action(**entries: Any) -> Any:
    return pikepdf.Dictionary({f"/{name}": value for name, value in entries.items()})


NAMED = pikepdf.Name
ACTIVE_PDF = {
    "script": {"OpenAction": action(S=NAMED("/JavaScript"), JS="app.alert(1)")},
    "script-by-name": {"Names": action(JavaScript=action(Names=pikepdf.Array([])))},
    "script-deep-in-an-array": {"AA": pikepdf.Array([pikepdf.Array([action(WC=action(JS="x"))])])},
    "launch": {"OpenAction": action(S=NAMED("/Launch"), F="cmd.exe")},
    "another-file": {"OpenAction": action(S=NAMED("/GoToR"), F="other.pdf")},
    "sends-the-form": {"OpenAction": action(S=NAMED("/SubmitForm"), F="https://example.com")},
    "embedded-file": {"Names": action(EmbeddedFiles=action(Names=pikepdf.Array([])))},
    "xfa": {"AcroForm": action(XFA=pikepdf.Array([]))},
}
EXTERNAL = b'<r><Relationship Type="http://x/%s" Target="http://x.example" TargetMode="External"/></r>'
ACTIVE_OFFICE = {
    "macros": office(("word/vbaProject.bin", b"x")),
    "macros-under-another-name": office(("word/media/thing.bin", b"x")),
    "macros-by-type": office(types=b"<Override ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'/>"),
    "template-from-elsewhere": office(("word/_rels/settings.xml.rels", EXTERNAL % b"attachedTemplate")),
    "picture-from-elsewhere": office(("word/_rels/document.xml.rels", EXTERNAL % b"image")),
    "linked-object": office(("word/embeddings/oleObject1.bin", b"x")),
    "old-macro-sheet": office(("xl/macrosheets/sheet1.xml", b"<x/>"), kind="xlsx"),
    "active-x": office(("xl/activeX/activeX1.xml", b"<x/>"), kind="xlsx"),
    "dde": office(("word/footer1.xml", b'<w:instrText>DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc"</w:instrText>')),
    "links-to-another-workbook": office(("xl/externalLinks/externalLink1.xml", b"<externalLink/>"), kind="xlsx"),
    "html-inside": office(("word/afchunk.html", b"<script>")),
    "macros-in-an-embedded-document": office(("word/embeddings/a.docx", office(("word/vbaProject.bin", b"x")))),
    "in-utf-16": office(("word/_rels/settings.xml.rels", (EXTERNAL % b"attachedTemplate").decode().encode("utf-16"))),
}  # fmt: skip
HONEST_OFFICE = {
    "a-link-to-a-page": office(("word/_rels/document.xml.rels", EXTERNAL % b"hyperlink")),
    "a-chart-with-its-workbook": office(("word/embeddings/Sheet1.xlsx", office(kind="xlsx"))),
    "printer-settings": office(("xl/printerSettings/printerSettings1.bin", b"x"), kind="xlsx"),
    "a-picture": office(("word/media/image1.png", b"x")),
}


@pytest.mark.parametrize("entries", [pytest.param(value, id=name) for name, value in ACTIVE_PDF.items()])
def test_a_pdf_that_would_run_something_is_found_however_it_is_packed(entries: dict[str, Any]) -> None:
    data = pdf(**entries)
    assert b"JavaScript" not in data, "the objects are compressed, so that no search through the bytes finds them"
    assert structure.active("pdf", data)


def test_an_honest_pdf_is_clean_and_one_that_cannot_be_taken_apart_is_not() -> None:
    link = action(S=NAMED("/URI"), URI="https://example.com")
    assert not structure.active("pdf", pdf(OpenAction=link))
    assert structure.examine("pdf", pdf()) == "clean"
    assert structure.examine("pdf", pdf(OpenAction=action(S=NAMED("/Launch"), F="cmd.exe"))) == "active"
    assert structure.examine("pdf", b"%PDF-1.7\nnothing of a PDF but its first line") == "unreadable"


def locked_pdf(user: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
    return out.getvalue()


def test_a_pdf_is_locked_only_where_a_reader_needs_the_password() -> None:
    assert structure.examine("pdf", locked_pdf("secret")) == "locked"
    assert structure.examine("pdf", locked_pdf("")) == "clean"


@pytest.mark.parametrize("data", [pytest.param(value, id=name) for name, value in ACTIVE_OFFICE.items()])
def test_a_document_that_would_run_or_fetch_something_is_found(data: bytes) -> None:
    assert structure.active("docx", data)


@pytest.mark.parametrize("data", [pytest.param(value, id=name) for name, value in HONEST_OFFICE.items()])
def test_an_honest_document_is_clean(data: bytes) -> None:
    assert not structure.active("docx", data)


def test_what_would_take_the_memory_of_the_machine_is_unreadable() -> None:
    nested = office()
    for _ in range(4):
        nested = office(("word/embeddings/a.docx", nested))
    assert structure.examine("docx", nested) == "unreadable"
    assert structure.examine("docx", office(("word/large.xml", b"\0" * 60_000_000))) == "unreadable"


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("name,amount\nChan,12.50\n", False), ("change\n-12.5\n+852 5123 4567\n-5%\n", False), ("a,-\n", False),
        ("=1+1\n", True), ("a,b\n1,=cmd|' /C calc'!A0\n", True), ('a,"@SUM(1)"\n', True), ("a;+cmd|x\n", True),
        ("a\t-2+3+cmd|x\n", True), ("＝1+1\n", True), (" =1\n", True),
    ],
)  # fmt: skip
def test_a_cell_that_a_spreadsheet_would_compute_is_found(text: str, formulas: bool) -> None:
    assert structure.has_formulas(text.encode()) is formulas


def photograph(kind: str, **options: Any) -> bytes:
    picture = Image.effect_noise((64, 48), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0132] = 6, "Camera of Chan", "2026:01:02 03:04:05"
    exif.get_ifd(0x8825).update({1: "N", 2: (22.0, 16.0, 42.0), 3: "E", 4: (114.0, 9.0, 30.0)})
    out = io.BytesIO()
    picture.save(
        out, kind, exif=exif, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), **options
    )
    return out.getvalue()


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {})])
def test_a_photograph_is_kept_without_place_moment_and_camera(kind: str, options: dict[str, Any]) -> None:
    behind = b"GPS of a second picture behind the first"
    data = photograph(kind, **options)
    bare = photographs.bare("jpg" if kind == "JPEG" else "png", data + behind)
    for told in (b"Camera of Chan", b"2026:01:02", behind):
        assert told not in bare
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(bare)) as after:
        assert after.tobytes() == before.tobytes(), "no pixel changes"
        assert after.info["icc_profile"] == before.info["icc_profile"]
        if kind == "JPEG":
            assert dict(after.getexif()) == {0x0112: 6}, "how it is turned, and nothing else"
        assert not after.getexif().get_ifd(0x8825)
    assert photographs.bare("jpg" if kind == "JPEG" else "png", bare) == bare


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_broken_photograph_is_refused_and_never_an_error(kind: str) -> None:
    dice, good = random.Random(3), photograph(kind)
    for _ in range(1500):
        data = bytearray(good[: dice.randrange(1, len(good))] if dice.random() < 0.3 else good)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with suppress(photographs.NotAPhotograph):
            photographs.bare("jpg" if kind == "JPEG" else "png", bytes(data))


def test_a_picture_that_promises_gigabytes_is_refused() -> None:
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(photographs.NotAPhotograph):
        photographs.bare("png", data)


@pytest.mark.parametrize("before", [b"\r\n  ", b"\xef\xbb\xbf", b"\0" * 100])
def test_a_pdf_may_begin_with_nothing(before: bytes) -> None:
    assert sniff.kind_of("a.pdf", before + pdf()) == "pdf"
    with pytest.raises(sniff.Unwelcome):
        sniff.kind_of("a.pdf", b"<html>" + before + pdf())


def test_a_broken_document_is_unwelcome_and_never_an_error() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", "x")
    dice, good = random.Random(1), made.getvalue()
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with suppress(sniff.Unwelcome):
            sniff.kind_of("a.docx", bytes(data))


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.pdf.exe", "a", ".pdf", "a.png", "a.pdf", "../../a.jpg"])
def test_markup_is_no_file_of_ours(name: str) -> None:
    if name == ".pdf":
        name = "x.php"
    with pytest.raises(sniff.Unwelcome):
        sniff.kind_of(name, b"<svg onload=alert(1)><html>%PDF-1.4")
