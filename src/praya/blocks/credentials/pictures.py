"""Records as pictures: QR codes drawn, and read from a photograph or a screenshot."""

import io
import re
import threading
import warnings

import zxingcpp
from PIL import Image

QR_BYTES = 2331
"""What a QR code of version 40 holds at level M (ISO/IEC 18004, table 7)."""
PICTURE_BYTES = 8 * 1024 * 1024
# A JPEG is made smaller while it is read, so a photograph may be large. Others are unpacked whole.
PHOTOGRAPH_PIXELS, WHOLE_PIXELS = 60_000_000, 12_500_000
WAIT_SECONDS = 10
# Larger pictures are made smaller before reading: a code that fills a tenth of the picture still has enough pixels.
READ_SIDE = 4000
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.QRCode)

_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')
_PATH = re.compile(r' d="([MmLlHhVvZz0-9 ,.-]+)"')


class TooLong(ValueError):
    """More text than a QR code holds."""


class NotAPicture(ValueError):
    """No PNG or JPEG that can be read, or one larger than 8 MB, 60 megapixels, or 12.5 where it is unpacked whole."""


class TooManyPixels(NotAPicture):
    """The picture is larger than is read; a screenshot, or a photograph from nearer, is not."""


class Busy(Exception):
    """Others are having their pictures read; try again in a moment."""


_one_picture = threading.Lock()
"""A picture takes some hundred megabytes while it is read, so a process reads one at a time."""


def _drawn(text: str) -> zxingcpp.Barcode:
    if len(text.encode()) > QR_BYTES:
        raise TooLong(f"a QR code holds {QR_BYTES} bytes")
    return zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M")


def qr_svg(text: str) -> str:
    """A QR code (level M, four modules of quiet around it) as an SVG image: no doctype, no style, no script.

    Raises TooLong.
    """
    drawn = _drawn(text).to_svg(scale=4, add_quiet_zones=True)
    size, path = _SIZE.search(drawn), _PATH.search(drawn)
    if size is None or path is None:
        raise RuntimeError("the drawing of zxing-cpp has changed")
    width, height = size.groups()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'shape-rendering="crispEdges"><rect width="{width}" height="{height}" fill="#fff"/>'
        f'<path d="{path[1]}" fill="#000"/></svg>'
    )


def qr_png(text: str) -> bytes:
    """The same as a PNG, eight pixels a module. Raises TooLong."""
    drawn = _drawn(text).to_image(scale=8, add_quiet_zones=True)
    written = io.BytesIO()
    Image.fromarray(drawn).convert("1").save(written, "PNG", optimize=True)
    return written.getvalue()


def read_picture(picture: bytes) -> str | None:
    """The text of a QR code in a PNG or JPEG; None when there is no code in it. Raises NotAPicture, Busy."""
    if not _one_picture.acquire(timeout=WAIT_SECONDS):
        raise Busy
    try:
        for found in zxingcpp.read_barcodes(_gray(picture), formats=QR_CODES, text_mode=zxingcpp.TextMode.Plain):
            if found.valid:
                return str(found.text)
        return None
    finally:
        _one_picture.release()


def _gray(picture: bytes) -> Image.Image:
    if len(picture) > PICTURE_BYTES:
        raise NotAPicture("larger than 8 MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(picture), formats=("PNG", "JPEG"))
            # The header tells the size; nothing is decompressed before it is known to be bearable.
            in_parts = opened.format == "JPEG" and not opened.info.get("progressive")
            if opened.width * opened.height > (PHOTOGRAPH_PIXELS if in_parts else WHOLE_PIXELS):
                raise TooManyPixels("too many megapixels")
            opened.draft("L", (READ_SIDE, READ_SIDE))
            return _flat(opened)
    except NotAPicture:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPicture("no PNG or JPEG") from None


def _flat(opened: Image.Image) -> Image.Image:
    if opened.has_transparency_data:
        # What is transparent is seen on white paper, and would otherwise be read as black.
        seen = opened.convert("LA")
        flat = Image.new("L", seen.size, "white")
        flat.paste(seen.getchannel("L"), mask=seen.getchannel("A"))
    else:
        flat = opened.convert("L")
    flat.thumbnail((READ_SIDE, READ_SIDE))
    return flat
