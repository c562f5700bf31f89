"""What the pages of the rules read: versions, the draft, and what things of the shop are called. No writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from edge.clock import Clock
from edge.rule_desk import newest_draft
from edge.rule_drafts import DraftRules, check_draft, parse_draft
from edge.rule_tables import RuleTable, ids_of
from edge.rulebook import Rulebook, read_text
from edge.store import catalog, members, things
from edge.store import rulebook as versions
from edge.store.database import Store
from edge.store.list_prices import priced_items
from edge.store.rulebook import Entry
from edge.trials import PastResult, Trial, price_past, try_out
from rules.basket import Basket, Item, Names
from rules.promotions import RuleSet
from rules.quote import Quote
from rules.table_reader import Problem

FOUND_MAX = 24
DRAFT = "draft"
"""What stands for the draft where a version is chosen."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a promotion can name."""

    key: str
    names: Names
    note: str = ""
    is_weighed: bool = False


@dataclass(frozen=True, slots=True)
class DraftState:
    """The draft, or the version in force where there is none."""

    rules: DraftRules
    revision: int
    """0 without a draft."""
    based_on: int | None
    in_force: DraftRules
    problems: tuple[Problem, ...]


class RuleRoom:
    """Reads through the read-only connection; each thread that asks has one of its own."""

    def __init__(self, store: Store, clock: Clock, rulebook: Rulebook) -> None:
        self._db = store.reads
        self._clock = clock
        self._rulebook = rulebook

    # --- versions

    def newest(self) -> Entry | None:
        """Return the version in force."""
        return self._rulebook.current.entry

    def entries(self) -> list[Entry]:
        return versions.entries(self._db)

    def draft(self, *, checked: bool = False) -> DraftState:
        """Return the draft; checked, with everything that is wrong in it."""
        rules, revision, based_on = newest_draft(self._db)
        text = versions.text(self._db, versions.newest_number(self._db))
        found = self.check(rules) if revision and checked else ()
        problems = found if isinstance(found, tuple) else ()
        return DraftState(rules, revision, based_on, parse_draft(text) if text else DraftRules((), (), {}), problems)

    def check(self, draft: DraftRules) -> RuleSet | tuple[Problem, ...]:
        """Return the rules that a draft would put in force, or everything that is wrong beside what the store sells."""
        return check_draft(draft, known_skus=self.known_skus(), known_items=self.priced_items())

    def priced_items(self) -> tuple[Item, ...]:
        """Return what is sold, at its list price."""
        return priced_items(self._db, now_ms=self._clock.now_ms())

    def known_skus(self) -> frozenset[str] | None:
        """Return what the store sells; None for a store without items, which knows all."""
        return versions.known_skus(self._db) or None

    def ids_ever(self, table: RuleTable) -> frozenset[str]:
        """Return the ids that rows of a table have or had in any version."""
        return ids_of(table, versions.parts(self._db, table.key))

    def rules_of(self, which: str) -> RuleSet | None:
        """Return the rules of a version, or None: a number, `draft`, or empty for the one in force."""
        if not which:
            return self._rulebook.rules
        if which == DRAFT:
            found = self.check(newest_draft(self._db)[0])
            return found if isinstance(found, RuleSet) else None
        text = versions.text(self._db, int(which)) if which.isascii() and which.isdecimal() else None
        rules = read_text(text.body) if text else None
        return rules if isinstance(rules, RuleSet) else None

    # --- trials

    def try_out(self, trial: Trial, rules: RuleSet) -> tuple[Basket, Quote]:
        return try_out(self._db, trial, rules, self._clock)

    def price_past(self, rules: RuleSet, business_date: date) -> PastResult:
        return price_past(self._db, rules, business_date, self._clock)

    def moment_ms(self, now_local: datetime) -> int:
        """Return the UTC milliseconds of a moment in the shop."""
        return self._clock.at_ms(now_local)

    # --- what things are called

    def called(self, what: str, key: str) -> Names | None:
        """Return the names of an item, category, tier or promotion; None where it is its own name, or nothing."""
        if what == "item":
            item = self.item(key)
            return item.names if item else None
        if what == "category":
            return things.category_names(self._db, key)
        if what == "tier":
            return self.tiers_known().get(key)
        return None

    def item(self, sku: str) -> Item | None:
        found = catalog.item(self._db, sku, now_ms=self._clock.now_ms())
        return found[0] if found else None

    def tier_names(self) -> Mapping[str, Names]:
        return self._rulebook.tier_names()

    def tiers_known(self) -> dict[str, Names]:
        """Return the name of every tier by its id: those in force, and those that the draft will bring."""
        drafted = newest_draft(self._db)[0].rest.get("tiers") or ()
        return {**self.tier_names(), **{str(each.get("id", "")): names_of(each) for each in drafted}}

    def find(self, what: str, text: str) -> list[Thing]:
        """Find things to pick by a part of their name; an empty text finds the first ones, except items."""
        wanted = text.strip()
        if what == "item":
            found = catalog.search_items(self._db, wanted, now_ms=self._clock.now_ms(), limit=FOUND_MAX)
            return [Thing(each.sku, each.names, each.brand, each.is_weighed) for each in found]
        pairs: list[tuple[str, Names]]
        if what == "category":
            pairs = things.categories(self._db)
        elif what == "tier":
            pairs = list(self.tiers_known().items())
        elif what == "promotion":
            pairs = [(str(each["id"]), names_of(each)) for each in newest_draft(self._db)[0].promotions]
        else:
            pairs = [(word, Names(word)) for word in things.words(self._db, what)]
        folded = wanted.casefold()
        kept = [
            Thing(key, names)
            for key, names in pairs
            if folded in " ".join((key, names.zh_hans, names.zh_hant, names.en)).casefold()
        ]
        return kept[:FOUND_MAX]

    def member_name(self, member_id: str) -> str:
        """Return a member's name, masked; empty for an unknown one."""
        return members.name_of(self._db, member_id)


def names_of(table: Mapping[str, object]) -> Names:
    """Return the names in a promotion's table as far as they are texts."""
    given = table.get("names")
    names = given if isinstance(given, Mapping) else {}
    return Names(*(str(names.get(key, "")) for key in ("zh_hans", "zh_hant", "en")))
