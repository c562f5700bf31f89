"""What a price costs: time by basket and number of promotions, how much of it is proven, memory and loading.

The workload is fixed (benchmarks/pricing_workload.py). `--baskets` says how many are priced at each size, `--certified`
how many for the share that is proven: of the largest size, and of all sizes.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import subprocess
import sys
import time
import timeit
from datetime import datetime
from statistics import median

from benchmarks.pricing_workload import ITEMS, SIZES, basket, promotion_rows, rule_set
from rules.pricing import price
from rules.promotions import NO_RULES, RuleSet, load_rules

NOON = datetime(2026, 11, 22, 12)
MEDIAN_GOAL_MS = 1.0
P99_GOAL_MS = 15.0
CERTIFIED_GOAL = 0.999
MEMORY_GOAL_MB = 10
LOAD_GOAL_MS = 100
BASKETS_A_SET = 20
SETS = 40
PROBE = """
import sys
def used(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key))
before = {key: used(key) for key in ("VmRSS:", "RssAnon:")}
from datetime import datetime
from rules.basket import Basket, Item, Line, Names
from rules.pricing import price
from rules.promotions import load_rules
rules = load_rules(sys.stdin.read(), format="json")
lines = [Line(str(n), Item(f"i{n}", Names(en="i"), 500 + 90 * n, category=f"c{n % 15}"), 1 + n % 3) for n in range(20)]
price(Basket("b", tuple(lines)), rules, None, datetime(2026, 11, 22, 12))
print(*[used(key) - kib for key, kib in before.items()])
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
            # As the daemon does once it has started, so that no basket pays for looking through all that was loaded.
            gc.collect()
            gc.freeze()
        bought = basket(1_000 + number, lines)
        began = time.perf_counter()
        quote = price(bought, rules, None, NOON)
        times.append((time.perf_counter() - began) * 1_000)
        certified += quote.certified
    times.sort()
    return median(times), times[math.ceil(len(times) * 0.99) - 1], certified


def grown_mb() -> tuple[float, float]:
    """Return by how much a bare interpreter grows that loads 500 promotions and prices: in all, and of its own.

    What is not its own are pages of shared libraries that any process of the box has in common.
    """
    found = subprocess.run([sys.executable, "-c", PROBE], input=rows(500), check=True, capture_output=True, text=True)
    resident, own = found.stdout.split()
    return int(resident) * 1024 / 1e6, int(own) * 1024 / 1e6


def rows(promotions: int) -> str:
    return json.dumps({"promotions": promotion_rows(1, promotions)})


def floor_us() -> float:
    """Return how long the interpreter takes for a fixed piece of work: what other figures are to be seen beside."""
    return min(timeit.repeat("sum(range(1_000))", number=1_000, repeat=5)) * 1_000


def load_ms() -> float:
    """Return how long 500 promotions take to be read from JSON and checked."""
    text, times = rows(500), []
    for _ in range(5):
        began = time.perf_counter()
        assert isinstance(load_rules(text, format="json"), RuleSet)
        times.append((time.perf_counter() - began) * 1_000)
    return median(times)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--baskets", type=int, default=200)
    parser.add_argument("--certified", type=int, default=2_000)
    options = parser.parse_args()
    missed = []
    print(f"this machine adds up a thousand numbers in {floor_us():.0f} µs, and that by itself varies")
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
    sets = {(seed, promotions): rule_set(seed, promotions) for seed in range(SETS) for _, promotions in SIZES}
    proven = sum(
        price(basket(50_000 + number, lines), sets[number % SETS, promotions], None, NOON).certified
        for number, (lines, promotions) in enumerate(sizes)
    )
    print(f"certified of {options.certified} random baskets of all sizes: {100 * proven / options.certified:.2f} %")
    if proven < CERTIFIED_GOAL * options.certified:
        missed.append("99.9 % certified of all sizes")
    lines, promotions = SIZES[-1]
    _, worst, proven = measure(lines, promotions, options.certified)
    share = 100 * proven / options.certified
    print(
        f"certified of {options.certified} of {lines} × {promotions}: {share:.2f} %, p99 of all of them {worst:.2f} ms"
    )
    if proven < CERTIFIED_GOAL * options.certified:
        missed.append(f"99.9 % certified of {lines} × {promotions}")
    (grown, own), loading = grown_mb(), load_ms()
    print(f"500 promotions: {own:.1f} MB of its own over the interpreter, {grown:.1f} with shared libraries' pages")
    print(f"500 promotions read and checked: {loading:.0f} ms")
    missed += [f"memory below {MEMORY_GOAL_MB} MB"] if own >= MEMORY_GOAL_MB else []
    missed += ["loading below 100 ms"] if loading >= LOAD_GOAL_MS else []
    for goal in missed:
        print(f"missed: {goal}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
