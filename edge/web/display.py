"""The customer display: a page for a second window, painted by its own stream; all it can do is change its language."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, abort, copy_current_request_context, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.clock import monotonic_s
from edge.display import Face
from edge.display_slides import Slide
from edge.display_words import Notice
from edge.health import Health
from edge.screen import TillView
from edge.texts import LANGUAGES
from edge.web.display_room import DisplayRoom, Painted, picture
from edge.web.lane import LOOK_EVERY_S, Held, Streams, event
from edge.weights import LiveWeight

DISPLAY_KIND = "display"
"""What health calls the customer's window: its name is this and the lane's number."""
ALIVE_EVERY_S = 5.0
"""Something is sent so often even when nothing changed; the page watches for it."""
SLIDES_EVERY_S = 10.0
"""How often an idle display looks whether slides have changed."""
PAGE_MAX_AGE_S = 86_400


@dataclass(frozen=True, slots=True)
class Slides:
    """What an idle display shows in turn."""

    pictures: tuple[Slide, ...]
    notices: tuple[Notice, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Painter:
    """Turns what is to stand on a display into its page's fragments."""

    room: DisplayRoom

    def face(self, shown: Painted) -> str:
        speech = self.room.speech
        texts = speech.in_language(shown.language)
        # Where devices are simulated nobody holds a phone to it: a touch opens what the code would.
        config = self.room.house.config
        opens = [
            url.removeprefix(config.privacy.page_url) if config.screen.bench else ""
            for url in (shown.join_url, shown.receipt_url)
        ]
        return render_template(
            "display/view.html", **speech.words(texts), view=shown.view, join=picture(shown.join_url),
            receipt=picture(shown.receipt_url), join_path=opens[0], receipt_path=opens[1],
        )  # fmt: skip

    def slides(self, slides: Slides) -> str:
        speech = self.room.speech
        return render_template(
            "display/slides.html", **speech.words(speech.in_language(slides.language)), pictures=slides.pictures,
            notices=slides.notices, thanks=self.room.house.config.store.thanks,
        )  # fmt: skip

    def slides_now(self, lane: int, language: str) -> Slides:
        return Slides(self.room.slides.slides(), self.room.notices(lane, language), language)


def blueprint(room: DisplayRoom, stopping: threading.Event, streams: Streams) -> Blueprint:
    """Return the displays' pages. They ask the till for nothing."""
    pages = Blueprint("display", __name__)
    painter = Painter(room)
    _look(pages, room, painter)
    _stream(pages, painter, stopping, streams)
    _touch(pages, room)
    return pages


def _newest(room: DisplayRoom, lane: int) -> TillView:
    try:
        return room.house.screens.newest(lane)
    except KeyError:
        abort(404)


def _look(pages: Blueprint, room: DisplayRoom, painter: Painter) -> None:
    display = room.house.config.display

    @pages.get("/display/")
    def home() -> ResponseReturnValue:
        lanes = room.house.config.lane
        if len(lanes) == 1:
            return redirect(url_for("display.page", lane=lanes[0].number))
        named = [(entry.number, room.speech.lane_name(entry.number, room.speech.texts())) for entry in lanes]
        return render_template("lane/choose.html", lanes=named, page="display.page")

    @pages.get("/display/<int:lane>")
    def page(lane: int) -> ResponseReturnValue:
        shown = room.painted(_newest(room, lane))
        return render_template(
            "display/page.html",
            **room.speech.words(room.speech.in_language(shown.language)),
            lane=lane,
            look={"theme": display.theme, "keypad": "normal", "volume": "0"},
            slide_s=display.slide_s,
            waits=[(each.language, each.t("One moment, please …")) for each in room.speech.all_texts()],
            painted=painter.face(shown),
            slides=painter.slides(painter.slides_now(lane, shown.language)),
        )

    @pages.get("/display/slides/<name>")
    def slide(name: str) -> ResponseReturnValue:
        found = room.slides.read(name)
        if found is None:
            abort(404)
        answer = Response(found[0], mimetype=found[1])
        if request.args.get("v"):
            answer.headers["Cache-Control"] = f"private, max-age={PAGE_MAX_AGE_S}, immutable"
        return answer


