"""Talking to the service manager, with a socket in its place."""

from __future__ import annotations

import os
import socket

import pytest

from drivers.base import DriverError
from drivers.systemd import credential, notify, watchdog_interval_s


@pytest.mark.parametrize("abstract", [False, True])
def test_news_arrive(monkeypatch, tmp_path, abstract):
    path = f"taptill-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + path if abstract else path)
        manager.settimeout(2)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + path if abstract else path)
        assert notify("READY=1\nSTATUS=收款") is True
        assert manager.recv(100).decode() == "READY=1\nSTATUS=收款"


@pytest.mark.parametrize("address", [None, "", "relative", "vsock:1:2"])
def test_no_manager_is_no_error(monkeypatch, address):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert notify("READY=1") is False


def test_a_manager_that_does_not_listen_is_a_failure(monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    with pytest.raises(DriverError, match="nobody"):
        notify("WATCHDOG=1")


@pytest.mark.parametrize(
    ("microseconds", "pid", "interval_s"),
    [
        ("30000000", None, 15.0),  # half of 30 s
        ("30000000", "own", 15.0),
        ("30000000", "1", None),  # another process is watched
        (None, None, None),
        ("0", None, None),
        ("soon", None, None),
    ],
)
def test_watchdog_interval(monkeypatch, microseconds, pid, interval_s):
    for name, value in (("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert watchdog_interval_s() == interval_s


def test_credentials(monkeypatch, tmp_path):
    (tmp_path / "mqtt").write_text("secret")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert credential("mqtt") is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert credential("mqtt") == tmp_path / "mqtt"
    assert [credential(name) for name in ("other", "", "..", "../mqtt", "/etc/passwd", "x" * 300)] == [None] * 6
