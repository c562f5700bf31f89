"""A label printer made of nothing, at a real socket: it takes TSPL and answers ESC ! ? with what it is told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

ASK = b"\x1b!?"


class FakeLabelServer:
    """It serves one client at a time, as the real ones do."""

    def __init__(self) -> None:
        self.status = 0x00
        """What it answers."""
        self.busy_answers = 0
        """So often it answers that it prints, once it has been sent something."""
        self.is_silent = False
        self.drop_after: int | None = None
        """It ends a connection after so many bytes of it."""
        self.greeting = b""
        """Stands in the line before anything is asked."""
        self.strays: Iterator[bytes] = iter(())
        """What comes before each answer."""
        self.stray_ahead_s = 0.0
        self.received = bytearray()
        """All that was no question."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client:
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        got = 0
        try:
            client.sendall(self.greeting)
            while data := client.recv(4096):
                got += len(data)
                for _ in range(data.count(ASK)):
                    if stray := next(self.strays, b""):
                        client.sendall(stray)
                        time.sleep(self.stray_ahead_s)
                    if not self.is_silent:
                        busy = self.busy_answers > 0 and len(self.received) > 0
                        self.busy_answers -= busy
                        client.sendall(bytes((0x20 if busy else self.status,)))
                self.received += data.replace(ASK, b"")
                if self.drop_after is not None and got >= self.drop_after:
                    return
        except OSError:
            return

    def stop(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
