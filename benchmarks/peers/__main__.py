"""Price the fixed workload with our engine, pretix's and django-oscar's, in one run: how long, and what each saves.

    make bench-peers ARGS='--baskets 20 --only 20x50'

The goal is set at 20 lines × 50 promotions: ours at least ten times as fast as pretix, by the median. Every engine
prices the same baskets in the same loop (`loop.py`), ours in this process and each peer in one of its own, whose Python
has the peers' packages. What was done in a peer's favour, and which kinds of promotions it has no counterpart for,
stands in `pretix_shop.py` and `oscar_shop.py` and is printed with the figures: all that they read is in memory before
the clock starts. At the size of the goal pretix is measured a second time as it comes, reading its own tables in SQLite
in memory for every cart, to the same totals; the goal is judged by that, and both figures are printed. With
`--as-shipped` all sizes are measured so.

The peers' packages are called, never copied: pretix is under the AGPL, django-oscar under the BSD licence.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from random import Random

from benchmarks.peers import oscar_shop, oscar_tables, pretix_shop, pretix_tables
from benchmarks.peers.loop import BASKETS_A_SET, Answer, ItemRow, Lines, Measured, Size, Work, measure
from benchmarks.peers.mapping import Catalogue, strongest_first
from benchmarks.peers.our_shop import OurShop
from benchmarks.peers.tables import Row, join, print_savings, print_times
from benchmarks.pricing_workload import SIZES, basket, items, promotion_rows

REPOSITORY = Path(__file__).resolve().parents[2]
PEERS = {"pretix": pretix_shop, "oscar": oscar_shop}
AS_SHIPPED = {"pretix": pretix_tables, "oscar": oscar_tables}
GOAL_SIZE = (20, 50)
GOAL_TIMES_PRETIX = 10
START_TIMEOUT_S = 120
"""For loading a peer's framework, and for the last basket that is begun within the time of each size."""


def make_work(sizes: list[tuple[int, int]], *, baskets: int, seconds: float, order: str) -> Work:
    """Return the workload as it is handed to every engine: the baskets and sets that `make bench` prices."""
    sold = [ItemRow(sku=item.sku, price=item.price, category=item.category) for item in items(Random(7))]
    catalogue = Catalogue(sold)
    found = []
    for lines, promotions in sizes:
        sets = [promotion_rows(seed, promotions) for seed in range(-(-baskets // BASKETS_A_SET))]
        if order == "strongest":
            sets = [strongest_first(catalogue, rows) for rows in sets]
        found.append(Size(sets=sets, baskets=[bought(1_000 + number, lines) for number in range(baskets)]))
    return Work(items=sold, sizes=found, seconds=seconds)


def bought(seed: int, lines: int) -> Lines:
    return [(line.item.sku, line.quantity) for line in basket(seed, lines).lines]


def ask_peer(python: Path, module: str, work: Work) -> Answer:
    """Return what a peer measured; its own words on standard error are passed on only when it fails."""
    done = subprocess.run(
        [python, "-m", module],
        cwd=REPOSITORY,
        input=json.dumps(work),
        capture_output=True,
        text=True,
        timeout=len(work["sizes"]) * work["seconds"] + START_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr}")
    answer: Answer = json.loads(done.stdout)
    return answer


def join_sizes(sizes: list[tuple[int, int]], work: Work, ours: list[Measured], answers: dict[str, Answer]) -> list[Row]:
    prices = {item["sku"]: item["price"] for item in work["items"]}
    rows = []
    for at, size in enumerate(sizes):
        gross = [sum(prices[sku] * pieces for sku, pieces in lines) for lines in work["sizes"][at]["baskets"]]
        rows.append(join(size, gross, ours[at], {name: answer["sizes"][at] for name, answer in answers.items()}))
    return rows


def size_of(text: str) -> tuple[int, int]:
    found = tuple(int(part) for part in text.split("x"))
    if found not in SIZES:
        raise argparse.ArgumentTypeError(f"no size of the workload: {text}; one of these is, for example: 20x50")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=Path, default=REPOSITORY / ".venv-peers/bin/python", help="the peers' Python")
    parser.add_argument("--baskets", type=int, default=100, help="priced at each size")
    parser.add_argument("--seconds", type=float, default=8, help="after so long an engine begins no basket of a size")
    parser.add_argument("--only", type=size_of, action="append", help="a size, such as 20x50; may be given again")
    parser.add_argument("--as-shipped", action="store_true", help="peers ask their own tables, in SQLite in memory")
    parser.add_argument("--order", choices=("strongest", "file"), default="strongest", help="of the peers' promotions")
    options = parser.parse_args()
    if not options.python.exists():
        raise SystemExit(f"{options.python} is not there: 'make bench-peers' makes it")
    sizes = options.only or list(SIZES)
    work = make_work(sizes, baskets=options.baskets, seconds=options.seconds, order=options.order)
    ours = measure(OurShop, work)
    peers = AS_SHIPPED if options.as_shipped else PEERS
    answers = {name: ask_peer(options.python, module.__name__, work) for name, module in peers.items()}
    for name, answer in answers.items():
        print(f"== {name}: " + ", ".join(f"{package} {number}" for package, number in answer["versions"].items()))
        print(f"\n{str(peers[name].__doc__).strip()}\n")
    rows = join_sizes(sizes, work, ours, answers)
    print_times(rows)
    print_savings(rows)
    for row in rows:
        if (row.lines, row.promotions) == GOAL_SIZE:
            times = row.peers["pretix"].median_ms / row.ours.median_ms
            return judge(times) if options.as_shipped else judge(*as_shipped(options, times))
    return 0


def as_shipped(options: argparse.Namespace, in_memory: float) -> tuple[float, float]:
    """Return how many times as fast as pretix we are at the size of the goal as it comes, and with all in memory."""
    work = make_work([GOAL_SIZE], baskets=options.baskets, seconds=options.seconds, order=options.order)
    ours = measure(OurShop, work)[0]
    theirs = ask_peer(options.python, pretix_tables.__name__, work)["sizes"][0]
    row = join(GOAL_SIZE, [], ours, {"pretix": theirs})
    return row.peers["pretix"].median_ms / row.ours.median_ms, in_memory


def judge(times: float, in_memory: float = 0) -> int:
    met = times >= GOAL_TIMES_PRETIX
    size = f"{GOAL_SIZE[0]} × {GOAL_SIZE[1]}"
    print(f"\n{'met' if met else 'missed'}: ours {GOAL_TIMES_PRETIX} times as fast as pretix at {size}: {times:.1f}")
    if in_memory:
        print(f"with all that pretix reads in memory beforehand: {in_memory:.1f}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
