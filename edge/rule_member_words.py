"""What a draft says of tiers, points and gifts, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from edge.rule_forms import plain
from edge.rule_sentences import Glossary, scope_words, shelf_money
from edge.rule_words import CHOICES
from edge.texts import Texts
from rules.accrual import AccrualRules
from rules.basket import Names
from rules.conditions import Scope
from rules.gift_catalogue import GiftCatalogue
from rules.money import BASIS_POINTS
from rules.tiers import TierRules

GIFTS_NAMED = 4
"""Gifts that a sentence names; of the others it tells how many."""


def tier_said(tier: Mapping[str, Any], texts: Texts) -> str:
    """Return what a tier says."""
    name = _name(tier, texts) or str(tier.get("id", ""))
    points = _times(tier.get("points_per_yuan_bp", BASIS_POINTS))
    ways = []
    if tier.get("spend_from") is not None:
        ways.append(shelf_money(tier["spend_from"], texts))
    if tier.get("visits_from") is not None:
        ways.append(texts.t("{count} purchases", count=tier["visits_from"]))
    if tier.get("points_from") is not None:
        ways.append(texts.t("{points} points", points=tier["points_from"]))
    yuan = shelf_money(100, texts)
    if not ways:
        return texts.t(
            "{name} by hand or bought, points for each {yuan}: {points}", name=name, points=points, yuan=yuan
        )
    return texts.t(
        "{name} from {amount}, points for each {yuan}: {points}",
        name=name, amount=texts.t(" or ").join(ways), points=points, yuan=yuan,
    )  # fmt: skip


def points_said(points: Mapping[str, Any], texts: Texts, glossary: Glossary) -> str:
    """Return what the points say."""
    said = [
        texts.t(
            "without a tier, points for each {yuan}: {points}",
            points=_times(points.get("per_yuan_bp", BASIS_POINTS)), yuan=shelf_money(100, texts),
        )
    ]  # fmt: skip
    scope = points.get("scope") or {}
    words = scope_words(msgspec.convert(scope, Scope), texts, glossary)
    if scope and words:
        said.append(texts.t("on: {items}", items=words))
    cash = points.get("cash")
    if cash:
        said.append(
            texts.t("{points} points pay {amount}", points=cash["step"], amount=shelf_money(cash["worth"], texts))
        )
        if cash.get("most_bp", BASIS_POINTS) < BASIS_POINTS:
            said.append(texts.t("up to {share} percent of a sale", share=plain(Decimal(cash["most_bp"]) / 100)))
    else:
        said.append(texts.t("points do not pay"))
    return _joined(said, texts)


def table_said(key: str, table: Mapping[str, Any], texts: Texts, glossary: Glossary) -> str:
    """Return what the rules of tiers, of points beyond the rate, or the gifts say; the key where they are wrong yet."""
    shapes: Mapping[str, tuple[Any, Callable[..., list[str]]]] = {
        "tier_rules": (TierRules, _tier_rules),
        "accrual": (AccrualRules, _accrual),
        "gifts": (GiftCatalogue, _gifts),
    }
    shape, say = shapes[key]
    try:
        return _joined(say(msgspec.convert(table, shape, strict=False), texts, glossary), texts)
    except msgspec.ValidationError:
        return "…"


def _tier_rules(rules: TierRules, texts: Texts, glossary: Glossary) -> list[str]:
    t = texts.t
    if rules.window == "rolling":
        said = [t("counted over the last {months} months", months=rules.window_months)]
    else:
        said = [t("counted over each {window}", window=t(CHOICES[f"window:{rules.window}"]))]
    if rules.holds == "always":
        said.append(t("a tier is kept for good"))
    elif rules.holds == "months":
        said.append(t("a tier holds {months} months", months=rules.hold_months))
    else:
        said.append(t("a tier holds to the end of the window after"))
    if rules.holds != "always":
        said += [t("{days} days of grace", days=rules.grace_days)] if rules.grace_days else []
        said.append(t(CHOICES[f"falls:{rules.falls}"]))
    for sold in rules.sold:
        said.append(
            t("“{item}” gives {tier} for {months} months", item=_called("item", sold.sku, texts, glossary),
              tier=_called("tier", sold.tier, texts, glossary), months=sold.months)
        )  # fmt: skip
    for kept in rules.exclusive:
        who = [_called("tier", each, texts, glossary) for each in sorted(kept.tiers)] or [t("members")]
        what = scope_words(kept.scope, texts, glossary) or t("everything")
        said.append(t("only for {who}: {items}", who="/".join(who), items=what))
    return said


def _accrual(rules: AccrualRules, texts: Texts, glossary: Glossary) -> list[str]:
    t, said = texts.t, []
    for rate in rules.rates:
        what = scope_words(rate.scope, texts, glossary) or t("everything")
        said.append(t("{items}: {times} times the points", items=what, times=_times(rate.multiplier_bp)))
    for each in rules.bonuses:
        amount = shelf_money(each.spend_from, texts)
        words = t(CHOICES[f"how:{each.how}"])
        said.append(t("{points} points from {amount} ({how})", points=each.points, amount=amount, how=words))
    if rules.birthday is not None:
        said.append(
            t("birthday: {points} points, {times} times the points of a purchase", points=rules.birthday.points,
              times=_times(rules.birthday.multiplier_bp))
        )  # fmt: skip
    if rules.welcome is not None:
        said.append(t("new members: {points} points", points=rules.welcome.points))
    if rules.referral is not None:
        said.append(
            t("for a friend’s first purchase {points} points, {friend} for the friend",
              points=rules.referral.referrer_points, friend=rules.referral.friend_points)
        )  # fmt: skip
    if rules.expiry is not None:
        said.append(_expiry(rules, texts))
    return said or [t("nothing beyond the rate")]


def _expiry(rules: AccrualRules, texts: Texts) -> str:
    expiry = rules.expiry
    assert expiry is not None
    if expiry.kind == "never":
        return texts.t("points do not expire")
    if expiry.kind == "months":
        return texts.t("points expire after {months} months", months=expiry.months)
    return texts.t(
        "points expire on {month}-{day}, {years} years on", month=f"{expiry.month:02d}", day=f"{expiry.day:02d}",
        years=expiry.years,
    )  # fmt: skip


def _gifts(catalogue: GiftCatalogue, texts: Texts, glossary: Glossary) -> list[str]:
    del glossary
    said = []
    for offer in catalogue.offers[:GIFTS_NAMED]:
        price = texts.t("{points} points", points=offer.points)
        if offer.money:
            price += f" + {shelf_money(offer.money, texts)}"
        said.append(f"{texts.name(offer.names)} {price}")
    if len(catalogue.offers) > GIFTS_NAMED:
        said.append(texts.t("{count} more", count=len(catalogue.offers) - GIFTS_NAMED))
    return said or [texts.t("no gifts for points")]


def _name(table: Mapping[str, Any], texts: Texts) -> str:
    names = table.get("names") or {}
    return Names(*(str(names.get(key, "")) for key in ("zh_hans", "zh_hant", "en"))).of(texts.language)


def _called(what: str, key: str, texts: Texts, glossary: Glossary) -> str:
    names = glossary.called(what, key)
    return (texts.name(names) if names else "") or key


def _times(rate_bp: int) -> str:
    return plain(Decimal(rate_bp) / BASIS_POINTS)


def _joined(said: Sequence[str], texts: Texts) -> str:
    return ", ".join(said) if texts.language == "en" else "，".join(said)
