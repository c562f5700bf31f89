"""Killed at every step of closing a shift, and started again: one Z, one number, once at head office, the money right."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.brokers import Mosquitto
from tests.crash.one_shift import COUNTED, FLOAT, LEFT, NUMBER, SOLD
from tests.offices import OfficeProcess, database, wait_for

pytestmark = pytest.mark.crash
ROOT = Path(__file__).parents[2]
MISSING = COUNTED - FLOAT - SOLD


def test_killed_at_every_step_of_closing_a_shift(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path).start()
    office = OfficeProcess(tmp_path / "hq", broker.port).start()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.crash.one_shift", str(broker.port), str(tmp_path / "shops")],
            check=False, cwd=ROOT, capture_output=True, text=True, timeout=540,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        hq = database(tmp_path / "hq")
        told = wait_for(lambda: hq.db.execute_sql("SELECT store, subject FROM message WHERE kind = 'shift'").fetchall())
        hq.close()
    finally:
        office.close()
        broker.stop()
    assert len(found) > 40
    assert not found[-1]["was_killed"] and all(each["was_killed"] for each in found[:-1])
    assert Counter(store for store, _ in told) == {f"S{number:03d}": 1 for number in range(1, len(found) + 1)}
    for each in found:
        where = f"killed at step {each['kill_at']}: {each}"
        assert each["audit"] == [] and each["audit_after"] == [], where
        assert each["numbers"] == [1] and each["lane"] == [1, 0], where
        assert each["report"] == [NUMBER, FLOAT + SOLD, COUNTED, MISSING, LEFT], where
        assert each["money"] == [LEFT, -MISSING, COUNTED - LEFT - FLOAT], where
        assert each["refused"] == "locked", where
        # It is on paper once; what may or may not be there says so, and is never sent again by itself.
        assert each["jobs"] in (["printed"], ["doubtful"]) and each["listed"] == each["jobs"], where
        assert each["papers"] == 1 if each["jobs"] == ["printed"] else each["papers"] <= 1, where
    places = {(each["at_start"], each["jobs"][0], each["papers_before"]) for each in found[:-1]}
    assert places >= {(0, "printed", 0), (1, "printed", 0), (1, "doubtful", 1), (1, "printed", 1)}, places
