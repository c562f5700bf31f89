"""Any table of the rules as a form, as words and in a draft: what differs between tables is data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from edge.rule_drafts import DraftRules, Table, check_draft
from edge.rule_fields import Field, Widget, fields_in
from edge.rule_forms import fill_fields, read_fields
from edge.rule_reading import ROWS_MAX, Reading, Values
from edge.rule_sentences import Glossary
from edge.rule_words import CHOICES, FIELDS
from edge.stored_value_words import Called
from edge.texts import Texts
from rules.basket import Names
from rules.promotions import RuleSet
from rules.table_reader import Problem

Changes = Mapping[str, Mapping[str, Any]]
"""What of a key's Field is another, by its path with rows as `packages/parts/sku`."""
SHARED = ("scope", "when")
"""Parts that many tables have: their words stand with those of promotions."""
NAMED = ("package", "promotion")
"""Keys whose choices are called as the draft calls them."""
ID_LENGTH_MAX = 32
IDS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Rows:
    """How the rows of a list are called."""

    add: str
    """What one is; on the button for one more."""
    word: str = ""
    """What the id of a row begins with that has no English name; empty where rows have no ids."""
    joint: str = "-"
    wish: Callable[[Table], str] | None = None
    """Another id that is wanted for a row."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What a sentence needs beside the table."""

    texts: Texts
    glossary: Glossary
    called: Called

    def named(self, what: str, key: str) -> str:
        """Return what a tier, package, promotion or item is called; its key where nobody knows."""
        names = self.called.get(f"{what}:{key}") or self.glossary.called(what, key)
        return (self.texts.name(names) if names else "") or key

    def listed(self, said: Sequence[str]) -> str:
        return (", " if self.texts.language == "en" else "、").join(said)

    def joined(self, said: Sequence[str]) -> str:
        return (", " if self.texts.language == "en" else "，").join(said)


@dataclass(frozen=True, slots=True)
class RuleTable:
    """One table of the rules file that has a form."""

    key: str
    title: str
    note: str
    """What it is for; stands beside the form."""
    shape: type[msgspec.Struct]
    words: Mapping[str, tuple[str, str]]
    """Label and help of each key by its path in its row, or by the list's path and its own: `packages/days`."""
    choices: Mapping[str, str]
    say: Callable[[Any, Saying], Sequence[str]]
    """What the table says, given its struct."""
    changes: Callable[[DraftRules], Changes] = lambda _: {}
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """How rows are called, by the path of their list."""
    listed_as: str = ""
    """Key of the only list in the form, where the file has no table but this list."""
    problem_rows: tuple[str, str] = ("", "")
    """What problems call a row, and its list: `package[0] id=a` is `packages[0]`."""


# ------------------------------------------------------------------------------------------- the form


