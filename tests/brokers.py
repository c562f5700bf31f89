"""A mosquitto of one's own: on a free port, in a folder of its own, ended by its own handle."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

START_WAIT_S = 10.0
END_WAIT_S = 5.0


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Mosquitto:
    """A private broker. It keeps its port over a restart, and nothing else unless it is told to be persistent."""

    def __init__(self, folder: Path, *, extra: str = "", port: int | None = None) -> None:
        self.port = port or free_port()
        self._config = folder / f"mosquitto-{self.port}.conf"
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mosquitto:
        """Start and wait until it answers."""
        assert self._process is None, "it runs already"
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            # Without it each acknowledgement waits up to 40 ms in the broker's kernel for the one before it.
            f"set_tcp_nodelay true\n{self._extra}\n"
        )
        self._process = subprocess.Popen(
            [program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + START_WAIT_S
        while time.monotonic() < until:
            assert self._process.poll() is None, f"mosquitto ended with {self._process.returncode}"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return self
        raise AssertionError("mosquitto does not answer")

    def stop(self) -> None:
        """End it in good order; harmless when it is not running."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once: what it keeps in memory is lost."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(END_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_WAIT_S)
        self._process = None
