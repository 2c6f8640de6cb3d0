"""Find active content in a file: whatever runs, or fetches something, when the file is opened.

Virus signatures are the task of a scanner. Files come from anybody, and the libraries that parse them are large. So a
file is parsed in a separate process (`examine`) with limits of memory and processor time. A file that exceeds them, or
cannot be parsed, is `unreadable`, and nobody may open it.
"""

import csv
import io
import re
import resource
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MEMORY_BYTES, PROCESSOR_SECONDS, WAIT_SECONDS = 1 << 30, 20, 60
MAX_MEMBER = 32 * 1024 * 1024
MAX_NESTING = 2
"""A chart in a letter contains its workbook, so one document in another is normal; deeper nesting is not."""

# Actions (ISO 32000-2, 12.6.4) and entries that run, open or send something. Links to web pages are allowed, because a
# viewer asks before it follows one.
_PDF_ACTIONS = {
    "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition", "/RichMediaExecute",
    "/GoTo3DView", "/Movie", "/Sound",
}  # fmt: skip
_PDF_ENTRIES = {
    "/JS",
    "/JavaScript",
    "/EmbeddedFile",
    "/EmbeddedFiles",
    "/EF",
    "/RichMedia",
    "/RichMediaContent",
    "/XFA",
}
_PDF_OBJECTS = 500_000

# Parts of an Office document (ECMA-376) with active content, by name or content type.
_OFFICE_NAMES = re.compile(r"vbaproject|activex|macrosheets?/|dialogsheets?/|/externallinks/", re.IGNORECASE)
_OFFICE_TYPES = re.compile(
    rb"macroenabled|vbaproject|activex|oleobject|macrosheet|ms-excel\.sheet\.binary", re.IGNORECASE
)
_HARMLESS_BINARY = re.compile(r"^(?:xl|word)/printerSettings/[^/]+\.bin$", re.IGNORECASE)
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>", re.IGNORECASE | re.DOTALL)
_OFFICE_FIELDS = re.compile(rb"\bDDE(?:AUTO)?\b|<(?:\w+:)?(?:ddeLink|oleLink|altChunk)\b", re.IGNORECASE)
# A number or telephone number may begin with a sign. A spreadsheet program takes any other such cell for a formula.
_SIGNED_NUMBER = re.compile(r"[-+][\d\s().,/-]*%?")


