"""What is wrong with a set of rules, as a shopkeeper reads it."""

from __future__ import annotations

import re
from collections.abc import Callable

from edge.text_marks import N_
from edge.texts import Texts, clipped
from rules.table_reader import Problem

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
    (r"only a referral has a referrer", N_("Only where a member brought a new one does somebody else get it.")),
    (r"only a birthday has a window", N_("Only a birthday has days before and after.")),
    (r"a birthday's coupon holds by its window.*", N_("A birthday’s coupon begins on the day it is given.")),
    (r"only a purchase has an amount and items", N_("Only a purchase has an amount and items.")),
    (r"used twice|'.*' is there already.*", N_("There are two of this.")),
    (r"another package is sold as (?P<value>.*) already", N_("Another times card is sold as {value} already.")),
    (r"two parts have one id", N_("Two services of the card are the same.")),
    (r"give one of months, days and until", N_("Fill in one of the three: months, days or a last day.")),
    (r"a package cannot pay for itself", N_("The card cannot pay for itself: choose what its times pay for.")),
    (r"'(?P<value>.*)' proves nothing", N_("“{value}” proves nothing.")),
    (r"empty, expected a name", N_("Give it a name, in one language at least.")),
    (r"empty, expected what can be chosen", N_("Say what can be chosen, one in each line.")),
    (r"found some, expected none.*", N_("Only “one of several” has choices.")),
    (r"expected texts of 1 to \d+ characters", N_("Each choice has 200 characters at most.")),
    (r"expected at most (?P<number>\d+), found \d+", N_("{number} at most.")),
    (r"Expected `(?:int|float)` (?:>=|<=).*", N_("This figure is out of range.")),
    (r"Expected `array` of length (?:>=|<=).*", N_("Give more rows, or fewer.")),
    (r"Expected `str` (?:of length|matching).*", N_("This text is too long, or has letters that are not allowed.")),
)
"""What is wrong with a promotion: how rules/ says it, and how a shopkeeper reads it."""


def problem_text(problem: Problem, texts: Texts, named: Callable[[str], str] = str) -> str:
    """Return what is wrong in the reader's language, and as rules/ says it where there is no other text.

    Args:
        named: what an id is called.
    """
    for pattern, msgid in PROBLEMS:
        found = re.fullmatch(pattern, problem.what)
        if found:
            params = {
                name: texts.money(int(value)) if name.endswith("_minor") else clipped(_said(name, value, named))
                for name, value in found.groupdict().items()
            }
            said = texts.t(msgid).format(**params)
            if not problem.nearest:
                return said
            hint = texts.t("Did you mean {name}?", name=named(problem.nearest))
            return f"{said} {hint}" if texts.language == "en" else said + hint
    return str(problem.what)


def _said(name: str, value: str, named: Callable[[str], str]) -> str:
    return named(value) if name == "value" else value
