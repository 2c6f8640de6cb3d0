"""Remove the metadata of photographs: where, when and with which camera they were taken. Pure.

A telephone writes its position into every photograph. The metadata and all bytes after the picture are removed. The
orientation, the colour profile (ICC) and the compressed pixels stay, byte for byte.
"""

import io
import struct
import warnings
from collections.abc import Iterator

from PIL import Image

MAX_PIXELS = 100_000_000
"""Opening a larger picture would take gigabytes of memory."""
_PNG = b"\x89PNG\r\n\x1a\n"
_EXIF, _ORIENTATION = b"Exif\0\0", 0x0112
_JPEG_KEPT = {0xE0, 0xEE}  # JFIF and Adobe's colours
_PNG_LEFT_OUT = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}


class NotAPhotograph(ValueError):
    """The bytes are not a complete JPEG or PNG, or the picture has more than MAX_PIXELS."""


def bare(kind: str, data: bytes) -> bytes:
    """The picture without its metadata. Raises NotAPhotograph."""
    if pixels(data) > MAX_PIXELS:
        raise NotAPhotograph("more than 100 megapixels")
    try:
        return _bare_jpeg(data) if kind == "jpg" else _bare_png(data)
    except (struct.error, IndexError):
        raise NotAPhotograph("it ends too early") from None


def pixels(data: bytes) -> int:
    """The number of pixels according to the header. Raises NotAPhotograph."""
    try:
        with warnings.catch_warnings():
            # Faults of the metadata do not matter, since it is removed.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                return picture.width * picture.height
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise NotAPhotograph("no PNG or JPEG") from None


def _orientation(exif: bytes) -> int:
    """The orientation (1 to 8) in a block of Exif; 1 when there is none."""
    try:
        order = {b"II": "<", b"MM": ">"}[exif[:2]]
        start = struct.unpack_from(f"{order}I", exif, 4)[0]
        for entry in range(struct.unpack_from(f"{order}H", exif, start)[0]):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * entry)
            if (tag, kind) == (_ORIENTATION, 3):
                return value if 1 <= value <= 8 else 1
    except (KeyError, struct.error):
        return 1
    return 1


def _exif(orientation: int) -> bytes:
    """A block of Exif that contains only the orientation."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)


def _bare_jpeg(data: bytes) -> bytes:
    out, orientation = [data[:2]], 1
    for marker, segment in _segments(data):
        if marker == 0xE1 and segment[4:10] == _EXIF:
            orientation = _orientation(segment[10:])
        elif (
            (marker == 0xE2 and segment[4:16] == b"ICC_PROFILE\0")
            or (not 0xE0 <= marker <= 0xEF and marker != 0xFE)
            or marker in _JPEG_KEPT
        ):
            out.append(segment)
    if orientation != 1:
        block = _EXIF + _exif(orientation)
        # After the JFIF segment, if there is one (Exif 2.3, 4.5.5 allows both).
        place = 2 if len(out) > 1 and out[1][1] == 0xE0 else 1
        out.insert(place, b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)
    return b"".join(out)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment up to the end of the picture, scan data with its segment (ISO/IEC 10918-1, B.1)."""
    at, end = 2, len(data)
    if data[:2] != b"\xff\xd8":
        raise NotAPhotograph("no JPEG")
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        if data[at] != 0xFF:
            raise NotAPhotograph("a segment does not begin where the one before ends")
        marker, start = data[at + 1], at
        if marker == 0xD9:
            yield marker, data[start : at + 2]
            return
        at += 2 + (0 if 0xD0 <= marker <= 0xD7 or marker == 0x01 else struct.unpack_from(">H", data, at + 2)[0])
        if marker == 0xDA:
            # Compressed data: an FF within it is followed by 00 or by a restart marker.
            while True:
                at = data.find(b"\xff", at)
                if at < 0 or at + 1 >= end:
                    # Many cameras omit the end marker, and every viewer displays such pictures.
                    yield marker, data[start:end]
                    return
                if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
                    at += 2
                elif data[at + 1] == 0xFF:
                    at += 1
                else:
                    break
        if at > end:
            raise NotAPhotograph("it ends too early")
        yield marker, data[start:at]


def _bare_png(data: bytes) -> bytes:
    if data[:8] != _PNG:
        raise NotAPhotograph("no PNG")
    out, at = [_PNG], 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise NotAPhotograph("it ends too early")
        if kind not in _PNG_LEFT_OUT:
            out.append(data[at:end])
        at = end
        if kind == b"IEND":
            return b"".join(out)
