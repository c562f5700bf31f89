"""Which language, theme and sizes a browser asked for, by its cookies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask, request

from edge.texts import LANGUAGES, Texts, clipped
from edge.web.house import House
from rules.basket import Names

THEMES = ("auto", "light", "dark")
KEYPADS = ("small", "normal", "large")
VOLUMES = ("0", "30", "60", "100")
NAME_MAX = 120
"""Characters of a name that go to a screen; what it does not show of them is cut by its style."""


class Speech:
    """The texts of every language, made once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._texts = {tag: Texts(tag, house.config.store.currency) for tag in LANGUAGES}

    def texts(self) -> Texts:
        """Return the texts in the language of the request."""
        wanted = request.cookies.get("lang", "")
        return self._texts.get(wanted) or self._texts[self._house.config.store.language]

    def in_language(self, language: str) -> Texts:
        """Return the texts of a language tag."""
        return self._texts[language]

    def words(self, texts: Texts) -> dict[str, Any]:
        """Return what a template says in a language."""
        return {
            "texts": texts,
            "t": texts.t,
            "money": texts.money,
            "name": lambda names: clipped(texts.name(names), NAME_MAX),
            "at": lambda at_ms: _moment(texts, self._house.clock.local(at_ms)),
            "day": lambda iso: texts.date(date.fromisoformat(iso)) if iso else "",
            "store_name": self.store_name(texts),
        }

    def all_texts(self) -> tuple[Texts, ...]:
        """Return the texts of every language."""
        return tuple(self._texts.values())

    def store_name(self, texts: Texts) -> str:
        store = self._house.config.store
        return Names(store.name_zh_hans, store.name_zh_hant, store.name_en).of(texts.language)

    def lane_name(self, lane: int, texts: Texts) -> str:
        own = next((entry.name for entry in self._house.config.lane if entry.number == lane), "")
        return own or texts.t("Lane {lane}", lane=lane)


def choice(cookie: str, allowed: tuple[str, ...], default: str) -> str:
    """Return what the browser chose, or the default where it chose nothing that exists."""
    value = request.cookies.get(cookie, default)
    return value if value in allowed else default


def speak(app: Flask, house: House, speech: Speech) -> None:
    """Give every template the words of its request and the look that the browser chose."""

    @app.context_processor
    def words() -> dict[str, Any]:
        return {
            **speech.words(speech.texts()),
            "clipped": clipped,
            "languages": LANGUAGES,
            "look": {
                "theme": choice("theme", THEMES, "auto"),
                "keypad": choice("keypad", KEYPADS, "normal"),
                "volume": choice("volume", VOLUMES, "60"),
            },
            "version": house.version,
        }


def _moment(texts: Texts, moment: datetime) -> str:
    return f"{texts.date(moment.date())} {texts.time(moment)}"
