"""The page of a lane, and the stream that keeps it painted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from flask import (
    Blueprint,
    Response,
    abort,
    copy_current_request_context,
    current_app,
    redirect,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from edge.clock import monotonic_s
from edge.screen import LineView, Stage, TillView
from edge.texts import clipped
from edge.web.by_hand import second_yes
from edge.web.house import House
from edge.web.speech import Speech
from edge.web.weigh import live_weight
from edge.weights import LiveWeight

STRIP_EVERY_S = 5.0
"""The strip is sent so often even when nothing changed: it is the sign of life that the page watches for."""
LOOK_EVERY_S = 0.5
"""Longest time between a change of health and its strip, and between the daemon's stop and the stream's end."""
STRIP_AFTER_VIEW_S = 0.1
"""A strip that changed with a view comes so much after it: nobody waits for it, and the view would wait with it."""
STRIP_WAITS_S = 1.0
"""Longest time for which views that follow each other hold the strip back."""
AGAIN_MS = 300
"""A browser that lost its stream asks for it anew after so long."""
LINES_KEPT = 1_000
"""Lines of baskets whose HTML is kept, of all lanes and languages."""
THREADS_FOR_REQUESTS = 4
"""Web threads that streams never take."""


class Streams:
    """Counts the open streams, so that they never use up the threads that requests need."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._free = threading.BoundedSemaphore(most)

    def take(self) -> bool:
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        self._free.release()


@dataclass(frozen=True, slots=True)
class Painters:
    """What makes the pieces of a stream, in the language of whoever asked for it."""

    view: Callable[[TillView], str]
    strip: Callable[[int], str]
    weight: Callable[[TillView, LiveWeight], str]
    approval: Callable[[TillView], str]


def places(house: House) -> Streams:
    """Return the places for open screens; displays take theirs from the same ones."""
    screen = house.config.screen
    return Streams(max(1, min(screen.streams, screen.threads - THREADS_FOR_REQUESTS)))