def from_none(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Let lists begin without a row where none is needed."""
    return tuple(
        replace(each, least=each.least if each.required else 0, columns=from_none(each.columns))
        if each.widget is Widget.ROWS
        else each
        for each in fields
    )


def table_fields(table: RuleTable, draft: DraftRules) -> tuple[Field, ...]:
    """Return the keys of the form in the order of their words, lists last; what can be chosen is what the draft has."""
    fields = _changed(from_none(fields_in(table.shape)), table, table.changes(draft))
    return tuple(sorted(fields, key=lambda each: each.widget is Widget.ROWS))


def _changed(fields: Sequence[Field], table: RuleTable, changes: Changes, at: str = "") -> tuple[Field, ...]:
    places = {path: place for place, path in enumerate(table.words)}
    found = []
    for each in fields:
        columns = _changed(each.columns, table, changes, f"{at}{each.path}/")
        shape = replace(each, at=at.rstrip("/"), columns=columns, is_kept=each.widget is Widget.HIDDEN)
        found.append(replace(shape, **changes.get(f"{at}{each.path}", {})))
    keys = {each.path: each.path.partition(".")[0] for each in found}
    return tuple(
        sorted(found, key=lambda each: places.get(f"{at}{keys[each.path]}", places.get(keys[each.path], len(places))))
    )


def raw_table(table: RuleTable, draft: DraftRules) -> Table:
    """Return what the draft says, as the form has it."""
    value = draft.rest.get(table.key)
    if table.listed_as:
        return {table.listed_as: list(value)} if isinstance(value, list) and value else {}
    return dict(value) if isinstance(value, Mapping) else {}


def fill_table(table: RuleTable, draft: DraftRules, *, decimals: int = 2) -> dict[str, list[str]]:
    """Return the values of the form that shows what a draft says."""
    values: dict[str, list[str]] = {}
    fill_fields(table_fields(table, draft), raw_table(table, draft), "", values, decimals=decimals, zhe=False)
    return values


def read_form_table(
    table: RuleTable,
    values: Values,
    draft: DraftRules,
    *,
    decimals: int = 2,
    taken: frozenset[str] = frozenset(),
) -> tuple[Table, Reading]:
    """Return the table as it stands in the form, every row with an id, and what cannot be read.

    Args:
        taken: ids that rows have or had, as `ids_in` tells them: a new row gets none of these, because what hangs on
            an old one would be its own.
    """
    reading = Reading(values, decimals)
    fields = table_fields(table, draft)
    raw = read_fields(fields, "", reading)
    _give_ids(table, fields, raw, set(taken) | set(ids_in(raw_table(table, draft))))
    return raw, reading


def _give_ids(table: RuleTable, fields: Sequence[Field], raw: Table, taken: set[str], at: str = "") -> None:
    for each in fields:
        if each.widget is not Widget.ROWS:
            continue
        rows, path = table.rows.get(f"{_plain_path(at)}{each.path}"), f"{at}{each.path}:"
        own = {str(row["id"]) for row in raw.get(each.path) or () if row.get("id")}
        for row in raw.get(each.path) or ():
            if rows is not None and rows.word and not row.get("id"):
                row["id"] = _free_id(rows, row, own | {one.removeprefix(path) for one in taken if one.startswith(path)})
                own.add(row["id"])
            _give_ids(table, each.columns, row, taken, f"{path}{row.get('id', '')}/")


def _plain_path(at: str) -> str:
    return re.sub(r":[^/]*/", "/", at)


def _free_id(rows: Rows, row: Table, taken: set[str]) -> str:
    wish = rows.wish(row) if rows.wish else free_word(row, rows.word, rows.joint)
    names = (wish, *(f"{wish}{rows.joint}{number}" for number in range(2, IDS_MAX)))
    return next(each for each in names if each not in taken)


def free_word(row: Table, word: str, joint: str) -> str:
    """Return the id that a row's English name makes, beginning with a letter; the word where it makes none.

    >>> free_word({"names": {"en": "10 haircuts!"}}, "package", "-")
    'package-10-haircuts'
    """
    named = re.sub(r"[^a-z0-9]+", joint, str((row.get("names") or {}).get("en", "")).lower()).strip(joint)
    made = named if named[:1].isalpha() else f"{word}{joint}{named}"
    return made[: ID_LENGTH_MAX - 5].strip(joint)


def ids_of(table: RuleTable, texts: Iterable[str]) -> frozenset[str]:
    """Return the ids of all rows in some versions of a table, each as JSON."""
    found: set[str] = set()
    for text in texts:
        value = json.loads(text)
        found |= set(ids_in({table.listed_as: value} if table.listed_as else value))
    return frozenset(found)


def ids_in(table: Table, at: str = "") -> Iterator[str]:
    """Yield the ids of all rows in a table: `packages:cut10`, `packages:cut10/parts:cut`."""
    for key, value in table.items():
        for row in value if isinstance(value, list) else ():
            if isinstance(row, Mapping) and row.get("id"):
                yield f"{at}{key}:{row['id']}"
                yield from ids_in(dict(row), f"{at}{key}:{row['id']}/")


# ------------------------------------------------------------------------------------------- the draft


def put_table(draft: DraftRules, raw: Table, *, table: RuleTable) -> DraftRules:
    """Return the draft with this table; one that says nothing of its own is left out."""
    rest = {key: value for key, value in draft.rest.items() if key != table.key}
    value = raw.get(table.listed_as) if table.listed_as else raw
    return replace(draft, rest={**rest, table.key: value} if value else rest)


def struct_of(table: RuleTable, raw: Table) -> Any:
    """Return what a table says, or None where it cannot be read."""
    try:
        return msgspec.convert(raw, table.shape)
    except msgspec.ValidationError:
        return None


def is_changed(table: RuleTable, before: DraftRules, after: DraftRules) -> bool:
    """Tell whether a table says another thing."""
    return bool(_sense(table, before) != _sense(table, after))


def _sense(table: RuleTable, draft: DraftRules) -> Any:
    raw = raw_table(table, draft)
    struct = struct_of(table, raw)
    return raw if struct is None else struct


# ------------------------------------------------------------------------------------------- problems


def new_problems(changed: DraftRules, before: DraftRules, *, known_skus: frozenset[str] | None) -> list[Problem]:
    """Return what is wrong in a changed draft and was not before."""
    found = check_draft(changed, known_skus=known_skus)
    if isinstance(found, RuleSet):
        return []
    old = check_draft(before, known_skus=known_skus)
    known = frozenset(() if isinstance(old, RuleSet) else map(str, old))
    return [problem for problem in found if str(problem) not in known]


def problems_of_table(
    table: RuleTable, changed: DraftRules, *, known_skus: frozenset[str] | None
) -> list[tuple[str, Problem]]:
    """Return what is wrong in a table, and the path of each in it."""
    found = check_draft(changed, known_skus=known_skus)
    problems = () if isinstance(found, RuleSet) else found
    return [(path, each) for each in problems if (path := path_of(table, each)) is not None]


def path_of(table: RuleTable, problem: Problem) -> str | None:
    """Return where in a table a problem is; None for one that is not in it, and empty for the whole."""
    word, rows = table.problem_rows
    row = re.match(rf"{word}\[(\d+)\]", problem.where) if word else None
    if row:
        path = f"{rows}[{row[1]}].{problem.key}".rstrip(".")
    elif problem.where == "file" and re.match(rf"{table.key}(?:$|[.\[])", problem.key):
        path = problem.key.removeprefix(table.key).lstrip(".")
    else:
        return None
    # The decoder tells the rest of the way in its message.
    inside = re.search(r" - at `\$([^`]*)`", problem.what)
    missing = re.search(r"missing required field `(\w+)`", problem.what)
    path += (inside[1] if inside else "") + (f".{missing[1]}" if missing else "")
    return path.lstrip(".")


def place_of(path: str, fields: Sequence[Field], reading: Reading) -> str:
    """Return the name in the form beside which a problem is shown; empty for its top.

    Args:
        path: in the table; rows of the form in which nothing was typed are none of the table's.
    """
    names, place = _paths(fields), ""
    for word in path.split("."):
        key, _, row = word.partition("[")
        place = f"{place}.{key}".lstrip(".")
        if row and row.rstrip("]").isdigit():
            kept, number = reading.kept.get(place, []), int(row.rstrip("]"))
            place += f"[{kept[number] if number < len(kept) else number}]"
    while place:
        if re.sub(r"\[\d+\]", "", place) in names and not place.endswith("]"):
            return place
        place = place.removesuffix(shorter[0]) if (shorter := re.search(r"(?:\[\d+\]|\.?[^.\[\]]+)$", place)) else ""
    return ""


def _paths(fields: Sequence[Field], at: str = "") -> set[str]:
    found = {f"{at}{each.path}" for each in fields if each.widget is not Widget.HIDDEN}
    return found.union(*(_paths(each.columns, f"{at}{each.path}.") for each in fields))


# ------------------------------------------------------------------------------------------- in words


def words_of(table: RuleTable, each: Field) -> tuple[str, str] | None:
    """Return label and help of a key, untranslated; None for one that has none."""
    own = table.words.get(f"{each.at}/{each.path}" if each.at else each.path) or table.words.get(each.path)
    if own is None and each.path.partition(".")[0] in SHARED:
        own = FIELDS.get(each.path)
    return own


def choice_of(table: RuleTable, each: Field, value: str) -> str | None:
    """Return what a choice is called, untranslated; None for one that has no words, or those of the draft."""
    key = f"{each.key}:{value}"
    return table.choices.get(key) or (CHOICES.get(key) if each.path.partition(".")[0] in SHARED else None)


def names_in_draft(draft: DraftRules) -> Called:
    """Return the names of what tables may speak of, as the draft says them."""
    tiers = [("tier", each) for each in draft.rest.get("tiers") or ()]
    packages = [("package", each) for each in (draft.rest.get("times") or {}).get("packages", ())]
    promotions = [("promotion", each) for each in (*draft.promotions, *draft.shelved)]
    return {f"{what}:{each.get('id', '')}": _names(each) for what, each in (*tiers, *packages, *promotions)}


def _names(table: Mapping[str, Any]) -> Names:
    names = table.get("names") or {}
    said = Names(*(str(names.get(key, "")) for key in ("zh_hans", "zh_hant", "en")))
    return said if any((said.zh_hans, said.zh_hant, said.en)) else Names(str(table.get("id", "")))


def said_in(
    table: RuleTable, raw: Table, draft: DraftRules, texts: Texts, glossary: Glossary, *, between: str = ""
) -> str:
    """Return what a table says, in sentences; empty for one that cannot be read."""
    struct = struct_of(table, raw)
    if struct is None:
        return ""
    said = table.say(struct, Saying(texts, glossary, names_in_draft(draft)))
    if texts.language == "en":
        said = [each[:1].upper() + each[1:] if between or not place else each for place, each in enumerate(said)]
    return (between or ("; " if texts.language == "en" else "；")).join(said[:ROWS_MAX])


def issued_in(draft: DraftRules) -> tuple[str, ...]:
    """Return the ids of the promotions that ask for an issued coupon."""
    return tuple(str(each.get("id", "")) for each in draft.promotions if each.get("issued"))
