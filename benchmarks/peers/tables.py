"""What every engine measured, joined by size and printed: times beside ours, and what each saves the customer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from benchmarks.peers.loop import Measured


@dataclass(frozen=True)
class Figures:
    """One engine at one size, over the baskets that every engine priced; money in minor units."""

    median_ms: float
    p99_ms: float
    total: int
    dearer: int
    """In so many baskets the customer pays more than with ours."""
    cheaper: int


@dataclass(frozen=True)
class Row:
    lines: int
    promotions: int
    baskets: int
    gross: int
    ours: Figures
    peers: dict[str, Figures]

    @property
    def name(self) -> str:
        return f"{self.lines:>5} × {self.promotions:<4}"


def join(lines_promotions: tuple[int, int], gross: list[int], ours: Measured, peers: dict[str, Measured]) -> Row:
    """Return one size over the baskets that all had the time for; `gross` is each basket's sum at list prices."""
    baskets = min(len(measured["totals"]) for measured in (ours, *peers.values()))
    if not baskets:
        raise SystemExit(f"no basket of {lines_promotions} was priced by all in time: give more --seconds")
    found = {name: figures(measured, ours, baskets) for name, measured in peers.items()}
    return Row(*lines_promotions, baskets, sum(gross[:baskets]), figures(ours, ours, baskets), found)


def figures(measured: Measured, ours: Measured, baskets: int) -> Figures:
    times = sorted(measured["times_ms"][:baskets])
    totals, our_totals = measured["totals"][:baskets], ours["totals"][:baskets]
    return Figures(
        median_ms=median(times),
        p99_ms=times[math.ceil(baskets * 0.99) - 1],
        total=sum(totals),
        dearer=sum(total > our for total, our in zip(totals, our_totals, strict=True)),
        cheaper=sum(total < our for total, our in zip(totals, our_totals, strict=True)),
    )


def print_times(rows: list[Row]) -> None:
    print("\nlines × promotions: ms a basket (median, p99), and how many times ours\n")
    heads = "".join(f" | {name:>9} {'p99':>9} {'×':>7} {'× p99':>7}" for name in rows[0].peers)
    print(f"{'':<12} {'baskets':>7} | {'ours':>9} {'p99':>9}{heads}")
    for row in rows:
        cells = "".join(
            f" | {peer.median_ms:>9.2f} {peer.p99_ms:>9.2f}"
            f" {peer.median_ms / row.ours.median_ms:>7.1f} {peer.p99_ms / row.ours.p99_ms:>7.1f}"
            for peer in row.peers.values()
        )
        print(f"{row.name:<12} {row.baskets:>7} | {row.ours.median_ms:>9.2f} {row.ours.p99_ms:>9.2f}{cells}")


def print_savings(rows: list[Row]) -> None:
    print("\nlines × promotions: saved in all, and the baskets in which a peer is dearer or cheaper than ours\n")
    heads = "".join(f" | {name:>9} {'%':>6} {'dearer':>7} {'cheaper':>7}" for name in rows[0].peers)
    print(f"{'':<12} {'list price':>10} | {'ours':>9} {'%':>6}{heads}")
    for row in rows:
        cells = "".join(f" | {saved(row, peer)} {peer.dearer:>7} {peer.cheaper:>7}" for peer in row.peers.values())
        print(f"{row.name:<12} {row.gross / 100:>10.2f} | {saved(row, row.ours)}{cells}")


def saved(row: Row, engine: Figures) -> str:
    off = row.gross - engine.total
    return f"{off / 100:>9.2f} {100 * off / row.gross:>6.2f}"