def blueprint(house: House, speech: Speech, stopping: threading.Event, streams: Streams) -> Blueprint:
    """Return the pages of the lanes."""
    pages = Blueprint("lane", __name__)
    printers = {entry.number: entry.printer for entry in house.config.lane}
    kitchens = tuple(device.name for device in house.config.device if "kitchen" in device.prints)

    def view_of(lane: int) -> TillView:
        try:
            return house.screens.newest(lane)
        except KeyError:
            abort(404)

    @lru_cache(LINES_KEPT)
    def line_html(line: LineView, language: str) -> Markup:
        """Return a line of the basket. Nearly every line of a view stood in the one before."""
        words = speech.words(speech.in_language(language))
        return Markup(current_app.jinja_env.get_template("lane/line.html").render(line=line, clipped=clipped, **words))  # noqa: S704 - a template escapes

    def paint(view: TillView) -> str:
        staff = house.reads_of(view.lane).staff() if view.stage is Stage.LOCKED else ()
        language = speech.texts().language
        lane_name = speech.lane_name(view.lane, speech.texts())
        printer = house.health.device(printers[view.lane])
        wait_s = _wait_s(view, now_ms=house.clock.now_ms())
        return render_template(
            "lane/view.html",
            view=view,
            staff=staff,
            lane_name=lane_name,
            printer=printer,
            wait_s=wait_s,
            line_html=lambda line: line_html(line, language),
        )

    def paint_strip(lane: int) -> str:
        own = {device.name for device in house.config.device if device.lane == lane} | {printers[lane]}
        is_open = view_of(lane).stage is not Stage.LOCKED
        return render_template(
            "lane/strip.html",
            strip=house.health.strip(),
            of_lane=own,
            printer_name=printers[lane],
            now=house.clock.now_local(),
            held=house.reads_of(lane).held_sum() if is_open else None,
            doubtful=house.reads_of(lane).doubtful_receipt(printers[lane]) if is_open else None,
            doubtful_z=house.reads_of(lane).doubtful_z(printers[lane]) if is_open else None,
            slips=house.reads_of(lane).doubtful_slips(kitchens, lane) if is_open and kitchens else (),
            payments=house.reads_of(lane).open_payments() if is_open else (0, 0),
        )

    def paint_approval(view: TillView) -> str:
        return second_yes(view, speech.texts())

    @pages.get("/")
    def home() -> ResponseReturnValue:
        lanes = house.config.lane
        if len(lanes) == 1:
            return redirect(url_for("lane.page", lane=lanes[0].number))
        texts = speech.texts()
        named = [(entry.number, speech.lane_name(entry.number, texts)) for entry in lanes]
        return render_template("lane/choose.html", lanes=named, page="lane.page")

    @pages.get("/lane/<int:lane>")
    def page(lane: int) -> ResponseReturnValue:
        view = view_of(lane)
        return render_template(
            "lane/page.html",
            view=view,
            painted=paint(view),
            strip=paint_strip(lane),
            quick_pages=house.reads_of(lane).quick_pages(lane),
            lane=lane,
            denominations=house.config.store.denominations,
        )

    @pages.get("/lane/<int:lane>/stream")
    def stream(lane: int) -> ResponseReturnValue:
        view_of(lane)
        if not streams.take():
            return render_template("lane/full.html"), 503
        # Rendering needs the request (its language) long after the handler has returned.
        keep = copy_current_request_context
        painters = Painters(keep(paint), keep(paint_strip), keep(live_weight), keep(paint_approval))
        events = _events(house, lane, painters, stopping)
        response = Response(Held(events, streams), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        return response

    return pages


def _wait_s(view: TillView, *, now_ms: int) -> int:
    """Return how long the lock still takes no PIN, in seconds rounded up; 0 when it takes one."""
    if view.notice is None or view.notice.code != "pin_wait":
        return 0
    seconds, until_ms = int(view.notice.params["seconds"]), int(view.notice.params["until_ms"])
    return min(seconds, max(0, -((now_ms - until_ms) // 1_000)))


class Place(Protocol):
    """Something that a stream has taken, and gives back at its end."""

    def give_back(self) -> None: ...


class Held:
    """An iterator that gives its places back when the server closes it, even if it was never begun."""

    def __init__(self, events: Iterator[str], *streams: Place) -> None:
        self._events = events
        self._streams = streams
        self._is_open = True

    def __iter__(self) -> Iterator[str]:
        return self._events

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            for each in self._streams:
                each.give_back()


def _events(house: House, lane: int, paint: Painters, stopping: threading.Event) -> Iterator[str]:
    """Yield the newest view at once and then each newer one, between them the strip, and a weight that is awaited."""
    shown, health_number, strip_at_s, quiet_s = -1, -1, 0.0, 0.0
    view: TillView | None = None
    weighing: TillView | None = None
    weight: LiveWeight | None = None

    def is_other_weight() -> bool:
        return weighing is not None and house.weights.live(lane) != weight

    yield f"retry: {AGAIN_MS}\n\n"
    with house.screens.streamed(lane) as sent:
        while not stopping.is_set() and not house.screens.closed:
            timeout_s = LOOK_EVERY_S if view is None else STRIP_AFTER_VIEW_S
            view = house.screens.wait(lane, after=shown, timeout_s=timeout_s, or_when=is_other_weight)
            if view is not None:
                shown, weighing, weight = view.number, view if view.weighing else None, None
                # First, so that the page has it when it shows that somebody is asked.
                asked = event(paint.approval(view), name="approval") if view.approval is not None else ""
                yield asked + event(paint.view(view), event_id=str(view.number))
                sent(view.number)
            if weighing is not None and is_other_weight():
                weight = house.weights.live(lane)
                yield event(paint.weight(weighing, weight), name="weight")
            if view is None:
                quiet_s = monotonic_s()
            elif monotonic_s() - quiet_s < STRIP_WAITS_S:
                continue
            if house.health.number != health_number or monotonic_s() - strip_at_s >= STRIP_EVERY_S:
                health_number, strip_at_s = house.health.number, monotonic_s()
                yield event(paint.strip(lane), name="strip")
            elif view is None:
                # Something must be written, or nobody notices that the browser is gone.
                yield ":\n\n"


def event(html: str, *, name: str = "", event_id: str = "") -> str:
    """Return one message of the stream. Source: HTML standard, 9.2 Server-sent events."""
    head = (f"event: {name}\n" if name else "") + (f"id: {event_id}\n" if event_id else "")
    lines = html.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return head + "".join(f"data: {line}\n" for line in lines if line.strip()) + "\n"
