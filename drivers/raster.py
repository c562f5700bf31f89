"""Pictures as the bands of dots that a receipt printer takes."""

from __future__ import annotations

import io
import re

IMAGE_PIXELS_MAX = 4_000_000
BAND_LINES = 128
"""Raster lines sent in one command; a longer one overflows small buffers and comes out as rubbish."""


def picture_bands(png: bytes, dots: int) -> bytes:
    """Return a PNG picture in bands, not broader than so many dots; empty when it is none that can be read."""
    from escpos.image import EscposImage
    from PIL import Image as Picture
    from PIL import UnidentifiedImageError

    # The size stands in the first chunk; it is checked before anything is unpacked.
    across, down = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
    if not png.startswith(b"\x89PNG") or not 1 <= across * down <= IMAGE_PIXELS_MAX:
        return b""
    try:
        picture = Picture.open(io.BytesIO(png), formats=("PNG",))
        picture.thumbnail((dots, IMAGE_PIXELS_MAX // dots))
        drawn = EscposImage(picture)
        return bands(drawn.to_raster_format(), drawn.width_bytes)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return b""


def bands(raster: bytes, across: int) -> bytes:
    """Return GS v 0 commands for dots, one bit each and 1 for black, in rows of so many bytes."""
    assert across > 0 and len(raster) % across == 0, f"{len(raster)} bytes in rows of {across}"
    # DLE EOT, DLE ENQ and DLE DC4 are obeyed even within a picture: one dot is turned black to break them.
    raster = re.sub(rb"\x10([\x04\x05\x14])", lambda found: bytes((0x10, found[1][0] | 0x02)), raster)
    out = b""
    for start in range(0, len(raster), across * BAND_LINES):
        band = raster[start : start + across * BAND_LINES]
        out += b"\x1dv0\x00" + across.to_bytes(2, "little") + (len(band) // across).to_bytes(2, "little") + band
    return out
