"""What else GS1 puts in a code: element strings, Digital Links, and regional variable-measure numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from rules.gtin import Flaw, has_check_digit
from rules.months import days_of_month

if TYPE_CHECKING:
    # 25 MB when it is imported, so each function imports it for itself: most shops never need it.
    from biip import ParseConfig

GS = "\x1d"
"""How scanners send FNC1, the end of a field of variable length."""

REGIONS = ("DK", "EE", "FI", "DE", "GB", "LV", "LT", "NO", "SE")
"""Countries whose rules for prices and weights inside codes of prefix 2 we know. China has none."""

ELEMENTS_MAX = 40
"""Most elements that one code may hold."""


@dataclass(frozen=True, slots=True)
class Elements:
    """What a GS1 element string or Digital Link says: application identifiers (AI) and their values, in its order."""

    pairs: tuple[tuple[str, str], ...]
    dates: tuple[tuple[str, date], ...] = ()
    expiry: date | datetime | None = None
    """Last day (AI 17) or last moment (AI 7003) of use."""
    decimals: tuple[tuple[str, Decimal], ...] = ()
    """Measures and amounts, with the decimal point that the AI's last digit sets."""

    def get(self, ai: str) -> str | None:
        """Return the value of an AI."""
        return dict(self.pairs).get(ai)

    def measure(self, family: str) -> Decimal | None:
        """Return the value of the AI whose first three digits are given: `310` is net weight in kilograms."""
        return next((value for ai, value in self.decimals if ai[:3] == family), None)


def read_elements(text: str, *, reference_year: int) -> Elements | Flaw:
    """Return the elements of an element string.

    Args:
        text: printable ASCII with GS where FNC1 was; or with the AIs in brackets, as printed under the code.
        reference_year: the century of two-digit years follows from it, 49 years back to 50 ahead.
    """
    from biip import ParseError
    from biip.gs1_element_strings import GS1ElementString

    found: list[tuple[str, str]] = []
    try:
        if _BRACKETED.fullmatch(text):
            for ai, value in _BRACKETED_ELEMENT.findall(text):
                element = GS1ElementString.parse(ai + value, config=_lenient())
                if element.ai.ai != ai:
                    return Flaw.ELEMENTS
                found.append((ai, element.value))
        rest = "" if found else text.strip(GS)
        while rest and len(found) <= ELEMENTS_MAX:
            element = GS1ElementString.extract(rest, config=_lenient())
            found.append((element.ai.ai, element.value))
            rest = rest[len(element) :].lstrip(GS)
    except ParseError:
        return Flaw.ELEMENTS
    return _elements(found, reference_year=reference_year)


# A web address is a Digital Link when one of these keys stands in its path.
_LINK_KEYS = frozenset(
    (
        "00",
        "01",
        "253",
        "255",
        "401",
        "402",
        "414",
        "415",
        "417",
        "8003",
        "8004",
        "8006",
        "8010",
        "8013",
        "8017",
        "8018",
    )
)


def read_digital_link(text: str, *, reference_year: int) -> Elements | Flaw | None:
    """Return the elements of a GS1 Digital Link, what is wrong with them, or None when the address is no such link.

    Source: GS1 Digital Link Standard, URI syntax; of several keys in the path the rightmost counts.
    """
    from biip import ParseError
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    try:
        parts = urlsplit(text)
        segments = parts.path.split("/")
        start = next((i for i in range(len(segments) - 2, 0, -2) if segments[i] in _LINK_KEYS), 0)
        if not parts.netloc or not start:
            return None
        path = "/" + "/".join(segments[start:])
        address = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
        link = GS1DigitalLinkURI.parse(address, config=_lenient())
    except (ParseError, ValueError):
        return None
    return _elements([(e.ai.ai, e.value) for e in link.element_strings], reference_year=reference_year)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a country's rules find in a code of prefix 2. One of weight, price and count is given."""

    item: str
    gtin14: str
    """The number with its measure set to zero: the key of the item."""
    weight_kg: Decimal | None = None
    price: Decimal | None = None
    count: int | None = None


