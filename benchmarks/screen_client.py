"""A till's screen without a browser: it reads the stream and posts what a press posts."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Seen:
    """What the newest painted fragment says."""

    stage: str = ""
    sale_id: str = ""
    due: int = 0
    item_count: int = 0


class ScreenClient:
    """One lane's screen."""

    def __init__(self, url: str, *, lane: int) -> None:
        self._address = urlsplit(url).netloc
        self._origin = f"http://{self._address}"
        self._lane = lane
        page = self._connect()
        page.request("GET", f"/lane/{lane}")
        answer = page.getresponse()
        html = answer.read().decode()
        self._cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
        self._token = re.search(r'name="csrf-token" content="([^"]+)"', html)[1]  # type: ignore[index]
        self._page = page
        self._seen = Seen()
        self._changed = threading.Condition()
        threading.Thread(target=self._follow, daemon=True).start()
        self.wait(lambda seen: bool(seen.stage), 5)

    def do(self, action: str, **arguments: object) -> None:
        """Press a button. Raises AssertionError when it is refused."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._token, "Cookie": self._cookie,
                   "Origin": self._origin, "Referer": self._origin + "/"}  # fmt: skip
        self._page.request("POST", f"/lane/{self._lane}/do/{action}", json.dumps(arguments), headers)
        answer = self._page.getresponse()
        body = answer.read()
        assert answer.status == 204, (action, answer.status, body[:300])

    def wait(self, is_so: Callable[[Seen], bool], timeout_s: float) -> Seen:
        """Return what is seen once it is so. Raises AssertionError when time is up."""
        with self._changed:
            assert self._changed.wait_for(lambda: is_so(self._seen), timeout_s), self._seen
            return self._seen

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._address.split(":")
        return http.client.HTTPConnection(host, int(port), timeout=30)

    def _follow(self) -> None:
        stream = self._connect()
        stream.request("GET", f"/lane/{self._lane}/stream", headers={"Cookie": self._cookie})
        answer = stream.getresponse()
        event: list[str] = []
        until = time.monotonic() + 3_600
        while time.monotonic() < until:
            try:
                line = answer.readline().decode().rstrip("\n")
            except (OSError, http.client.HTTPException):
                return
            if line:
                event.append(line)
                continue
            self._take("\n".join(event))
            event = []

    def _take(self, event: str) -> None:
        head = re.search(r'data-stage="(\w+)".*?data-sale="([^"]*)" data-due="(\d+)"', event, re.DOTALL)
        if head is None:
            return
        pieces = sum(map(int, re.findall(r'data-line="[^"]+" data-quantity="(\d+)"', event)))
        with self._changed:
            self._seen = Seen(head[1], head[2], int(head[3]), pieces)
            self._changed.notify_all()
