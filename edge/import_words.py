"""What an import says: why a file is no table, and what is wrong with a cell."""

from __future__ import annotations

from collections.abc import Mapping

from edge.import_plans import Slip
from edge.text_marks import N_
from edge.texts import Texts

SHEETS: Mapping[str, str] = {
    "not_readable": N_("The file cannot be read."),
    "too_large": N_("The file is too large: at most 32 MB."),
    "empty": N_("There is nothing in the file."),
    "old_excel": N_("This is an old Excel file (.xls). Save it as .xlsx or CSV."),
    "not_a_table": N_("This is no Excel or CSV file, or it is damaged."),
    "too_many_columns": N_("The table has more than 60 columns."),
    "too_many_rows": N_("The table has more than 100,000 rows. Split it."),
    "privacy_locked": N_("Members' data is sealed and its key is missing. Selling goes on; ask the manager."),
    "store_failed": N_("The store could not be written; nothing was brought in."),
    "stale": N_("Something changed since the dry run; nothing was brought in. Run it once more."),
}
SLIPS: Mapping[str, str] = {
    "formula": N_("is a formula or an error; write the value itself"),
    "missing": N_("is empty"),
    "column_missing": N_("the column “{found}” is missing"),
    "text_wrong": N_("is too long, or no text"),
    "phone_wrong": N_("is no phone number"),
    "amount_wrong": N_("is no amount, such as 12.50"),
    "count_wrong": N_("is no whole number"),
    "birthday_wrong": N_("is no birthday; write the year first, such as 1990-08-15"),
    "day_wrong": N_("is no day up to today; write the year first, such as 2024-01-31"),
    "flag_wrong": N_("is neither yes nor no"),
    "sex_wrong": N_("is neither female, male nor other"),
    "value_wrong": N_("does not fit this field"),
    "tax_wrong": N_("is no percentage from 0 to 100"),
    "tier_unknown": N_("is no tier of the shop"),
    "member_unknown": N_("no such member"),
    "twice_in_file": N_("stands twice in the file"),
    "code_of_another": N_("belongs to another member than the phone number"),
    "card_wrong": N_("is no card number: 8 to 20 digits of 0-9 and a-f"),
    "card_of_another": N_("is the card of another member"),
    "card_of_staff": N_("is somebody's badge"),
    "has_opening": N_("was brought in before with another amount"),
    "code_wrong": N_("is no code, or its check digit is wrong"),
    "code_of_item": N_("is the code of another item"),
    "below_least": N_("is less than the lowest price"),
    "age_wrong": N_("is no age from 1 to 99"),
}
KINDS: Mapping[str, str] = {
    "members": N_("Members, cards, balances"),
    "cards": N_("Cards alone"),
    "balances": N_("Balances alone"),
    "items": N_("Items and prices"),
}


def slip_words(slip: Slip, texts: Texts) -> str:
    """Return what is wrong with a cell, with what was found there."""
    said = texts.t(SLIPS[slip.code], found=slip.found)
    return said if not slip.found or slip.code == "column_missing" else f"{said} ({slip.found})"


def sheet_words(code: str, texts: Texts) -> str:
    return texts.t(SHEETS.get(code, code))
