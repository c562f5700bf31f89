"""The commands of the README on machines that lack something: what they say, and that they change nothing unasked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


def run(*command: str | Path, **environment: str) -> tuple[int, str]:
    """Return the exit code of a command and what it said, both outputs joined."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH that holds a shell's basic tools only; no python, no compiler, no broker, no browser."""
    for tool in ("sh", "find", "id", "cat", "dirname"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    return str(tmp_path)


def test_make_alone_lists_the_commands() -> None:
    code, said = run("make", "-C", REPOSITORY, "--no-print-directory")
    assert code == 0
    assert {
        f"make {name}"
        for name in ("demo", "demo-reset", "test", "bench", "bench-peers", "run", "lint", "install", "texts")
    } <= {line.strip().split("  ")[0] for line in said.splitlines()}


@pytest.mark.parametrize(
    ("purpose", "packages"),
    [
        ("python", ["python3", "python3-venv", "python3-dev", "gcc"]),
        ("install", ["python3", "python3-venv", "python3-dev", "gcc"]),
        ("demo", ["python3", "python3-venv", "python3-dev", "gcc"]),
        ("test", ["python3", "python3-venv", "python3-dev", "gcc", "chromium", "strace"]),
    ],
)
def test_what_is_missing_is_named_with_its_reason(purpose: str, packages: list[str], bare_path: str) -> None:
    code, said = run(REPOSITORY / "scripts/need", purpose, "--dry-run", PATH=bare_path)
    assert code == 0
    named = dict(line.strip().split(": ", 1) for line in said.splitlines()[1:])
    # Headers and fonts are looked for as files, and servers in /usr/sbin: they may be missing here or not.
    optional = {"libc6-dev", "linux-libc-dev", "fonts-noto-cjk", "mosquitto", "nginx-light", "openssl", "systemd"}
    assert [name for name in named if name not in optional] == packages
    assert all(named.values())


def test_without_apt_the_packages_are_named_and_nothing_is_tried(bare_path: str) -> None:
    code, said = run(REPOSITORY / "scripts/need", "demo", PATH=bare_path)
    assert code == 1
    assert "Debian's apt-get only" in said.splitlines()[-2]
    assert "python3-venv" in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "message"),
    [
        (["need"], {}, 2, "usage"),
        (["need", "everything"], {}, 2, "usage"),
        (["need", "demo"], {"PYTHON": "python9"}, 1, "PYTHON is 'python9', and there is no such command"),
    ],
)
def test_a_wrong_call_is_refused_with_a_reason(
    arguments: list[str], environment: dict[str, str], code: int, message: str
) -> None:
    refused, said = run(REPOSITORY / "scripts" / arguments[0], *arguments[1:], **environment)
    assert (refused, message in said) == (code, True), said


@pytest.mark.parametrize("script", sorted((REPOSITORY / "scripts").iterdir()), ids=lambda path: path.name)
def test_a_script_can_be_run_and_is_plain_sh(script: Path) -> None:
    assert os.access(script, os.X_OK)
    if script.read_text(encoding="utf-8").startswith("#!/bin/sh"):
        assert run("sh", "-n", script) == (0, "")
