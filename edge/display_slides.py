"""The pictures of the customer display: which files of the shop's folder are fit to be shown, and why others are not.

A picture is what its bytes say, whatever its name says; SVG and moving pictures are none, since they could run a
script, ask for something, or flash.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

FORMATS: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
ENDINGS: Final = (".png", ".jpg", ".jpeg", ".webp")
NAMES: Final = f"a short name that ends in {', '.join(ENDINGS)}"
FILES_MAX: Final = 40
BYTES_MAX: Final = 4 * 1024 * 1024
SIDE_MAX: Final = 4_096
"""Pixels of the longest side: a display has 1,280 to 3,840."""
SIDE_MIN: Final = 200
"""Smaller ones are only a blur when they fill a screen."""
NAME_MAX: Final = 120
LOOK_EVERY_S: Final = 20.0
"""How often the folder is looked at: a new picture comes up by itself."""
ENTRIES_MAX: Final = 1_000
"""Entries of the folder that are looked at."""


@dataclass(frozen=True, slots=True)
class Slide:
    """A picture that may be shown."""

    name: str
    mimetype: str
    changed_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class BadSlide:
    """A file that is not shown, and why."""

    name: str
    why: str
    expected: str = "a PNG, JPEG or WebP picture"


def look(path: Path) -> Slide | BadSlide:
    """Return the picture that a file is, or why it is none."""
    try:
        seen = path.stat()
        if seen.st_size > BYTES_MAX:
            return BadSlide(path.name, f"{seen.st_size:,} bytes", f"at most {BYTES_MAX:,} bytes")
        with warnings.catch_warnings():
            # What PIL warns of is refused by its size below, from the file's head alone: nothing is unpacked.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=tuple(FORMATS)) as picture:
                kind, sides = str(picture.format), picture.size
                is_moving = bool(getattr(picture, "is_animated", False))
                if max(sides) <= SIDE_MAX:
                    picture.verify()
    except UnidentifiedImageError:
        return BadSlide(path.name, "no such picture")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return BadSlide(path.name, f"it cannot be read: {error}")
    if max(sides) > SIDE_MAX or min(sides) < SIDE_MIN:
        return BadSlide(path.name, f"{sides[0]} × {sides[1]} pixels", f"{SIDE_MIN} to {SIDE_MAX} pixels a side")
    if is_moving:
        return BadSlide(path.name, "a moving picture", "a picture that stands still")
    return Slide(path.name, FORMATS[kind], seen.st_mtime_ns, seen.st_size)


def look_at(folder: Path) -> tuple[list[Slide], list[BadSlide]]:
    """Return the pictures of a folder in the order of their names, and its files that are none.

    Hidden files and those of other systems' explorers are passed over. Raises OSError for a folder that is none.
    """
    names = sorted(entry.name for entry, _ in zip(folder.iterdir(), range(ENTRIES_MAX), strict=False))
    slides: list[Slide] = []
    wrong: list[BadSlide] = []
    for name in names:
        path = folder / name
        if name.startswith(".") or name.lower() in ("thumbs.db", "desktop.ini") or path.is_dir():
            continue
        if len(slides) == FILES_MAX:
            wrong.append(BadSlide(name, f"more than {FILES_MAX} pictures", "fewer, or nobody sees the last ones"))
            break
        found = (
            look(path)
            if _is_plain(name)
            else BadSlide(name[:NAME_MAX], "its name", "a name ending in .png, .jpg, .jpeg or .webp")
        )
        if isinstance(found, Slide):
            slides.append(found)
        else:
            wrong.append(found)
    return slides, wrong


def _is_plain(name: str) -> bool:
    return len(name) <= NAME_MAX and name.isprintable() and name.lower().endswith(ENDINGS)


class SlideFolder:
    """The pictures that may be shown now; looked at again now and then, by whoever asks."""

    def __init__(self, folder: Path | None, now_s: Callable[[], float]) -> None:
        self._folder = folder
        self._now_s = now_s
        self._lock = threading.Lock()
        self._slides: tuple[Slide, ...] = ()
        self._looked_s: float | None = None

    def slides(self) -> tuple[Slide, ...]:
        """Return the pictures in the order in which they are shown; none where the folder is gone."""
        if self._folder is None:
            return ()
        with self._lock:
            now_s = self._now_s()
            if self._looked_s is None or now_s - self._looked_s >= LOOK_EVERY_S:
                self._looked_s = now_s
                try:
                    self._slides = tuple(look_at(self._folder)[0])
                except OSError:
                    self._slides = ()
            return self._slides

    def read(self, name: str) -> tuple[bytes, str] | None:
        """Return bytes and MIME type of a picture that may be shown now; None for any other name.

        It is looked at once more, because it may have been exchanged meanwhile.
        """
        known = next((slide for slide in self.slides() if slide.name == name), None)
        if known is None or self._folder is None:
            return None
        found = look(self._folder / known.name)
        if not isinstance(found, Slide):
            return None
        try:
            return (self._folder / known.name).read_bytes()[:BYTES_MAX], found.mimetype
        except OSError:
            return None