def _stream(pages: Blueprint, painter: Painter, stopping: threading.Event, streams: Streams) -> None:
    room = painter.room
    # However many displays are left open somewhere, a till finds a place.
    own = Streams(max(1, streams.most // 2))
    watches = {entry.number: DisplayWatch(entry.number, room.house.health) for entry in room.house.config.lane}

    @pages.get("/display/<int:lane>/stream")
    def stream(lane: int) -> ResponseReturnValue:
        _newest(room, lane)
        if not own.take():
            return render_template("display/full.html"), 503
        if not streams.take():
            own.give_back()
            return render_template("display/full.html"), 503
        # Rendering needs the request long after the handler has returned.
        face, slides = copy_current_request_context(painter.face), copy_current_request_context(painter.slides)
        events = _events(painter, lane, face, slides, stopping)
        watches[lane].take()
        response = Response(Held(events, streams, own, watches[lane]), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        return response


class DisplayWatch:
    """Tells health whether a lane's display is there. One that never was is no device: few lanes have one."""

    def __init__(self, lane: int, health: Health) -> None:
        self._name = f"{DISPLAY_KIND}-{lane}"
        self._health = health
        self._lock = threading.Lock()
        self._count = 0

    def take(self) -> None:
        self._change(1)

    def give_back(self) -> None:
        self._change(-1)

    def _change(self, by: int) -> None:
        with self._lock:
            self._count += by
            self._health.report(self._name, DISPLAY_KIND, "ok" if self._count else "gone")


def _touch(pages: Blueprint, room: DisplayRoom) -> None:
    @pages.post("/display/<int:lane>/language/<language>")
    def speak(lane: int, language: str) -> ResponseReturnValue:
        if language not in LANGUAGES:
            abort(404)
        view = room.view(_newest(room, lane))
        room.tongues.choose(lane, language, sale_id=view.sale_id, now_s=monotonic_s())
        room.house.screens.wake()
        # The cashier's settings show it; a display does not look.
        told = room.speech.texts().t(
            "The customer display speaks {language} until the next customer.", language=LANGUAGES[language]
        )
        return Response(told, mimetype="text/plain")


def _events(
    painter: Painter,
    lane: int,
    face: Callable[[Painted], str],
    slides: Callable[[Slides], str],
    stopping: threading.Event,
) -> Iterator[str]:
    """Yield what the display shows whenever a customer would see a difference, and the slides when they changed.

    Args:
        face: paints what stands on it, long after the request was answered.
        slides: paints what it shows in turn.
    """
    room, screens = painter.room, painter.room.house.screens
    seen, said = -1, -1
    shown: Painted | None = None
    newest: TillView | None = None
    weight: LiveWeight | None = None
    shown_slides: Slides | None = None
    alive_at_s = slides_at_s = 0.0

    def has_news() -> bool:
        return room.tongues.number != said or room.is_other_weight(newest, weight)

    while not stopping.is_set() and not screens.closed:
        view = screens.wait(lane, after=seen, timeout_s=LOOK_EVERY_S, or_when=has_news)
        if screens.closed:
            return
        newest = view or screens.newest(lane)
        seen, said = newest.number, room.tongues.number
        weight = room.house.weights.live(lane) if newest.weighing else None
        wanted, now_s = room.painted(newest), monotonic_s()
        is_quiet = wanted == shown
        if not is_quiet:
            if shown is None or shown.language != wanted.language:
                slides_at_s = 0.0
            shown = wanted
            yield event(face(wanted))
        if wanted.view.face in (Face.IDLE, Face.CLOSED, Face.LEARNING) and now_s - slides_at_s >= SLIDES_EVERY_S:
            slides_at_s = now_s
            now = painter.slides_now(lane, wanted.language)
            if now != shown_slides:
                shown_slides = now
                yield event(slides(now), name="slides")
        if now_s - alive_at_s >= ALIVE_EVERY_S:
            alive_at_s = now_s
            yield event(room.house.version, name="alive")
        elif is_quiet:
            # Something must be written, or nobody notices that the browser is gone.
            yield ":\n\n"
