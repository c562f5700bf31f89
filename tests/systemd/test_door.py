"""The nginx door from the shop's network, run for real before a small server that says what reached it."""

from __future__ import annotations

import getpass
import http.client
import json
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

DOOR = Path(__file__).resolve().parents[2] / "systemd/nginx/taptill-lan.conf"
START_S = 10


class Behind(BaseHTTPRequestHandler):
    """Stands where the till's web server stands, and answers with what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/stream":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("X-Accel-Buffering", "no")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.wfile.flush()
            self.server.stream_may_end.wait(START_S)  # type: ignore[attr-defined]
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = json.dumps({"headers": self.headers.items(), "body": len(body)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Door:
    port: int
    behind: ThreadingHTTPServer

    def ask(
        self, method: str = "GET", path: str = "/", *, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str]]:
        """Return the status, and the headers that reached the server behind the door, lower-case."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=START_S, context=trusting())
        try:
            connection.request(method, path, body=body or None, headers=headers or {})
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        if response.status != 200:
            return response.status, {}
        return 200, {name.lower(): value for name, value in json.loads(said)["headers"]}


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configured(folder: Path, *, tls_port: int, plain_port: int, behind_port: int) -> Path:
    """Return a whole nginx configuration: ours with ports and certificate of the test, and a frame that runs unprivileged."""
    ours = DOOR.read_text(encoding="utf-8")
    for was, now in (
        (r"listen 443 ssl;", f"listen 127.0.0.1:{tls_port} ssl;"),
        (r"listen 80;", f"listen 127.0.0.1:{plain_port};"),
        (r" *listen \[::\]:\d+( ssl)?;\n", ""),
        (r"/etc/taptill/tls", str(folder)),
        (r"127\.0\.0\.1:8480", f"127.0.0.1:{behind_port}"),
    ):
        ours, times = re.subn(was, now, ours)
        assert times, f"the door no longer says {was}"
    (folder / "door.conf").write_text(ours, encoding="utf-8")
    frame = folder / "nginx.conf"
    frame.write_text(
        # Started by root, nginx would give its worker to a user who cannot enter the test's folder.
        f"user {getpass.getuser()}; daemon off; worker_processes 1; error_log stderr; pid nginx.pid;\n"
        "events { worker_connections 64; }\n"
        "http {\n"
        + "".join(f"  {kind}_temp_path {kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + f"  include {folder}/door.conf;\n}}\n",
        encoding="utf-8",
    )
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=taptill.lan", "-keyout", "door.key", "-out", "door.crt"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=START_S,
    )
    return frame


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    behind.daemon_threads = True
    behind.stream_may_end = threading.Event()  # type: ignore[attr-defined]
    server = threading.Thread(target=behind.serve_forever, daemon=True)
    server.start()
    tls_port = free_port()
    frame = configured(folder, tls_port=tls_port, plain_port=free_port(), behind_port=behind.server_address[1])
    nginx = nginx_program()
    tried = subprocess.run(
        [nginx, "-t", "-p", folder, "-c", frame], capture_output=True, text=True, timeout=START_S, check=False
    )
    assert tried.returncode == 0, tried.stderr
    assert "[warn] conflicting" not in tried.stderr
    with subprocess.Popen([nginx, "-p", folder, "-c", frame], stderr=subprocess.DEVNULL) as running:
        try:
            wait_until_open(tls_port)
            yield Door(tls_port, behind)
        finally:
            behind.stream_may_end.set()  # type: ignore[attr-defined]
            running.terminate()
            running.wait(START_S)
            behind.shutdown()
            behind.server_close()
            server.join(START_S)


def nginx_program() -> str:
    """Return nginx's path; Debian keeps it where a user's PATH does not look."""
    return next(
        path for path in ("/usr/sbin/nginx", "/usr/bin/nginx", "nginx") if Path(path).exists() or path == "nginx"
    )


def wait_until_open(port: int) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until, "nginx did not open its port"
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"X-TapTill-Door": "box"},  # the header itself
        {"X_TapTill_Door": "box"},  # WSGI gives both the same name
        {"x-taptill-door": "box", "X-Forwarded-For": "127.0.0.1"},
    ],
)
def test_a_request_through_the_door_says_so_whatever_it_claimed(door: Door, forged: dict[str, str]) -> None:
    status, reached = door.ask(headers={"Host": "taptill.lan:8443", **forged})
    assert status == 200
    named = {name.replace("_", "-"): value for name, value in reached.items()}
    assert len(named) == len(reached)
    assert named["x-taptill-door"] == "lan"
    assert named["x-forwarded-for"] == "127.0.0.1"
    assert named["x-forwarded-proto"] == "https"
    # Flask's list of trusted hosts is held against what the browser asked for.
    assert named["host"] == "taptill.lan:8443"


@pytest.mark.parametrize(
    ("method", "size", "header", "status", "reason"),
    [
        ("POST", 1_000_000, 10, 200, "a catalogue file"),
        ("POST", 1_048_577, 10, 413, "a body above 1 MiB"),
        ("GET", 0, 5_000, 400, "a header line above 4 KiB"),
        ("PUT", 0, 10, 405, "a method that no screen uses"),
        ("TRACE", 0, 10, 405, "the same, answered by nginx itself"),
    ],
)
def test_what_is_too_large_or_strange_ends_at_the_door(
    door: Door, *, method: str, size: int, header: int, status: int, reason: str
) -> None:
    assert door.ask(method, body=b"x" * size, headers={"X-Long": "y" * header})[0] == status, reason


@pytest.mark.parametrize(
    ("path", "bytes_sent", "status"),
    [
        ("/lane/1/office/imports/send", 2 * 1_048_576, 200),
        ("/lane/1/office/imports/send", 34 * 1_048_576, 413),
        ("/lane/1/office/imports/apply", 2 * 1_048_576, 413),
        ("/lane/1/office/imports/sending", 2 * 1_048_576, 413),
    ],
)
def test_a_table_passes_only_where_tables_go(door: Door, path: str, bytes_sent: int, status: int) -> None:
    answer = door.ask("POST", path, body=b"x" * bytes_sent, headers={"X-TapTill-Door": "box"})
    assert answer[0] == status
    if status == 200:
        assert answer[1]["content-length"] == str(bytes_sent)
        assert answer[1]["x-taptill-door"] == "lan"


def test_a_stream_passes_line_by_line(door: Door) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", door.port, timeout=START_S, context=trusting())
    connection.request("GET", "/stream")
    # The server behind has not ended its answer: a door that collects answers would still be silent.
    assert connection.getresponse().readline() == b"data: first\n"
    connection.close()


def test_a_slow_sender_reaches_nobody(door: Door) -> None:
    """A body that trickles in waits in nginx; the till's server hears of it only when it is whole."""
    before = threading.active_count()
    with trusting().wrap_socket(socket.create_connection(("127.0.0.1", door.port))) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: taptill.lan\r\nContent-Length: 100\r\n\r\nabc")
        time.sleep(0.3)
        assert threading.active_count() <= before
        slow.settimeout(START_S)
        # nginx gives up after client_body_timeout.
        assert slow.recv(200)[:12] in (b"", b"HTTP/1.1 408")


def test_one_address_cannot_hold_more_than_its_share(door: Door) -> None:
    held = []
    try:
        for _ in range(12):
            connection = http.client.HTTPSConnection("127.0.0.1", door.port, timeout=START_S, context=trusting())
            connection.request("GET", "/stream")
            assert connection.getresponse().status == 200
            held.append(connection)
        assert door.ask()[0] == 429
    finally:
        for connection in held:
            connection.close()
