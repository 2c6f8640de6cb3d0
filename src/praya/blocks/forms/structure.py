"""What in a file would run, or fetch something, when somebody opens it. No virus signatures: those are a scanner's.

Files come from anybody, and the libraries that unpack them are large. So a file is taken apart in a process of its own
(`examine`), with a limit of memory and of processor time; a file that exceeds it, or cannot be taken apart, is
`unreadable`, and nobody opens it.
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
"""A chart in a letter brings the workbook that it is drawn from. Documents in documents in documents are no letter."""

# Actions (ISO 32000-2, 12.6.4) and entries that run, open or send something. A link to a page of the web may stay: a
# reader asks before it follows one.
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

# Parts of an Office document (ECMA-376) by what their name or type says of them.
_OFFICE_NAMES = re.compile(r"vbaproject|activex|macrosheets?/|dialogsheets?/|/externallinks/", re.IGNORECASE)
_OFFICE_TYPES = re.compile(
    rb"macroenabled|vbaproject|activex|oleobject|macrosheet|ms-excel\.sheet\.binary", re.IGNORECASE
)
_HARMLESS_BINARY = re.compile(r"^(?:xl|word)/printerSettings/[^/]+\.bin$", re.IGNORECASE)
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>", re.IGNORECASE | re.DOTALL)
_OFFICE_FIELDS = re.compile(rb"\bDDE(?:AUTO)?\b|<(?:\w+:)?(?:ddeLink|oleLink|altChunk)\b", re.IGNORECASE)
# A number or a telephone number may begin with a sign; any other cell that does is a formula in a spreadsheet program.
_SIGNED_NUMBER = re.compile(r"[-+][\d\s().,/-]*%?")


def examine(kind: str, data: bytes) -> str:
    """`clean`, `active` or `unreadable`, from a process of its own that cannot take this one down."""
    if kind not in {"pdf", "docx", "xlsx"}:
        return "active" if active(kind, data) else "clean"
    # `-I`: nothing of this process's folder or environment decides what the other one imports.
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
    """What the process of `examine` does."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        verdict = "active" if active(sys.argv[1], sys.stdin.buffer.read()) else "clean"
    except Locked:
        verdict = "locked"
    sys.stdout.write(verdict)


class Locked(Exception):
    """The file opens only with a password."""


class _TooDeep(ValueError):
    """More documents inside each other than any honest one has."""


def active(kind: str, data: bytes, depth: int = 0) -> bool:
    """Whether the file carries something that would run or be fetched when it is opened.

    Raises Locked, and whatever a library raises for a file that it cannot take apart.
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
        # A field beyond the module's limit: its lines are looked at as they are.
        yield from ([line] for line in text.splitlines())


def _is_formula(cell: str) -> bool:
    bare = cell.strip().lstrip("\"'")
    return bare[:1] in {"=", "@", "＝", "＠"} or (bare[:1] in {"+", "-", "＋", "－"} and not _number(bare))


def _number(cell: str) -> bool:
    return len(cell) == 1 or bool(_SIGNED_NUMBER.fullmatch(cell))


def _active_pdf(data: bytes) -> bool:
    import pikepdf  # noqa: PLC0415 (only the process of `examine` pays for it)

    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
            if len(document.objects) > _PDF_OBJECTS:
                raise _TooDeep("a PDF of more objects than any form has")
            return any(_active_object(one) for one in document.objects) or _active_object(document.trailer)
    except pikepdf.PasswordError:
        raise Locked from None


def _active_object(value: Any) -> bool:
    """An indirect object with all that stands directly in it; what it refers to is looked at in its own turn."""
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
    # Pictures and fonts may stay; a program, a script or a document of another kind has no business in a letter.
    return not lower.endswith(_HARMLESS_ENDINGS) and not name.endswith("/")


_HARMLESS_ENDINGS = (
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".wdp", ".odttf", ".ttf",
    ".fntdata", ".bin", ".vml", ".psmdcp", ".webp", ".heic",
)  # fmt: skip


def _fetches(relationships: bytes) -> bool:
    """Whether a part is taken from elsewhere when the document is opened: a template, a picture, a linked object."""
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
    # UTF-16 parts are allowed: what is looked for is found in either.
    return data.decode("utf-16").encode() if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else data
