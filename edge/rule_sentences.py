"""The sentence that customers read of a promotion, in any language: when, for whom, on what, and what one gets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol

from edge.rule_fields import tag_of
from edge.rule_forms import plain
from edge.rule_words import CHOICES, KINDS
from edge.texts import LANGUAGES, Texts
from rules.basket import Names
from rules.money import BASIS_POINTS
from rules.promotions import WEEKDAYS

NAMED_MAX = 3
"""Items, categories and the like that a sentence names before it counts."""
NAME_MAX = 60
"""Characters of a suggested name."""


class Glossary(Protocol):
    """Knows what things are called."""

    def called(self, what: str, key: str) -> Names | None:
        """Return the names of an item, category or tier; None for an unknown one, and for what is its own name."""


def sentence(promotion: Any, texts: Texts, glossary: Glossary) -> str:
    """Return the whole sentence."""
    main = offer(promotion, texts, glossary)
    lead = [*when_said(promotion.when, texts), *_who(promotion, texts, glossary)]
    said = _joined([*lead, main, *_conditions(promotion, texts)], texts)
    return texts.t("{offer}.", offer=said[:1].upper() + said[1:] if texts.language == "en" else said)


def suggested_names(promotion: Any, texts: Iterable[Texts], glossary: Glossary) -> Names:
    """Return a short name made of what one gets and on what, in the shop's three languages."""
    said = {each.language: offer(promotion, each, glossary)[:NAME_MAX] for each in texts}
    assert set(said) <= set(LANGUAGES)
    return Names(said.get("zh-Hans", ""), said.get("zh-Hant", ""), said.get("en", ""))


def offer(promotion: Any, texts: Texts, glossary: Glossary) -> str:
    """Return what one gets, and on what."""
    what = _gives(promotion, texts, glossary)
    if tag_of(type(promotion)) == "bundle":
        return what
    items = scope_words(promotion.scope, texts, glossary)
    return texts.t("{items}: {what}", items=items, what=what) if items else what


def rate(off_bp: int, texts: Texts) -> str:
    """Return a discount as people say it: `15 % off`, and in Chinese the part that is paid, `8.5折`."""
    if off_bp == BASIS_POINTS:
        return texts.t("free")
    if texts.language == "en":
        return f"{plain(Decimal(off_bp) / 100)} % off"
    return f"{plain(Decimal(BASIS_POINTS - off_bp) / 1_000)}折"


def _joined(parts: Iterable[str], texts: Texts) -> str:
    return (", " if texts.language == "en" else "，").join(part for part in parts if part)


def _listed(parts: Iterable[str], texts: Texts) -> str:
    return (", " if texts.language == "en" else "、").join(part for part in parts if part)


def shelf_money(minor: int, texts: Texts) -> str:
    """Return an amount as a sign on the shelf says it: without cents that are zero."""
    figure = Decimal(minor).scaleb(-texts.decimals)
    return f"{texts.symbol}{plain(figure, places=texts.decimals)}"


# ------------------------------------------------------------------------------------------ what one gets


