"""Made-up files for examples: real ones of their kind, with nothing in them."""

import io
import zipfile

from PIL import Image

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \n"
    b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n162\n%%EOF\n"
)


def file(name: str) -> bytes:
    """The bytes of a small file of the kind that its name says; anything unknown becomes plain text."""
    kind = name.rsplit(".", 1)[-1].lower()
    if kind == "pdf":
        return _PDF
    if kind in {"png", "jpg", "jpeg"}:
        out = io.BytesIO()
        Image.new("RGB", (16, 16), (238, 244, 245)).save(out, "PNG" if kind == "png" else "JPEG")
        return out.getvalue()
    if kind in {"docx", "xlsx"}:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("word/document.xml" if kind == "docx" else "xl/workbook.xml", "<x/>")
        return out.getvalue()
    return b"a made-up file\n"
