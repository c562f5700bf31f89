"""What a price costs: time by basket and number of promotions, how much of it is proven, memory and loading.

The workload is fixed (benchmarks/pricing_workload.py). `--baskets` says how many are priced at each size, `--certified`
how many for the share that is proven.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import datetime
from statistics import median

from benchmarks.pricing_workload import ITEMS, SIZES, basket, items, promotion, rule_set
from rules.pricing import price
from rules.promotions import NO_RULES

NOON = datetime(2026, 11, 22, 12)
MEDIAN_GOAL_MS = 1.0
P99_GOAL_MS = 15.0
CERTIFIED_GOAL = 0.999
MEMORY_GOAL_MIB = 10
LOAD_GOAL_MS = 100
BASKETS_A_SET = 20
PROBE = """
import json, resource, sys
def used(): return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
before = used()
if sys.argv[1] == "engine":
    from benchmarks.pricing_workload import basket, rule_set
    from benchmarks.pricing import NOON
    from rules.pricing import price
    rules = rule_set(1, 500)
    price(basket(1, 20), rules, None, NOON)
elif sys.argv[1] == "libraries":
    import msgspec, tomllib, hashlib, json, difflib, random, argparse, statistics, subprocess
print(used() - before)
"""


def measure(lines: int, promotions: int, baskets: int) -> tuple[float, float, int]:
    """Return median and p99 in ms, and how many were certified."""
    times, certified = [], 0
    rules = NO_RULES
    for number in range(baskets):
        if number % BASKETS_A_SET == 0:
            rules = rule_set(number // BASKETS_A_SET, promotions)
            # A shop prices all day with one set: its index is made, and each item was sold before.
            price(basket(0, ITEMS), rules, None, NOON)
        bought = basket(1_000 + number, lines)
        began = time.perf_counter()
        quote = price(bought, rules, None, NOON)
        times.append((time.perf_counter() - began) * 1_000)
        certified += quote.certified
    times.sort()
    return median(times), times[min(len(times) - 1, len(times) * 99 // 100)], certified


def resident_mib(what: str) -> float:
    """Return by how much a bare interpreter grows by loading something."""
    found = subprocess.run([sys.executable, "-c", PROBE, what], check=True, capture_output=True, text=True)
    return int(found.stdout) / (1 << 20)


def load_ms() -> float:
    """Return how long 500 promotions take to be read from JSON and checked."""
    from random import Random

    from rules.promotions import RuleSet, load_rules

    rng, catalogue = Random(1), items(Random(7))
    text = json.dumps({"promotions": [promotion(rng, number, catalogue) for number in range(500)]})
    times = []
    for _ in range(5):
        began = time.perf_counter()
        assert isinstance(load_rules(text, format="json"), RuleSet)
        times.append((time.perf_counter() - began) * 1_000)
    return median(times)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--baskets", type=int, default=100)
    parser.add_argument("--certified", type=int, default=2_000)
    options = parser.parse_args()
    missed = []
    print(f"{'lines × promotions':>20} {'median ms':>10} {'p99 ms':>9} {'certified':>10}")
    for lines, promotions in SIZES:
        middle, worst, certified = measure(lines, promotions, options.baskets)
        print(
            f"{lines:>11} × {promotions:<6} {middle:>10.2f} {worst:>9.2f} {certified:>6}/{options.baskets}", flush=True
        )
        if (lines, promotions) == (20, 50) and middle >= MEDIAN_GOAL_MS:
            missed.append(f"median of 20 × 50 below {MEDIAN_GOAL_MS} ms")
        if (lines, promotions) == (50, 200) and worst >= P99_GOAL_MS:
            missed.append(f"p99 of 50 × 200 below {P99_GOAL_MS} ms")
    sizes = [SIZES[number % len(SIZES)] for number in range(options.certified)]
    proven = sum(
        price(basket(50_000 + number, lines), rule_set(number % 40, promotions), None, NOON).certified
        for number, (lines, promotions) in enumerate(sizes)
    )
    print(f"certified of {options.certified} random baskets of all sizes: {100 * proven / options.certified:.2f} %")
    if proven < CERTIFIED_GOAL * options.certified:
        missed.append("99.9 % certified")
    grown, libraries, loading = resident_mib("engine"), resident_mib("libraries"), load_ms()
    print(f"500 promotions: {grown:.1f} MiB over the interpreter, {libraries:.1f} of it libraries")
    print(f"500 promotions read and checked: {loading:.0f} ms")
    missed += ["memory below 10 MiB"] if grown >= MEMORY_GOAL_MIB else []
    missed += ["loading below 100 ms"] if loading >= LOAD_GOAL_MS else []
    for goal in missed:
        print(f"missed: {goal}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
