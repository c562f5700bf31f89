"""Labels of the catalogue: what stands on a sticker or at the shelf for an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from drivers.document import LABELS_MAX, Document, Label, document_json
from edge.config import Config, DeviceConfig
from edge.config_checks import LABEL_KINDS
from edge.desk import HasDesk
from edge.screen import Refusal, Sound, Stage
from edge.store import catalog, printjobs
from edge.text_marks import N_
from edge.texts import Texts
from rules.basket import Item

Style = Literal["shelf", "sticker"]
STYLES: Final = {"shelf": N_("Shelf labels: name, price, bar code"), "sticker": N_("Stickers: name and bar code")}
ITEMS_MAX = 100
"""Most items of one batch of labels."""
PIECES_MAX = 1_000
"""Most labels of one batch."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many labels of an item."""

    sku: str
    count: int
    """1..LABELS_MAX."""


def label_printers(config: Config) -> tuple[DeviceConfig, ...]:
    """Return the printers that print labels."""
    return tuple(each for each in config.device if each.kind in LABEL_KINDS or "labels" in each.prints)


def label_of(item: Item, codes: Sequence[str], texts: Texts, *, style: Style, count: int = 1) -> Label:
    """Return the label of an item.

    Args:
        codes: of one piece, GTINs of 14 digits first.
    """
    code, kind = _printed(codes[0]) if codes and not item.is_weighed else ("", "code128")
    has_price = style == "shelf" and item.price >= 0 and not item.is_open_price
    any_member = item.tier_prices.get("")
    note = (
        texts.t("Member price {price}", price=texts.money(any_member)) if has_price and any_member is not None else ""
    )
    return Label(
        name=texts.name(item.names) or item.sku,
        price=texts.money(item.price) if has_price else "",
        unit=("kg" if item.is_weighed else item.unit) if has_price else "",
        note=note or item.sku,
        code=code,
        kind=kind,
        count=count,
    )


def _printed(code: str) -> tuple[str, Literal["code128", "ean13", "ean8"]]:
    """Return what a bar code says of a code, and its kind.

    >>> _printed("06901234567892")
    ('6901234567892', 'ean13')
    >>> _printed("00000096385074")
    ('96385074', 'ean8')
    >>> _printed("A-17")
    ('A-17', 'code128')
    """
    if len(code) == 14 and code.isascii() and code.isdigit() and code.startswith("0"):
        return (code[6:], "ean8") if code.startswith("000000") else (code[1:], "ean13")
    return code, "code128"


def test_label(texts: Texts, printer: str) -> Document:
    """Return the test page of a label printer."""
    return Document(
        (Label(texts.t("Printer test"), texts.money(1_250), "kg", f"{printer} 简体 繁體 é", "6901234567892", "ean13"),)
    )


def print_labels(till: HasDesk, printer: str, wanted: Sequence[Wanted], style: Style, language: str) -> Refusal | None:
    """Queue labels of some items at a label printer."""
    desk = till.desk
    if desk.memory.stage is Stage.LOCKED:
        return desk.refuse(Refusal("locked"))
    if printer not in {device.name for device in label_printers(desk.shop.config)}:
        return desk.refuse(Refusal("no_printer"))
    pieces = sum(each.count for each in wanted)
    if not 1 <= len(wanted) <= ITEMS_MAX or pieces > PIECES_MAX:
        return desk.refuse(Refusal("labels_count", {"max": PIECES_MAX}))
    assert all(1 <= each.count <= LABELS_MAX for each in wanted)
    db, texts = desk.shop.store.db, Texts(language, desk.shop.config.store.currency)
    labels: list[Label] = []
    for each in wanted:
        found = catalog.item(db, each.sku, now_ms=desk.now_ms())
        if found is None:
            return desk.refuse(Refusal("item_unknown", {"sku": each.sku}))
        codes = catalog.codes_of(db, each.sku)
        labels.append(label_of(found[0], codes, texts, style=style, count=each.count))
    with desk.shop.store.transaction():
        printjobs.put(
            db, printer=printer, kind="label", at_ms=desk.now_ms(), document=document_json(Document(tuple(labels)))
        )
        desk.note("labels", detail={"printer": printer, "pieces": pieces})
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None
