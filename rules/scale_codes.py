"""Labels of shop scales: 13 or 18 digits that hold an item, an amount, a weight. The shop says where."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rules.gtin import Flaw, gtin_check_digit, has_check_digit
from rules.money import Minor

LENGTHS = (13, 18)


@dataclass(frozen=True, slots=True)
class ScaleFormat:
    """How the labels that begin with a prefix are read."""

    prefix: str
    """First digits of the label: `21`."""
    picture: str
    """A letter for each digit: F flag, W item, E amount, N weight, V GS1 price check digit, C check digit as in an
    EAN-13, O another checksum that is not tested, D a digit without a meaning of its own. `FFWWWWWEEEEEC`."""
    amount_unit: Minor = 1
    """Minor units that one step of E stands for: 1 for fen, 10 for jiao."""
    weight_unit_g: int = 1
    """Grams that one step of N stands for."""

    def __post_init__(self) -> None:
        assert format_error(self.prefix, self.picture) is None
        assert self.amount_unit >= 1
        assert self.weight_unit_g >= 1


@dataclass(frozen=True, slots=True)
class Label:
    """What a scale printed."""

    item: str
    """The item's number in the scale, leading zeros kept; empty where the picture has none."""
    flagged_item: str
    """The same behind the flag digits, for shops that keep it so in the catalogue."""
    amount: Minor | None = None
    """What the label costs; zero when the scale had no price."""
    weight_g: int | None = None


def format_error(prefix: str, picture: str) -> str | None:
    """Return what is wrong with a configured format, in words for whoever wrote it, or None.

    >>> format_error("21", "FFWWWWWEEEEEC")
    >>> format_error("21", "FFWWWWWEEEEC")
    'a picture has 13 or 18 letters, this one 12'
    """
    if not re.fullmatch(r"[0-9]{1,7}", prefix):
        return f"a prefix is 1 to 7 digits, found {prefix!r}"
    if len(picture) not in LENGTHS:
        return f"a picture has 13 or 18 letters, this one {len(picture)}"
    unknown = sorted(set(picture) - set("FWENVCOD"))
    if unknown:
        return f"a picture knows the letters F W E N V C O D, found {' '.join(unknown)}"
    runs = re.findall(r"((.)\2*)", picture)
    letters = [letter for _, letter in runs]
    if any(letters.count(letter) > 1 for letter in letters if letter != "D"):
        return "the digits of one letter stand together"
    if "F" in letters and letters[0] != "F":
        return "the flag stands first"
    if not {"W", "D"} & set(letters):
        return "a picture has an item (W)"
    if any(letter in picture[:-1] for letter in "CO"):
        return "the check digit is one letter and stands last"
    if "V" in letters and (picture.count("V") > 1 or picture.count("E") not in (4, 5)):
        return "a price check digit (V) is one letter and needs an amount (E) of 4 or 5"
    return None


def read_label(digits: str, formats: tuple[ScaleFormat, ...]) -> Label | Flaw | None:
    """Return what a label says by the format of its longest configured prefix, or None when no format is meant for it.

    Args:
        digits: decimals of any length.
    """
    meant = [f for f in formats if len(f.picture) == len(digits) and digits.startswith(f.prefix)]
    if not meant:
        return None
    chosen = max(meant, key=lambda f: len(f.prefix))
    if chosen.picture.endswith("C") and not has_check_digit(digits):
        return Flaw.CHECK_DIGIT
    fields = {letter: _field(digits, chosen.picture, letter) for letter in "FWENV"}
    if fields["V"] and price_check_digit(fields["E"]) != int(fields["V"]):
        return Flaw.MEASURE_CHECK
    return Label(
        item=fields["W"],
        flagged_item=fields["F"] + fields["W"],
        amount=int(fields["E"]) * chosen.amount_unit if fields["E"] else None,
        weight_g=int(fields["N"]) * chosen.weight_unit_g if fields["N"] else None,
    )


# What a digit counts at a place, and the places of a field, by General Specifications 7.9.2 to 7.9.4.
_TWO_MINUS, _THREE, _FIVE_PLUS, _FIVE_MINUS = "0246891357", "0369258147", "0516273849", "0594837261"
_PRICE_WEIGHTS = {
    4: (_TWO_MINUS, _TWO_MINUS, _THREE, _FIVE_MINUS),
    5: (_FIVE_PLUS, _TWO_MINUS, _FIVE_MINUS, _FIVE_PLUS, _TWO_MINUS),
}


def price_check_digit(digits: str) -> int:
    """Return the check digit of a price or weight field inside a code.

    Args:
        digits: the field; 4 or 5 decimals.

    Source: GS1 General Specifications, 7.9.2 to 7.9.4.

    >>> price_check_digit("2875"), price_check_digit("14685")
    (9, 6)
    """
    total = sum(int(weights[int(digit)]) for digit, weights in zip(digits, _PRICE_WEIGHTS[len(digits)], strict=True))
    if len(digits) == 4:
        return total * 3 % 10
    return _FIVE_MINUS.index(str(-total % 10))


def make_label(chosen: ScaleFormat, *, item: str, amount: Minor = 0, weight_g: int = 0) -> str:
    """Return the digits that a scale of this format would print: for the demo shop, the test screen and price labels.

    Args:
        item: as many decimals as the picture has W.
        amount: minor units, a whole number of steps that fits the picture's E.
        weight_g: grams, a whole number of steps that fits the picture's N.

    >>> make_label(ScaleFormat("21", "FFWWWWWEEEEEC"), item="10007", amount=3520)
    '2110007035207'
    """
    picture = chosen.picture
    assert "O" not in picture, "the other checksum is not known"
    contents = {
        "F": chosen.prefix.ljust(picture.count("F"), "0"),
        "W": item,
        "E": str(amount // chosen.amount_unit).zfill(picture.count("E")) if "E" in picture else "",
        "N": str(weight_g // chosen.weight_unit_g).zfill(picture.count("N")) if "N" in picture else "",
        "D": "0" * picture.count("D"),
    }
    contents["V"] = str(price_check_digit(contents["E"])) if "V" in picture else ""
    body = ""
    for run, letter in re.findall(r"((.)\2*)", picture.rstrip("C")):
        part = contents[letter][: len(run)] if letter == "D" else contents[letter]
        assert len(part) == len(run), f"{letter} has {len(run)} digits, given {part}"
        body += part
    return f"{body}{gtin_check_digit(body)}" if picture.endswith("C") else body


def _field(digits: str, picture: str, letter: str) -> str:
    return "".join(digit for digit, place in zip(digits, picture, strict=True) if place == letter)
