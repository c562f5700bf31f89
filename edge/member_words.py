"""What the pages of members' files say: what happened, what moved, and the words of the profile."""

from __future__ import annotations

from collections.abc import Mapping

from edge.store.timeline import Happening
from edge.text_marks import N_
from edge.texts import Texts, clipped
from rules.ledger import POINTS, STORED_VALUE, STORED_VALUE_GIFT
from rules.promotions import RuleSet

HAPPENED: Mapping[str, str] = {
    "sale": N_("Bought for {amount}"),
    "return": N_("Brought something back"),
    "top_up": N_("Topped up"),
    "top_up_gift": N_("Gift, instalment"),
    "top_up_refund": N_("Stored value refunded"),
    "adjust": N_("Changed by hand"),
    "adjust_points": N_("Points changed by hand"),
    "adjust_times": N_("Times changed by hand"),
    "extend_times": N_("Times card extended"),
    "free_service": N_("Free service of the tier"),
    "gift": N_("Took a gift"),
    "gift_void": N_("Brought a gift back"),
    "welcome": N_("Welcome points"),
    "tier": N_("Tier: {tier}"),
    "expiry": N_("Expired"),
    "settled": N_("Settled what was owed"),
    "referral_back": N_("What a friend bought was brought back"),
    "refund": N_("Paid out"),
    "redeem": N_("Redeemed"),
    "opening": N_("Brought in from before"),
    "merge": N_("Came from the other file"),
    "merged": N_("Two files became one"),
    "joined": N_("Became a member"),
    "note": N_("Note"),
    "consent_given": N_("Agreed: {purpose}"),
    "consent_withdrawn": N_("Did not agree: {purpose}"),
}
PLACES: Mapping[str, str] = {
    "till": N_("at the till"),
    "page": N_("on their phone"),
    "office": N_("in the back office"),
    "import": N_("brought in from a file"),
    "erase": N_("when the file was erased"),
    "retention": N_("when the file was forgotten"),
}
SEXES: Mapping[str, str] = {"": N_("not told"), "f": N_("female"), "m": N_("male"), "x": N_("other")}
CHANNELS: Mapping[str, str] = {
    "": N_("not told"),
    "phone": N_("by phone"),
    "sms": N_("by text message"),
    "wechat": N_("by WeChat"),
    "none": N_("not at all"),
}


TIER_WHY: Mapping[str, str] = {
    "reached": N_("reached"),
    "bought": N_("bought"),
    "given": N_("given by hand"),
    "returned": N_("after something was brought back"),
    "review": N_("its term ended"),
}


def happened(event: Happening, texts: Texts, rules: RuleSet) -> str:
    """Return what happened, in one line."""
    figures = dict(event.figures)
    if "tier" in figures:
        tier = rules.tier(str(figures["tier"]))
        figures["tier"] = texts.name(tier.names) if tier else str(figures["tier"]) or texts.t("none")
    if "purpose" in figures:
        names = {each.id: each.names for each in rules.membership.purposes}.get(str(figures["purpose"]))
        figures["purpose"] = texts.name(names) if names else str(figures["purpose"])
    if "amount_minor" in figures:
        figures["amount"] = texts.money(int(figures["amount_minor"]))
    words = texts.t(HAPPENED.get(event.kind, event.kind), **figures)
    place = PLACES.get(str(figures.get("place", ""))) or TIER_WHY.get(str(figures.get("why", "")))
    more = [
        texts.t(place) if place else "",
        clipped(str(figures.get("number", "")), 40),
        clipped(str(figures.get("text") or figures.get("reason") or ""), 500),
    ]
    return " · ".join([words, *(each for each in more if each)])


def moved(unit: str, amount: int, texts: Texts) -> str:
    """Return what came to a member, or went, with its sign."""
    sign = "+" if amount > 0 else "−"
    if unit == POINTS:
        return sign + texts.t("{points} points", points=abs(amount))
    if unit == STORED_VALUE:
        return sign + texts.money(abs(amount))
    if unit == STORED_VALUE_GIFT:
        return texts.t("{amount} of gift money", amount=sign + texts.money(abs(amount)))
    return texts.t("{count} times", count=f"{sign}{abs(amount)}")
