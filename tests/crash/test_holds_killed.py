"""A basket is open at one lane, or on hold, or open at the other one: wherever the process is killed, once and whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

ROOT = Path(__file__).parents[2]


def test_killed_before_every_statement_of_hold_and_resume(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.crash.one_hold", str(tmp_path)]
    done = subprocess.run(program, check=False, cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > 20
    places = []
    for each in found:
        assert each["audit"] == []
        assert each["is_whole"]
        assert len(each["open_at"]) + each["on_hold"] == 1, each
        places.append("hold" if each["on_hold"] else each["open_at"][0])
    assert set(places) == {1, "hold", 2}
    assert places == sorted(places, key=[1, "hold", 2].index), "each commit moves it once, and nothing moves it back"
    assert not found[-1]["was_killed"]
