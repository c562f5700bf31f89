"""A line's note: what the cashier writes beside it, for the screen, the receipt and whoever makes it."""

from __future__ import annotations

import unicodedata

import msgspec

from edge.desk import HasDesk
from edge.screen import Refusal

NOTE_MAX = 40
"""Characters of the longest note: a line of a narrow receipt, twice."""


def note_line(till: HasDesk, line_id: str, note: str) -> Refusal | None:
    """Write a note beside a line, in the place of the one before; an empty one takes it away."""
    desk, line = till.desk, till.desk.line(line_id)
    if line is None:
        return desk.refuse(Refusal("line_gone"))
    plain = " ".join(note.split())
    if len(plain) > NOTE_MAX or any(unicodedata.category(each) in ("Cc", "Cs", "Co", "Cn") for each in plain):
        return desk.refuse(Refusal("note_wrong", {"max": NOTE_MAX}))
    return desk.put_line(msgspec.structs.replace(line, note=plain))
