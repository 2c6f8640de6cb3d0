"""The kind of a file is determined by its bytes; polyglots, zip bombs and macros are refused."""

import io
import zipfile

import pytest

from praya.blocks.forms import sniff, structure
from praya.journey import samples


def archive(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["pdf", "png", "jpg", "docx", "xlsx", "txt", "csv"])
def test_an_honest_file_is_what_it_says(kind: str) -> None:
    data = samples.file(f"x.{kind}")
    assert sniff.kind_of(f"計劃.{kind.upper()}", data) == kind
    assert structure.examine(kind, data) == "clean"


KINDS = ["pdf", "png", "jpg", "docx", "xlsx"]


@pytest.mark.parametrize(("name", "really"), [(n, r) for n in [*KINDS, "txt"] for r in KINDS if n != r])
def test_a_wrong_extension_is_refused(name: str, really: str) -> None:
    if name == "txt" and really == "pdf":
        pytest.skip("A small PDF without binary parts is also plain text, and is served as plain text.")
    with pytest.raises(sniff.Unwelcome, match="file_not_what_it_says"):
        sniff.kind_of(f"x.{name}", samples.file(f"x.{really}"))


@pytest.mark.parametrize(("name", "data", "code"), [
    ("x.pdf", b"", "file_empty"), ("x.exe", b"MZ", "file_kind"), ("x", b"%PDF-1.4", "file_kind"),
    ("x.pdf.exe", b"%PDF-1.4", "file_kind"), ("x.svg", b"<svg/>", "file_kind"), ("x.html", b"<p>", "file_kind"),
    ("x.pdf", b"<html><script>alert(1)</script>", "file_not_what_it_says"),
    ("x.png", b"GIF89a" + b"\0" * 40, "file_not_what_it_says"), ("x.txt", b"\xff\xfe\x00\x01", "file_not_what_it_says"),
    ("x.csv", b"a,b\0c", "file_not_what_it_says"), ("x.docx", b"PK\x03\x04 no archive", "file_not_what_it_says"),
    ("x.docx", archive(("xl/workbook.xml", b"<x/>")), "file_not_what_it_says"),
    ("x.jpg", b"MZ" + samples.file("x.jpg"), "file_not_what_it_says"),
])  # fmt: skip
def test_what_is_not_welcome_is_told_why(name: str, data: bytes, code: str) -> None:
    with pytest.raises(sniff.Unwelcome) as refused:
        sniff.kind_of(name, data)
    assert refused.value.code == code


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    bomb = archive(("word/document.xml", b"<x/>"), *((f"word/media/{n}", b"\0" * 30_000_000) for n in range(8)))
    assert len(bomb) < 1_000_000
    with pytest.raises(sniff.Unwelcome, match="file_too_large"):
        sniff.kind_of("x.docx", bomb)
