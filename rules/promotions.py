"""The shop's set of promotions and tiers: read, refused with every reason at once, versioned by content."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from rules.accrual import AccrualRules
from rules.basket import Item
from rules.calendar_cn import Calendar, shipped_calendar
from rules.card_policy import CardPolicy
from rules.conditions import WEEKDAYS, BirthdayWindow, Scope, When, Who
from rules.coupon_rules import COUPON_RULES_MAX, CouponRule, coupon_rule_problems
from rules.gift_catalogue import GiftCatalogue
from rules.loyalty import POINTS_RATE_MAX_BP, Tier, more_than_step, step_of
from rules.membership import Membership
from rules.membership_checks import asks_for_workdays, free_problems, ladder_problems, membership_set_problems
from rules.moments import plain_when, with_plain_moments
from rules.money import BASIS_POINTS
from rules.promotion_checks import promotion_problems, scope_problems, set_problems, tier_problems
from rules.promotion_kinds import (
    BASKET_KINDS,
    EXTRA_KINDS,
    GROUP_KINDS,
    KINDS,
    UNIT_KINDS,
    Amount,
    AmountOff,
    BasketAmountOff,
    BasketPercentOff,
    BasketPromotion,
    Bundle,
    BundlePart,
    BuyNGetM,
    CouponAmountOff,
    CouponPercentOff,
    EverySpendOff,
    FixedPrice,
    GiftItem,
    GiftWith,
    GroupPromotion,
    MemberPrice,
    NForPrice,
    NthItem,
    PercentOff,
    PointsMultiplier,
    Promotion,
    RateOff,
    SpendOff,
    SpendStep,
    UnitPromotion,
    Uses,
)
from rules.promotion_prices import price_problems
from rules.return_rules import ReturnRules
from rules.stored_value import StoredValueRules, stored_value_links
from rules.subjects import SUBJECTS, read_subjects, spoken_subjects
from rules.table_reader import Problem, nearest, read_table, unknown_keys
from rules.tiers import TierRules
from rules.times import TimesRules

__all__ = [
    "BASKET_KINDS",
    "EXTRA_KINDS",
    "GROUP_KINDS",
    "KINDS",
    "NO_RULES",
    "UNIT_KINDS",
    "WEEKDAYS",
    "AmountOff",
    "BasketAmountOff",
    "BasketPercentOff",
    "BasketPromotion",
    "BirthdayWindow",
    "Bundle",
    "BundlePart",
    "BuyNGetM",
    "CouponAmountOff",
    "CouponPercentOff",
    "CouponRule",
    "EverySpendOff",
    "FixedPrice",
    "GiftItem",
    "GiftWith",
    "GroupPromotion",
    "MemberPrice",
    "NForPrice",
    "NthItem",
    "PercentOff",
    "PointsCash",
    "PointsMultiplier",
    "PointsRule",
    "Problem",
    "Promotion",
    "RuleSet",
    "Scope",
    "SpendOff",
    "SpendStep",
    "Tier",
    "UnitPromotion",
    "Uses",
    "When",
    "Who",
    "content_version",
    "load_rules",
    "read_rules",
]

FILE_KEYS = ("version", "points", "tiers", "promotions", "exclusive_groups", "coupon_rules", *SUBJECTS)
PROMOTIONS_MAX = 2_000
TIERS_MAX = 20
VERSION_LENGTH = 12
"""Hexadecimal digits of a version made from the content."""
NAMED_LENGTH_MAX = 60
"""Longest version that a file may give itself."""


class PointsCash(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Points as cash: so many points are worth so much."""

    step: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    """Points are taken in multiples of this."""
    worth: Amount
    """Minor units that one step is worth."""
    most_bp: RateOff = BASIS_POINTS
    """Largest part of the basket that points may pay."""


class PointsRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How members without a tier accrue, and what points are worth."""

    per_yuan_bp: Annotated[int, msgspec.Meta(ge=0, le=POINTS_RATE_MAX_BP)] = BASIS_POINTS
    """10 000 is one point a whole yuan."""
    scope: Scope = Scope(all=True)
    """What points accrue on: tobacco and stored-value cards may be left out."""
    cash: PointsCash | None = None
    """None: points cannot be taken as cash."""


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything that decides prices and points at a moment."""

    version: str = ""
    tiers: tuple[Tier, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    points: PointsRule = PointsRule()
    exclusive_groups: dict[str, int] = {}
    """How many promotions of an exclusive group may apply to a basket, where more than one may."""
    coupon_rules: tuple[CouponRule, ...] = ()
    """Coupons that the shop issues by itself."""
    calendar: Calendar = Calendar()
    """Official days; only what a promotion asks for makes it be read."""
    # The subjects of rules/subjects.py.
    accrual: AccrualRules = AccrualRules()
    gifts: GiftCatalogue = GiftCatalogue()
    tier_rules: TierRules = TierRules()
    membership: Membership = Membership()
    returns: ReturnRules = ReturnRules()
    stored_value: StoredValueRules = StoredValueRules()
    proof: CardPolicy = CardPolicy()
    times: TimesRules = TimesRules()

    def tier(self, tier_id: str) -> Tier | None:
        return next((tier for tier in self.tiers if tier.id == tier_id), None)

    def promotion(self, promotion_id: str) -> Promotion | None:
        return next((promotion for promotion in self.promotions if promotion.id == promotion_id), None)


NO_RULES = RuleSet(version="none")
"""List prices and one point a yuan."""


def load_rules(
    text: str,
    *,
    format: Literal["toml", "json"] = "toml",  # noqa: A002 - the word of the command line
    known_skus: Collection[str] | None = None,
    known_items: Sequence[Item] | None = None,
) -> RuleSet | tuple[Problem, ...]:
    """Return the rules that a file's text holds, or every problem in it.

    Args:
        text: the file; its form is in docs/pricing.md.
        format: what the text is written in.
        known_skus: SKUs of the catalogue; None leaves them unchecked.
        known_items: what is sold, at its list price; None leaves the promotions' prices unchecked.
    """
    try:
        data = _read_toml(text) if format == "toml" else msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        return (Problem("file", "", f"not {format.upper()}: {error}"),)
    return read_rules(data, known_skus=known_skus, known_items=known_items)


def _read_toml(text: str) -> dict[str, Any]:
    import tomllib  # rules are published as JSON: whoever reads no TOML does not carry its reader

    return tomllib.loads(text)


def read_rules(
    data: object, *, known_skus: Collection[str] | None = None, known_items: Sequence[Item] | None = None
) -> RuleSet | tuple[Problem, ...]:
    """Return the rules in decoded data, or every problem in it; see `load_rules`."""
    if not isinstance(data, Mapping):
        return (Problem("file", "", f"expected a table, found {type(data).__name__}"),)
    problems = unknown_keys(data, FILE_KEYS, where="file")
    version = data.get("version", "")
    if not isinstance(version, str) or len(version) > NAMED_LENGTH_MAX:
        problems.append(Problem("file", "version", f"expected a text of at most {NAMED_LENGTH_MAX} characters"))
    points = read_table(PointsRule, data.get("points", {}), problems, where="file", prefix="points.")
    tier_rows = _rows(data, "tiers", "tier", TIERS_MAX, problems)
    tiers = _read_tiers(tier_rows, problems)
    rows = _rows(data, "promotions", "promotion", PROMOTIONS_MAX, problems)
    promotions = _read_promotions(rows, problems)
    kinds: dict[str, type | None] = {_id_of(raw): None for raw in rows}
    kinds.update((promotion.id, type(promotion)) for promotion in promotions.values())
    tier_ids = {raw["id"] for raw in tier_rows if _id_of(raw)}
    skus = None if known_skus is None else frozenset(known_skus)
    for row, promotion in promotions.items():
        where = _where("promotion", row, rows[row])
        problems += promotion_problems(promotion, where=where, others=kinds, tier_ids=tier_ids, known_skus=skus)
    if points is not None:
        problems += scope_problems(points.scope, "file", "points.scope", known_skus=skus)
    placed = [(_where("promotion", row, rows[row]), promotion) for row, promotion in promotions.items()]
    groups = _read_groups(data.get("exclusive_groups", {}), problems)
    problems += set_problems(placed, groups)
    places = {_id_of(raw): _where("tier", row, raw) for row, raw in enumerate(tier_rows)}
    placed_tiers = [(places[tier.id], tier) for tier in tiers]
    problems += ladder_problems(placed_tiers)
    known = {_id_of(raw): promotions.get(row) for row, raw in enumerate(rows)}
    coupon_rules = _read_coupon_rules(data, known, skus, tier_ids, problems)
    subjects = read_subjects(with_plain_moments(data), problems)
    problems += membership_set_problems(subjects, tier_ids=tier_ids, known_skus=skus)
    packages = subjects["times"].packages if "times" in subjects else ()
    package_ids = [package.id for package in packages]
    problems += free_problems(placed_tiers, package_ids)
    if "stored_value" in subjects:
        is_issued = {key: promotion is None or promotion.issued for key, promotion in known.items()}
        problems += stored_value_links(
            subjects["stored_value"], tier_ids=tier_ids, package_ids=package_ids, promotions=is_issued
        )
    if known_items is not None:
        problems += price_problems(placed, known_items)
    if problems:
        return tuple(problems)
    assert points is not None
    needs_calendar = asks_for_workdays(subjects) or any(each.when.work for each in promotions.values())
    rules = RuleSet(
        version=version,
        tiers=tiers,
        promotions=tuple(promotions.values()),
        points=points,
        exclusive_groups=groups,
        coupon_rules=coupon_rules,
        calendar=shipped_calendar() if needs_calendar else Calendar(),
        **subjects,
    )
    return rules if version else msgspec.structs.replace(rules, version=content_version(rules))


def content_version(rules: RuleSet) -> str:
    """Return the version that the content gives itself: the same for any order of tiers and promotions in the file."""
    tiers = sorted(rules.tiers, key=lambda tier: tier.id)
    parts: list[Any] = [
        [step_of(tier) for tier in tiers],
        sorted(rules.promotions, key=lambda promotion: promotion.id),
        rules.points,
        rules.exclusive_groups,
    ]
    subjects = spoken_subjects(rules)
    more = {tier.id: said for tier in tiers if (said := more_than_step(tier))}
    subjects |= {"tiers": more} if more else {}
    if rules.coupon_rules:
        subjects["coupon_rules"] = sorted(rules.coupon_rules, key=lambda rule: rule.id)
    canonical = msgspec.json.encode([*parts, subjects] if subjects else parts, order="deterministic")
    return hashlib.sha256(canonical).hexdigest()[:VERSION_LENGTH]


def _read_groups(raw: object, problems: list[Problem]) -> dict[str, int]:
    if not isinstance(raw, Mapping):
        problems.append(Problem("file", "exclusive_groups", f"expected a table, found {type(raw).__name__}"))
        return {}
    groups = {}
    for name, most in raw.items():
        if type(most) is int and 1 <= most <= PROMOTIONS_MAX:
            groups[name] = most
        else:
            problems.append(Problem("file", f"exclusive_groups.{name}", "expected how many may apply, 1 or more"))
    return groups


def _id_of(raw: object) -> str:
    found = raw.get("id") if isinstance(raw, Mapping) else None
    return found if isinstance(found, str) else ""


def _where(kind: str, row: int, raw: object) -> str:
    return f"{kind}[{row}] id={_id_of(raw)}" if _id_of(raw) else f"{kind}[{row}]"


def _rows(data: Mapping[str, Any], key: str, kind: str, limit: int, problems: list[Problem]) -> list[Any]:
    rows = data.get(key, [])
    if not isinstance(rows, list):
        problems.append(Problem("file", key, f"expected a list, found {type(rows).__name__}"))
        return []
    if len(rows) > limit:
        problems.append(Problem("file", key, f"expected at most {limit}, found {len(rows)}"))
    first: dict[str, int] = {}
    for row, raw in enumerate(rows):
        identifier = _id_of(raw)
        if identifier and first.setdefault(identifier, row) != row:
            problems.append(Problem(_where(kind, row, raw), "id", f"already used by {kind}[{first[identifier]}]"))
    return rows[:limit]


def _read_tiers(rows: list[Any], problems: list[Problem]) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    for row, raw in enumerate(rows):
        where = _where("tier", row, raw)
        tier = read_table(Tier, raw, problems, where=where)
        if tier is not None:
            problems += tier_problems(tier, tiers, where=where)
            tiers.append(tier)
    return tuple(tiers)


def _read_promotions(rows: list[Any], problems: list[Problem]) -> dict[int, Promotion]:
    """Return the promotions that can be read, by their row."""
    kinds: dict[str, Any] = {str(kind.__struct_config__.tag): kind for kind in KINDS}
    promotions: dict[int, Promotion] = {}
    for row, raw in enumerate(rows):
        where = _where("promotion", row, raw)
        if not isinstance(raw, Mapping):
            problems.append(Problem(where, "", f"expected a table, found {type(raw).__name__}"))
        elif "kind" not in raw:
            problems.append(Problem(where, "kind", "missing"))
        elif raw["kind"] not in list(kinds):
            problems.append(Problem(where, "kind", f"unknown kind {raw['kind']!r}", nearest(raw["kind"], kinds)))
        else:
            plain = {key: plain_when(value) if key == "when" else value for key, value in raw.items() if key != "kind"}
            promotion = read_table(kinds[raw["kind"]], plain, problems, where=where)
            if promotion is not None:
                promotions[row] = promotion
    return promotions


def _read_coupon_rules(
    data: Mapping[str, Any],
    promotions: Mapping[str, Promotion | None],
    known_skus: Collection[str] | None,
    tier_ids: Collection[str],
    problems: list[Problem],
) -> tuple[CouponRule, ...]:
    found: list[CouponRule] = []
    for row, raw in enumerate(_rows(data, "coupon_rules", "coupon_rule", COUPON_RULES_MAX, problems)):
        where = _where("coupon_rule", row, raw)
        plain = {**raw, "when": plain_when(raw["when"])} if isinstance(raw, Mapping) and "when" in raw else raw
        rule = read_table(CouponRule, plain, problems, where=where)
        if rule is not None:
            problems += coupon_rule_problems(
                rule, where=where, promotions=promotions, known_skus=known_skus, tier_ids=tier_ids
            )
            found.append(rule)
    return tuple(found)
