"""What the rules of stored value say, in the words of the shop: for the cashier, the customer and the manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from edge.rule_forms import plain
from edge.rule_sentences import shelf_money
from edge.text_marks import N_
from edge.texts import Texts
from rules.basket import Names
from rules.promotions import RuleSet
from rules.stored_value import StoredValueRules, TopUpGift, TopUpRule

Called = Mapping[str, Names]
"""Names of tiers, packages and promotions: `tier:gold`, `package:cut10`, `promotion:five-off`."""

ORDERS: Mapping[str, str] = {
    "gift_first": N_("gift money pays first"),
    "principal_first": N_("what was paid in pays first"),
    "proportional": N_("both pay in proportion"),
}
VOIDS: Mapping[str, str] = {
    "all": N_("a refund voids all of the gift"),
    "share": N_("a refund voids its share of the gift"),
}


def names_in(rules: RuleSet) -> Called:
    """Return the names of what a rule of top-ups may speak of."""
    found = {f"tier:{tier.id}": tier.names for tier in rules.tiers}
    found |= {f"package:{package.id}": package.names for package in rules.times.packages}
    return found | {f"promotion:{promotion.id}": promotion.names for promotion in rules.promotions}


def gift_said(gift: TopUpGift, texts: Texts, called: Called) -> str:
    """Return what a top-up gives, in short: `50.00 gift, 100 points`."""
    said = []
    if gift.money:
        said.append(texts.t("{amount} gift", amount=shelf_money(gift.money, texts)))
    if gift.rule.instalments > 1:
        said.append(texts.t("in {count} monthly parts", count=gift.rule.instalments))
    return _joined([*said, *_others(gift.points, gift.rule, texts, called)], texts)


def rule_said(rule: TopUpRule, texts: Texts, called: Called) -> str:
    """Return a rule of top-ups in a sentence."""
    amount = shelf_money(rule.amount, texts)
    said = []
    if rule.gift:
        said.append(texts.t("{amount} gift", amount=shelf_money(rule.gift, texts)))
    if rule.gift_bp:
        said.append(texts.t("{share} percent gift", share=plain(Decimal(rule.gift_bp) / 100)))
    if rule.instalments > 1:
        said.append(texts.t("in {count} monthly parts", count=rule.instalments))
    gives = _joined([*said, *_others(rule.points, rule, texts, called)], texts)
    if rule.every:
        head = texts.t("for each {amount} paid in: {gives}", amount=amount, gives=gives)
    else:
        head = texts.t("{amount} or more paid in: {gives}", amount=amount, gives=gives)
    limits = []
    if rule.tiers:
        names = [texts.name(called.get(f"tier:{tier}", Names(tier))) for tier in sorted(rule.tiers)]
        limits.append(texts.t("for {tiers}", tiers=_joined(names, texts)))
    if rule.from_date:
        limits.append(texts.t("from {date}", date=texts.date(rule.from_date)))
    if rule.until_date:
        limits.append(texts.t("until {date}", date=texts.date(rule.until_date)))
    return _joined([head, *limits], texts)


def rules_said(rules: StoredValueRules, texts: Texts, called: Called) -> list[str]:
    """Return everything that the rules of stored value say."""
    if not rules.on:
        return [texts.t("no money is taken in advance")]
    said = [rule_said(rule, texts, called) for rule in rules.top_ups] or [texts.t("nothing is given for top-ups")]
    said += [texts.t(ORDERS[rules.order]), texts.t(VOIDS[rules.void])]
    if rules.deduct_spent:
        said.append(texts.t("gift money that was spent is kept back"))
    if rules.gift_expires_months:
        said.append(texts.t("gift money is valid for {count} months", count=rules.gift_expires_months))
    if rules.keep_change_below:
        said.append(texts.t("change below {amount} may be kept", amount=shelf_money(rules.keep_change_below, texts)))
    limits = (
        (rules.least_top_up, N_("a top-up of {amount} at the least")),
        (rules.most_top_up, N_("a top-up of {amount} at the most")),
        (rules.most_balance, N_("a member holds {amount} at the most")),
        (rules.most_sale, N_("it pays {amount} of a sale at the most")),
        (rules.most_day, N_("a member spends {amount} a day at the most")),
    )
    return said + [texts.t(words, amount=shelf_money(limit, texts)) for limit, words in limits if limit]


def _others(points: int, rule: TopUpRule, texts: Texts, called: Called) -> list[str]:
    said = [texts.t("{points} points", points=points)] if points else []
    gifts = [(f"package:{each.package}", each.package, each.count) for each in rule.times]
    gifts += [(f"promotion:{each.promotion}", each.promotion, each.count) for each in rule.coupons]
    for key, own, count in gifts:
        name = texts.name(called.get(key, Names(own)))
        said.append(name if count == 1 else f"{name} × {count}")
    return said


def _joined(said: Sequence[str], texts: Texts) -> str:
    return (", " if texts.language == "en" else "，").join(said)
