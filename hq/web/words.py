"""The wall's words in three languages: states, reasons, amounts and moments."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

LANGUAGES: Final[Mapping[str, str]] = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}
"""Every language tag with the name that its readers know it by."""
TRANSLATIONS: Final = Path(__file__).parent.parent / "translations"
SYMBOLS: Final[Mapping[str, str]] = {
    "CNY": "¥", "HKD": "HK$", "TWD": "NT$", "MOP": "MOP$", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "SGD": "S$",
}  # fmt: skip
NO_MINOR_UNIT: Final = frozenset({"JPY", "KRW"})


def N_(text: str) -> str:  # noqa: N802
    """Return the text as it is: marks a msgid that is translated later for the extraction."""
    return text


REASONS: Final[Mapping[str, str]] = {
    "too_large": N_("too large"),
    "not_json": N_("cannot be read as JSON"),
    "wrong_shape": N_("a field is missing or of the wrong kind"),
    "wrong_name": N_("topic and message name different things"),
    "out_of_range": N_("a figure or date is out of range"),
    "no_body": N_("the store no longer has it"),
    "double": N_("two messages of one number differ"),
    "fork": N_("not chained to the message before it"),
    "epoch": N_("the store began a new database"),
    "sale": N_("two sales of one id differ"),
}
DEVICE_STATES: Final[Mapping[str, str]] = {
    "ok": N_("ready"),
    "ready": N_("ready"),
    "opening": N_("starting"),
    "gone": N_("unplugged"),
    "busy": N_("held by another program"),
    "forbidden": N_("no permission"),
    "loose": N_("not for the till alone"),
    "problem": N_("problem"),
    "paper_low": N_("paper low"),
    "paper_out": N_("out of paper"),
    "cover_open": N_("cover open"),
    "offline": N_("not reachable"),
    "unknown": N_("unknown"),
    "off": N_("off"),
    "trying": N_("being tried"),
    "doubtful": N_("perhaps printed"),
    "drawer_shut": N_("drawer not opened"),
    "drawer_doubtful": N_("drawer perhaps not opened"),
    "silent": N_("says nothing"),
    "garbled": N_("not understood"),
    "no_line": N_("no internet"),
}
GOOD: Final = frozenset({"ok", "ready"})
CALM: Final = frozenset({"opening", "unknown", "off", "paper_low", "trying"})
"""Neither good nor a reason to go there."""


def translator(language: str) -> Callable[[str], str]:
    """Return gettext for a language tag; a text without translation comes back as it is."""
    locale = language.replace("-", "_")
    return gettext.translation("messages", TRANSLATIONS, [locale], fallback=True).gettext


def device_tone(state: str) -> str:
    """Return good, calm or bad."""
    return "good" if state in GOOD else "calm" if state in CALM else "bad"


def money(amount: int, currency: str) -> str:
    """Return an amount as it is written in the shop.

    >>> money(1234567, "CNY"), money(-5, "CNY"), money(1200, "JPY")
    ('¥12,345.67', '-¥0.05', '¥1,200')
    """
    sign = "-" if amount < 0 else ""
    symbol = SYMBOLS.get(currency, currency + " ")
    if currency in NO_MINOR_UNIT:
        return f"{sign}{symbol}{abs(amount):,}"
    whole, rest = divmod(abs(amount), 100)
    return f"{sign}{symbol}{whole:,}.{rest:02d}"


def moment(at: datetime, now: datetime) -> str:
    """Return the time of a moment, with the day when it is another one.

    >>> moment(datetime(2026, 11, 22, 9, 5), datetime(2026, 11, 22, 12, 0))
    '09:05'
    >>> moment(datetime(2026, 11, 21, 9, 5), datetime(2026, 11, 22, 12, 0))
    '11-21 09:05'
    """
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return f"{at:%m-%d %H:%M}" if at.year == now.year else f"{at:%Y-%m-%d}"
