"""The demo's folder: its marker, its configuration files, and the store that is made into it."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.config_file import Loaded, Promotions, load_config, load_promotions, write_whole
from edge.demo.catalogue import demo_folder
from edge.demo.make import make_store
from rules.sun import KEY_BYTES

CARD_KEY: Final = "cards.key"
MARKER: Final = ".taptill-demo"
MARKER_TEXT: Final = "This folder was made by 'taptill demo'; --reset throws it away.\n"


class FolderError(Exception):
    """The folder cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Ports:
    broker: int
    till: int
    wall: int


def open_folder(folder: Path, *, reset: bool) -> int:
    """Make the folder or find it, keep it for this process alone, and return the descriptor that keeps it.

    Only a folder that carries our marker is ever thrown away. Raises FolderError.
    """
    marker = folder / MARKER
    if folder.exists() and not marker.is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderError(f"{folder} holds something that is no demo store; name another folder")
    held = _hold(folder, marker)
    if reset:
        for inside in folder.iterdir():
            if inside == marker:
                continue
            if inside.is_dir() and not inside.is_symlink():
                shutil.rmtree(inside)
            else:
                inside.unlink()
    for name in ("data", "hq", "broker", "logs"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    return held


def _hold(folder: Path, marker: Path) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(marker, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise FolderError(f"the demo in {folder} is running already") from None
    os.ftruncate(fd, 0)
    os.write(fd, MARKER_TEXT.encode())
    return fd


def write_configuration(folder: Path, ports: Ports) -> None:
    """Write the three configuration files where they are missing, and put today's ports into those that are there."""
    source = demo_folder()
    for name in ("taptill.toml", "promotions.toml", "hq.toml", "logo.png"):
        if not (folder / name).exists():
            shutil.copyfile(source / name, folder / name)
    if not (folder / CARD_KEY).exists():
        write_whole(folder / CARD_KEY, secrets.token_hex(KEY_BYTES) + "\n")
    _set_ports(folder / "taptill.toml", {"screen": ports.till, "broker": ports.broker})
    _set_ports(folder / "hq.toml", {"wall": ports.wall, "broker": ports.broker})
    lines = [
        f"listener {ports.broker} 127.0.0.1",
        "allow_anonymous true",
        "persistence true",
        f"persistence_location {(folder / 'broker').resolve()}/",
        "autosave_interval 30",
        # Small packets at once, and as many under way as the relay's window: a backlog drains ten times as fast.
        "set_tcp_nodelay true",
        "max_inflight_messages 200",
        "log_dest stdout",
        "connection_messages false",
    ]
    if os.geteuid() == 0:
        # Started by root it would become another user, who may not write into this folder.
        lines.append("user root")
    (folder / "broker.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _set_ports(path: Path, ports: dict[str, int]) -> None:
    text = path.read_text(encoding="utf-8")
    for table, port in ports.items():
        text = with_port(text, table, port)
    path.write_text(text, encoding="utf-8")


def with_port(text: str, table: str, port: int) -> str:
    """Return a TOML text with `port` of a table set; everything else stays as it is.

    >>> with_port("[a]\\nport = 1\\n[b]\\nhost = 'x'\\nport = 2 # two\\n", "b", 9)
    "[a]\\nport = 1\\n[b]\\nhost = 'x'\\nport = 9 # two\\n"
    """
    head = re.search(rf"(?m)^\[{re.escape(table)}\][^\n]*\n", text)
    if head is None:
        return f"{text.rstrip()}\n\n[{table}]\nport = {port}\n"
    next_table = re.search(r"(?m)^\[", text[head.end() :])
    end = head.end() + next_table.start() if next_table else len(text)
    body, count = re.subn(r"(?m)^(port\s*=\s*)\d+", rf"\g<1>{port}", text[head.end() : end], count=1)
    return text[: head.end()] + (body if count else f"port = {port}\n{body}") + text[end:]


def store_of(folder: Path) -> tuple[Loaded, Promotions]:
    """Return the demo's configuration and promotions. Raises FolderError with every problem in them."""
    loaded = load_config(folder / "taptill.toml")
    if not isinstance(loaded, Loaded):
        raise FolderError("\n".join(str(problem) for problem in loaded))
    promotions = load_promotions(loaded)
    if not isinstance(promotions, Promotions):
        raise FolderError("\n".join(str(problem) for problem in promotions))
    return loaded, promotions


def make_where_missing(folder: Path, *, look: Callable[[], None], say: Callable[[str], None]) -> None:
    """Make the store's database at the first start.

    Args:
        look: called after each day; raises to end the work, which then leaves nothing behind that counts.
        say: shows a line of words.
    """
    loaded, promotions = store_of(folder)
    if loaded.database.exists():
        return
    say("正在准备演示店（223 件商品、60 位会员、8 周销售）… / making the demo store …")

    def progress(done: int, whole: int) -> None:
        look()
        if sys.stdout.isatty():
            bar = "█" * (done * 30 // whole)
            sys.stdout.write(f"\r  {bar:░<30} {done}/{whole}" + ("\n" if done == whole else ""))
            sys.stdout.flush()

    count = make_store(loaded.database, loaded.config, promotions.rules, demo_folder(), progress=progress)
    say(f"  {count} 笔销售 / past sales")
