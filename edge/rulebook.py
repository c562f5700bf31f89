"""The rules in force: taken from the promotions file, published, rolled back, and read by everybody else.

The store holds every version; the newest is in force. Only the writer thread changes anything here. Whatever reads
`rules` takes one reference, so that a basket is never priced by half of two versions.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from edge.clock import Clock
from edge.config_file import Promotions
from edge.messages import AuditBody, encode_body
from edge.store import audit, outbox
from edge.store import rulebook as versions
from edge.store.database import Database, Store
from edge.store.known import World, world
from edge.store.list_prices import priced_items
from edge.store.rulebook import Entry, EntryText, Source
from rules.basket import Names
from rules.loyalty import more_than_step, step_of
from rules.promotions import NO_RULES, RuleSet, load_rules
from rules.subjects import spoken_subjects
from rules.table_reader import Problem
from rules.times import unit_of

log = logging.getLogger(__name__)

PUBLISHED = "rules_published"
"""What the chain and head office call it."""
RULE_KEYS = ("points", "tiers", "exclusive_groups", "promotions", "coupon_rules")
"""Tables of a rules file, in the order in which they are written; those that this version knows are."""


@dataclass(frozen=True, slots=True)
class Current:
    """The rules in force and the version that they are; None where they never came from the store."""

    rules: RuleSet
    entry: Entry | None = None


class Rulebook:
    """Holds the rules in force. `look` is for the writer thread alone, everything else for any."""

    def __init__(
        self, current: Current, db: Database | None = None, complain: Callable[[str], None] = log.error
    ) -> None:
        """Take the rules; without a database they stay as they are.

        Args:
            complain: told where a version that was published cannot be read, for the settings page.
        """
        self._db, self._complain = db, complain
        self._current = current
        self._seen = versions.newest_number(db) if db is not None else 0
        self._looked_at: World | None = None

    @property
    def current(self) -> Current:
        return self._current

    @property
    def rules(self) -> RuleSet:
        return self._current.rules

    def tier_names(self) -> dict[str, Names]:
        """Return the name of every tier by its id."""
        return {tier.id: tier.names for tier in self._current.rules.tiers}

    def package_names(self) -> dict[str, Names]:
        """Return the name of every part of a times card by its unit in the ledger."""
        packages = self._current.rules.times.packages
        return {
            unit_of(p, part): p.names if part.names == Names() else part.names for p in packages for part in p.parts
        }

    def look(self) -> bool:
        """Take what was published since, by a screen or from the command line, and tell whether there was something.

        A version that cannot be read leaves the one in force where it is.
        """
        if self._db is None:
            return False
        # As long as nothing was written, nothing was published either.
        now = world(self._db)
        if now is not None and now is self._looked_at:
            return False
        self._looked_at = now
        if versions.newest_number(self._db) == self._seen:
            return False
        self._seen = versions.newest_number(self._db)
        found = newest_readable(self._db)
        if found is None or found.entry is None or found.entry.number != self._seen:
            stays = self._current.entry.number if self._current.entry else 0
            self._complain(f"promotions: version {self._seen} cannot be read; version {stays} stays in force")
        if found is None or found.entry == self._current.entry:
            return False
        self._current = found
        log.info("rules: version %d (%s) is in force", found.entry.number if found.entry else 0, found.rules.version)
        return True


def fixed(rules: RuleSet) -> Rulebook:
    """Return a rulebook that never changes."""
    return Rulebook(Current(rules))


def text_of(rules: RuleSet) -> str:
    """Return the rules as the text of a JSON rules file, the same for the same rules."""
    known = {field.name for field in msgspec.structs.fields(RuleSet)}
    data: dict[str, Any] = {"version": rules.version}
    data |= {key: getattr(rules, key) for key in RULE_KEYS if key in known} | spoken_subjects(rules)
    # A tier that says no more than tiers once could has the text that it had then.
    data["tiers"] = [tier if more_than_step(tier) else step_of(tier) for tier in rules.tiers]
    return msgspec.json.encode(data, order="deterministic").decode()


def read_text(body: str, *, known_skus: frozenset[str] | None = None) -> RuleSet | tuple[Problem, ...]:
    """Return the rules that a JSON text holds, or every problem in it."""
    return load_rules(body, format="json", known_skus=known_skus)


def newest_readable(db: Database) -> Current | None:
    """Return the newest version that can be read; older programs may not know a kind that a newer one wrote."""
    for entry in versions.entries(db):
        text = versions.text(db, entry.number)
        rules = read_text(text.body) if text else ()
        if isinstance(rules, RuleSet):
            return Current(rules, entry)
        log.error("rules: version %d cannot be read: %s", entry.number, "; ".join(map(str, rules)))
    return None


def rules_of_version(db: Database, version: str) -> RuleSet | None:
    """Return the rules that went by a version's name, or None where they are not kept or cannot be read any more."""
    text = versions.text_of_version(db, version)
    rules = read_text(text.body) if text else None
    return rules if isinstance(rules, RuleSet) else None


