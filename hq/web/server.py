"""Serving the wall: cheroot in threads of this process, started and stopped by us."""

from __future__ import annotations

import threading
from typing import Final

from cheroot.wsgi import Server
from flask import Flask

THREADS: Final = 6
BACKLOG_MAX: Final = 64
REQUEST_S: Final = 10
STOP_S: Final = 1
HEADER_MAX_BYTES: Final = 16 * 1_024
BODY_MAX_BYTES: Final = 1_024


class WallServer:
    """The wall at an address. A port of 0 asks for a free one, which `port` tells after `start`."""

    def __init__(self, app: Flask, *, host: str, port: int) -> None:
        self._server = Server(
            (host, port),
            app,
            numthreads=THREADS,
            max=THREADS,
            request_queue_size=BACKLOG_MAX,
            timeout=REQUEST_S,
            shutdown_timeout=STOP_S,
        )
        self._server.max_request_header_size = HEADER_MAX_BYTES
        self._server.max_request_body_size = BODY_MAX_BYTES
        self._thread = threading.Thread(target=self._server.serve, name="wall", daemon=True)
        self.port = port

    def start(self) -> None:
        """Listen, then serve in a thread. Raises OSError when the address cannot be had."""
        self._server.prepare()
        self.port = int(self._server.bind_addr[1])
        self._thread.start()

    def stop(self, timeout_s: float = STOP_S) -> None:
        self._server.stop()
        self._thread.join(timeout_s)
