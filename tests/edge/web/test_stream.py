"""What a lane's stream sends, and in which order."""

from __future__ import annotations

import http.client
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from edge.screen import ApprovalView, StaffView
from tests.edge.web.preview import Preview, selling

SOON_S = 2.0
"""Within it the strip says what a device reports, whatever happens at the lane."""
Next = Callable[[float], tuple[str, str]]


@contextmanager
def streaming(preview: Preview) -> Iterator[Next]:
    """Give the next event as its name and its data; pings are none."""
    connection = http.client.HTTPConnection("127.0.0.1", preview.server.port, timeout=30)
    connection.request("GET", "/lane/1/stream")
    answer = connection.getresponse()
    found: queue.Queue[tuple[str, str]] = queue.Queue()

    def read() -> None:
        name, data = "", []
        while text := answer.readline().decode():
            if text.startswith("event: "):
                name = text.removeprefix("event: ").strip()
            elif text.startswith("data: "):
                data.append(text.removeprefix("data: "))
            elif text == "\n" and data:
                found.put((name, "".join(data)))
                name, data = "", []

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield lambda timeout_s: found.get(timeout=timeout_s)
    finally:
        connection.sock.shutdown(socket.SHUT_RDWR)
        reading.join()
        connection.close()


def test_who_may_allow_it_comes_before_the_view_that_asks(preview: Preview) -> None:
    with streaming(preview) as following:
        assert [following(5)[0] for _ in range(2)] == ["", "strip"]
        people = (StaffView("boss", "<b>赵红</b>", "owner"),)
        asked = ApprovalView(number=1, permission="line_discount", amount=6_000, limit=1_000, reason="", people=people)
        preview.show(replace(selling(1), approval=asked))
        name, html = following(5)
        assert name == "approval"
        assert "&lt;b&gt;赵红" in html and 'data-approver="boss"' in html
        assert following(5)[0] == ""
        preview.show(selling(1))
        assert following(5)[0] == ""


def test_a_strip_that_changes_with_a_view_comes_after_it(preview: Preview) -> None:
    with streaming(preview) as following:
        assert [following(5)[0] for _ in range(2)] == ["", "strip"]
        for number in range(3):
            preview.house.health.report("scanner1", "evdev_scanner", "gone", str(number))
            preview.show(selling(number))
            assert [following(SOON_S)[0] for _ in range(2)] == ["", "strip"]


@pytest.mark.parametrize("pause_s", [0.02, 0.09])
def test_views_without_end_do_not_hold_the_strip_back(preview: Preview, pause_s: float) -> None:
    ended = threading.Event()

    def sell() -> None:
        number = 0
        while not ended.wait(pause_s):
            number += 1
            preview.show(selling(number % 7))

    preview.house.health.report("printer1", "escpos_printer", "problem", "cover open")
    with streaming(preview) as following:
        assert [following(5)[0] for _ in range(2)] == ["", "strip"]
        selling_on = threading.Thread(target=sell)
        selling_on.start()
        try:
            time.sleep(1.5)
            preview.house.health.report("printer1", "escpos_printer", "ok")
            reported_s = time.monotonic()
            while 'chip good" title="printer1"' not in following(5)[1]:
                assert time.monotonic() - reported_s < SOON_S
        finally:
            ended.set()
            selling_on.join()
