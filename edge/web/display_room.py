"""What the customer displays of all lanes stand on, and what is to stand on each of them now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import segno

from edge.clock import monotonic_s
from edge.display import DisplayView, Face, display_view
from edge.display_slides import SlideFolder
from edge.display_tongue import Tongues
from edge.display_words import Notice, notices
from edge.member_passes import Passes
from edge.screen import TillView
from edge.web.house import House
from edge.web.speech import Speech
from edge.weights import LiveWeight

CODES_KEPT = 64
RENEWED = 3
"""Codes to register overlap: a new one comes after this part of the time for which one holds."""
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Painted:
    """What stands on a display: it is painted again when this differs."""

    view: DisplayView
    language: str
    join_url: str = ""
    receipt_url: str = ""


class DisplayRoom:
    """What the displays of all lanes work on."""

    def __init__(self, house: House, speech: Speech, slides: SlideFolder) -> None:
        config = house.config
        self.house = house
        self.speech = speech
        self.slides = slides
        self.tongues = Tongues({lane.number: lane.display_language or config.store.language for lane in config.lane})
        self._passes = Passes(house.secret_key)
        self._page_url = config.privacy.page_url

    def view(self, newest: TillView) -> DisplayView:
        """Return what a customer may see of the newest view of a lane."""
        display = self.house.config.display
        return display_view(
            newest,
            since_s=monotonic_s() - self.house.screens.since_s(newest.lane),
            thanks_s=display.thanks_s,
            shows_stored_value=display.shows_stored_value,
            live=self.house.weights.live(newest.lane) if newest.weighing else None,
        )

    def painted(self, newest: TillView) -> Painted:
        """Return what is to stand on the lane's display now."""
        view = self.view(newest)
        language = self.tongues.language(view, now_s=monotonic_s())
        if view.face is Face.THANKS:
            return Painted(view, language, receipt_url=self._receipt_url(view.sale_id, language))
        wants_member = view.face is Face.IDLE or (view.face is Face.BASKET and view.member is None)
        return Painted(view, language, join_url=self._join_url(view.lane, language) if wants_member else "")

    def is_other_weight(self, newest: TillView | None, shown: LiveWeight | None) -> bool:
        """Tell whether an item lies on the lane's scale and that says something else than what is shown."""
        return newest is not None and newest.weighing is not None and self.house.weights.live(newest.lane) != shown

    def notices(self, lane: int, language: str) -> tuple[Notice, ...]:
        """Return the promotions that customers are told of between the pictures."""
        if self.house.rules is None or not self.house.config.display.promotions:
            return ()
        return notices(
            self.house.rules, self.speech.in_language(language), lane=lane, now_local=self.house.clock.now_local()
        )

    def _join_url(self, lane: int, language: str) -> str:
        if not self._page_url:
            return ""
        minutes = self.house.config.privacy.page_minutes
        step_ms = max(1, minutes // RENEWED) * 60_000
        until_ms = (self.house.clock.now_ms() // step_ms + 1) * step_ms + minutes * 60_000
        return f"{self._page_url}/join/{self._passes.make('join', str(lane), until_ms=until_ms)}?lang={language}"

    def _receipt_url(self, sale_id: str, language: str) -> str:
        days = self.house.config.privacy.e_receipt_days
        if not self._page_url or not days:
            return ""
        until_ms = (self.house.clock.now_ms() // DAY_MS + 1 + days) * DAY_MS
        return f"{self._page_url}/receipt/{self._passes.make('receipt', sale_id, until_ms=until_ms)}?lang={language}"


@lru_cache(maxsize=CODES_KEPT)
def picture(url: str) -> str:
    """Return a QR code as an address that an image shows."""
    return str(segno.make(url, error="m", micro=False).svg_data_uri(scale=4, border=4)) if url else ""
