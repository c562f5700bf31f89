"""The shop's own codes, from its configuration."""

from __future__ import annotations

from datetime import datetime

from edge.config import Config
from rules.codes import CodeSettings, ScaleFormat

CURRENCY_NUMBERS = {
    "CNY": "156", "HKD": "344", "MOP": "446", "TWD": "901", "SGD": "702", "MYR": "458", "THB": "764", "PHP": "608",
    "IDR": "360", "INR": "356", "AUD": "036", "NZD": "554", "USD": "840", "CAD": "124", "EUR": "978", "GBP": "826",
    "CHF": "756",
}  # fmt: skip
"""ISO 4217 numbers: a price inside a GS1 code counts only when it is in the shop's currency."""


def code_settings(config: Config, *, now_local: datetime) -> CodeSettings:
    """Return what the configuration says of the shop's codes; the moment decides the century of dates in codes."""
    return CodeSettings(
        scale_formats=tuple(ScaleFormat(scale.prefix, scale.format) for scale in config.scale_code),
        reference_year=now_local.year,
        currency_number=CURRENCY_NUMBERS.get(config.store.currency, ""),
    )
