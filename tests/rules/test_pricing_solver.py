"""Mid-size baskets against an integer program solved by HiGHS: another method, written from docs/pricing.md alone."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from rules.basket import Basket, Item, Line, Names
from rules.money import round_half_up
from rules.pricing import price
from rules.promotions import RuleSet, read_rules
from tests.rules.price_cases import NOON

CATEGORIES = ("rice", "drink", "soap")
BASKETS = 800
SEED = 5_000


def scope(rng: random.Random) -> dict[str, Any]:
    return {"all": True} if rng.random() < 0.3 else {"categories": [rng.choice(CATEGORIES)]}


def mid_size_case(seed: int) -> tuple[Basket, list[dict[str, Any]]]:
    rng = random.Random(seed)
    lines, left = [], rng.randint(8, 20)
    while left:
        quantity = min(left, rng.randint(1, 3))
        left -= quantity
        item = Item(f"s{len(lines)}", Names(en="i"), rng.randrange(150, 6_000), category=rng.choice(CATEGORIES))
        lines.append(Line(f"l{len(lines)}", item, quantity))
    rows: list[dict[str, Any]] = []
    for number in range(rng.randint(4, 9)):
        row: dict[str, Any] = {"id": f"p{number}", "names": {"en": "P"}, "scope": scope(rng)}
        kind = rng.randrange(5)
        if kind == 0:
            row |= {"kind": "percent_off", "off_bp": rng.randrange(300, 3_000)}
        elif kind == 1:
            buy = rng.choice((1, 2))
            row |= {"kind": "buy_n_get_m", "buy": buy, "get": 1, "off_bp": rng.choice((5_000, 10_000))}
        elif kind == 2:
            row |= {"kind": "n_for_price", "quantity": rng.choice((2, 3)), "price": rng.randrange(500, 5_000)}
            row["scope"] = {"categories": [rng.choice(CATEGORIES)]}
        elif kind == 3:
            parts = [{"scope": {"categories": [name]}} for name in rng.sample(CATEGORIES, 2)]
            row |= {"kind": "bundle", "scope": {"all": True}, "parts": parts, "off_bp": rng.randrange(1_000, 4_000)}
        else:
            at = rng.randrange(2_000, 15_000)
            row |= {"kind": "spend_off", "steps": [{"spend": at, "off": at // 12}, {"spend": 2 * at, "off": at // 5}]}
        rows.append(row)
    return Basket("sale", tuple(lines)), rows


class Program:
    """Minimises the sum of costs of variables under rows of constraints."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.upper: list[float] = []
        self.rows: list[dict[int, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def variable(self, cost: float = 0, upper: float = 1) -> int:
        self.costs.append(cost)
        self.upper.append(upper)
        return len(self.costs) - 1

    def bind(self, row: dict[int, float], low: float, high: float) -> None:
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def least(self) -> int:
        places = [(number, column) for number, row in enumerate(self.rows) for column in row]
        values = [value for row in self.rows for value in row.values()]
        shape = (len(self.rows), len(self.costs))
        matrix = csr_array((values, (np.array([p[0] for p in places]), np.array([p[1] for p in places]))), shape=shape)
        found = milp(
            np.array(self.costs),
            integrality=np.ones(len(self.costs)),
            bounds=Bounds(0, np.array(self.upper)),
            constraints=LinearConstraint(matrix, self.low, self.high),
            options={"mip_rel_gap": 0},
        )
        assert found.success, found.message
        return round(found.fun)


def least_total(basket: Basket, rows: list[dict[str, Any]]) -> int:
    units = sorted(
        ((line.item.price, line.item.sku, line.item.category) for line in basket.lines for _ in range(line.quantity)),
        key=lambda unit: (-unit[0], unit[1]),
    )
    program = Program()
    choices: list[list[int]] = [[] for _ in units]
    # What each variable adds to the amount of each unit's category.
    amounts: dict[int, tuple[int, str]] = {}

    def choose(unit: int, net: int) -> int:
        variable = program.variable(net)
        choices[unit].append(variable)
        amounts[variable] = (net, units[unit][2])
        return variable

    for unit, (gross, _, _) in enumerate(units):
        choose(unit, gross)
    for row in rows:
        wanted = row["scope"].get("categories", CATEGORIES)
        inside = [unit for unit, (_, _, category) in enumerate(units) if category in wanted]
        if row["kind"] == "percent_off":
            for unit in inside:
                choose(unit, units[unit][0] - round_half_up(units[unit][0] * row["off_bp"], 10_000))
        elif row["kind"] == "buy_n_get_m":
            ladder(program, choose, units, inside, row)
        elif row["kind"] == "n_for_price":
            joined = [choose(unit, 0) for unit in inside]
            uses = program.variable(row["price"], 20)
            amounts[uses] = (row["price"], wanted[0])
            program.bind(dict.fromkeys(joined, 1) | {uses: -row["quantity"]}, 0, 0)
        elif row["kind"] == "bundle":
            uses = program.variable(0, 20)
            for part in row["parts"]:
                fit = [unit for unit in inside if units[unit][2] in part["scope"]["categories"]]
                nets = [units[unit][0] - round_half_up(units[unit][0] * row["off_bp"], 10_000) for unit in fit]
                program.bind({choose(unit, net): 1 for unit, net in zip(fit, nets, strict=True)} | {uses: -1}, 0, 0)
    for variables in choices:
        program.bind(dict.fromkeys(variables, 1), 1, 1)
    for row in rows:
        if row["kind"] == "spend_off":
            wanted = row["scope"].get("categories", CATEGORIES)
            levels = [(program.variable(-step["off"]), step["spend"]) for step in row["steps"]]
            program.bind({level: 1 for level, _ in levels}, 0, 1)
            for level, spend in levels:
                counted = {variable: amount for variable, (amount, category) in amounts.items() if category in wanted}
                program.bind(counted | {level: -spend}, 0, np.inf)
    return program.least()


def ladder(program: Program, choose: Any, units: Any, inside: list[int], row: dict[str, Any]) -> None:
    """Of the units that are used, dearest first, every n-th is cheaper; whole uses only."""
    size = row["buy"] + 1
    used_before: list[int] = []
    for number, unit in enumerate(inside):
        gross = units[unit][0]
        full = choose(unit, gross)
        cheap = choose(unit, gross - round_half_up(gross * row["off_bp"], 10_000))
        used_before += [full, cheap]
        uses, rest = program.variable(0, 20), program.variable(0, size - 1)
        program.bind(dict.fromkeys(used_before, 1) | {uses: -size, rest: -1}, 0, 0)
        # It is the cheap one exactly where a use is complete.
        program.bind({rest: 1, cheap: size - 1}, 0, size - 1)
        program.bind({rest: 1, full: -1}, 0, np.inf)
        if number == len(inside) - 1:
            program.bind({rest: 1}, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(8))
def test_an_independent_solver_finds_nothing_cheaper(batch):
    each, certified = BASKETS // 8, 0
    for seed in range(SEED + batch * each, SEED + (batch + 1) * each):
        basket, rows = mid_size_case(seed)
        rules = read_rules({"promotions": rows})
        assert isinstance(rules, RuleSet), rules
        quote = price(basket, rules, None, NOON)
        least = least_total(basket, rows)
        if quote.certified:
            certified += 1
            assert quote.total == least, seed
        else:
            assert quote.total - quote.gap <= least <= quote.total, seed
    assert each * 8 >= 300 and certified >= 0.9 * each