def _gives(promotion: Any, texts: Texts, glossary: Glossary) -> str:  # noqa: C901, PLR0912 - one row for each kind
    t = texts.t
    match tag_of(type(promotion)):
        case "member_price":
            return t("member price")
        case "percent_off":
            return rate(promotion.off_bp, texts)
        case "amount_off":
            return t("{amount} off each", amount=shelf_money(promotion.off, texts))
        case "fixed_price":
            return t("{amount} each", amount=shelf_money(promotion.price, texts))
        case "n_for_price":
            return t("{count} for {amount}", count=promotion.quantity, amount=shelf_money(promotion.price, texts))
        case "buy_n_get_m":
            return _buy_get(promotion, texts, glossary)
        case "nth_item":
            steps = [(number, off) for number, off in enumerate(promotion.ladder_bp, start=1) if off]
            return _joined((t("no. {number} {rate}", number=n, rate=rate(off, texts)) for n, off in steps), texts)
        case "bundle":
            return _bundle(promotion, texts, glossary)
        case "gift":
            return _gift(promotion, texts, glossary)
        case "spend_off":
            steps_said = [(shelf_money(step.off, texts), shelf_money(step.spend, texts)) for step in promotion.steps]
            return _joined((t("{off} off from {spend}", off=off, spend=spend) for off, spend in steps_said), texts)
        case "every_spend_off":
            return t(
                "{off} off for every {spend}",
                off=shelf_money(promotion.off, texts),
                spend=shelf_money(promotion.every, texts),
            )
        case "basket_percent_off":
            return t("{rate} in all", rate=rate(promotion.off_bp, texts))
        case "basket_amount_off":
            return t("{amount} off in all", amount=shelf_money(promotion.off, texts))
        case "coupon_percent_off":
            return t("coupon {rate}", rate=rate(promotion.off_bp, texts))
        case "coupon_amount_off":
            return t("coupon of {amount}", amount=shelf_money(promotion.off, texts))
        case "points_multiplier":
            return t("{times} times the points", times=plain(Decimal(promotion.multiplier_bp) / BASIS_POINTS))
        case tag:
            return t(KINDS[tag][0]) if tag in KINDS else tag


def _buy_get(promotion: Any, texts: Texts, glossary: Glossary) -> str:
    what = scope_words(promotion.get_scope, texts, glossary) if promotion.get_scope else ""
    if promotion.off_bp == BASIS_POINTS:
        return texts.t("buy {buy} get {get} free", buy=promotion.buy, get=promotion.get) + (
            f" ({what})" if what else ""
        )
    said = rate(promotion.off_bp, texts)
    return texts.t("buy {buy}, {get} more at {rate}", buy=promotion.buy, get=promotion.get, rate=said) + (
        f" ({what})" if what else ""
    )


def _bundle(promotion: Any, texts: Texts, glossary: Glossary) -> str:
    parts = [
        scope_words(part.scope, texts, glossary) + (f" × {part.quantity}" if part.quantity > 1 else "")
        for part in promotion.parts
    ]
    together = " + ".join(parts)
    if promotion.price is not None:
        return texts.t("{parts} together {what}", parts=together, what=shelf_money(promotion.price, texts))
    return texts.t("{parts} together {what}", parts=together, what=rate(promotion.off_bp or 0, texts))


def _gift(promotion: Any, texts: Texts, glossary: Glossary) -> str:
    names = [
        _called("item", gift.sku, texts, glossary) + (f" × {gift.quantity}" if gift.quantity > 1 else "")
        for gift in promotion.gifts
    ]
    what = (" / " if promotion.choose else " + ").join(names)
    if promotion.buy > 1 or not promotion.min_amount:
        return texts.t("buy {buy} and get {what} on top", buy=promotion.buy, what=what)
    return texts.t("{what} on top", what=what)


# ------------------------------------------------------------------------------------------- on what, when, who


def scope_words(scope: Any, texts: Texts, glossary: Glossary) -> str:
    """Return the items of a scope in words; empty where it is everything without exception."""
    named = [_of_scope(scope, prefix, texts, glossary) for prefix in ("", "exclude_")]
    inside = texts.t("everything") if scope.all else _listed(named[0], texts)
    if named[1]:
        return texts.t("{items} except {others}", items=inside, others=_listed(named[1], texts))
    return "" if scope.all else inside


def _of_scope(scope: Any, prefix: str, texts: Texts, glossary: Glossary) -> list[str]:
    said: list[str] = []
    for key, what in (("skus", "item"), ("categories", "category"), ("brands", "brand"), ("tags", "tag")):
        ids = sorted(getattr(scope, prefix + key))
        said += [_called(what, each, texts, glossary) for each in ids[:NAMED_MAX]]
        if len(ids) > NAMED_MAX:
            said.append(texts.t("{count} more", count=len(ids) - NAMED_MAX))
    return said


