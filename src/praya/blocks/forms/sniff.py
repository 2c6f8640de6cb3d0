"""What a file is, by its bytes: the name and the browser's word are not believed. Pure."""

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
# A short name stands in the bytes of many a photograph by chance: `/JS` counts only before what it may hold.
_ACTIVE_PDF = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA)(?![A-Za-z0-9])"
    rb"|/JS\s*(?:\([ -~\s]{3}|<[0-9A-Fa-f\s]{4}|\d+\s+\d+\s+R)"
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


class Unwelcome(ValueError):
    """A file that cannot be taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_of(name: str, data: bytes) -> str:
    """The kind of the file, when its bytes and its name agree. Raises Unwelcome."""
    if not data:
        raise Unwelcome("file_empty")
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    kind = next((k for k, names in EXTENSIONS.items() if extension in names), None)
    if kind is None:
        raise Unwelcome("file_kind")
    if kind in {"csv", "txt"}:
        _refuse_binary(data)
    elif kind in {"docx", "xlsx"}:
        _refuse_odd_archive(data, "word/" if kind == "docx" else "xl/")
    else:
        try:
            found = puremagic.from_string(data[:4096]).lstrip(".").lower()
        except puremagic.PureError:
            found = ""
        if found not in {*EXTENSIONS[kind], "jfif"} or (kind != "jpg" and found == "jfif"):
            raise Unwelcome("file_not_what_it_says")
    return kind


def active(kind: str, data: bytes) -> bool:
    """Whether the file carries something that would run when it is opened."""
    if kind == "pdf":
        # A name may be written with #xx for any of its characters (ISO 32000-1, 7.3.5).
        plain = _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), data)
        return bool(_ACTIVE_PDF.search(data) or _ACTIVE_PDF.search(plain))
    if kind in {"docx", "xlsx"}:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any("vbaProject" in name or "activeX" in name for name in archive.namelist())
    return False


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
