"""QR codes: draw them, and read them from a photograph or a screenshot."""

import io
import re
import threading
import warnings

import zxingcpp
from PIL import Image

QR_BYTES = 2331
"""The capacity of a QR code of version 40 at level M (ISO/IEC 18004, table 7)."""
PICTURE_BYTES = 8 * 1024 * 1024
# A JPEG is scaled down while it is decoded, so a photograph may be large. Other pictures are decoded whole.
PHOTOGRAPH_PIXELS, WHOLE_PIXELS = 60_000_000, 12_500_000
WAIT_SECONDS = 10
# Larger pictures are scaled down first: a code that fills a tenth of the picture still has enough pixels.
READ_SIDE = 4000
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.QRCode)

_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')
_PATH = re.compile(r' d="([MmLlHhVvZz0-9 ,.-]+)"')


class TooLong(ValueError):
    """More text than a QR code holds."""


class NotAPicture(ValueError):
    """Not a readable PNG or JPEG, or one above 8 MB, 60 megapixels, or 12.5 megapixels if it is decoded whole."""


class TooManyPixels(NotAPicture):
    """The picture has too many pixels. A screenshot, or a photograph from a shorter distance, would do."""


class Busy(Exception):
    """Another picture is being read; try again in a moment."""


_one_picture = threading.Lock()
"""Reading a picture takes some hundred megabytes of memory, so each process reads one at a time."""


def _drawn(text: str) -> zxingcpp.Barcode:
    if len(text.encode()) > QR_BYTES:
        raise TooLong(f"a QR code holds {QR_BYTES} bytes")
    return zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M")


def qr_svg(text: str) -> str:
    """A QR code (level M, quiet zone of four modules) as an SVG image without doctype, style or script.

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
        for barcode in zxingcpp.read_barcodes(_gray(picture), formats=QR_CODES, text_mode=zxingcpp.TextMode.Plain):
            if barcode.valid:
                return str(barcode.text)
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
            # The header gives the size, which is checked before anything is decompressed.
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
        # Transparent pixels are drawn on white; otherwise they would be read as black.
        gray = opened.convert("LA")
        flat = Image.new("L", gray.size, "white")
        flat.paste(gray.getchannel("L"), mask=gray.getchannel("A"))
    else:
        flat = opened.convert("L")
    flat.thumbnail((READ_SIDE, READ_SIDE))
    return flat