def _called(what: str, key: str, texts: Texts, glossary: Glossary) -> str:
    names = glossary.called(what, key)
    return (names.of(texts.language) if names else "") or key


def when_said(when: Any, texts: Texts) -> list[str]:
    """Return at which moments, in parts of a sentence; none for always."""
    said = [_dates(when.starts_local, when.ends_local, texts)]
    days = [day for day in WEEKDAYS if day in when.weekdays]
    if days:
        said.append(_weekdays(days, texts))
    if when.days_of_month:
        numbers = _listed((str(day) for day in sorted(when.days_of_month)), texts)
        said.append(texts.t("on day {days} of the month", days=numbers))
    festivals = sorted(getattr(when, "festivals", ()))
    if festivals:
        said.append(_listed((texts.t(CHOICES[f"festivals:{each}"]) for each in festivals), texts))
    if getattr(when, "work", ""):
        said.append(texts.t(CHOICES[f"work:{when.work}"]))
    if when.from_time is not None and when.until_time is not None:
        until = "24:00" if when.until_time == time() else f"{when.until_time:%H:%M}"
        said.append(f"{when.from_time:%H:%M}–{until}")
    return [part for part in said if part]


def _weekdays(days: list[Any], texts: Texts) -> str:
    names = [texts.t(CHOICES[f"weekdays:{day}"]) for day in days]
    numbers = [WEEKDAYS.index(day) for day in days]
    if len(days) > 2 and numbers == list(range(numbers[0], numbers[0] + len(days))):
        return f"{names[0]}–{names[-1]}"
    return _listed(names, texts)


def _dates(starts: datetime | None, ends: datetime | None, texts: Texts) -> str:
    first = _moment(starts, texts) if starts else ""
    # People name the last day; the file names the first moment that is too late.
    is_midnight = ends is not None and ends.time() == time()
    last = _moment(ends - timedelta(days=1) if is_midnight else ends, texts) if ends else ""
    if first and last:
        return f"{first} – {last}" if first != last else first
    if first:
        return texts.t("from {day}", day=first)
    return texts.t("until {day}", day=last) if last else ""


def _moment(moment: datetime, texts: Texts) -> str:
    day = texts.date(moment.date())
    return day if moment.time() == time() else f"{day} {texts.time(moment)}"


def _who(promotion: Any, texts: Texts, glossary: Glossary) -> list[str]:
    who, said = promotion.who, []
    if who.tiers:
        said.append(_listed((_called("tier", each, texts, glossary) for each in sorted(who.tiers)), texts))
    elif who.members_only:
        said.append(texts.t("members"))
    if who.new_member:
        said.append(texts.t("new members"))
    if who.birthday is not None:
        said.append(texts.t("around the birthday"))
    if who.tags:
        said.append(texts.t("members tagged {tags}", tags=_listed(sorted(who.tags), texts)))
    return said


def _conditions(promotion: Any, texts: Texts) -> list[str]:
    t, said = texts.t, []
    if promotion.min_quantity > 1:
        said.append(t("from {count} pieces", count=promotion.min_quantity))
    if promotion.min_amount:
        said.append(t("from {amount}", amount=shelf_money(promotion.min_amount, texts)))
    if getattr(promotion, "off_max", 0):
        said.append(t("at most {amount}", amount=shelf_money(promotion.off_max, texts)))
    if getattr(promotion, "units_max", 0):
        said.append(t("for {count} pieces at most", count=promotion.units_max))
    if getattr(promotion, "full_price_only", False):
        said.append(t("not on other offers"))
    if promotion.issued:
        said.append(t("with a coupon that was issued for it"))
    if promotion.code:
        said.append(t("with the code {code}", code=promotion.code))
    uses = getattr(promotion, "uses", None)
    if uses is not None and uses.a_member:
        said.append(t("{count} times for each member", count=uses.a_member))
    return said
