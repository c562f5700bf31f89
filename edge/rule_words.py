"""What the forms of promotions say: a label and a word of help for every kind and every key, and for what is wrong.

The texts are English here and translated like all others; a test fails when a kind or a key has no label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from edge.rule_fields import Field, Section
from edge.rule_forms import Slip
from edge.text_marks import N_
from edge.texts import Texts, clipped
from rules.table_reader import Problem

KINDS: Mapping[str, tuple[str, str]] = {
    "member_price": (N_("Member price"), N_("Members pay the member price that stands in the catalogue.")),
    "percent_off": (N_("Percentage off each piece"), N_("Such as a tenth off all drinks.")),
    "amount_off": (N_("Money off each piece"), N_("Such as 0.50 off each packet; off a kilogram where it is weighed.")),
    "fixed_price": (N_("Special price"), N_("One price for each piece; it never makes anything dearer.")),
    "n_for_price": (N_("Several for one price"), N_("Such as 3 for 10.00.")),
    "buy_n_get_m": (N_("Buy some, get some"), N_("Such as buy 2 get 1 free; the cheapest ones are free.")),
    "nth_item": (N_("Second piece cheaper"), N_("Such as the second at half price.")),
    "bundle": (N_("Bundle"), N_("Several different things together, for a price or at a percentage off.")),
    "gift": (N_("Gift"), N_("Something on top, for so many pieces or from an amount.")),
    "basket_percent_off": (
        N_("Percentage off the basket"),
        N_("Off everything together, after the offers for single pieces."),
    ),
    "spend_off": (N_("Spend and save, in steps"), N_("Such as 10 off from 100, 25 off from 200: the best step, once.")),
    "every_spend_off": (N_("Save for every so much"), N_("Such as 5 off for every 50, at most 20.")),
    "basket_amount_off": (N_("Money off the basket"), N_("Such as 5 off, once.")),
    "coupon_percent_off": (N_("Coupon: percentage"), N_("After all other offers; needs a code.")),
    "coupon_amount_off": (N_("Coupon: money"), N_("After all other offers; needs a code.")),
    "points_multiplier": (N_("More points"), N_("Members get so many times the points.")),
}
"""Label and example of each kind, by its name in the file."""

FIELDS: Mapping[str, tuple[str, str]] = {
    "names": (N_("Name on receipts and screens"), N_("One language is enough; it is shown in the others too.")),
    "off_bp": (N_("Discount"), ""),
    "off": (N_("Money off"), ""),
    "price": (N_("Selling price"), ""),
    "quantity": (N_("Pieces"), ""),
    "buy": (N_("Buy so many"), ""),
    "get": (N_("Get so many"), ""),
    "get_scope": (N_("What one gets are other items"), ""),
    "ladder_bp": (
        N_("Discount on the 1st, 2nd, 3rd … piece"),
        N_("Leave empty for full price. The dearest piece comes first."),
    ),
    "parts": (N_("What belongs together"), ""),
    "gifts": (N_("Gifts"), ""),
    "choose": (N_("The customer chooses one of them"), ""),
    "steps": (N_("Steps"), ""),
    "spend": (N_("From"), ""),
    "every": (N_("For every"), ""),
    "off_max": (N_("At most"), N_("Empty: no limit.")),
    "units_max": (N_("For so many pieces at most"), N_("Empty: no limit.")),
    "which": (N_("For which pieces"), ""),
    "times_max": (N_("Times in one basket"), N_("Empty: no limit.")),
    "alike": (N_("The pieces must share"), ""),
    "full_price_only": (N_("Only for what no other offer lowers"), ""),
    "multiplier_bp": (N_("Times the points"), ""),
    "sku": (N_("Item"), ""),
    "scope.all": (N_("All items"), ""),
    "scope.skus": (N_("Items"), ""),
    "scope.categories": (N_("Categories"), ""),
    "scope.brands": (N_("Brands"), ""),
    "scope.tags": (N_("Tags"), ""),
    "scope.exclude_skus": (N_("Except items"), ""),
    "scope.exclude_categories": (N_("Except categories"), ""),
    "scope.exclude_brands": (N_("Except brands"), ""),
    "scope.exclude_tags": (N_("Except tags"), ""),
    "min_quantity": (N_("From so many pieces"), ""),
    "min_amount": (N_("From an amount of"), ""),
    "quantity_of": (N_("Count the pieces of other items"), ""),
    "amount_of": (N_("Count the amount of other items"), ""),
    "when.starts_local": (N_("First day"), N_("Without a time: from midnight.")),
    "when.ends_local": (N_("Last day"), N_("Without a time: to the end of that day.")),
    "when.weekdays": (N_("Weekdays"), N_("None chosen: every day.")),
    "when.days_of_month": (N_("Days of the month"), N_("Such as 8, 18, 28.")),
    "when.festivals": (N_("Festivals"), ""),
    "when.festival_days_before": (N_("Days before the festival"), ""),
    "when.festival_days_after": (N_("Days after the festival"), ""),
    "when.work": (N_("By the official calendar"), ""),
    "when.from_time": (N_("From this hour"), N_("It may run across midnight.")),
    "when.until_time": (N_("Until this hour"), ""),
    "who.members_only": (N_("Members only"), ""),
    "who.tiers": (N_("Member tiers"), ""),
    "who.new_member": (N_("New members only"), N_("Members who never bought anything yet.")),
    "who.birthday": (N_("Around the member's birthday"), ""),
    "who.birthday.days_before": (N_("Days before"), ""),
    "who.birthday.days_after": (N_("Days after"), ""),
    "who.tags": (N_("Members with one of these tags"), ""),
    "code": (N_("Coupon code"), N_("Only for customers who give this code.")),
    "single_use": (
        N_("Each customer has a code of their own"),
        N_("The code, a hyphen and anything; each works once."),
    ),
    "issued": (
        N_("Asks for an issued coupon"),
        N_("One that the shop issued for this offer, to a member or on paper; each works once."),
    ),
    "uses.in_all": (N_("Times in all"), N_("Empty: no limit.")),
    "uses.a_member": (N_("Times for each member"), N_("Empty: no limit.")),
    "uses.a_day": (N_("Times a day"), N_("Empty: no limit.")),
    "spend_from": (N_("Spent, from"), N_("0: everybody has it. Empty: it is not reached by spending.")),
    "visits_from": (N_("Or purchases, from"), N_("Empty: it is not reached by them.")),
    "points_from": (N_("Or points accrued, from"), N_("Empty: it is not reached by them.")),
    "rank": (N_("Rank"), N_("Higher is better; only where the figures do not say it.")),
    "birthday_points": (N_("Points on the birthday"), N_("Where they are more than everybody’s.")),
    "birthday_multiplier_bp": (N_("Times the points on the birthday"), ""),
    "free": (N_("Free services"), N_("Times of a package, given anew in each window.")),
    "package": (N_("Package"), ""),
    "times": (N_("Times"), ""),
    "window": (N_("What is counted"), N_("Spend, purchases and points of this span reach a tier.")),
    "window_months": (N_("Last months"), ""),
    "holds": (N_("A reached tier holds"), ""),
    "hold_months": (N_("So many months"), ""),
    "grace_days": (N_("Days of grace"), N_("The tier holds on for them, and what is bought in them counts.")),
    "falls": (N_("Who does not reach it again"), ""),
    "sold": (N_("Tiers that are sold"), N_("Who buys the item has the tier for so many months.")),
    "tier": (N_("Tier"), ""),
    "months": (N_("Months"), ""),
    "exclusive": (N_("Kept for some members"), N_("Others cannot buy these items, always or at these times.")),
    "tiers": (N_("Member tiers"), N_("Empty: all members.")),
    "rates": (N_("Items with more points, or none"), N_("0 times gives none. The first row that fits counts.")),
    "bonuses": (N_("Points on top from a spend on"), ""),
    "points": (N_("Points"), ""),
    "how": (N_("How often"), ""),
    "birthday": (N_("Birthday"), N_("Once a year, at the first purchase around the birthday.")),
    "birthday.days_before": (N_("Days before"), ""),
    "birthday.days_after": (N_("Days after"), ""),
    "welcome": (N_("Points for new members"), ""),
    "at": (N_("Given at"), ""),
    "referral": (N_("Points for bringing a friend"), N_("At the first purchase of whoever was brought.")),
    "referrer_points": (N_("For who brought them"), ""),
    "friend_points": (N_("For the friend"), ""),
    "expiry": (N_("When points expire"), N_("Switched off: as the store’s settings say.")),
    "expiry.kind": (N_("They expire"), ""),
    "month": (N_("Month"), ""),
    "day": (N_("Last day"), ""),
    "years": (N_("Years on"), N_("0 this year, 1 next year.")),
    "notice_days": (N_("Tell of it so many days before"), N_("0: never.")),
    "offers": (N_("Gifts for points"), ""),
    "money": (N_("Paid on top"), ""),
    "uncounted": (N_("Nobody counts its stock"), ""),
    "a_member": (N_("Times for each member"), N_("Empty: no limit.")),
    "a_member_day": (N_("Times a member and day"), N_("Empty: no limit.")),
    "a_day": (N_("Times a day"), N_("Empty: no limit.")),
    "points_per_yuan_bp": (N_("Points for each whole unit of money"), N_("Such as 1, or 1.5.")),
    "colour": (N_("Colour of the badge"), ""),
    "price_tier": (N_("Pays the prices of"), N_("Empty: the prices of its own.")),
    "per_yuan_bp": (N_("Points for each whole unit of money"), N_("For members without a tier.")),
    "cash": (N_("Members may pay with points"), ""),
    "cash.step": (N_("So many points"), N_("Taken in multiples of this.")),
    "cash.worth": (N_("are worth"), ""),
    "cash.most_bp": (N_("For at most so much of a sale"), N_("Empty: all of it.")),
    "most": (N_("So many may apply together"), ""),
    "lanes": (N_("Lanes"), N_("Empty: all lanes.")),
    "channels": (N_("Sales channels"), N_("Empty: all.")),
    "exclusive_group": (N_("Group"), N_("Of all offers with the same word here only one applies.")),
    "excludes": (N_("Never together with"), ""),
    "alone": (N_("Nothing else applies beside it"), ""),
    "priority": (N_("Priority"), N_("Higher first among equals; it never makes a basket dearer.")),
    "forced": (N_("Always apply, even where another offer is better for the customer"), ""),
    "combines_with": (N_("May lower the same piece as"), ""),
    "amount_base": (N_("Amounts are counted on"), ""),
}
"""Label and help of each key by its path; a scope inside another part goes by `scope.` and its key."""

CHOICES: Mapping[str, str] = {
    "weekdays:mon": N_("Mon"), "weekdays:tue": N_("Tue"), "weekdays:wed": N_("Wed"), "weekdays:thu": N_("Thu"),
    "weekdays:fri": N_("Fri"), "weekdays:sat": N_("Sat"), "weekdays:sun": N_("Sun"),
    "amount_base:list": N_("list prices"), "amount_base:after_unit": N_("prices after the offers for single pieces"),
    "amount_base:after_previous": N_("what is left when its turn comes"),
    "which:any": N_("any of them"), "which:cheapest": N_("the cheapest ones"),
    "alike:": N_("nothing"), "alike:sku": N_("the item"), "alike:category": N_("the category"),
    "alike:brand": N_("the brand"),
    "work:": N_("any day"), "work:workdays": N_("workdays"), "work:days_off": N_("days off"),
    "every:month": N_("month"), "every:quarter": N_("quarter"), "every:half_year": N_("half-year"),
    "every:year": N_("year"),
    "window:rolling": N_("the last months"), "window:month": N_("month"), "window:quarter": N_("quarter"),
    "window:half_year": N_("half-year"), "window:year": N_("year"),
    "holds:always": N_("for good"), "holds:months": N_("some months"),
    "holds:next_window": N_("to the end of the window after"),
    "falls:one_step": N_("falls one step"), "falls:to_earned": N_("falls to what was reached"),
    "how:sale": N_("once a purchase"), "how:every": N_("for every so much"), "how:day": N_("once a day"),
    "at:first_sale": N_("the first purchase"), "at:registration": N_("registration"),
    "kind:never": N_("never"), "kind:months": N_("after some months"), "kind:fixed": N_("on a day of the year"),
    "festivals:new_year": N_("New Year"), "festivals:new_years_eve": N_("Lunar New Year's Eve"),
    "festivals:spring_festival": N_("Spring Festival"), "festivals:lantern": N_("Lantern Festival"),
    "festivals:valentines": N_("Valentine's Day"), "festivals:womens_day": N_("Women's Day"),
    "festivals:labour_day": N_("Labour Day"), "festivals:childrens_day": N_("Children's Day"),
    "festivals:dragon_boat": N_("Dragon Boat Festival"), "festivals:qixi": N_("Qixi"),
    "festivals:mid_autumn": N_("Mid-Autumn Festival"), "festivals:double_ninth": N_("Double Ninth"),
    "festivals:national_day": N_("National Day"), "festivals:singles_day": N_("Singles' Day"),
    "festivals:christmas": N_("Christmas"),
}  # fmt: skip

SECTIONS: Mapping[Section, str] = {
    Section.GIVES: N_("What the customer gets"),
    Section.ITEMS: N_("On what"),
    Section.WHEN: N_("When"),
    Section.WHO: N_("For whom"),
    Section.LIMITS: N_("Code, lanes and limits"),
    Section.NAME: N_("Name"),
    Section.MORE: N_("How it goes with other offers"),
}

PROGRAMME: Mapping[str, str] = {
    "tiers": N_("Member tiers"),
    "points": N_("Points"),
    "tier_rules": N_("How tiers are reached and kept"),
    "accrual": N_("Points beyond the rate"),
    "gifts": N_("Gifts for points"),
    "exclusive_groups": N_("Offers that keep each other out"),
    "stored_value": N_("Stored value"),
}

STATES: Mapping[str, str] = {
    "now": N_("in force"),
    "later": N_("later"),
    "ended": N_("over"),
    "off": N_("switched off"),
    "new": N_("new in the draft"),
    "changed": N_("changed in the draft"),
    "gone": N_("deleted in the draft"),
}

SOURCES: Mapping[str, str] = {
    "file": N_("from the promotions file"),
    "editor": N_("published here"),
    "command": N_("from the command line"),
    "rollback": N_("rolled back to version {number}"),
}

SLIPS: Mapping[str, str] = {
    "missing": N_("Fill this in."),
    "not_money": N_("“{value}” is no amount, such as 12.50."),
    "not_count": N_("“{value}” is no whole number."),
    "count_range": N_("Only {value}."),
    "not_rate": N_("“{value}” is no discount."),
    "not_share": N_("“{value}” is no part of a hundred."),
    "not_day": N_("“{value}” is no day."),
    "no_day": N_("Give the day too."),
    "not_time": N_("“{value}” is no time of day, such as 18:00."),
}

PROBLEMS: tuple[tuple[str, str], ...] = (
    (r"empty: give all = true.*", N_("Choose all items, or some.")),
    (r"empty: everything that it lists.*", N_("Everything chosen is excluded again.")),
    (r"says all and lists some.*", N_("Choose all items or some of them, not both.")),
    (r"give the name in one language.*", N_("Give it a name, in one language at least.")),
    (r"no item has the SKU (?P<value>.*)", N_("There is no item {value}.")),
    (r"no tier has the id (?P<value>.*)", N_("There is no member tier {value}.")),
    (r"no promotion has the id (?P<value>.*)", N_("There is no promotion {value}.")),
    (r"already used by .*", N_("Another promotion has this id.")),
    (r".* is not after the start .*", N_("It ends before it begins.")),
    (r"give from_time and until_time together", N_("Give both hours, or none.")),
    (r"the slot ends when it starts.*", N_("It ends when it begins. For the whole day leave both hours empty.")),
    (r"begins or ends with a space.*", N_("It begins or ends with a space, so nobody could type it.")),
    (r"asks for a code and for an issued coupon.*", N_("It asks for a code or for an issued coupon, not for both.")),
    (r"needs a code that.*", N_("It needs a coupon code that the customers' own codes begin with.")),
    (
        r"gives (?P<given_minor>\d+) for (?P<spent_minor>\d+) spent",
        N_("It gives {given_minor} for {spent_minor}: more than was spent."),
    ),
    (
        r"gives (?P<given_minor>\d+) for every (?P<spent_minor>\d+) spent",
        N_("It gives {given_minor} for {spent_minor}: more than was spent."),
    ),
    (
        r"(?P<most_minor>\d+) is below one step of (?P<off_minor>\d+)",
        N_("At most {most_minor} is less than one step of {off_minor}."),
    ),
    (r"spend .* does not rise above.*", N_("Each step must ask for more and give more than the one before.")),
    (
        r"(?P<price_minor>\d+) is not below (?:its parts at|the list price of) (?P<worth_minor>\d+)",
        N_("{price_minor} is not below the normal price of {worth_minor}."),
    ),
    (
        r"(?P<off_minor>\d+) is more than the price of (?P<price_minor>\d+)",
        N_("{off_minor} off is more than the price of {price_minor}."),
    ),
    (r"names itself", N_("It names itself.")),
    (
        r".* is excluded, and combined with",
        N_("The same promotion stands under “together” and under “never together”."),
    ),
    (
        r"basket promotions combine by themselves.*|.* is a basket promotion and combines by itself",
        N_("Offers for the whole basket go together by themselves. Use a group to keep them apart."),
    ),
    (r".* is a group promotion too.*", N_("A piece takes part in one such offer only.")),
    (r"nothing comes before a unit promotion.*", N_("Nothing comes before it: count list prices.")),
    (
        r"only a unit, basket or coupon promotion can be forced|a promotion with units_max cannot be forced.*",
        N_("This one cannot be forced."),
    ),
    (r"it changes no price.*", N_("It changes no price, so it excludes nothing.")),
    (r"cheapest needs units_max", N_("Say for how many of the cheapest pieces.")),
    (r"falls: a later piece.*", N_("A later piece may not get less off than an earlier one.")),
    (r"takes nothing off", N_("It takes nothing off.")),
    (r"get_scope names other items.*", N_("What one gets are other items, so they share nothing.")),
    (r"give a price or off_bp.*", N_("Give a price or a discount, one of the two.")),
    (r"counts over the basket, and alike.*", N_("Give the times in one basket or what the pieces share, not both.")),
    (
        r"a cycle of exclusions: (?P<value>.*)",
        N_("They exclude each other in a circle: {value}. It is enough that one names the other."),
    ),
    (r"(?P<value>.*) excludes it", N_("{value} says that it never goes together with this one.")),
    (
        r"(?P<value>.*) stands in the same exclusive group",
        N_("{value} stands in the same group, where one keeps out the other."),
    ),
    (r"(?P<value>.*) applies alone, so it combines.*", N_("{value} applies alone, so nothing goes together with it.")),
    (
        r"(?P<value>.*) is forced too, and the two exclude.*",
        N_("{value} is always applied too, and only one of the two can be."),
    ),
    (
        r"(?P<value>.*) applies alone, and .* is forced too",
        N_("{value} is always applied, and nothing else beside it."),
    ),
    (
        r"can never apply: (?P<value>.*) always does.*",
        N_("It could never apply: {value} always does, and keeps it out."),
    ),
    (r"days around a festival.*", N_("Choose a festival first.")),
    (r".* is the name under which .*", N_("This id is taken by the points.")),
    (
        r"\d+ is less than (?P<value>.*) asks for, which stands below.*",
        N_("It asks for less than {value}, which stands below it by its rank."),
    ),
    (r"a rolling window has no next one.*", N_("The last months have no window after them: choose months.")),
    (r"\d+ is already where (?P<value>.*) begins", N_("{value} begins at the same amount.")),
    (r"no promotion stands in this group", N_("No promotion stands in this group.")),
    (r"gives nothing, expected.*", N_("It gives nothing. Fill in money, points, times cards or coupons.")),
    (r"there is no (?:tier|package|promotion) (?P<value>.*)", N_("There is no {value} any more. Choose another one.")),
    (r"(?P<value>.*) asks for no issued coupon.*", N_("{value} asks for no issued coupon.")),
    (r"only gift money comes in instalments", N_("Only gift money comes in monthly parts.")),
    (r"is before from_date", N_("It ends before it begins.")),
    (r"is (?:more|less) than (?:most|least)_top_up.*", N_("The limits contradict each other.")),
    (r"missing", N_("Fill this in.")),
    (r"Expected `(?:int|float)` (?:>=|<=).*", N_("This figure is out of range.")),
    (r"Expected `array` of length (?:>=|<=).*", N_("Give more rows, or fewer.")),
    (r"Expected `str` (?:of length|matching).*", N_("This text is too long, or has letters that are not allowed.")),
)
"""What is wrong with a promotion: how rules/ says it, and how a shopkeeper reads it."""


def field_words(field: Field) -> tuple[str, str]:
    """Return label and help of a key, untranslated; the key itself where it has none."""
    scope_key = f"scope.{field.key}"
    for path in (field.path, scope_key if scope_key in FIELDS else field.key):
        if path in FIELDS:
            return FIELDS[path]
    return field.key, ""


def choice_words(field: Field, choice: str, texts: Texts) -> str:
    return texts.t(CHOICES.get(f"{field.key}:{choice}", choice))


def slip_text(slip: Slip, texts: Texts) -> str:
    return texts.t(SLIPS[slip.code], value=clipped(slip.value))


def problem_text(problem: Problem, texts: Texts) -> str:
    """Return what is wrong in the reader's language, and as rules/ says it where there is no other text."""
    for pattern, msgid in PROBLEMS:
        found = re.fullmatch(pattern, problem.what)
        if found:
            params = {
                name: texts.money(int(value)) if name.endswith("_minor") else clipped(value)
                for name, value in found.groupdict().items()
            }
            said = texts.t(msgid).format(**params)
            return f"{said} {texts.t('Did you mean {name}?', name=problem.nearest)}" if problem.nearest else said
    return str(problem.what)
