"""From the last byte of a scan to the painted till and to the painted customer display, both of the same scan.

The daemon, its scanner on a pty and the till's page are those of `scan_to_paint`; the display is a second Chromium, as
the second window of a box is. Every scan is seen by both, so that a noisy machine is noisy to both. Before that the
till is measured alone, which tells what a second window costs it.
"""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from functools import partial

from benchmarks.browser import browsers, p99, painted_after, watched
from benchmarks.scan_to_paint import daemon_course

GOAL_BESIDE = 2.0
ITEMS, SCANS, WARM_UP = 20_000, 100, 15


def main() -> int:
    with ExitStack() as stack:
        tills, displays = stack.enter_context(browsers(2))
        course = daemon_course(ITEMS, tills, stack)
        alone = [painted_after(partial(course.scan, number), course.page)[0] for number in range(WARM_UP + SCANS)]
        display = watched(displays, f"{course.url}/display/1")
        both = [painted_after(partial(course.scan, number), course.page, display) for number in range(WARM_UP + SCANS)]
        shown = [display.locator(".d-line").count(), course.page.locator(".line").count()]
    assert shown[0] == shown[1] > 0, shown
    till, beside = ([each[place] for each in both[WARM_UP:]] for place in (0, 1))
    for name, values in (("till alone", alone[WARM_UP:]), ("till", till), ("customer display", beside)):
        print(
            f"scan to painted, {name}: p50 {statistics.median(values):.1f} ms, p99 {p99(values):.1f} ms"
            f" ({len(values)} scans, {ITEMS:,} items)"
        )
    ratio = statistics.median(beside) / statistics.median(till)
    print(f"  display beside till: {ratio:.2f} x (goal at most {GOAL_BESIDE})")
    return 0 if ratio <= GOAL_BESIDE else 1


if __name__ == "__main__":
    sys.exit(main())
