"""Draws characters that a printer's own font lacks, from a font file of the box, in the dots of the paper."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from drivers.base import DriverError
from drivers.glyphs import Encoding, cells

DOTS_PER_COLUMN = 12
EM = 24
"""Dots of a Chinese character, across and down."""
LINE_DOTS = 30
"""Dots from one line to the next."""
BASELINE = 23
INK = 112
"""Grey above which a dot is burnt, 0..255: thin strokes vanish above, small counters fill below."""
GLYPHS_MAX = 4_096
FACES_MAX = 16
SAMPLE = "汉漢"
"""A font that has not both of these is none for Chinese."""
NARROW_PARTS = 0.6
"""Of an em: a character that advances no further takes one column."""

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FONT_NAMES = (
    "NotoSansMonoCJK*-Regular.*",
    "NotoSansCJK*-Regular.*",
    "NotoSansSC*-Regular.*",
    "SourceHanSans*-Regular.*",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallback*.ttf",
)
"""In the order of trying. Bitmap fonts are not among them: they have one size."""
FONT_PACKAGES = "fonts-noto-cjk or fonts-wqy-microhei"


class FontError(DriverError):
    """A font file cannot be read, or has no Chinese."""


def find_font(folders: Iterable[Path] = FOLDERS) -> Path | None:
    """Return a font for Chinese that is installed on the box; None when there is none."""
    known = [folder for folder in folders if folder.is_dir()]
    for name in FONT_NAMES:
        for folder in known:
            found = sorted(folder.rglob(name))
            if found:
                return found[0]
    return None


class LatePen:
    """A pen whose font is loaded when the first line has to be drawn: most printers never need one."""

    def __init__(self, font: str, *, language: str = "zh-Hans") -> None:
        """Take a font file, or an empty text for one that is found on the box."""
        self.problem = ""
        """Why nothing can be drawn; known after the first try."""
        self._font, self._language = font, language
        self._pen: Pen | None = None

    def opened(self) -> Pen | None:
        """Return the pen; None when there is no font for Chinese, which `problem` then says."""
        if self._pen is None and not self.problem:
            try:
                self._pen = open_pen(self._font, language=self._language)
                self.problem = "" if self._pen else f"no font for Chinese on this box: install {FONT_PACKAGES}"
            except FontError as error:
                self.problem = str(error)
        return self._pen

    def has(self, character: str) -> bool:
        pen = self.opened()
        return pen is not None and pen.has(character)

    def columns(self, character: str) -> int:
        pen = self.opened()
        assert pen is not None, "nothing is drawn without a font"
        return pen.columns(character)

    def line(self, text: str, encoding: Encoding, *, double: bool = False, bold: bool = False) -> tuple[bytes, int]:
        pen = self.opened()
        assert pen is not None, "nothing is drawn without a font"
        return pen.line(text, encoding, double=double, bold=bold)


def open_pen(font: str, *, language: str = "zh-Hans") -> Pen | None:
    """Return a pen for a font file, or for one that is found when no file is named; None when none is found.

    Args:
        language: `zh-Hant` takes the forms of characters that are usual there, where the file has them.

    Raises FontError when a font that is named or found is none for Chinese.
    """
    path = Path(font) if font else find_font()
    return None if path is None else Pen(path, language=language)


class Pen:
    """One font; used by one thread."""

    def __init__(self, path: Path, *, language: str = "zh-Hans") -> None:
        """Take a font file. Raises FontError."""
        from PIL import ImageFont

        self.path = path
        try:
            face = _face(path, "TC" if language == "zh-Hant" else "SC")
            self._fonts: dict[int, Any] = {
                scale: ImageFont.truetype(path, EM * scale, index=face, layout_engine=ImageFont.Layout.BASIC)
                for scale in (1, 2)
            }
        except (OSError, ValueError) as error:
            raise FontError(f"{path}: {error}") from error
        self._nothing = self._mask("\U0010fffd")
        self._known: dict[str, bool] = {}
        self._glyphs: dict[tuple[str, int, int, bool], Any] = {}
        lacking = [each for each in SAMPLE if not self.has(each)]
        if lacking:
            raise FontError(f"{path}: it has no {' '.join(lacking)}, so it is no font for Chinese")

    def has(self, character: str) -> bool:
        """Tell whether the font has a character with a shape."""
        known = self._known.get(character)
        if known is None:
            # A character that the font lacks comes out as the box that stands for all of those.
            known = unicodedata.category(character)[0] not in "CZM" and self._mask(character) != self._nothing
            if len(self._known) >= GLYPHS_MAX:
                self._known.clear()
            self._known[character] = known
        return known

    def columns(self, character: str) -> int:
        return 1 if self._fonts[1].getlength(character) <= EM * NARROW_PARTS else 2

    def line(self, text: str, encoding: Encoding, *, double: bool = False, bold: bool = False) -> tuple[bytes, int]:
        """Return a legible line as dots, one bit each and 1 for black, and the bytes of a row.

        Args:
            encoding: of the printer's font, which decides how wide the characters are that it has.
        """
        from PIL import Image

        scale = 2 if double else 1
        column = DOTS_PER_COLUMN * scale
        placed = [(each, cells(each, encoding, self)) for each in text]
        across = -(-max(sum(width for _, width in placed), 1) * column // 8)
        line = Image.new("1", (across * 8, LINE_DOTS * scale))
        x = 0
        for character, width in placed:
            if character not in " \u3000":
                line.paste(self._glyph(character, width, scale, bold), (x, 0))
            x += width * column
        return line.tobytes(), across

    def block(self, text: str, dots: int) -> tuple[bytes, int, int]:
        """Return a text in characters of so many dots down, as dots, the bytes of a row, and the number of rows."""
        from PIL import Image, ImageDraw

        font = self._fonts[1].font_variant(size=dots)
        across = -(-max(int(font.getlength(text)), 1) // 8)
        down = dots * LINE_DOTS // EM
        canvas = Image.new("L", (across * 8, down))
        ImageDraw.Draw(canvas).text((0, dots * BASELINE // EM), text, fill=255, font=font, anchor="ls")
        return canvas.point(_burn, mode="1").tobytes(), across, down

    def _glyph(self, character: str, width: int, scale: int, bold: bool) -> Any:  # noqa: FBT001
        key = (character, width, scale, bold)
        found = self._glyphs.get(key)
        if found is None:
            if len(self._glyphs) >= GLYPHS_MAX:
                self._glyphs.clear()
            found = self._glyphs[key] = self._drawn(*key)
        return found

    def _drawn(self, character: str, width: int, scale: int, bold: bool) -> Any:  # noqa: FBT001
        """Return one character in its cell, squeezed where the font draws it broader than that."""
        from PIL import Image, ImageDraw

        font = self._fonts[scale]
        cell = width * DOTS_PER_COLUMN * scale
        advance = max(round(font.getlength(character)), 1)
        canvas = Image.new("L", (max(advance, cell), LINE_DOTS * scale))
        left = max(cell - advance, 0) // 2
        for shift in range(scale + 1 if bold else 1):
            ImageDraw.Draw(canvas).text((left + shift, BASELINE * scale), character, fill=255, font=font, anchor="ls")
        if advance > cell:
            canvas = canvas.resize((cell, LINE_DOTS * scale))
        return canvas.point(_burn, mode="1")

    def _mask(self, character: str) -> tuple[object, bytes]:
        mask, offset = self._fonts[1].getmask2(character, mode="1")
        return (mask.size, offset), bytes(mask)


def _burn(grey: int) -> int:
    return 255 if grey > INK else 0


def _face(path: Path, region: str) -> int:
    """Return which face of a collection to take: of equal widths if it has one, with the forms of the region."""
    from PIL import ImageFont

    best, best_score = 0, -1
    for index in range(FACES_MAX if path.suffix.lower() in (".ttc", ".otc") else 1):
        try:
            name = str(ImageFont.truetype(path, EM, index=index, layout_engine=ImageFont.Layout.BASIC).getname()[0])
        except OSError:
            if index == 0:
                raise
            break
        score = 2 * (name.endswith(f" {region}") or f" {region} " in name) + ("Mono" in name)
        if score > best_score:
            best, best_score = index, score
    return best
