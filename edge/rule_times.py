"""Times cards: what their form says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.rule_tables import Rows, RuleTable, Saying
from edge.text_marks import N_
from rules.times import Package, PackagePart, TimesRules

WORDS: Mapping[str, tuple[str, str]] = {
    "packages": (
        N_("Times cards"),
        N_("One that is no longer sold stays here as long as members have times of it."),
    ),
    "names": (N_("Name of the card"), N_("One language is enough; it is shown in the others too.")),
    "sku": (N_("Item that is sold"), N_("Who buys this item gets the times.")),
    "parts": (N_("What it holds"), ""),
    "skus": (N_("One time pays for one of"), N_("A piece of any of these.")),
    "times": (N_("Times"), ""),
    "gift_times": (N_("Times on top"), N_("Used last, and void when the card is returned.")),
    "packages/parts/names": (N_("Called otherwise than the item"), ""),
    "worth": (N_("Weight of one time"), N_("Only for cards of several services: how unused times are paid back.")),
    "months": (N_("Valid for months"), N_("Fill in one of the three. None: it never expires.")),
    "days": (N_("Or for days"), N_("The day of the sale counts.")),
    "until": (N_("Or until this day"), ""),
    "per_day": (N_("Most times a day"), N_("Empty: no limit.")),
    "shared": (N_("The family may use it"), ""),
}


def _say(rules: TimesRules, saying: Saying) -> Sequence[str]:
    return [_package(each, saying) for each in rules.packages] or [saying.texts.t("no times cards")]


def _package(package: Package, saying: Saying) -> str:
    t = saying.texts.t
    said = [words for part in package.parts for words in _part(part, saying)]
    if package.months:
        said.append(t("valid for {count} months", count=package.months))
    elif package.days:
        said.append(t("valid for {count} days", count=package.days))
    else:
        said.append(t("until {date}", date=saying.texts.date(package.until)) if package.until else t("never expires"))
    said += [t("{count} a day at most", count=package.per_day)] if package.per_day else []
    said += [t("the family may use it")] if package.shared else []
    name = saying.texts.name(package.names) or package.id
    return t("{name}: {what}", name=name, what=saying.joined(said))


def _part(part: PackagePart, saying: Saying) -> list[str]:
    t = saying.texts.t
    items = [saying.named("item", sku) for sku in part.skus]
    name = saying.texts.name(part.names) or "/".join(items[:3]) + ("…" if len(items) > 3 else "")
    said = [t("{count} × {item}", count=part.times, item=name)]
    return said + ([t("{count} more for nothing", count=part.gift_times)] if part.gift_times else [])


TIMES = RuleTable(
    key="times",
    title=N_("Times cards"),
    note=N_("Such as ten haircuts, paid once. The times stand in the member’s file, and a tap uses one."),
    shape=TimesRules,
    words=WORDS,
    choices={},
    say=_say,
    rows={"packages": Rows(N_("Times card"), "card"), "packages/parts": Rows(N_("Service"), "part")},
    problem_rows=("package", "packages"),
)
