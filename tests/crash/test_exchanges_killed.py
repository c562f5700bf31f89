"""An exchange is all of it or nothing, wherever the process is killed, and PAY pressed again makes it exactly once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

ROOT = Path(__file__).parents[2]
# Sales, returns, without a receipt, links, cash in the drawer, messages, takings less refunds.
NOTHING = [1, 0, 0, 0, 2_050, 1, 2_050]
WHOLE = [2, 1, 1, 2, 2_400, 4, 2_400]


def test_killed_before_every_statement_of_an_exchange(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.crash.one_exchange", str(tmp_path)]
    done = subprocess.run(program, check=False, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > 60
    for each in found:
        assert each["before"] in (NOTHING, WHOLE), each
        assert each["after"] == WHOLE, each
        assert each["audit"] == []
    closed = [each["before"] == WHOLE for each in found]
    assert closed == sorted(closed)
    assert not closed[0] and closed[-1]
    assert not found[-1]["was_killed"]
