"""Killed at every step of a payment code, and started again: nobody pays twice, and nothing goes out unpaid."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.one_charge import PART, SCENARIOS, TOTAL

pytestmark = pytest.mark.crash
ROOT = Path(__file__).parents[2]
PLACES_LEAST = {"pays": 25, "gives_back": 60}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_every_step(tmp_path, scenario):
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.one_charge", scenario, str(tmp_path)],
        check=False, cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > PLACES_LEAST.get(scenario, 20)
    assert not found[-1]["was_killed"] and all(each["was_killed"] for each in found[:-1])
    for each in found:
        where = f"killed at step {each['kill_at']}: {each}"
        assert each["audit"] == [] and each["audit_after"] == [], where
        for world in (each["world"], each["world_after"]):
            assert world["most_charges"] <= 1, f"a charge was sent twice, {where}"
            assert world["most_paid"] <= 1 and world["most_refunds"] <= 1, where
        # What the gateway has taken is what the till knows to be paid, less what it gave back.
        assert each["world"]["kept"] == each["paid"] - each["refunded"], where
        assert each["paid"] in (0, PART, TOTAL), where
        if each["sales"] and not scenario.startswith("gives_back"):
            assert each["world"]["kept"] == TOTAL, f"given away unpaid, {where}"
        # The cashier finishes what is not finished: one sale, paid once.
        assert each["sales_after"] == 1, where
        assert sum(amount for _, amount in each["tenders_after"]) == TOTAL, where
        # What its tenders say of codes is what the gateway has, unless the goods came back.
        by_code = dict(each["tenders_after"]).get("wechat", 0)
        assert each["paid_after"] == by_code, where
        assert each["world_after"]["kept"] == by_code - each["refunded"], where
