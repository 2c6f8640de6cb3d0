"""Determine the kind of a file from its bytes. Its name must agree; the browser's media type is ignored. Pure."""

import io
import re
import zipfile

import puremagic

EXTENSIONS = {"pdf": ("pdf",), "png": ("png",), "jpg": ("jpg", "jpeg"), "docx": ("docx",), "xlsx": ("xlsx",),
              "csv": ("csv",), "txt": ("txt",)}  # fmt: skip
MEDIA = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "txt": "text/plain",
}
MAX_UNPACKED = 200 * 1024 * 1024
# Some programs write an empty line or a byte order mark before a PDF; every viewer opens it (ISO 32000-1, annex H).
_PDF = re.compile(rb"(?:\xef\xbb\xbf)?[\s\0]{0,1000}%PDF-\d")
# An Office file with a password is not an archive but a compound file ([MS-OFFCRYPTO], 2.3).
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Unwelcome(ValueError):
    """A file that cannot be accepted; `code` gives the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_of(name: str, data: bytes) -> str:
    """The kind of a file. Raises Unwelcome when its name and its bytes disagree, or the kind is unknown."""
    if not data:
        raise Unwelcome("file_empty")
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    kind = next((k for k, names in EXTENSIONS.items() if extension in names), None)
    if kind is None:
        raise Unwelcome("file_kind")
    if kind in {"csv", "txt"}:
        _refuse_binary(data)
    elif kind == "pdf":
        if not _PDF.match(data):
            raise Unwelcome("file_not_what_it_says")
    elif kind in {"docx", "xlsx"}:
        if data.startswith(_COMPOUND_FILE):
            raise Unwelcome("file_locked")
        _refuse_odd_archive(data, "word/" if kind == "docx" else "xl/")
    else:
        try:
            detected = puremagic.from_string(data[:4096]).lstrip(".").lower()
        except puremagic.PureError:
            detected = ""
        if detected not in {*EXTENSIONS[kind], "jfif"} or (kind != "jpg" and detected == "jfif"):
            raise Unwelcome("file_not_what_it_says")
    return kind


def _refuse_binary(data: bytes) -> None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unwelcome("file_not_what_it_says") from None
    if "\x00" in text:
        raise Unwelcome("file_not_what_it_says")


def _refuse_odd_archive(data: bytes, folder: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise Unwelcome("file_not_what_it_says") from None
    if not any(member.filename.startswith(folder) for member in members):
        raise Unwelcome("file_not_what_it_says")
    if len(members) > 5000 or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Unwelcome("file_too_large")