def open_rulebook(store: Store, found: Promotions, clock: Clock, complain: Callable[[str], None]) -> Rulebook:
    """Return the rules in force at the start; a promotions file that changed since it was taken is a new version.

    Args:
        found: what the configuration's file says, or the last good copy of it.
        complain: told everything that is wrong, for the settings page.
    """
    taken = file_hash(found.text)
    rules: RuleSet | None = None
    if versions.newest_number(store.db) == 0 or (not found.is_last_good and taken != versions.last_file_hash(store.db)):
        problems = item_problems(store.db, found.rules, now_ms=clock.now_ms())
        for problem in problems:
            complain(f"promotions: {problem}")
        if not problems:
            rules = found.rules
    if rules is not None and not (found.is_last_good and rules == NO_RULES):
        with store.transaction():
            number = publish(
                store.db, rules, source="file", at_ms=clock.now_ms(), file_hash="" if found.is_last_good else taken
            )
        log.info("rules: the promotions file was taken as version %d", number)
    current = newest_readable(store.db)
    if current is None:
        if versions.newest_number(store.db):
            complain("promotions: no version of the rules can be read; everything sells at list prices")
        current = Current(NO_RULES)
    elif current.entry is not None and current.entry.number != versions.newest_number(store.db):
        complain(
            f"promotions: version {versions.newest_number(store.db)} cannot be read;"
            f" version {current.entry.number} stays in force"
        )
    return Rulebook(current, store.db, complain)


def file_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def item_problems(db: Database, rules: RuleSet, *, now_ms: int) -> tuple[Problem, ...]:
    """Return what is wrong with rules beside what the store sells and its prices; a store without items knows all."""
    skus = versions.known_skus(db)
    checked: RuleSet | tuple[Problem, ...] = rules
    if skus:
        items = priced_items(db, now_ms=now_ms)
        checked = load_rules(text_of(rules), format="json", known_skus=skus, known_items=items)
    return checked if isinstance(checked, tuple) else ()


def publish(
    db: Database,
    rules: RuleSet,
    *,
    source: Source,
    at_ms: int,
    shelved: str = "[]",
    staff_id: str = "",
    lane: int = 0,
    note: str = "",
    based_on: int | None = None,
    file_hash: str = "",
) -> int:
    """Put rules in force within the caller's transaction, with a link in the chain and a message to head office.

    Args:
        rules: good ones.
        based_on: the version rolled back to; None is the one in force until now.

    Returns the number of the new version.
    """
    before = versions.entry(db, versions.newest_number(db))
    if versions.is_another_text(db, rules.version, text_of(rules)):
        # A file that keeps its version's name while it changes: the name on a receipt must mean one text.
        content = hashlib.sha256(text_of(rules).encode()).hexdigest()[:6]
        rules = msgspec.structs.replace(rules, version=f"{rules.version[:53]}+{content}")
    number = versions.add(
        db, version=rules.version, text=EntryText(text_of(rules), shelved), source=source, at_ms=at_ms,
        staff_id=staff_id, note=note, based_on=based_on or (before.number if before else None), file_hash=file_hash,
    )  # fmt: skip
    if before is None:
        return number  # What a new store begins with is no change that anybody made.
    detail: dict[str, str | int] = {
        "from": before.number, "to": number, "from_version": before.version, "to_version": rules.version,
        "source": source,
    }  # fmt: skip
    audit.note(db, at_ms=at_ms, staff_id=staff_id, lane=lane, action=PUBLISHED, subject=str(number), detail=detail)
    body = AuditBody(action=PUBLISHED, at_ms=at_ms, staff_id=staff_id, lane=lane, subject=str(number), detail=detail)
    outbox.put(db, kind="audit", subject=f"rules/{number}", body=encode_body(body), at_ms=at_ms)
    return number
