"""Run every benchmark, one after the other, and say at the end which goals were missed."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    "audit_speed",
    "display_to_paint",
    "durable_sale",
    "full_sale",
    "idle_cpu",
    "import_members",
    "item_search",
    "page_weight",
    "press_to_paint",
    "pricing",
    "printing",
    "relay",
    "scan_to_paint",
    "scanner_events",
    "start_and_memory",
    "tap_to_paint",
)
TIMEOUT_S = 600


def main() -> int:
    missed = []
    for name in BENCHMARKS:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False, timeout=TIMEOUT_S).returncode:
            missed.append(name)
    print("\nmissed: " + ", ".join(missed) if missed else "\nall goals are met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
