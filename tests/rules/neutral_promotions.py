"""The neutral form of the promotion vectors, put into our rules. What our model does not have is said, never bent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rules.basket import Basket, Item, Line, Names
from rules.loyalty import Member
from rules.promotions import RuleSet, read_rules
from rules.usage import Usage

NOON = datetime(2026, 11, 22, 12, 0)
Row = dict[str, Any]
BESIDE_PROMOTIONS = ("payment", "points_earn", "points_redeem_cash")
"""What is no promotion with us: stored value is a tender, and points have a rule of their own."""


class NotExpressibleError(Exception):
    """Our model has no word for it."""


def scope_of(raw: Row | None) -> Row | None:
    if raw is None:
        return None
    scope: Row = {}
    if raw.get("all"):
        scope["all"] = True
    if "skus" in raw:
        scope["skus"] = raw["skus"]
    if "category" in raw:
        scope["categories"] = [raw["category"]]
    if "tag" in raw:
        scope["tags"] = [raw["tag"]]
    if "not_tag" in raw:
        scope["exclude_tags"] = [raw["not_tag"]]
        scope.setdefault("all", True)
    if sum(key in scope for key in ("all", "skus", "categories", "tags")) > 1:
        scope.pop("all", None)
    if sum(key in scope for key in ("skus", "categories", "tags")) > 1:
        raise NotExpressibleError("a scope that asks for two things at once")
    return scope


def conditions(raw: Row, scope: Row) -> Row:
    """Trigger, moment, quantity, amount, uses and group, which all kinds have."""
    found: Row = {"id": raw["id"].replace(" ", "-"), "names": {"en": raw["id"]}, "scope": scope}
    trigger = raw.get("trigger", {})
    if trigger.get("type") == "code":
        found["code"] = trigger["code"]
    condition = raw.get("condition") or {}
    counted = scope_of(condition.get("scope")) or scope
    if condition.get("min_qty", 0) > 0:
        found |= {"min_quantity": condition["min_qty"], "quantity_of": counted}
    if condition.get("min_amount_cents", 0) > 0:
        found["min_amount"] = condition["min_amount_cents"]
        found["amount_of"] = scope_of(condition.get("amount_scope")) or counted
    when: Row = {}
    if raw.get("valid_from"):
        when["starts_local"] = datetime.fromisoformat(raw["valid_from"])
    if raw.get("valid_until"):
        until = datetime.fromisoformat(raw["valid_until"])
        when["ends_local"] = until + (timedelta(days=1) if len(raw["valid_until"]) == 10 else timedelta(microseconds=1))
    if when:
        found["when"] = when
    if raw.get("group"):
        found["exclusive_group"] = raw["group"]
    if raw.get("usage_limit"):
        found["uses"] = {"in_all": raw["usage_limit"]}
    if raw.get("channels"):
        found["channels"] = raw["channels"]
    return found


def on_basket(raw: Row, found: Row, kind: str, **own: Any) -> Row:
    base = (raw.get("condition") or {}).get("amount_base", "list")
    bases = {"after_previous": "after_previous", "after_discounts": "after_previous", "list": "list"}
    return found | {"kind": kind, "amount_base": bases.get(base, "after_unit")} | own


def percent(raw: Row, found: Row, repeat: Any) -> Row:
    condition = raw.get("condition") or {}
    off = {"off_bp": raw.get("value_bp", 10_000)}
    scope, counted = found["scope"], scope_of(condition.get("scope")) or found["scope"]
    units = raw.get("max_units", 0)
    if raw.get("level") == "order" or raw.get("cap_cents"):
        if units:
            raise NotExpressibleError("a cap on some units only")
        return on_basket(raw, found, "basket_percent_off", off_max=raw.get("cap_cents", 0), **off)
    per = repeat.get("per_qty", 0) if isinstance(repeat, dict) else 0
    if per and units and counted != scope:
        return buy_get(found, counted, per, units, off=off, get_scope=scope)
    if per and units and per > units:
        return buy_get(found, counted, per - units, units, off=off, get_scope=None) | alike(raw)
    if raw.get("grouping"):
        raise NotExpressibleError("a condition counted for each group of units, and not for the basket")
    if per and not units:
        raise NotExpressibleError("as many whole groups as there are, without a number of units a group")
    limited = {"units_max": units} if units and not per else {}
    if limited and str(raw.get("select", "")).startswith("cheapest"):
        limited["which"] = "cheapest"
    return found | {"kind": "percent_off"} | off | limited


def alike(raw: Row) -> Row:
    grouping = raw.get("grouping")
    if not grouping:
        return {}
    if grouping == "same_sku":
        return {"alike": "sku"}
    if isinstance(grouping, dict) and grouping.get("mode") == "same":
        return {"alike": f"tag:{grouping['by_tag_prefix']}"}
    raise NotExpressibleError("units of one use that must differ from each other")


def buy_get(found: Row, counted: Row, buy: int, get: int, *, off: Row, get_scope: Row | None) -> Row:
    # The pieces that one buys are the condition; it repeats by itself.
    plain = {key: value for key, value in found.items() if key not in ("min_quantity", "quantity_of")}
    bought: Row = {"kind": "buy_n_get_m", "scope": counted, "buy": buy, "get": get} | off
    return plain | bought | ({} if get_scope is None else {"get_scope": get_scope})


def free_units(raw: Row, found: Row, repeat: Any) -> Row:
    if "buy_qty" in raw:
        get = raw.get("free_qty", 1)
        return buy_get(found, found["scope"], raw["buy_qty"], get, off={"off_bp": 10_000}, get_scope=None) | alike(raw)
    if isinstance(repeat, dict):
        counted = scope_of(repeat.get("of") or (raw.get("condition") or {}).get("scope")) or found["scope"]
        get = raw.get("free_qty", raw.get("max_units", 1))
        other = found["scope"] if counted != found["scope"] else None
        buy = repeat["per_qty"] if other else repeat["per_qty"] - get
        return buy_get(found, counted, buy, get, off={"off_bp": 10_000}, get_scope=other)
    units = raw.get("max_units") or raw.get("free_qty")
    return found | {"kind": "percent_off", "off_bp": 10_000} | ({"units_max": units} if units else {})


def gift(raw: Row, found: Row, repeat: Any, case: Row) -> Row:
    given = raw["gift"]
    if "any_of" in given:
        wanted = scope_of(given["any_of"]) or {}
        skus = sorted(
            {
                line["sku"]
                for line in case["basket"]
                if line["sku"] in wanted.get("skus", ()) or set(line["tags"]) & set(wanted.get("tags", ()))
            }
        )
    else:
        skus = [given["sku"]]
    condition = raw.get("condition") or {}
    buy = repeat.get("per_qty", 1) if isinstance(repeat, dict) else max(1, condition.get("min_qty", 1))
    return found | {
        "kind": "gift",
        "gifts": [{"sku": sku, "quantity": given.get("qty", 1)} for sku in skus],
        "choose": len(skus) > 1,
        "buy": buy,
        "times_max": 0 if isinstance(repeat, dict) or repeat is True else 1,
        "amount_base": "list",
    }


def promotion(raw: Row, case: Row) -> Row:
    found = conditions(raw, scope_of(raw["scope"]) or {"all": True})
    kind, repeat = raw["kind"], raw.get("repeat")
    if kind == "percent_off":
        return percent(raw, found, repeat)
    if kind == "cheapest_free":
        return percent(
            raw | {"value_bp": 10_000, "max_units": raw.get("max_units", 1), "select": "cheapest"}, found, repeat
        )
    if kind == "free_units":
        return free_units(raw, found, repeat)
    if kind == "gift":
        return gift(raw, found, repeat, case)
    units = raw.get("max_units", 0)
    if kind == "amount_off" and units == 1:
        return found | {"kind": "amount_off", "off": raw["value_cents"], "units_max": 1}
    if kind == "amount_off" and not units:
        return on_basket(raw, found, "basket_amount_off", off=raw["value_cents"])
    if kind == "amount_off_each":
        limited = {"units_max": units} if units else {}
        return found | {"kind": "amount_off", "off": raw["value_cents"]} | limited
    if kind == "bundle_price":
        quantity = raw.get("bundle_qty") or raw["condition"]["min_qty"]
        plain = {key: value for key, value in found.items() if key not in ("min_quantity", "quantity_of")}
        times = raw.get("max_applications", 0)
        bundle: Row = {"kind": "n_for_price", "quantity": quantity, "price": raw["value_cents"], "times_max": times}
        return plain | bundle | alike(raw)
    raise NotExpressibleError(f"{kind} of {units} units" if units else kind)


def points_rule(case: Row) -> Row:
    points: Row = {"per_yuan_bp": 0}
    for raw in case["promotions"]:
        if raw["kind"] == "points_earn":
            points["scope"] = scope_of(raw["scope"])
            points["per_yuan_bp"] = raw.get("points_per_100_cents", 1) * 10_000
        if raw["kind"] == "points_redeem_cash":
            step = raw.get("points_step", 1)
            points["cash"] = {"step": step, "worth": raw["value_cents_per_point"] * step}
    return points


def rules_of(case: Row) -> RuleSet:
    priced = [raw for raw in case["promotions"] if raw["kind"] not in BESIDE_PROMOTIONS]
    own = [promotion(raw, case) for raw in priced]
    # Where units are not used up, promotions on one unit stack.
    stacking = [
        row["id"]
        for row, raw in zip(own, priced, strict=True)
        if row["kind"] in ("percent_off", "amount_off", "fixed_price") and not raw.get("consumes_units")
    ]
    for row in own:
        if row["id"] in stacking and len(stacking) > 1 and not row.get("units_max"):
            limited = {other["id"] for other in own if other.get("units_max")}
            row["combines_with"] = [name for name in stacking if name != row["id"] and name not in limited]
    rules = read_rules({"version": "v", "points": points_rule(case), "promotions": own})
    assert isinstance(rules, RuleSet), [str(problem) for problem in rules]
    return rules


def basket_of(case: Row) -> tuple[Basket, Member | None, datetime, Usage]:
    lines = tuple(
        Line(
            f"l{number}",
            Item(
                row["sku"],
                Names(en=row["sku"]),
                row["unit_price_cents"],
                category=row["category"] or "",
                tags=frozenset(row["tags"]),
            ),
            row["qty"],
        )
        for number, row in enumerate(case["basket"])
    )
    member = None
    earns = any(raw["kind"].startswith("points_") for raw in case["promotions"])
    if case["member"] is not None or earns:
        member = Member("m", points=(case["member"] or {}).get("points", 0))
    redeems = any(raw["kind"] == "points_redeem_cash" for raw in case["promotions"])
    basket = Basket(
        "sale",
        lines,
        codes=tuple(case["codes"]),
        channel=case.get("channel") or "store",
        points_to_redeem=member.points if member and redeems else 0,
    )
    now = datetime.fromisoformat(case["time"]) if case["time"] else NOON
    used = {raw["id"]: raw.get("used", 0) for raw in case["promotions"]}
    return basket, member, now, Usage(in_all=used)