def read_measured(digits: str, *, region: str) -> Measured | Flaw | None:
    """Return what a restricted circulation number says in a region, or None when the region has no rule for it.

    Args:
        digits: 13 decimals with a right check digit.
        region: one of REGIONS.
    """
    from biip import ParseConfig, ParseError
    from biip.gtin import Gtin as ParsedGtin
    from biip.rcn import Rcn, RcnRegion

    try:
        parsed = ParsedGtin.parse(digits, config=ParseConfig(rcn_region=RcnRegion(region.lower())))
    except ParseError:
        return Flaw.MEASURE_CHECK
    if not isinstance(parsed, Rcn) or (parsed.weight is None and parsed.price is None and parsed.count is None):
        return None
    key = parsed.without_variable_measure().as_gtin_14()
    return Measured(parsed.item_reference or "", key, parsed.weight, parsed.price, parsed.count)


def year_of(two_digits: int, *, reference_year: int) -> int:
    """Return the full year of a two-digit one.

    Source: GS1 General Specifications, 7.12.

    >>> [year_of(yy, reference_year=2026) for yy in (76, 77)]
    [2076, 1977]
    """
    century = reference_year - reference_year % 100
    ahead = two_digits - reference_year % 100
    if ahead > 50:
        return century - 100 + two_digits
    return century + two_digits + (100 if ahead < -49 else 0)


def _lenient() -> ParseConfig:
    # The library judges dates by today's clock and refuses the date ranges of AI 7007, so we judge them ourselves.
    from biip import ParseConfig

    return ParseConfig(gs1_element_strings_verify_date=False)


def _elements(found: list[tuple[str, str]], *, reference_year: int) -> Elements | Flaw:
    values: dict[str, str] = {}
    for ai, value in found:
        # An AI may come twice only with the same value, or one label would name two items.
        if values.setdefault(ai, value) != value or not value.isascii():
            return Flaw.ELEMENTS
    if not values or len(found) > ELEMENTS_MAX:
        return Flaw.ELEMENTS
    if any(ai in _CHECKED and not has_check_digit(value) for ai, value in values.items()):
        return Flaw.CHECK_DIGIT
    moments = {ai: _moment(ai, value, reference_year) for ai, value in values.items() if ai in _DATED}
    dates: list[tuple[str, date]] = []
    for ai, moment in moments.items():
        if moment is None:
            return Flaw.DATE
        dates.append((ai, moment.date() if isinstance(moment, datetime) else moment))
    decimals = tuple((ai, _decimal(ai, value)) for ai, value in values.items() if _MEASURE.fullmatch(ai))
    return Elements(tuple(values.items()), tuple(dates), moments.get("7003") or moments.get("17"), decimals)


# SSCC, the two GTINs, and the location numbers end with a check digit.
_CHECKED = frozenset(("00", "01", "02", "410", "411", "412", "413", "414", "415", "416", "417"))
_DATED = frozenset(("11", "12", "13", "15", "16", "17", "4324", "4325", "4326", "7003", "7006", "7007", "7011", "8008"))
_MEASURE = re.compile(r"3[1-6]\d\d|39[0-5]\d")
_BRACKETED_ELEMENT = re.compile(r"\((\d{2,4})\)([^()]+)")
_BRACKETED = re.compile(r"(\(\d{2,4}\)[^()]+)+")


def _moment(ai: str, value: str, reference_year: int) -> date | datetime | None:
    if ai == "7007" and len(value) == 12 and _moment("17", value[6:], reference_year) is None:
        return None
    numbers = [int(value[i : i + 2]) for i in range(0, len(value), 2)]
    year, month, day = year_of(numbers[0], reference_year=reference_year), numbers[1], numbers[2]
    no_time = ai == "7007" or len(numbers) == 3 or numbers[3:] == [99, 99]
    hour, minute, second = (*numbers[3:6], 0, 0, 0)[:3]
    try:
        # Day 00 means the last day of the month.
        day = day or days_of_month(year, month)
        whole_day = date(year, month, day)
        return whole_day if no_time else datetime.combine(whole_day, time(hour, minute, second))
    except ValueError:
        return None


def _decimal(ai: str, value: str) -> Decimal:
    # 391n and 393n begin with the three digits of a currency.
    number = value[3:] if ai[:3] in ("391", "393") else value
    return Decimal(int(number)).scaleb(-int(ai[3]))
