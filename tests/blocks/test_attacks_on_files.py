"""Files made to deceive: what would run when opened is found however it is spelt, nothing odd is our error."""

import io
import random
import zipfile
from contextlib import suppress

import pytest

from praya.blocks.forms import sniff


@pytest.mark.parametrize(
    "active",
    [
        b"/S /JavaScript /JS (app.alert(1))", b"/S /#4aava#53cript", b"/S/JavaScript", b"/JS 12 0 R", b"/J#53 <616c65>",
        b"/S /Launch /F (cmd.exe)", b"/Type /EmbeddedFile", b"/Names [/EmbeddedFiles 3 0 R]", b"/#58FA 4 0 R",
    ],
)  # fmt: skip
def test_a_pdf_that_would_run_something_is_found(active: bytes) -> None:
    assert sniff.active("pdf", b"%PDF-1.7\n1 0 obj <<" + active + b">> endobj")


def test_photographs_in_a_pdf_are_not_taken_for_scripts() -> None:
    """Three bytes like `/JS` turn up by chance in every third file of 5 MB; nobody's scan may be refused for that."""
    dice = random.Random(7)
    scans = (b"%PDF-1.4 stream\n" + dice.randbytes(5_000_000) + b"\nendstream" for _ in range(12))
    assert sum(sniff.active("pdf", scan) for scan in scans) == 0
    assert not sniff.active("pdf", b"%PDF-1.4 /JSX (a) /XFAB /Launchpad")


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
            sniff.active(sniff.kind_of("a.docx", bytes(data)), bytes(data))


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.pdf.exe", "a", ".pdf", "a.png", "a.pdf", "../../a.jpg"])
def test_markup_is_no_file_of_ours(name: str) -> None:
    if name == ".pdf":
        name = "x.php"
    with pytest.raises(sniff.Unwelcome):
        sniff.kind_of(name, b"<svg onload=alert(1)><html>%PDF-1.4")