def examine(kind: str, data: bytes) -> str:
    """`clean`, `active`, `locked` or `unreadable`: the verdict of a separate process, which cannot harm this one."""
    if kind not in {"pdf", "docx", "xlsx"}:
        return "active" if active(kind, data) else "clean"
    # `-I`: neither the working folder nor the environment influences what that process imports.
    program = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {__name__} import main; main()"
    try:
        with _at_once:
            done = subprocess.run(
                [sys.executable, "-I", "-c", program, kind], input=data, capture_output=True, timeout=WAIT_SECONDS,
                check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "unreadable"
    verdict = done.stdout.decode("ascii", "replace").strip()
    return verdict if done.returncode == 0 and verdict in {"clean", "active", "locked"} else "unreadable"


_at_once = threading.BoundedSemaphore(2)
_ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    """The program of the process that `examine` starts."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        verdict = "active" if active(sys.argv[1], sys.stdin.buffer.read()) else "clean"
    except Locked:
        verdict = "locked"
    sys.stdout.write(verdict)


class Locked(Exception):
    """The file is encrypted with a password."""


class _TooDeep(ValueError):
    """The file is nested or large beyond any normal document."""


def active(kind: str, data: bytes, depth: int = 0) -> bool:
    """Whether the file contains something that would run or be fetched when it is opened.

    Raises Locked, and any exception of a library that cannot parse the file.
    """
    if kind == "pdf":
        return _active_pdf(data)
    if kind in {"docx", "xlsx"}:
        return _active_office(data, depth)
    return kind == "csv" and has_formulas(data)


def has_formulas(data: bytes) -> bool:
    """Whether a spreadsheet program would compute a cell of a CSV file instead of showing it (CWE-1236)."""
    text = data.decode("utf-8-sig")
    separators = ",;\t" if text.splitlines() else ""
    return any(_is_formula(cell) for mark in separators for row in _rows(text, mark) for cell in row)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error:
        # A field exceeds the limit of the csv module: each line is checked as one cell.
        yield from ([line] for line in text.splitlines())


def _is_formula(cell: str) -> bool:
    bare = cell.strip().lstrip("\"'")
    return bare[:1] in {"=", "@", "＝", "＠"} or (bare[:1] in {"+", "-", "＋", "－"} and not _number(bare))


def _number(cell: str) -> bool:
    return len(cell) == 1 or bool(_SIGNED_NUMBER.fullmatch(cell))


def _active_pdf(data: bytes) -> bool:
    import pikepdf  # noqa: PLC0415 (only the process of `examine` needs it)

    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
            if len(document.objects) > _PDF_OBJECTS:
                raise _TooDeep("a PDF of more objects than any form has")
            return any(_active_object(one) for one in document.objects) or _active_object(document.trailer)
    except pikepdf.PasswordError:
        raise Locked from None


def _active_object(value: Any) -> bool:
    """Whether an indirect object, with all that is nested directly in it, is active. References are not followed."""
    import pikepdf  # noqa: PLC0415

    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > 200:
            raise _TooDeep("a PDF of deeper objects than any form has")
        if isinstance(one, pikepdf.Stream):
            one = one.stream_dict
        if isinstance(one, pikepdf.Dictionary):
            if _PDF_ENTRIES & set(one.keys()) or str(one.get("/S", "")) in _PDF_ACTIONS:
                return True
            if str(one.get("/Type", "")) == "/EmbeddedFile":
                return True
            waiting += [(inner, depth + 1) for inner in one.values() if _direct(inner)]
        elif isinstance(one, pikepdf.Array):
            waiting += [(inner, depth + 1) for inner in one if _direct(inner)]
    return False


def _direct(value: Any) -> bool:
    return hasattr(value, "is_indirect") and not value.is_indirect


def _active_office(data: bytes, depth: int) -> bool:
    if depth > MAX_NESTING:
        raise _TooDeep("documents inside documents")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(_active_part(archive, member, depth) for member in archive.infolist())


def _active_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, depth: int) -> bool:
    name = member.filename
    if _OFFICE_NAMES.search("/" + name) or (name.lower().endswith(".bin") and not _HARMLESS_BINARY.match(name)):
        return True
    lower = name.lower()
    if lower.endswith((".docx", ".xlsx")):
        return _active_office(_read(archive, member), depth + 1)
    if lower.endswith(".rels"):
        return _fetches(_read(archive, member))
    if lower == "[content_types].xml":
        return bool(_OFFICE_TYPES.search(_read(archive, member)))
    if lower.endswith(".xml"):
        return bool(_OFFICE_FIELDS.search(_read(archive, member)))
    # Pictures and fonts are allowed. Programs, scripts and other kinds of documents are not.
    return not lower.endswith(_HARMLESS_ENDINGS) and not name.endswith("/")


_HARMLESS_ENDINGS = (
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".wdp", ".odttf", ".ttf",
    ".fntdata", ".bin", ".vml", ".psmdcp", ".webp", ".heic",
)  # fmt: skip


def _fetches(relationships: bytes) -> bool:
    """Whether opening the document fetches an external part: a template, a picture, a linked object."""
    for match in _RELATIONSHIP.finditer(relationships):
        external = re.search(rb"""TargetMode\s*=\s*["']External["']""", match[0], re.IGNORECASE)
        if external and not re.search(rb"""Type\s*=\s*["'][^"']*/hyperlink["']""", match[0], re.IGNORECASE):
            return True
    return False


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        data = file.read(MAX_MEMBER + 1)
    if len(data) > MAX_MEMBER:
        raise _TooDeep("a part of a document that is larger than any letter")
    # A part may be UTF-16; it is converted so that the patterns match.
    return data.decode("utf-16").encode() if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else data
