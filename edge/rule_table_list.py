"""Every table of the rules that has a form of the general kind, in the order of the page that lists them."""

from __future__ import annotations

from collections.abc import Mapping

from edge.rule_coupons import COUPONS
from edge.rule_membership import MEMBERSHIP
from edge.rule_proof import PROOF
from edge.rule_returns import RETURNS
from edge.rule_stored_value import STORED_VALUE
from edge.rule_tables import RuleTable, path_of
from edge.rule_times import TIMES
from rules.table_reader import Problem

TABLES: Mapping[str, RuleTable] = {
    table.key: table for table in (STORED_VALUE, TIMES, COUPONS, PROOF, RETURNS, MEMBERSHIP)
}


def table_of(problem: Problem) -> RuleTable | None:
    """Return the table in whose form a problem is mended."""
    return next((table for table in TABLES.values() if path_of(table, problem) is not None), None)
